#pragma once

/// Writes found events as JSON text: what was kept as JSON (nested values, numbers beyond 64 bits) goes out byte for byte, doubles in
/// the shortest form that reads back equal.
///
/// Limits    none of its own: a page is bounded where it is found (found_bytes_max).
/// Threads   pure.
/// Cost      linear in what is written.

#include "core/events/event_questions.hpp"

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace dotmac {

inline constexpr std::array<std::string_view, event_field_count> event_field_names{"event_type", "event_name", "event_id", "user_id", "session_id", "customer_id", "source"};

void append_text_as_json(std::string& out, std::string_view text);
void append_property_as_json(std::string& out, const event_property& property);
/// As an object by name.
void append_properties_as_json(std::string& out, const found_event& event, property_scope scope);
void append_event_as_json(std::string& out, const found_event& event);

} // namespace dotmac
