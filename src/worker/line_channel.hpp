// Lines on descriptors with a limit, so that neither side can make the other hold more than that.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace trainmark::worker {

/// Longest line of the protocol in either direction, bytes without the newline.
inline constexpr size_t kMostLineBytes = size_t{1} << 20;

enum class LineState {
  kLine,
  kTooLong,  ///< the line was read to its end and thrown away
  kEnd,      ///< the other side closed its end, or reading failed; what came after the last newline is dropped
};

/// Reads lines from a descriptor that it does not own.
class LineReader {
 public:
  explicit LineReader(int fd, size_t most_bytes = kMostLineBytes) : fd_(fd), most_bytes_(most_bytes) {}
  /// Waits for the next line; `line` is without the newline.
  LineState read(std::string& line);

 private:
  int fd_;
  size_t most_bytes_;
  std::string received_;  // read and not yet given out
};

/// Writes the line and a newline, whole. False when the other side is gone or writing failed.
bool write_line(int fd, std::string_view line);

}  // namespace trainmark::worker
