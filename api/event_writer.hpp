#pragma once

/// Writes found events as JSON text: what was kept as JSON (nested values, numbers beyond 64 bits) goes out byte for byte, doubles in
/// the shortest form that reads back equal.
///
/// Limits    none of its own: a page is bounded where it is found (found_bytes_max).
/// Threads   pure.
/// Cost      linear in what is written.

#include "core/events/event_questions.hpp"
#include "core/events/event_reference.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace dotmac {

void append_text_as_json(std::string& out, std::string_view text);
void append_property_as_json(std::string& out, const event_property& property);
/// As an object by name.
void append_properties_as_json(std::string& out, const found_event& event, property_scope scope);
void append_event_as_json(std::string& out, const found_event& event);

} // namespace dotmac
