// Reading and writing whole lines; interrupted calls are repeated.
#include "worker/line_channel.hpp"

#include <unistd.h>

#include <cerrno>

namespace trainmark::worker {

LineState LineReader::read(std::string& line) {
  bool too_long = false;
  size_t searched = 0;
  while (true) {
    const size_t newline = received_.find('\n', searched);
    if (newline != std::string::npos) {
      too_long = too_long || newline > most_bytes_;
      line = too_long ? std::string() : received_.substr(0, newline);
      received_.erase(0, newline + 1);
      return too_long ? LineState::kTooLong : LineState::kLine;
    }
    searched = received_.size();
    if (searched > most_bytes_) {  // keeps nothing of it but the knowledge
      too_long = true;
      received_.clear();
      searched = 0;
    }
    char bytes[65536];
    const ssize_t length = ::read(fd_, bytes, sizeof bytes);
    if (length > 0) {
      received_.append(bytes, static_cast<size_t>(length));
    } else if (length == 0 || errno != EINTR) {
      return LineState::kEnd;
    }
  }
}

bool write_line(int fd, std::string_view line) {
  std::string bytes(line);
  bytes += '\n';
  size_t sent = 0;
  while (sent < bytes.size()) {
    const ssize_t written = ::write(fd, bytes.data() + sent, bytes.size() - sent);
    if (written >= 0) {
      sent += static_cast<size_t>(written);
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

}  // namespace trainmark::worker
