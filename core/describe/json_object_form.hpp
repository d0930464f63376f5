#pragma once

/// json_object in JSON: the object itself, of at most json_object_bytes_max bytes without blanks.

#include "core/describe/json.hpp"
#include "core/describe/json_object.hpp"

namespace dotmac {

template <> struct json_form<json_object> {
  static void read(json_reader& in, const json& from, json_object& into) {
    if (!from.is_object())
      return in.complain("object_type", "must be an object", from);
    into.text = from.dump(-1, ' ', false, json::error_handler_t::replace);
    if (into.text.size() > json_object_bytes_max)
      in.complain("object_size", "must have at most " + std::to_string(json_object_bytes_max) + " bytes", into.text.size());
  }
  static json write(const json_object& value) { return json::parse(value.text, nullptr, false); }
  static json schema() { return {{"type", "object"}}; }
};

} // namespace dotmac
