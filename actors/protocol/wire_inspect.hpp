#pragma once

/// The hook that CAF's inspectors look for: a described record travels as one string in its binary form
/// (core/describe/binary.hpp), because CAF 0.17 loses infinities, NaN and subnormals.

#include "core/describe/binary.hpp"

#include <caf/error.hpp>
#include <caf/sec.hpp>

namespace dotmac {

template <class Inspector, described T> typename Inspector::result_type inspect(Inspector& visit, T& record) {
  if constexpr (Inspector::writes_state) {
    std::string raw;
    if (auto error = visit(raw))
      return error;
    binary::reader in{raw};
    if (!in.read(record) || !in.at_end())
      return caf::make_error(caf::sec::invalid_argument, "a message is not in its binary form");
    return visit();
  } else {
    auto raw = to_bytes(record);
    return visit(raw);
  }
}

} // namespace dotmac
