#pragma once

/// Writes found events as JSON text: what was kept as JSON (nested values, numbers beyond 64 bits) goes out byte for byte, doubles in
/// the shortest form that reads back equal.
///
/// Limits    event_page_bytes_max: a page over it ends early, after at least one event.
/// Threads   pure.
/// Cost      linear in what is written.

#include "core/events/event_questions.hpp"

#include <string>
#include <vector>

namespace dotmac {

inline constexpr std::size_t event_page_bytes_max = 67'108'864;

/// Appends a JSON list of the events from the first on, and returns how many it holds.
std::size_t append_events_as_json(std::string& out, const std::vector<found_event>& events, std::size_t bytes_max = event_page_bytes_max);

} // namespace dotmac
