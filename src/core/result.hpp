// Result<T>: a value, or an Error that a person can act on.
//
// Whatever a user or a machine can cause travels as a Result up to `main`, which prints it once and turns its kind into
// the exit code. Broken invariants of our own are CHECKs (check.hpp), never Errors. There is no macro to propagate an
// error: `if (!value) return value.error();` shows every early return where it happens.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "core/check.hpp"

namespace trainmark::core {

/// Why something could not be done; each kind is one exit code of the command line.
enum class ErrorKind {
  kTool,         ///< the tool or the machine failed (exit code 1)
  kUsage,        ///< bad input or bad usage (exit code 2)
  kUnavailable,  ///< this machine or build lacks it; data for reports, bad usage when named by hand
  kInterrupted,  ///< the user stopped it (exit code 130)
};

/// A whole sentence that names the value, the place and the remedy.
struct Error {
  ErrorKind kind = ErrorKind::kTool;
  std::string message;
};

inline Error tool_error(std::string message) { return {ErrorKind::kTool, std::move(message)}; }
inline Error usage_error(std::string message) { return {ErrorKind::kUsage, std::move(message)}; }
inline Error unavailable(std::string message) { return {ErrorKind::kUnavailable, std::move(message)}; }

/// Either a T or an Error. Reading the side that is not there is a broken invariant.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  T& value() & {
    CHECK(ok(), error_text());
    return std::get<0>(state_);
  }
  const T& value() const& {
    CHECK(ok(), error_text());
    return std::get<0>(state_);
  }
  T&& value() && {
    CHECK(ok(), error_text());
    return std::get<0>(std::move(state_));
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  const Error& error() const {
    CHECK(!ok(), "error() of a Result that holds a value");
    return std::get<1>(state_);
  }

 private:
  std::string error_text() const { return ok() ? std::string() : std::get<1>(state_).message; }
  std::variant<T, Error> state_;
};

/// Success, or an Error.
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}

  bool ok() const { return !error_; }
  explicit operator bool() const { return ok(); }
  void value() const { CHECK(ok(), error_->message); }
  const Error& error() const {
    CHECK(!ok(), "error() of a Result that succeeded");
    return *error_;
  }

 private:
  std::optional<Error> error_;
};

}  // namespace trainmark::core
