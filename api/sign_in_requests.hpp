#pragma once

/// The body of a sign-in.

#include "core/describe/description.hpp"

#include <string>

namespace dotmac {

inline constexpr std::int64_t api_key_size_max = 200;

struct session_request {
  std::string api_key;
};
template <> struct description<session_request> {
  static constexpr auto fields = std::tuple{field{"api_key", &session_request::api_key, "as it was shown when it was made", bounds{1, api_key_size_max}, presence::required}};
};

} // namespace dotmac
