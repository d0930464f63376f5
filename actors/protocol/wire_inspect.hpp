#pragma once

/// The hook that CAF's inspectors look for: a described record travels as one string in its binary form
/// (core/describe/binary.hpp), because CAF 0.17 loses infinities, NaN and subnormals.
///
/// Whoever reads does not know the protocol of whoever wrote: a record that goes to other nodes in this way never changes, but for those of greeting.

#include "core/describe/binary.hpp"

#include <caf/error.hpp>
#include <caf/sec.hpp>

namespace dotmac {

/// Read before anything was agreed on, and therefore by every release for ever: fields come at the end only, one that is missing there has its default,
/// and what is left over is a later release's.
template <class T> inline constexpr bool is_greeting = false;

template <class T> bool read_greeting(binary::reader& in, T& greeting) {
  bool good = true;
  for_each_field<T>([&](const auto& each) { good = good && (in.at_end() || in.read(greeting.*each.member)); });
  return good;
}

template <class T> bool read_message(binary::reader& in, T& message) {
  if constexpr (is_greeting<T>)
    return read_greeting(in, message);
  else
    return in.read(message) && in.at_end();
}

template <class Inspector, described T> typename Inspector::result_type inspect(Inspector& visit, T& record) {
  if constexpr (Inspector::writes_state) {
    std::string raw;
    if (auto error = visit(raw))
      return error;
    binary::reader in{raw};
    if (!read_message(in, record))
      return caf::make_error(caf::sec::invalid_argument, "a message is not in its binary form");
    return visit();
  } else {
    auto raw = to_bytes(record);
    return visit(raw);
  }
}

} // namespace dotmac
