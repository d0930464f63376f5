#pragma once

/// Paths from their definition: lists of labels, one per session, counted by looking through all of them.

#include "tests/core/events/plain_retention.hpp"

namespace dotmac::plain {

/// Tries every text that a * may stand for.
inline bool fits(const std::string& pattern, const std::string& text) {
  if (pattern.empty())
    return text.empty();
  if (pattern[0] != '*')
    return !text.empty() && text[0] == pattern[0] && fits(pattern.substr(1), text.substr(1));
  for (std::size_t taken = 0; taken <= text.size(); ++taken)
    if (fits(pattern.substr(1), text.substr(taken)))
      return true;
  return false;
}

struct plain_place {
  scalar label;
  std::int64_t at;
};
struct plain_path {
  std::string user;
  std::vector<plain_place> places; ///< by position
};

/// Null: no step.
inline scalar label_of(const event& e, const follow_paths& question) {
  auto label = group_value(e, question.label_field);
  if (auto* text = std::get_if<std::string>(&label)) {
    for (const auto& each : question.label_rules)
      if (fits(each.pattern, *text)) {
        *text = each.label;
        break;
      }
    for (const auto& each : question.exclude)
      if (fits(each, *text))
        return {};
  }
  return label;
}

inline std::vector<plain_path> paths_of(const events& all, const follow_paths& question) {
  std::set<std::string> types;
  for (const auto& e : all)
    types.insert(e.texts[0]);
  const auto is_type = [&](const funnel_step& step) { return types.contains(step.text); };
  std::vector<plain_path> out;
  for (const auto& [user, own] : events_by_user(all, question.event, question.user_id_field, timestamp_min, question.end_time)) {
    std::vector<std::vector<const event*>> sessions;
    for (const auto* e : own) {
      if (label_of(*e, question).index() == 0
          || std::any_of(question.exclude_events.begin(), question.exclude_events.end(), [&](const funnel_step& each) { return matches(*e, each, is_type(each)); }))
        continue;
      if (sessions.empty() || e->at.at.milliseconds - sessions.back().back()->at.at.milliseconds > question.gap_minutes * 60'000)
        sessions.emplace_back();
      sessions.back().push_back(e);
    }
    for (auto& session : sessions) {
      if (session.front()->at.at < question.start_time)
        continue;
      const auto cut = [&](const funnel_step& at) { return std::find_if(session.begin(), session.end(), [&](const event* e) { return matches(*e, at, is_type(at)); }); };
      if (question.from)
        session.erase(session.begin(), cut(*question.from));
      if (question.to) {
        const auto end = cut(*question.to);
        end == session.end() ? session.clear() : static_cast<void>(session.erase(end + 1, session.end()));
      }
      if (session.empty())
        continue;
      plain_path path{user, {}};
      for (const auto* e : session)
        if (const auto label = label_of(*e, question); path.places.empty() || !question.merges_repeats || !(path.places.back().label == label))
          path.places.push_back({label, e->at.at.milliseconds});
      if (question.to)
        std::reverse(path.places.begin(), path.places.end());
      path.places.resize(std::min(path.places.size(), static_cast<std::size_t>(question.steps)));
      out.push_back(std::move(path));
    }
  }
  return out;
}

/// The labels of a position that have a node of their own.
inline std::vector<scalar> nodes_of(const std::vector<plain_path>& paths, std::size_t position, std::size_t most) {
  std::map<scalar, std::int64_t> counts;
  for (const auto& each : paths)
    if (position < each.places.size())
      --counts[each.places[position].label];
  std::vector<std::pair<std::int64_t, scalar>> ranked;
  for (const auto& [label, count] : counts)
    ranked.emplace_back(count, label);
  std::sort(ranked.begin(), ranked.end());
  std::vector<scalar> out;
  for (std::size_t i = 0; i < ranked.size() && i < most; ++i)
    out.push_back(ranked[i].second);
  return out;
}

} // namespace dotmac::plain
