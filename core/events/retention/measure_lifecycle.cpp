#include "core/events/event_answers.hpp"
#include "core/events/retention/active_users.hpp"

namespace dotmac {
namespace {

result<void> check(const measure_lifecycle& question) {
  if (question.user_id_field == event_field::event_id)
    return failure{error_code::validation_failed, "nobody returns under an event_id: no two events share one", "user_id_field"};
  if (question.size == granularity::all)
    return failure{error_code::validation_failed, "a period has an end: all has none", "granularity"};
  return {};
}

constexpr std::size_t periods_before = 2; ///< whatever came before, and the period before the first

/// The periods of the interval behind these two.
bucket_list with_history(const bucket_list& periods, const measure_lifecycle& question) {
  const auto first = periods.starts.front();
  const auto before = first > timestamp_min.milliseconds ? bucket_start(timestamp{first - 1}, question.size, question.zone) : timestamp_min;
  bucket_list out{{timestamp_min.milliseconds, before.milliseconds}};
  out.starts.insert(out.starts.end(), periods.starts.begin(), periods.starts.end());
  return out;
}

/// `active`: periods with history, rising. `periods` has an entry for each of the interval.
void add_user(std::span<const std::uint32_t> active, std::vector<lifecycle_period>& periods) {
  for (std::size_t i = 0; i < active.size(); ++i) {
    const auto at = active[i];
    const bool goes_on = i + 1 < active.size() && active[i + 1] == at + 1;
    if (at + 1 >= periods_before && at + 1 - periods_before < periods.size() && !goes_on)
      ++periods[at + 1 - periods_before].dormant;
    if (at < periods_before)
      continue;
    auto& period = periods[at - periods_before];
    if (i == 0)
      ++period.new_users;
    else if (active[i - 1] + 1 == at)
      ++period.returning;
    else
      ++period.resurrecting;
  }
}

} // namespace

result<lifecycle_measured> answer(const event_view& view, const measure_lifecycle& question, const scan_context& context) {
  if (auto checked = check(question); !checked)
    return checked.error();
  const auto match = event_match::make(view, question.event);
  if (!match)
    return match.error();
  const auto periods = bucket_list::make(view, question.start_time, question.end_time, question.size, question.zone);
  if (!periods)
    return periods.error();
  lifecycle_measured out;
  out.scope.as_of = view.newest();
  if (periods->starts.empty())
    return out;
  const auto buckets = with_history(*periods, question);
  memory_allowance memory{context.memory_max};
  active_users active{view, question.user_id_field, buckets, context, memory};
  if (auto scanned = active.scan(*match, {timestamp_min.milliseconds, question.end_time.milliseconds}); !scanned)
    return scanned.error();
  if (auto taken = memory.take(context.width() * periods->size() * sizeof(lifecycle_period)); !taken)
    return taken.error();
  std::vector<std::vector<lifecycle_period>> counted(context.width(), std::vector<lifecycle_period>(periods->size())); // by worker
  if (auto visited = active.visit([&](std::size_t worker, std::span<const std::uint32_t> of_user) { add_user(of_user, counted[worker]); }); !visited)
    return visited.error();
  for (std::size_t p = 0; p < periods->size(); ++p) {
    auto& into = out.periods.emplace_back();
    into.time_bucket = timestamp{periods->starts[p]};
    for (const auto& each : counted) {
      into.new_users += each[p].new_users;
      into.returning += each[p].returning;
      into.resurrecting += each[p].resurrecting;
      into.dormant += each[p].dormant;
    }
  }
  out.scope.rows_scanned = active.rows_scanned();
  return out;
}

} // namespace dotmac
