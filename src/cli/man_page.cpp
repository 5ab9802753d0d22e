#include "cli/man_page.hpp"

#include <fmt/format.h>

namespace trainmark::cli {
namespace {

/// Text as roff takes it: no line is a request, a backslash is one, and a hyphen can be copied.
std::string plain(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      if ((c == '.' || c == '\'') && (out.empty() || out.back() == '\n')) out += "\\&";
      out += c;
    }
  }
  return out;
}

std::string value_of(const CLI::Option& option) {
  if (option.get_items_expected_max() == 0) return "";
  const std::string type = option.get_type_name();
  return type.empty() ? "VALUE" : type.substr(type.find(':') == std::string::npos ? 0 : type.find(':') + 1);
}

std::string option_entry(const CLI::Option& option) {
  const bool positional = option.get_positional();
  if (!positional && option.get_lnames().empty()) return "";
  const std::string name = positional ? option.get_name() : "--" + option.get_lnames().front(), value = positional ? "" : value_of(option);
  const std::string standard = option.get_default_str().empty() ? "" : fmt::format(" (default: {})", option.get_default_str());
  return fmt::format(".TP\n\\fB{}\\fR{}\n{}\n", plain(name), value.empty() ? "" : fmt::format(" \\fI{}\\fR", plain(value)),
                     plain(option.get_description() + standard));
}

/// The examples that stand below a command's help, as they are.
std::string examples(const std::string& footer) {
  if (footer.empty()) return "";
  return fmt::format(".PP\n.nf\n{}\n.fi\n", plain(footer));
}

std::string command_section(const CLI::App& command) {
  std::string out = fmt::format(".SS {}\n{}.\n", plain(command.get_name()), plain(command.get_description()));
  for (const CLI::Option* option : command.get_options()) out += option_entry(*option);
  for (const CLI::App* sub : command.get_subcommands([](const CLI::App*) { return true; })) {
    out += fmt::format(".PP\n\\fB{} {}\\fR: {}.\n", plain(command.get_name()), plain(sub->get_name()), plain(sub->get_description()));
    for (const CLI::Option* option : sub->get_options()) out += option_entry(*option);
  }
  return out + examples(command.get_footer());
}

constexpr const char* kExitCodes = R"(.SH EXIT STATUS
.TP
0
all well
.TP
1
an error of the program or the system
.TP
2
usage or bad input
.TP
3
a trial failed or crashed
.TP
4
a verdict failed, or a figure is impossible on this machine
.TP
5
a time\-out
.TP
6
a regression beyond the threshold
.TP
130
interrupted
.PP
Where several hold: 130, 2, 1, 4, 3, 5, 6.
.SH FILES
.TP
results/trainmark.sqlite
what was measured, unless \-\-out names another folder
.TP
~/.cache/trainmark
data sets and the environments of frameworks
)";

}  // namespace

std::string man_page(const CLI::App& app, const std::string& version) {
  std::string out = fmt::format(".TH TRAINMARK 1 \"\" \"trainmark {}\" \"User commands\"\n", version);
  out += ".SH NAME\ntrainmark \\- train the same network on many platforms, prove and compare\n";
  out += ".SH SYNOPSIS\n.B trainmark\n\\fICOMMAND\\fR [\\fIOPTIONS\\fR]\n";
  out += fmt::format(".SH DESCRIPTION\n{}\n.SH COMMANDS\n", plain(app.get_description()));
  for (const CLI::App* command : app.get_subcommands([](const CLI::App* c) { return !c->get_group().empty(); })) out += command_section(*command);
  return out + kExitCodes;
}

}  // namespace trainmark::cli
