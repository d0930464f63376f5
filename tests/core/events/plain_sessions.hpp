#pragma once

/// Sessions from their definition: every event is asked whether another one is near before it.

#include "tests/core/events/plain_retention.hpp"

namespace dotmac::plain {

struct plain_session {
  std::string user; ///< empty: nobody
  std::vector<const event*> events;
};

/// Sessions that start in the interval, with their events before its end.
inline std::vector<plain_session> sessions_of(const events& all, const measure_sessions& question) {
  const bool has_ids = question.rule == session_rule::session_id;
  const auto gap = question.gap_minutes.value_or(30) * 60'000;
  const auto key_field = has_ids ? event_field::session_id : question.user_id_field;
  const auto seen_from = has_ids && question.start_time.milliseconds - 86'400'000 > timestamp_min.milliseconds ? timestamp{question.start_time.milliseconds - 86'400'000} : timestamp_min;
  std::vector<plain_session> out;
  for (const auto& [key, own] : events_by_user(all, question.event, key_field, seen_from, question.end_time)) {
    std::vector<plain_session> found;
    for (const auto* e : own) {
      const bool is_far = found.empty() || (!has_ids && e->at.at.milliseconds - found.back().events.back()->at.at.milliseconds > gap);
      if (is_far)
        found.push_back({has_ids ? std::string{} : key, {}});
      auto& last = found.back();
      last.events.push_back(e);
      if (const auto& user = e->texts[static_cast<std::size_t>(question.user_id_field)]; last.user.empty())
        last.user = user;
    }
    for (auto& each : found)
      if (each.events.front()->at.at >= question.start_time)
        out.push_back(std::move(each));
  }
  return out;
}

struct plain_figures {
  std::uint64_t sessions = 0, bounces = 0, events = 0, milliseconds = 0;
  std::set<std::string> users;
  std::vector<double> lengths;

  void add(const plain_session& from) {
    const auto length = from.events.back()->at.at.milliseconds - from.events.front()->at.at.milliseconds;
    ++sessions;
    bounces += from.events.size() == 1;
    events += from.events.size();
    milliseconds += static_cast<std::uint64_t>(length);
    lengths.push_back(static_cast<double>(length));
    if (!from.user.empty())
      users.insert(from.user);
  }
};

/// Figures of a line: in whole, and by bucket.
struct plain_line {
  plain_figures total;
  std::map<timestamp, plain_figures> points;
};

inline std::vector<scalar> values_of(const event& e, const std::vector<std::string>& names) {
  std::vector<scalar> out;
  for (const auto& each : names)
    out.push_back(group_value(e, each));
  return out;
}

} // namespace dotmac::plain
