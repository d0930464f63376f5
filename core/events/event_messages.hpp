#pragma once

/// What an event partition is told, and what it answers, beside the questions of core/events/event_questions.hpp.

#include "core/bytes.hpp"
#include "core/events/event_questions.hpp"

namespace dotmac {

enum class event_outcome : std::uint8_t {
  accepted,    ///< new, and durable now
  duplicate,   ///< its event_id was here before with the same content: no effect
  conflicting, ///< its event_id was here before with other content: the first stays
  refused,     ///< it has a property name that is new, and property_keys_max names are known: no effect
};
template <> struct enumeration<event_outcome> {
  static constexpr std::array<std::string_view, 4> names{"accepted", "duplicate", "conflicting", "refused"};
};

/// `block` as built by event_block_builder. Answered once durable.
struct append_events {
  bytes block;
  bool wants_event_ids = false;
};
template <> struct description<append_events> {
  static constexpr auto fields = std::tuple{
      field{"block", &append_events::block, "events as columns"},
      field{"wants_event_ids", &append_events::wants_event_ids, "whether the answer lists the ids"}};
};

struct events_appended {
  std::vector<event_outcome> outcomes; ///< per row of the block
  std::vector<std::string> event_ids;  ///< per row, where wanted
};
template <> struct description<events_appended> {
  static constexpr auto fields = std::tuple{
      field{"outcomes", &events_appended::outcomes, "per row of the block"},
      field{"event_ids", &events_appended::event_ids, "per row, where wanted"}};
};

struct summarize_events {};
template <> struct description<summarize_events> {
  static constexpr auto fields = std::tuple{};
};

struct event_kind_count {
  std::string event_type;
  std::string event_name;
  std::uint64_t count = 0;
};
template <> struct description<event_kind_count> {
  static constexpr auto fields = std::tuple{field{"event_type", &event_kind_count::event_type, "type"},
                                            field{"event_name", &event_kind_count::event_name, "name"},
                                            field{"count", &event_kind_count::count, "events"}};
};

struct event_summary {
  std::uint64_t event_count = 0;
  std::uint64_t user_count = 0;
  std::uint64_t memory_bytes = 0;
  std::optional<timestamp> first_event;
  std::optional<timestamp> last_event;
  std::vector<event_kind_count> kinds; ///< largest first, at most event_kinds_told_max
};
template <> struct description<event_summary> {
  static constexpr auto fields = std::tuple{
      field{"event_count", &event_summary::event_count, "events kept"},
      field{"user_count", &event_summary::user_count, "distinct users"},
      field{"memory_bytes", &event_summary::memory_bytes, "memory held by the columns"},
      field{"first_event", &event_summary::first_event, "earliest time"},
      field{"last_event", &event_summary::last_event, "latest time"},
      field{"kinds", &event_summary::kinds, "counts by type and name"}};
};

} // namespace dotmac
