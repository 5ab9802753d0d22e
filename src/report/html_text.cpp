#include <algorithm>

#include "report/html.hpp"

namespace trainmark::report {
namespace {

// Figures are set to the right, words to the left.
bool is_figure(const std::string& cell) {
  const size_t first = cell.find_first_not_of("(-+");
  return cell == "-" || (first != std::string::npos && cell[first] >= '0' && cell[first] <= '9');
}

}  // namespace

// Characters that change the direction of everything after them (U+202A to 202E, U+2066 to 2069) are left out: names stay readable, and so do the
// sentences around them.
std::string html_escaped(std::string_view text) {
  const auto turns = [&](size_t at) {
    if (text.size() - at < 3 || text[at] != '\xE2') return false;
    const auto second = static_cast<unsigned char>(text[at + 1]), third = static_cast<unsigned char>(text[at + 2]);
    return (second == 0x80 && third >= 0xAA && third <= 0xAE) || (second == 0x81 && third >= 0xA6 && third <= 0xA9);
  };
  std::string out;
  out.reserve(text.size() + text.size() / 8);
  for (size_t at = 0; at < text.size(); ++at) {
    if (turns(at)) {
      at += 2;
      continue;
    }
    const char c = text[at];
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      case '\0':
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string script_json(const core::Json& json) {
  const std::string text = json.dump(-1, ' ', true, core::Json::error_handler_t::replace);
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (c == '<') {
      out += "\\u003c";
    } else {
      out += c;
    }
  }
  return out;
}

std::string html_sentence(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const size_t open = text.find('`'), close = open == std::string_view::npos ? open : text.find('`', open + 1);
    if (close == std::string_view::npos) return out + html_escaped(text);
    out += html_escaped(text.substr(0, open)) + "<code><bdi>" + html_escaped(text.substr(open + 1, close - open - 1)) + "</bdi></code>";
    text.remove_prefix(close + 1);
  }
  return out;
}

std::vector<bool> figure_columns(const Table& table) {
  std::vector<bool> figures(table.headings.size(), true);
  for (const auto& row : table.rows) {
    for (size_t i = 0; i < std::min(row.size(), figures.size()); ++i) figures[i] = figures[i] && is_figure(row[i]);
  }
  return figures;
}

// Names of any direction of writing stay in their cell (bdi). The frame around it takes the keyboard's focus, so that it can be scrolled without a mouse.
std::string html_table(const Table& table) {
  if (table.rows.empty()) return "";
  const std::vector<bool> figures = figure_columns(table);
  const std::string title = html_escaped(table.title);
  std::string out = "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"" + title + "\"><table><caption>" + title + "</caption>\n<thead><tr>";
  for (size_t i = 0; i < table.headings.size(); ++i) {
    out += std::string("<th scope=\"col\"") + (figures[i] && i > 0 ? " class=\"n\"" : "") + "><bdi>" + html_escaped(table.headings[i]) + "</bdi></th>";
  }
  out += "</tr></thead>\n<tbody>\n";
  for (const auto& row : table.rows) {
    out += "<tr>";
    for (size_t i = 0; i < row.size(); ++i) {
      const char* open = i == 0 ? "<th scope=\"row\"><bdi>" : i < figures.size() && figures[i] ? "<td class=\"n\"><bdi>" : "<td><bdi>";
      out += open + html_escaped(row[i]) + (i == 0 ? "</bdi></th>" : "</bdi></td>");
    }
    out += "</tr>\n";
  }
  return out + "</tbody></table></div>\n";
}

}  // namespace trainmark::report
