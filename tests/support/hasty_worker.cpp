// hasty_worker PROGRAM FACTOR: the engine cpu of PROGRAM as a worker that claims to be FACTOR times as fast as it is. It does all of its
// work, so that every proof passes: only what the machine can do says that its times are impossible.
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "core/json.hpp"

namespace {

/// Starts the honest worker; its ends of two pipes.
struct Honest {
  FILE* requests = nullptr;
  FILE* answers = nullptr;
};
Honest start(const char* program) {
  int in[2], out[2];
  if (pipe(in) != 0 || pipe(out) != 0) std::exit(1);
  if (fork() == 0) {
    dup2(in[0], STDIN_FILENO);
    dup2(out[1], STDOUT_FILENO);
    for (const int end : {in[0], in[1], out[0], out[1]}) close(end);
    execl(program, program, "worker", "--platform", "cpu", nullptr);
    _exit(127);
  }
  close(in[0]);
  close(out[1]);
  return {fdopen(in[1], "w"), fdopen(out[0], "r")};
}

std::string next_line(FILE* file) {
  std::string line;
  for (int c = std::fgetc(file); c != EOF && c != '\n'; c = std::fgetc(file)) line += static_cast<char>(c);
  return line;
}

void shorten_times(const std::string& path, uint64_t factor) {
  std::ifstream in(path, std::ios::binary);
  std::vector<uint64_t> times;
  for (uint64_t time = 0; in.read(reinterpret_cast<char*>(&time), sizeof time);) times.push_back(time / factor + 1);
  std::ofstream(path, std::ios::binary | std::ios::trunc)
      .write(reinterpret_cast<const char*>(times.data()), static_cast<std::streamsize>(times.size() * sizeof(uint64_t)));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const Honest honest = start(argv[1]);
  const uint64_t factor = std::strtoull(argv[2], nullptr, 10);
  for (std::string line; std::getline(std::cin, line);) {
    std::fprintf(honest.requests, "%s\n", line.c_str());
    std::fflush(honest.requests);
    const std::string answer = next_line(honest.answers);
    const auto request = trainmark::core::parse_json(line, "the request");
    if (request && request->value("request", "") == "train") shorten_times(request->value("times", ""), factor);
    std::cout << answer << std::endl;
    if (request && request->value("request", "") == "quit") break;
  }
  std::fclose(honest.requests);
  wait(nullptr);
  return 0;
}
