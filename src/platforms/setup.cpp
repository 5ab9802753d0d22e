#include "platforms/setup.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <deque>
#include <fstream>

#include "core/file.hpp"
#include "core/file_lock.hpp"
#include "core/hash.hpp"
#include "platforms/programs.hpp"

namespace trainmark::platforms {
namespace {

namespace fs = std::filesystem;
using core::Result;
using core::tool_error;

constexpr int kOldestMinor = 10, kNewestMinor = 13;  // of Python 3, for which requirements are pinned
constexpr size_t kLastLines = 12;                    // of pip, for an error

/// A program whose output goes to the log; its last lines are kept.
class LoggedProgram {
 public:
  explicit LoggedProgram(const fs::path& log) : log_(log, std::ios::app) {}

  Result<int> run(const std::vector<std::string>& words, const std::function<void(std::string_view)>& on_line = {}) {
    last_.clear();
    log_ << "$ " << fmt::format("{}", fmt::join(words, " ")) << "\n";
    return run_program(words, [&](std::string_view line) {
      log_ << line << std::endl;
      last_.emplace_back(line);
      if (last_.size() > kLastLines) last_.pop_front();
      if (on_line) on_line(line);
    });
  }
  std::string last_lines() const { return fmt::format("{}", fmt::join(last_, "\n  ")); }

