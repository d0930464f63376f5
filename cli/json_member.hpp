#pragma once

/// Reads JSON that others wrote: whatever it holds, nothing is thrown.
///
/// Limits   parsed_depth_max levels of lists and objects; deeper text is refused before it is parsed (writing it again would cost stack).
/// Cost     parse_json: one more pass over the text.

#include "core/describe/json.hpp"
#include "core/result.hpp"

#include <string>
#include <string_view>

namespace dotmac {

inline constexpr std::size_t parsed_depth_max = 100;

/// Numbers that neither a 64-bit integer nor a double holds as they were written are kept as their text: see written_json.
/// Errors   malformed_request: no JSON, or too deep. The message goes on from the name of what was read: "is no valid JSON".
result<json> parse_json(std::string_view text);

/// JSON text of what parse_json gave, every number as it was written; the only way to write it.
std::string written_json(const json& value);
/// The text itself where it is one, nothing for null, else written_json.
std::string text_of(const json& value);

/// Null where `of` is no object or has no such member.
const json& member(const json& of, const char* name);
/// Empty where it is no text.
std::string text_member(const json& of, const char* name);
/// None where it is no whole number from 0 on.
std::optional<std::uint64_t> count_member(const json& of, const char* name);
/// An empty list where it is none.
const json& list_member(const json& of, const char* name);

} // namespace dotmac
