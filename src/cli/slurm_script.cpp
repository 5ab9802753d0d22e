// Lines that begin with #SBATCH are read by Slurm without a shell, so what goes there is checked against what its options may look like; what goes into
// commands is quoted.
#include "cli/slurm_script.hpp"

#include <fmt/format.h>

#include <cctype>
#include <regex>

namespace trainmark::cli {
namespace {

std::string quoted(const std::string& word) {
  std::string out = "'";
  for (const char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::string quoted(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += " " + quoted(word);
  return out;
}

core::Result<void> check(const char* flag, const std::string& value, const char* pattern, const char* wanted) {
  if (std::regex_match(value, std::regex(pattern))) return {};
  return core::usage_error(fmt::format("{}: '{}' is not {}", flag, value, wanted));
}

// In a comment a line feed would begin a command.
std::string one_line(std::string text) {
  for (char& c : text) c = c == '\n' || c == '\r' ? ' ' : c;
  return text;
}

std::string name_of(const std::string& subject) {
  std::string name = subject.substr(subject.rfind('/') == std::string::npos ? 0 : subject.rfind('/') + 1);
  if (name.size() > 5 && name.substr(name.size() - 5) == ".toml") name.resize(name.size() - 5);
  for (char& c : name) c = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' ? c : '-';
  return name;
}

std::string header(const SlurmRequest& r, const std::string& name, int64_t tasks) {
  std::string out = fmt::format(
      "#!/bin/bash\n"
      "# Made by '{}'.\n"
      "# 'bash THIS' submits the tasks and, when all have ended, the merge of their results; 'sbatch THIS' submits the tasks alone.\n"
      "#SBATCH --job-name=trainmark-{}\n"
      "#SBATCH --partition={}\n"
      "#SBATCH --nodes=1\n"
      "#SBATCH --ntasks=1\n"
      "#SBATCH --cpus-per-task={}\n"
      "#SBATCH --mem={}\n",
      one_line(r.command_line), name, r.partition, r.cpus, r.memory);
  if (r.gpus > 0) out += fmt::format("#SBATCH --gres=gpu:{}\n", r.gpus);
  if (!r.time.empty()) out += fmt::format("#SBATCH --time={}\n", r.time);
  return out + fmt::format("#SBATCH --array=0-{}\n#SBATCH --output=trainmark-{}-%A_%a.log\n", tasks - 1, name);
}

std::string submission(const SlurmRequest& r, const std::string& name) {
  return fmt::format(
      R"sh(
# On the login node: the tasks, then the merge, which waits for them however they end.
if [ -z "${{SLURM_JOB_ID:-}}" ]; then
  script=$(cd "$(dirname "$0")" && pwd)/$(basename "$0")
  job=$(sbatch --parsable "$script")
  job=${{job%%;*}}
  merge=$(sbatch --parsable --dependency="afterany:$job" --job-name=trainmark-{0}-merge --partition={1} --ntasks=1 --mem=1G \
    --output="trainmark-{0}-merge-%j.log" --wrap="bash $(printf %q "$script") merge")
  echo "Submitted the tasks as job $job and their merge as job ${{merge%%;*}}; the results will be in $results."
  exit 0
fi
)sh",
      name, r.partition);
}

std::string task(const SlurmRequest& r) {
  std::string out = "\ntask=${SLURM_ARRAY_TASK_ID:-0}\noptions=()\n";
  if (!r.platforms.empty())
    out += fmt::format("platforms=({} )\noptions+=(--platform \"${{platforms[$task]}}\" --baseline \"${{platforms[$task]}}\")\n", quoted(r.platforms));
  out +=
      "# Slurm starts a task again whose node went down: it goes on where it was.\n"
      "if [ \"${SLURM_RESTART_COUNT:-0}\" -gt 0 ] && [ -f \"$results/task-$task/trainmark.sqlite\" ]; then options+=(--resume); fi\n"
      "mkdir -p \"$results\"\n";
  return out + fmt::format("exec \"$program\" run {}{} \"${{options[@]}}\" --out \"$results/task-$task\" --label \"${{SLURMD_NODENAME:-$(hostname)}}\"\n",
                           quoted(r.subject), quoted(r.options));
}

constexpr const char* kMerge = R"sh(
# The merge: of every task that left a store.
if [ "${1:-}" = merge ]; then
  stores=()
  for folder in "$results"/task-*; do
    if [ -f "$folder/trainmark.sqlite" ]; then stores+=("$folder"); fi
  done
  if [ "${#stores[@]}" -eq 0 ]; then
    echo "No task left results in $results." >&2
    exit 1
  fi
  exec "$program" merge "${stores[@]}" --out "$results"
fi
)sh";

}  // namespace

core::Result<std::string> slurm_script(const SlurmRequest& r) {
  if (auto good = check("--partition", r.partition, "[A-Za-z0-9_.,-]+", "the name of a partition"); !good) return good.error();
  if (auto good = check("--memory", r.memory, "[0-9]+[KMGT]?", "an amount of memory in Slurm's form, such as 3G"); !good) return good.error();
  if (auto good = check("--time", r.time, "|[0-9]+(-[0-9]+)?(:[0-9]+){0,2}", "a time in Slurm's form, such as 90 (minutes), 01:30:00 or 1-12"); !good)
    return good.error();
  const std::string name = name_of(r.subject);
  const int64_t tasks = r.platforms.empty() ? r.tasks : static_cast<int64_t>(r.platforms.size());
  return header(r, name, tasks) + fmt::format("set -euo pipefail\n\nprogram={}\nresults={}\n", quoted(r.program), quoted(r.results)) + kMerge +
         submission(r, name) + task(r);
}

}  // namespace trainmark::cli
