#pragma once

/// Writes found events as JSON text: what was kept as JSON (nested values, numbers beyond 64 bits) goes out byte for byte, doubles in
/// the shortest form that reads back equal.
///
/// Limits    none of its own: a page is bounded where it is found (found_bytes_max).
/// Threads   pure.
/// Cost      linear in what is written.

#include "core/events/event_questions.hpp"

#include <string>
#include <vector>

namespace dotmac {

/// Appends a JSON list of the events.
void append_events_as_json(std::string& out, const std::vector<found_event>& events);

} // namespace dotmac
