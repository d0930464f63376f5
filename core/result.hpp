#pragma once

/// A value or the reason why there is none. Expected failures travel as values; see core/error_code.hpp.

#include "core/error_code.hpp"

#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace dotmac {

/// Why something was refused or failed. `field` names the input at fault (empty: the whole), `message` is a sentence
/// for people and names the limit where one was reached.
struct failure {
  error_code code = error_code::internal_error;
  std::string message;
  std::string field;
  std::string cause = {}; ///< what a vendor's library said: for operators and the log, never for a client
  friend bool operator==(const failure&, const failure&) = default;
};

/// What the log and an operator are told: one line, whatever a vendor said.
inline std::string text_for_log(const failure& why) {
  auto text = why.cause.empty() ? why.message : why.message + ": " + why.cause;
  for (auto& each : text)
    if (static_cast<unsigned char>(each) < ' ')
      each = ' ';
  return text;
}

template <class T> class [[nodiscard]] result {
public:
  result(T value) : held_{std::in_place_index<0>, std::move(value)} {}
  result(failure why) : held_{std::in_place_index<1>, std::move(why)} {}

  explicit operator bool() const noexcept { return held_.index() == 0; }
  bool has_value() const noexcept { return held_.index() == 0; }
  T& operator*() & { return std::get<0>(held_); }
  const T& operator*() const& { return std::get<0>(held_); }
  /// By value, so that a loop over `*call()` does not outlive what it runs over.
  T operator*() && { return std::get<0>(std::move(held_)); }
  T* operator->() { return &std::get<0>(held_); }
  const T* operator->() const { return &std::get<0>(held_); }
  const failure& error() const { return std::get<1>(held_); }

private:
  std::variant<T, failure> held_;
};

template <> class [[nodiscard]] result<void> {
public:
  result() = default;
  result(failure why) : why_{std::move(why)} {}

  explicit operator bool() const noexcept { return !why_; }
  bool has_value() const noexcept { return !why_; }
  const failure& error() const { return *why_; }

private:
  std::optional<failure> why_;
};

} // namespace dotmac
