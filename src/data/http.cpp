// libcurl's easy interface. Header lines are looked at as they come, the body is judged at its first byte.
#include "data/http.hpp"

#include <curl/curl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <string_view>

#include "core/build_info.hpp"
#include "core/check.hpp"

namespace trainmark::data {
namespace {

constexpr long kMostRedirects = 5;

struct CloseCurl {
  void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
};
using Curl = std::unique_ptr<CURL, CloseCurl>;

struct Transfer {
  CURL* curl = nullptr;
  int descriptor = -1;
  int64_t have = 0, bytes = 0;  // of the file: so far, in all
  bool judged = false;          // the answer was looked at
  HttpResult refusal;           // when `refused`
  bool refused = false;
  const HttpProgress* progress = nullptr;

  bool refuse(HttpOutcome outcome, std::string reason) {
    refused = true;
    refusal = {outcome, std::move(reason)};
    return false;
  }

  std::string header(const char* name) const {
    curl_header* found = nullptr;
    return curl_easy_header(curl, name, 0, CURLH_HEADER, -1, &found) == CURLHE_OK ? found->value : "";
  }

  /// Whether the answer is what was asked for. Called before the first byte is written.
  bool judge() {
    judged = true;
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_off_t length = -1;
    curl_easy_getinfo(curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    if (status == 416 || (status == 200 && have > 0)) return refuse(HttpOutcome::kRestart, "cannot continue in the middle of the file");
    if (status != 200 && status != 206) return refuse(HttpOutcome::kRefused, fmt::format("answered {}", status));
    if (header("Content-Type").starts_with("text/html"))
      return refuse(HttpOutcome::kRefused, "answered with a web page instead of the file (does the network ask for a login?)");
    if (status == 206 && header("Content-Range") != fmt::format("bytes {}-{}/{}", have, bytes - 1, bytes))
      return refuse(have > 0 ? HttpOutcome::kRestart : HttpOutcome::kRefused,
                    fmt::format("answered with another range, '{}'", header("Content-Range").substr(0, 60)));
    if (length >= 0 && length != bytes - have)
      return refuse(HttpOutcome::kRefused, fmt::format("announces {} bytes where {} are expected", length, bytes - have));
    return true;
  }
};

size_t take_body(char* data, size_t, size_t count, void* context) {
  auto& transfer = *static_cast<Transfer*>(context);
  if (!transfer.judged && !transfer.judge()) return CURL_WRITEFUNC_ERROR;
  if (static_cast<int64_t>(count) > transfer.bytes - transfer.have) {
    transfer.refuse(HttpOutcome::kRefused, fmt::format("sends more than the {} bytes of the file", transfer.bytes));
    return CURL_WRITEFUNC_ERROR;
  }
  for (size_t written = 0; written < count;) {
    const ssize_t now = ::write(transfer.descriptor, data + written, count - written);
    if (now < 0 && errno == EINTR) continue;
    if (now < 0) {
      transfer.refuse(HttpOutcome::kRefused, fmt::format("cannot be written to the disk: {}", std::strerror(errno)));
      return CURL_WRITEFUNC_ERROR;
    }
    written += static_cast<size_t>(now);
  }
  transfer.have += static_cast<int64_t>(count);
  if (*transfer.progress) (*transfer.progress)(transfer.have);
  return count;
}

void set_up(CURL* curl, const std::string& url, const std::string& range, const HttpLimits& limits, Transfer& transfer, char* error) {
  static const std::string agent = fmt::format("trainmark/{}", core::build_info().version);
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_USERAGENT, agent.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");  // of redirects too
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt(curl, CURLOPT_MAXREDIRS, kMostRedirects);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, static_cast<long>(limits.connect_s));
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, static_cast<long>(limits.stall_s));
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, static_cast<long>(limits.stall_bytes));
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, error);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &transfer);
  if (!range.empty()) curl_easy_setopt(curl, CURLOPT_RANGE, range.c_str());
}

/// What a failed transfer means. Only what broke off in the middle is worth another request to the same server.
HttpResult failure_of(CURLcode code, const char* error, const HttpLimits& limits) {
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      return {HttpOutcome::kCut, fmt::format("sent less than {} bytes a second for {} s, or could not be reached within {} s", limits.stall_bytes,
                                             limits.stall_s, limits.connect_s)};
    case CURLE_PARTIAL_FILE:
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_HTTP2_STREAM:
      return {HttpOutcome::kCut, fmt::format("broke off ({})", *error == '\0' ? curl_easy_strerror(code) : error)};
    case CURLE_TOO_MANY_REDIRECTS:
      return {HttpOutcome::kRefused, fmt::format("redirects more than {} times", kMostRedirects)};
    case CURLE_UNSUPPORTED_PROTOCOL:
      return {HttpOutcome::kRefused, "redirects to what is neither http nor https"};
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    default:
      return {HttpOutcome::kRefused, fmt::format("cannot be reached ({})", *error == '\0' ? curl_easy_strerror(code) : error)};
  }
}

}  // namespace

HttpResult http_append(const std::string& url, int descriptor, int64_t have, int64_t bytes, const HttpLimits& limits, const HttpProgress& progress) {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  CHECK(started == CURLE_OK, "libcurl starts");
  const Curl curl(curl_easy_init());
  CHECK(curl != nullptr, "libcurl makes a handle");
  Transfer transfer;
  transfer.curl = curl.get();
  transfer.descriptor = descriptor;
  transfer.have = have;
  transfer.bytes = bytes;
  transfer.progress = &progress;
  char error[CURL_ERROR_SIZE] = "";
  set_up(curl.get(), url, have > 0 ? fmt::format("{}-", have) : "", limits, transfer, error);
  const CURLcode code = curl_easy_perform(curl.get());
  if (code == CURLE_OK && !transfer.judged) transfer.judge();  // an answer without a body
  if (transfer.refused) return transfer.refusal;
  if (code != CURLE_OK) return failure_of(code, error, limits);
  if (transfer.have < bytes) return {HttpOutcome::kCut, fmt::format("ended after {} of {} bytes", transfer.have, bytes)};
  return {HttpOutcome::kComplete, ""};
}

bool is_http_url(std::string_view url) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (url.starts_with(scheme) && url.size() > scheme.size()) return true;
  }
  return false;
}

}  // namespace trainmark::data
