#include "core/events/removal/removal_book.hpp"

#include <algorithm>

namespace dotmac {
namespace {
constexpr std::int64_t day_milliseconds = 86'400'000;
} // namespace

timestamp start_of_day(timestamp at) noexcept {
  const auto into_day = (at.milliseconds % day_milliseconds + day_milliseconds) % day_milliseconds;
  return {at.milliseconds - into_day};
}

result<void> removal_book::stage(removal_change change) {
  const bool is_new = change.what == removal_change::kind::request || change.what == removal_change::kind::expire;
  if (is_new && state_.pending.size() >= removals_pending_max)
    return failure{error_code::too_many_requests, "removals_pending_max = " + std::to_string(removals_pending_max) + " removals go on already", {}};
  staged_ = std::move(change);
  return {};
}

removal_condition removal_book::expiry_on(timestamp day, const event_columns& columns) const {
  const auto before = [day](const std::optional<std::int64_t>& days) { return days ? day.milliseconds - *days * day_milliseconds : timestamp_min.milliseconds; };
  removal_condition out;
  out.before_row = columns.committed_rows();
  out.of_field = static_cast<std::uint8_t>(event_field::event_type);
  out.others_before = before(state_.retention.days);
  for (const auto& each : state_.retention.rules)
    if (const auto code = columns.find_code(event_field::event_type, each.event_type); code != 0)
      out.by_code.push_back({code, before(each.days)});
  return out;
}

void removal_book::begin(removal_record record, removal_condition condition, event_columns& columns) {
  record.number = ++state_.last_number;
  condition.before_row = columns.committed_rows();
  record.removed_events = columns.remove_rows(std::span{&condition, 1})[0];
  state_.pending.push_back({std::move(record), std::move(condition), false});
}

void removal_book::carry_out(const removal_change& change, event_columns& columns, profile_book& profiles) {
  using kind = removal_change::kind;
  switch (change.what) {
  case kind::request: {
    const bool is_user = change.request.kind == removal_kind::user;
    const profile_subject subject{is_user ? profile_kind::user : profile_kind::customer, {}};
    removal_condition condition;
    condition.of_field = static_cast<std::uint8_t>(is_user ? event_field::user_id : event_field::customer_id);
    for (const auto code : profiles.remove(subject, columns.find_subject(subject, change.request.id)))
      condition.by_code.push_back({code, removal_condition::always});
    return begin({0, change.request.kind, change.request.digest, change.request.at, 0, std::nullopt}, std::move(condition), columns);
  }
  case kind::expire:
    state_.expired_at = start_of_day(change.at);
    return begin({0, removal_kind::expired, {}, change.at, 0, std::nullopt}, expiry_on(state_.expired_at, columns), columns);
  case kind::retention:
    state_.retention = change.retention;
    state_.expired_at = timestamp_min;
    return;
  case kind::step: return;
  case kind::finish:
    for (auto& each : state_.pending)
      each.is_finishing |= each.record.number <= change.number;
    return;
  case kind::done:
    while (!state_.pending.empty() && state_.pending.front().record.number <= change.number) {
      state_.done.push_back(std::move(state_.pending.front().record));
      state_.done.back().done_at = change.at;
      state_.pending.erase(state_.pending.begin());
    }
    if (state_.done.size() > removals_told_max)
      state_.done.erase(state_.done.begin(), state_.done.end() - static_cast<std::ptrdiff_t>(removals_told_max));
    return;
  }
}

void removal_book::note_removed(std::uint64_t number, std::uint64_t events) {
  for (auto& each : state_.pending)
    if (each.record.number == number)
      each.record.removed_events += events;
}

removals_told removal_book::tell() const {
  removals_told out;
  for (const auto& each : state_.pending)
    out.removals.push_back(each.record);
  out.removals.insert(out.removals.end(), state_.done.begin(), state_.done.end());
  std::sort(out.removals.begin(), out.removals.end(), [](const auto& left, const auto& right) { return left.number > right.number; });
  out.retention = state_.retention;
  return out;
}

} // namespace dotmac
