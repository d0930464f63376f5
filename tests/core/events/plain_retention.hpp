#pragma once

/// Retention from its definition: every user, every cohort, every period.

#include "tests/core/events/plain_funnel.hpp"

namespace dotmac::plain {

/// The events of each user that match and lie in the interval, by time, then arrival.
inline std::map<std::string, std::vector<const event*>> events_by_user(const events& all, const funnel_step& step, event_field user_field, timestamp start, timestamp end) {
  const bool is_type = std::any_of(all.begin(), all.end(), [&](const event& e) { return e.texts[0] == step.text; });
  std::map<std::string, std::vector<const event*>> out;
  for (const auto& e : all)
    if (const auto& user = e.texts[static_cast<std::size_t>(user_field)]; !user.empty() && e.at.at >= start && e.at.at < end && matches(e, step, is_type))
      out[user].push_back(&e);
  for (auto& [user, own] : out)
    std::stable_sort(own.begin(), own.end(), [](const event* a, const event* b) { return a->at.at < b->at.at; });
  return out;
}

inline std::vector<timestamp> buckets_of(timestamp start, timestamp end, granularity size, const zone_rules& zone) {
  std::vector<timestamp> out;
  for (auto at = bucket_start(start, size, zone); at < end; at = next_bucket_start(at, size, zone))
    out.push_back(at);
  return out;
}

struct cohort_figures {
  std::uint64_t size = 0;
  std::map<std::size_t, std::uint64_t> retained; ///< by period
};

struct retention_answer {
  std::vector<timestamp> buckets;
  std::map<std::pair<std::vector<scalar>, timestamp>, cohort_figures> cohorts;
};

inline retention_answer retention(const events& all, const measure_retention& question) {
  retention_answer out;
  out.buckets = buckets_of(question.start_time, question.end_time, question.size, question.zone);
  const auto starts = events_by_user(all, question.start_event, question.user_id_field, question.start_time, question.end_time);
  const auto returns = events_by_user(all, question.return_event, question.user_id_field, question.start_time, question.end_time);
  const auto bucket_of = [&](const event* e) { return bucket_start(e->at.at, question.size, question.zone); };
  for (const auto& [user, own] : starts) {
    std::set<timestamp> seen;
    for (const auto* start : own) {
      const auto cohort = bucket_of(start);
      if (!seen.insert(cohort).second || (question.cohorts == retention_cohorts::first && seen.size() > 1))
        continue;
      std::vector<scalar> group;
      for (const auto& each : question.dimensions)
        group.push_back(group_value(*start, each));
      auto& into = out.cohorts[{group, cohort}];
      ++into.size;
      const auto back = returns.find(user);
      const auto first = static_cast<std::size_t>(std::find(out.buckets.begin(), out.buckets.end(), cohort) - out.buckets.begin());
      for (std::size_t b = first; back != returns.end() && b < out.buckets.size(); ++b) {
        const bool came = std::any_of(back->second.begin(), back->second.end(), [&](const event* e) {
          const auto at = bucket_of(e);
          return e->at.at >= start->at.at && (question.kind == retention_kind::on ? at == out.buckets[b] : at >= out.buckets[b]);
        });
        into.retained[b - first] += came;
      }
    }
  }
  return out;
}

} // namespace dotmac::plain