 private:
  std::ofstream log_;
  std::deque<std::string> last_;
};

/// Minor version of a Python 3; -1 when it does not start or is none.
int minor_version(const fs::path& python) {
  int minor = -1;
  const auto ended = run_program({python.string(), "-E", "-c", "import sys; print(sys.version_info[1] if sys.version_info[0] == 3 else -1)"},
                                 [&](std::string_view line) { std::sscanf(std::string(line).c_str(), "%d", &minor); });
  return ended && *ended == 0 ? minor : -1;
}

bool is_supported(int minor) { return minor >= kOldestMinor && minor <= kNewestMinor; }

/// The Python of the machine that environments are made with: python3 if its version is one of ours, else the newest.
Result<fs::path> find_python() {
  std::vector<std::string> names = {"python3"};
  for (int minor = kNewestMinor; minor >= kOldestMinor; --minor) names.push_back(fmt::format("python3.{}", minor));
  std::string seen;
  for (const std::string& name : names) {
    const fs::path found = find_program(name);
    if (found.empty()) continue;
    const int minor = minor_version(found);
    if (is_supported(minor)) return found;
    seen += fmt::format(" ('{}' is 3.{})", found.string(), minor);
  }
  return tool_error(
      fmt::format("there is no Python 3.{} to 3.{} in PATH{}; install one, for example with the package python3, or give yours with --python PATH",
                  kOldestMinor, kNewestMinor, seen));
}

/// The environment's own Python, made when it is missing or does not start.
Result<fs::path> make_venv(const fs::path& folder, LoggedProgram& program, const SetupOptions& options) {
  const fs::path venv = folder / "venv", python = venv / "bin" / "python";
  std::error_code ignored;
  if (fs::exists(python, ignored) && is_supported(minor_version(python))) {
    const auto pip = program.run({python.string(), "-m", "pip", "--version"});
    if (pip && *pip == 0) return python;
  }
  const auto base = find_python();
  if (!base) return base.error();
  options.on_step(fmt::format("making a virtual environment with '{}'", base->string()));
  fs::remove_all(venv, ignored);
  const auto ended = program.run({base->string(), "-m", "venv", venv.string()});
  if (!ended) return ended.error();
  if (*ended == 0) return python;
  fs::remove_all(venv, ignored);
  return tool_error(
      fmt::format("'{} -m venv' failed; on Debian and Ubuntu it needs the package python3-venv. Its last lines:\n  {}", base->string(), program.last_lines()));
}

/// What is worth telling of a line of pip's: "Downloading torch-2.9.1-cp311-...whl (900 MB)".
std::string progress_of(std::string_view line) {
  while (!line.empty() && line.front() == ' ') line.remove_prefix(1);
  if (line.starts_with("Downloading ") || line.starts_with("Using cached ")) {
    const size_t dash = line.find("-cp"), any = line.find("-py"), size = line.rfind(" (");
    const size_t end = std::min(dash, any);
    if (end == std::string_view::npos || size == std::string_view::npos) return std::string(line);
    return fmt::format("{}{}", line.substr(0, end), line.substr(size));
  }
  if (line.starts_with("Installing collected packages")) return "unpacking and installing; this takes a while for large packages";
  return "";
}

Result<void> install(const SetupPlan& plan, const fs::path& python, LoggedProgram& program, const SetupOptions& options) {
  const fs::path list = plan.folder / "requirements.txt";
  if (auto written = core::write_file(list, plan.requirements); !written) return written;
  std::vector<std::string> words = {python.string(), "-E",         "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--progress-bar", "off",
                                    "--requirement", list.string()};
  if (!options.index_url.empty()) words.insert(words.end(), {"--index-url", options.index_url});
  const auto ended = program.run(words, [&](std::string_view line) {
    if (const std::string text = progress_of(line); !text.empty()) options.on_step(text);
  });
  if (!ended) return ended.error();
  if (*ended == 0) return {};
  return tool_error(fmt::format("pip could not install what '{}' needs; repeat the command to go on where it stopped. Its last lines (all are in '{}'):\n  {}",
                                plan.name, (plan.folder / "setup.log").string(), program.last_lines()));
}

std::string hash_of(const SetupPlan& plan) { return core::sha256_hex(plan.requirements).substr(0, 16); }

}  // namespace

Result<SetupPlan> plan_setup(const FrameworkPlatform& platform, const std::string& version) {
  SetupPlan plan;
  plan.name = environment_name(platform, version);
  const auto folder = environment_folder(plan.name);
  if (!folder) return folder.error();
  plan.folder = *folder;
  auto requirements = requirements_text(platform, version);
  if (!requirements) return requirements.error();
  plan.requirements = std::move(*requirements);
  plan.size = size_of(plan.requirements);
  std::error_code failure;
  fs::path there = plan.folder;
  while (!fs::exists(there, failure) && there.has_relative_path()) there = there.parent_path();
  const auto space = fs::space(there, failure);
  if (!failure) plan.free_bytes = static_cast<int64_t>(space.available);
  const auto known = read_environment(plan.name);
  plan.complete = known && *known && !(*known)->own && (*known)->requirements == hash_of(plan);
  return plan;
}

Result<Environment> set_up(const SetupPlan& plan, const SetupOptions& options) {
  if (plan.size && plan.free_bytes >= 0 && plan.size->installed_bytes > plan.free_bytes) {
    return tool_error(fmt::format("'{}' takes {:.1f} GB in '{}', where {:.1f} GB are free; make room, or set TRAINMARK_CACHE to a folder on another disk",
                                  plan.name, static_cast<double>(plan.size->installed_bytes) / 1e9, plan.folder.string(),
                                  static_cast<double>(plan.free_bytes) / 1e9));
  }
  std::error_code failure;
  fs::create_directories(plan.folder, failure);
  if (failure) return tool_error(fmt::format("cannot make the folder '{}': {}", plan.folder.string(), failure.message()));
  const auto lock = core::FileLock::try_take(plan.folder / "lock");
  if (!lock) return lock.error();
  if (!*lock) return tool_error(fmt::format("another 'trainmark setup' is at work in '{}'; wait for it", plan.folder.string()));
  fs::remove(plan.folder / "environment.json", failure);
  LoggedProgram program(plan.folder / "setup.log");
  const auto python = make_venv(plan.folder, program, options);
  if (!python) return python.error();
  if (auto installed = install(plan, *python, program, options); !installed) return installed.error();
  return Environment{*python, false, hash_of(plan), {}};
}

}  // namespace trainmark::platforms
