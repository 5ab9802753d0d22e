// Progress on stderr: a live line on a terminal, a plain line per change elsewhere.
#pragma once

#include <string>

#include "trial/supervisor.hpp"

namespace trainmark::cli {

class ProgressPrinter {
 public:
  ProgressPrinter();
  ~ProgressPrinter();
  ProgressPrinter(const ProgressPrinter&) = delete;
  ProgressPrinter& operator=(const ProgressPrinter&) = delete;

  void show(const trial::Progress& progress);
  /// Removes the live line, so that other output starts on a clean one.
  void clear();

 private:
  bool live_ = false;      ///< stderr is a terminal
  int64_t shown_ns_ = 0;   ///< when the live line was last drawn
  std::string last_line_;  ///< of plain output: which workload, repetition and tenth
};

}  // namespace trainmark::cli
