// The first line is taken apart field by field to learn columns, header and label; then all lines go through CsvReader.
#include "data/csv.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "core/suggest.hpp"
#include "data/gzip.hpp"

namespace trainmark::data {
namespace {

using core::Result;
using core::usage_error;

constexpr size_t kMostColumns = 1'000'000;  // of one line; more is no table of images
constexpr size_t kShownField = 40;          // bytes of a bad field in an error

bool is_line_end(const char* at, const char* end) { return at == end || *at == '\n' || (*at == '\r' && end - at > 1 && at[1] == '\n'); }

/// Behind the line end at `at`.
const char* skip_line_end(const char* at, const char* end) { return at == end ? at : at + (*at == '\r' ? 2 : 1); }

/// The end of the field that begins at `at`; nullptr when its quote does not end.
const char* field_end(const char* at, const char* end, char separator) {
  if (at != end && *at == '"') {
    for (++at;; ++at) {
      at = static_cast<const char*>(std::memchr(at, '"', static_cast<size_t>(end - at)));
      if (at == nullptr) return nullptr;
      if (++at == end || *at != '"') break;  // and not a doubled one
    }
  }
  while (!is_line_end(at, end) && *at != separator) ++at;
  return at;
}

std::string shown(std::string_view field) {
  std::string text(field.substr(0, kShownField));
  std::replace_if(
      text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
  return field.size() > kShownField ? text + "..." : text;
}

/// A whole number 0 to 255 of one to three digits, or nothing.
std::optional<uint8_t> parse_pixel(std::string_view digits) {
  if (digits.size() >= 2 && digits.front() == '"' && digits.back() == '"') digits = digits.substr(1, digits.size() - 2);
  if (digits.empty() || digits.size() > 3) return std::nullopt;
  unsigned value = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  if (value > 255) return std::nullopt;
  return static_cast<uint8_t>(value);
}

class CsvReader {
 public:
  CsvReader(std::string_view text, const CsvOptions& options, std::string_view where)
      : text_(text), at_(text.data()), end_(text.data() + text.size()), separator_(options.separator), options_(options), where_(where) {
    const char zeros[] = {'0', separator_, '0', separator_, '0', separator_, '0', separator_};
    std::memcpy(&zeros_, zeros, sizeof zeros_);
  }

  Result<CsvTable> read() {
    if (auto begun = skip_mark(); !begun) return begun.error();
    if (auto known = read_first_line(); !known) return known.error();
    while (next_line()) {
      if (auto row = read_row(); !row) return row.error();
    }
    if (table_.labels.empty()) return usage_error(fmt::format("{} holds no samples{}", where_, table_.names.empty() ? "" : ", only a line of column names"));
    return std::move(table_);
  }

 private:
  Result<void> skip_mark() {
    if (is_gzip(std::as_bytes(std::span(text_.data(), text_.size())))) return usage_error(fmt::format("{} is packed with gzip; unpack it first", where_));
    if (text_.substr(0, 2) == "\xFF\xFE" || text_.substr(0, 2) == "\xFE\xFF") return usage_error(fmt::format("{} is UTF-16; save it as UTF-8", where_));
    if (text_.substr(0, 3) == "\xEF\xBB\xBF") at_ += 3;
    return {};
  }

  /// Skips blank lines; false at the end of the text.
  bool next_line() {
    while (at_ != end_ && is_line_end(at_, end_)) at_ = skip_line_end(at_, end_);
    return at_ != end_;
  }

  // ---- The first line ----

  Result<void> read_first_line() {
    if (!next_line()) return usage_error(fmt::format("{} is empty; a CSV file has a line for every sample", where_));
    const char* const begin = at_;
    std::vector<std::string_view> fields;
    for (const char* at = begin;; ++at) {
      const char* end = field_end(at, end_, separator_);
      if (end == nullptr) return endless_quote(at);
      fields.emplace_back(at, static_cast<size_t>(end - at));
      if (fields.size() > kMostColumns) return usage_error(fmt::format("{}, line {} has more than {} columns", where_, line_of(text_, at), kMostColumns));
      at = end;
      if (is_line_end(at, end_)) {
        at_ = at;
        break;
      }
    }
    all_columns_ = fields.size();
    if (all_columns_ < 2) {
      return usage_error(
          fmt::format("{}, line {} has one column, but a sample needs a label and at least one pixel; if columns are not separated by '{}', say "
                      "by what with the option separator=",
                      where_, line_of(text_, begin), separator_));
    }
    if (auto found = find_columns(fields); !found) return found;
    table_.columns = static_cast<int64_t>(all_columns_ - 1);
    const auto length = static_cast<size_t>(at_ - begin) + 1;
    if (table_.names.empty()) at_ = begin;
    // A pixel takes two bytes of text at least.
    table_.pixels.reserve(std::min(text_.size() / 2, (text_.size() / length + 1) * (all_columns_ - 1)));
    return {};
  }

  Result<void> find_columns(const std::vector<std::string_view>& fields) {
    std::vector<std::string> names;
    for (const std::string_view field : fields) names.push_back(unquote(field));
    const auto column_of = [&](std::string_view name) {
      return static_cast<size_t>(std::find_if(names.begin(), names.end(), [&](const std::string& n) { return same_word(n, name); }) - names.begin());
    };
    const size_t named = column_of(options_.label.empty() ? "label" : options_.label);
    std::optional<size_t> position = options_.label.empty() ? std::optional<size_t>(0) : parse_position();
    const auto is_text = [&](size_t column) { return column != position.value_or(names.size()) && !parse_pixel(names[column]); };
    bool header = named < names.size() && (options_.label.empty() || !position);
    for (size_t i = 0; i < names.size() && !header; ++i) header = is_text(i);
    header = options_.header.value_or(header);
    if (header && named < names.size()) position = named;
    if (!position) {
      return usage_error(
          fmt::format("{} has no column '{}'{}; {}", where_, options_.label, core::did_you_mean(options_.label, names),
                      header ? fmt::format("it has {}", list_names(names)) : "its first line does not name columns, so give the position from 0"));
    }
    if (*position >= names.size()) {
      return usage_error(fmt::format("{} has {} columns, so there is no column {}; positions begin with 0", where_, names.size(), options_.label));
    }
    table_.label_column = *position;
    if (header) table_.names = std::move(names);
    return {};
  }

  static bool same_word(std::string_view a, std::string_view b) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
  }

  std::optional<size_t> parse_position() const {
    size_t position = 0;
    const char* end = options_.label.data() + options_.label.size();
    const auto [stopped, failure] = std::from_chars(options_.label.data(), end, position);
    return failure == std::errc() && stopped == end ? std::optional<size_t>(position) : std::nullopt;
  }

  static std::string list_names(const std::vector<std::string>& names) {
    const size_t some = std::min<size_t>(names.size(), 5);
    std::string list = fmt::format("'{}'", fmt::join(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(some), "', '"));
    return names.size() > some ? fmt::format("{} and {} more", list, names.size() - some) : list;
  }

  // ---- The lines ----

  Result<void> read_row() {
    line_ = at_;
    const size_t first = table_.pixels.size();
    table_.pixels.resize(first + all_columns_ - 1);
    uint8_t* out = table_.pixels.data() + first;
    if (auto read = read_pixels(out, 0, table_.label_column); !read) return read;
    if (auto read = read_label(); !read) return read;
    return read_pixels(out + table_.label_column, table_.label_column + 1, all_columns_);
  }

  /// The fields [first, last) of the line into `out`; the last one of a line ends at the line's end.
  Result<void> read_pixels(uint8_t* out, size_t first, size_t last) {
    const char* at = at_;
    size_t column = first;
    // Each of these fields is followed by a separator, and eight bytes may be read.
    for (const size_t inner = last == all_columns_ ? last - 1 : last; column < inner && end_ - at >= 8;) {
      uint64_t eight;
      std::memcpy(&eight, at, sizeof eight);
      if (eight == zeros_ && inner - column >= 4) {
        std::memset(out, 0, 4);
        out += 4;
        at += 8;
        column += 4;
        continue;
      }
      unsigned value = static_cast<unsigned char>(at[0]) - unsigned{'0'};
      if (value > 9) break;
      size_t length = 1;
      for (; length < 3; ++length) {
        const unsigned digit = static_cast<unsigned char>(at[length]) - unsigned{'0'};
        if (digit > 9) break;
        value = value * 10 + digit;
      }
      if (at[length] != separator_ || value > 255) break;
      *out++ = static_cast<uint8_t>(value);
      at += length + 1;
      ++column;
    }
    at_ = at;
    return read_pixels_plainly(out, column, last);
  }

  /// The same without haste, for the end of a line, quoted fields and whatever is wrong.
  Result<void> read_pixels_plainly(uint8_t* out, size_t first, size_t last) {
    for (size_t column = first; column < last; ++column) {
      const char* end = field_end(at_, end_, separator_);
      if (end == nullptr) return endless_quote(at_);
      const std::string_view field(at_, static_cast<size_t>(end - at_));
      const auto value = parse_pixel(field);
      if (!value) {
        if (auto width = check_width(); !width) return width;
        return usage_error(fmt::format("{}, {}: '{}' is not a pixel, a whole number from 0 to 255", where_, place_of(at_, column), shown(field)));
      }
      *out++ = *value;
      if (auto ended = end_field(end, column); !ended) return ended;
    }
    return {};
  }

  Result<void> read_label() {
    const char* end = field_end(at_, end_, separator_);
    if (end == nullptr) return endless_quote(at_);
    table_.labels.emplace_back(at_, static_cast<size_t>(end - at_));
    return end_field(end, table_.label_column);
  }

  /// Goes behind the end of the field of `column`: a separator, or the line's end behind the last column.
  Result<void> end_field(const char* end, size_t column) {
    if (is_line_end(end, end_) != (column + 1 == all_columns_)) return check_width();
    at_ = column + 1 == all_columns_ ? skip_line_end(end, end_) : end + 1;
    return {};
  }

  /// Error when the current line has another number of fields than the first.
  Result<void> check_width() const {
    size_t fields = 0;
    for (const char* at = line_;; ++at) {
      at = field_end(at, end_, separator_);
      if (at == nullptr) return endless_quote(line_);
      ++fields;
      if (is_line_end(at, end_)) break;
    }
    if (fields == all_columns_) return {};
    return usage_error(fmt::format("{}, line {} has {} values, but the first line has {}", where_, line_of(text_, line_), fields, all_columns_));
  }

  core::Error endless_quote(const char* at) const { return usage_error(fmt::format("{}, line {}: a quote does not end", where_, line_of(text_, at))); }

  std::string place_of(const char* at, size_t column) const {
    const std::string name = table_.names.empty() ? "" : fmt::format(" ('{}')", shown(table_.names[column]));
    return fmt::format("line {}, column {}{}", line_of(text_, at), column + 1, name);
  }

  std::string_view text_;
  const char* at_;    ///< what is read next
  const char* end_;   ///< of the text
  const char* line_;  ///< begin of the current line
  char separator_;
  uint64_t zeros_ = 0;  ///< the bytes of four black pixels
  const CsvOptions& options_;
  std::string_view where_;
  size_t all_columns_ = 0;  ///< pixels and label
  CsvTable table_;
};

}  // namespace

std::string unquote(std::string_view field) {
  if (field.size() < 2 || field.front() != '"' || field.back() != '"') return std::string(field);
  std::string text;
  for (size_t i = 1; i + 1 < field.size(); ++i) {
    text += field[i];
    if (field[i] == '"') ++i;
  }
  return text;
}

int64_t line_of(std::string_view text, const char* at) { return 1 + std::count(text.data(), at, '\n'); }

Result<CsvTable> parse_csv(std::string_view text, const CsvOptions& options, std::string_view where) { return CsvReader(text, options, where).read(); }

}  // namespace trainmark::data
