#pragma once

/// Failures as CAF errors and back: the code, the sentence and the field travel in the error's context.

#include "core/result.hpp"

#include <caf/atom.hpp>
#include <caf/error.hpp>
#include <caf/make_message.hpp>
#include <caf/sec.hpp>

#include <string>

namespace dotmac {

inline constexpr auto failure_category = caf::atom("dotmac");

inline caf::error to_caf_error(const failure& why) {
  return {static_cast<std::uint8_t>(why.code), failure_category, caf::make_message(why.message, why.field)};
}

/// Errors that CAF itself makes (receiver down, timeout, broken promise) become codes that may be retried.
failure to_failure(const caf::error& error);

/// True where CAF says that the message was never handled: sending it to the actor's successor cannot double it.
inline bool was_never_handled(const caf::error& error) {
  return error == caf::sec::request_receiver_down;
}

} // namespace dotmac
