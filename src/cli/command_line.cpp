// Remembered once at start.
#include "cli/command_line.hpp"

#if defined(__APPLE__)
#include <mach-o/dyld.h>
#endif

namespace trainmark::cli {
namespace {

std::string& text() {
  static std::string line;
  return line;
}
std::filesystem::path& path() {
  static std::filesystem::path program;
  return program;
}

std::string quoted(const std::string& argument) {
  const bool plain =
      !argument.empty() && argument.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=+,./:@%") == std::string::npos;
  if (plain) return argument;
  std::string out = "'";
  for (const char c : argument) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::filesystem::path find_program(const char* argv0) {
#if defined(__APPLE__)
  char buffer[4096];
  uint32_t size = sizeof buffer;
  if (_NSGetExecutablePath(buffer, &size) == 0) return std::filesystem::weakly_canonical(buffer);
#else
  std::error_code failure;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", failure);
  if (!failure) return self;
#endif
  return std::filesystem::weakly_canonical(argv0);
}

}  // namespace

void remember_command_line(int argc, char** argv) {
  text() = "trainmark";
  for (int i = 1; i < argc; ++i) text() += " " + quoted(argv[i]);
  path() = find_program(argv[0]);
}

std::string command_line() { return text(); }
std::filesystem::path program_path() { return path(); }

}  // namespace trainmark::cli
