// Result<T>: a value or an error, for what a plugin's functions return.
//
// Return `{}` from a Result<void> for success and limen::Error{...} for failure. An exception
// thrown instead of a returned error reaches the host as the same thing, with the status
// LIMEN_E_INTERNAL.
#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "limen/abi.h"

namespace limen {

struct Error {
  std::string message;  // shown in the server's log; never put a secret in it
  limen_status status = LIMEN_E_INTERNAL;
};

// Thrown by a plugin's constructor: the config cannot be used. The text names the key and says what
// to write instead; it is shown to the operator as it is.
class ConfigError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : body_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : body_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const { return body_.index() == 0; }
  explicit operator bool() const { return ok(); }
  const T& value() const& { return std::get<0>(body_); }
  T&& value() && { return std::get<0>(std::move(body_)); }
  const T& operator*() const& { return value(); }
  const T* operator->() const { return &value(); }
  const Error& error() const { return std::get<1>(body_); }

 private:
  std::variant<T, Error> body_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}

  bool ok() const { return !error_.has_value(); }
  explicit operator bool() const { return ok(); }
  const Error& error() const { return *error_; }

 private:
  std::optional<Error> error_;
};

namespace detail {
// What a status of the host becomes; success stays success.
inline Result<void> from_status(limen_status status, std::string_view what) {
  if (status == LIMEN_OK) return {};
  return Error{std::string(what), status < 0 ? status : LIMEN_E_INTERNAL};
}
}  // namespace detail

}  // namespace limen
