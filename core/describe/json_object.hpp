#pragma once

/// A JSON object that is kept as its text: what its reader makes of it is decided elsewhere.

#include "core/describe/description.hpp"

#include <string>

namespace dotmac {

inline constexpr std::size_t json_object_bytes_max = 65'536;

struct json_object {
  std::string text = "{}";
  friend bool operator==(const json_object&, const json_object&) = default;
};
template <> struct description<json_object> {
  static constexpr auto fields = std::tuple{field{"text", &json_object::text, "JSON", bounds{2, json_object_bytes_max}}};
};

} // namespace dotmac
