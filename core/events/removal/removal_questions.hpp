#pragma once

/// What is said and asked of removals: everything of one user or customer, and what is older than it is to be kept.

#include "core/describe/description.hpp"
#include "core/time/timestamp.hpp"

#include <optional>
#include <string>
#include <vector>

namespace dotmac {

inline constexpr std::size_t removals_pending_max = 1'000;  ///< too_many_requests beyond
inline constexpr std::size_t removals_told_max = 1'000;     ///< of those that are done
inline constexpr std::size_t retention_rules_max = 1'000;
inline constexpr std::int64_t retention_days_max = 36'500;

enum class removal_kind : std::uint8_t { user, customer, expired };
template <> struct enumeration<removal_kind> {
  static constexpr std::array<std::string_view, 3> names{"user", "customer", "expired"};
};

/// Events and profile of a user, by any of his ids, or of a customer: those that are there when it becomes durable. Answered then; carried out behind it.
struct remove_events {
  removal_kind kind = removal_kind::user;
  std::string id;
  std::string digest; ///< what is kept of the id, to prove it by
  timestamp at;       ///< now
};
template <> struct description<remove_events> {
  static constexpr auto fields = std::tuple{field{"kind", &remove_events::kind, "whose"}, field{"id", &remove_events::id, "which"},
                                            field{"digest", &remove_events::digest, "what is kept of the id"}, field{"at", &remove_events::at, "when"}};
};

struct removal_begun {
  std::uint64_t number = 0;
};
template <> struct description<removal_begun> {
  static constexpr auto fields = std::tuple{field{"number", &removal_begun::number, "of the removal, from 1"}};
};

struct retention_rule {
  std::string event_type;
  std::optional<std::int64_t> days; ///< none: events of this type are kept
};
template <> struct description<retention_rule> {
  static constexpr auto fields = std::tuple{field{"event_type", &retention_rule::event_type, "of which events", {1, 255}, presence::required},
                                            field{"days", &retention_rule::days, "how long they are kept; null: for ever", {1, retention_days_max}}};
};

struct event_retention {
  std::optional<std::int64_t> days; ///< of types without a rule; none: they are kept
  std::vector<retention_rule> rules;
};
template <> struct description<event_retention> {
  static constexpr auto fields = std::tuple{field{"days", &event_retention::days, "how long events of all other types are kept; null: for ever", {1, retention_days_max}},
                                            field{"rules", &event_retention::rules, "by type", {0, retention_rules_max}}};
};

struct set_event_retention {
  event_retention retention;
};
template <> struct description<set_event_retention> {
  static constexpr auto fields = std::tuple{field{"retention", &set_event_retention::retention, "from now on"}};
};

struct list_removals {};
template <> struct description<list_removals> {
  static constexpr auto fields = std::tuple{};
};

struct removal_record {
  std::uint64_t number = 0;
  removal_kind kind = removal_kind::user;
  std::string digest;
  timestamp requested_at;
  std::uint64_t removed_events = 0;
  std::optional<timestamp> done_at; ///< none: it goes on
};
template <> struct description<removal_record> {
  static constexpr auto fields = std::tuple{
      field{"number", &removal_record::number, "from 1"}, field{"kind", &removal_record::kind, "what was removed"},
      field{"digest", &removal_record::digest, "SHA-256 of the id, in hexadecimal; empty of expired events"}, field{"requested_at", &removal_record::requested_at, "when"},
      field{"removed_events", &removal_record::removed_events, "so far"}, field{"done_at", &removal_record::done_at, "when nothing was left of it in the store; null while it goes on"}};
};

struct removals_told {
  std::vector<removal_record> removals; ///< newest first
  event_retention retention;
  std::string problem; ///< why it does not go on at present; empty: it does
};
template <> struct description<removals_told> {
  static constexpr auto fields = std::tuple{field{"removals", &removals_told::removals, "newest first"}, field{"retention", &removals_told::retention, "as it was set"},
                                            field{"problem", &removals_told::problem, "why it does not go on"}};
};

} // namespace dotmac
