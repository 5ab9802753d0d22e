// One HTTP request that appends to a file: the part of a download that touches the network.
//
// Only http and https, redirects included and at most five. A transfer slower than the limit is a stall and ends. What
// the server says is not believed: a body is written only when status, length and range are those that were asked for,
// and never beyond `bytes`.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace trainmark::data {

struct HttpLimits {
  int connect_s = 15;          ///< to reach the server
  int stall_s = 30;            ///< of less than a thousand bytes a second
  int64_t stall_bytes = 1000;  ///< a second
};

enum class HttpOutcome {
  kComplete,  ///< the file has all its bytes now
  kCut,       ///< the transfer broke off; what arrived is in the file, and the rest may be asked for
  kRestart,   ///< the server cannot continue where the file ends: begin with an empty file
  kRefused,   ///< this server will not give the file
};

struct HttpResult {
  HttpOutcome outcome = HttpOutcome::kRefused;
  std::string reason;  ///< why not complete, part of a sentence: "answered 404"
};

/// Called with the bytes of the file so far.
using HttpProgress = std::function<void(int64_t bytes)>;

/// Gets `url`, a file of `bytes` bytes, from byte `have` on, appending to the open file `descriptor`.
HttpResult http_append(const std::string& url, int descriptor, int64_t have, int64_t bytes, const HttpLimits& limits, const HttpProgress& progress);

/// Whether it is an http or https address: what a user may give as mirror.
bool is_http_url(std::string_view url);

}  // namespace trainmark::data
