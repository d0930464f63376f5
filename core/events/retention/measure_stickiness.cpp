#include "core/events/event_answers.hpp"
#include "core/events/funnel/user_events.hpp"
#include "core/events/retention/active_users.hpp"
#include "core/events/retention/stickiness_groups.hpp"

namespace dotmac {
namespace {

result<void> check(const measure_stickiness& question) {
  const auto refuse = [](std::string why, std::string field) -> result<void> { return failure{error_code::validation_failed, std::move(why), std::move(field)}; };
  if (question.user_id_field == event_field::event_id)
    return refuse("nobody returns under an event_id: no two events share one", "user_id_field");
  if (question.size == granularity::all)
    return refuse("a period has an end: all has none", "granularity");
  if (question.dimensions.size() > question_dimensions_max)
    return refuse("more than question_dimensions_max = 3 dimensions", "dimensions");
  if (question.groups_answered < 1 || question.groups_answered > static_cast<std::int64_t>(stickiness_groups_answered_max))
    return refuse("1 to stickiness_groups_answered_max = 1000 groups can be asked for", "limit");
  return {};
}

/// Without dimensions bitmaps do.
result<stickiness_measured> count_all(const event_view& view, const measure_stickiness& question, const bucket_list& periods, const scan_context& context, memory_allowance& memory) {
  const auto match = event_match::make(view, question.event);
  if (!match)
    return match.error();
  active_users active{view, question.user_id_field, periods, context, memory};
  if (auto scanned = active.scan(*match, {question.start_time.milliseconds, question.end_time.milliseconds}); !scanned)
    return scanned.error();
  if (auto taken = memory.take(context.width() * periods.size() * sizeof(std::uint64_t)); !taken)
    return taken.error();
  std::vector<std::vector<std::uint64_t>> counted(context.width(), std::vector<std::uint64_t>(periods.size())); // by worker
  if (auto visited = active.visit([&](std::size_t worker, std::span<const std::uint32_t> of_user) { ++counted[worker][of_user.size() - 1]; }); !visited)
    return visited.error();
  stickiness_measured out;
  for (std::size_t p = 0; p < periods.size(); ++p) {
    auto& into = out.all.users_by_periods.emplace_back(0);
    for (const auto& each : counted)
      into += each[p];
    out.all.users += into;
  }
  out.scope.rows_scanned = active.rows_scanned();
  return out;
}

result<stickiness_measured> count_groups(const event_view& view, const measure_stickiness& question, const bucket_list& periods, const scan_context& context, memory_allowance& memory) {
  const auto steps = step_bits::make(view, std::span{&question.event, 1}, {});
  if (!steps)
    return steps.error();
  const time_range range{question.start_time.milliseconds, question.end_time.milliseconds};
  user_events events{view, question.user_id_field, false, context.width(), memory};
  std::atomic<std::uint64_t> rows{0};
  auto collected = scan_chunks(view, range, context, [&](std::size_t worker, const event_chunk& chunk) {
    rows.fetch_add(chunk.rows, std::memory_order_relaxed);
    return events.add(worker, chunk, range, *steps, context);
  });
  if (!collected)
    return collected.error();
  struct counter {
    stickiness_groups groups;
    user_events::workplace workplace;
  };
  std::vector<std::unique_ptr<counter>> counters(context.width());
  const auto open = [&](std::size_t worker) -> counter& {
    auto& mine = counters[worker];
    if (!mine)
      mine.reset(new counter{{view, question, periods, memory}, {}});
    return *mine;
  };
  auto counted = share_out(events.part_count(), context, [&](std::size_t worker, std::size_t part) -> result<void> {
    if (context.is_stopped())
      return question_cancelled();
    auto& mine = open(worker);
    auto visited = events.visit(part, mine.workplace, [&](std::uint32_t, std::span<const funnel_event> own) { mine.groups.add(own); });
    return visited ? mine.groups.charge() : visited;
  });
  if (!counted)
    return counted.error();
  auto& whole = open(0).groups;
  for (std::size_t i = 1; i < counters.size(); ++i)
    if (counters[i])
      if (auto merged = whole.merge(counters[i]->groups, context); !merged)
        return merged.error();
  auto out = whole.finish(context);
  if (out)
    out->scope.rows_scanned = rows;
  return out;
}

} // namespace

result<stickiness_measured> answer(const event_view& view, const measure_stickiness& question, const scan_context& context) {
  if (auto checked = check(question); !checked)
    return checked.error();
  const auto periods = bucket_list::make(view, question.start_time, question.end_time, question.size, question.zone);
  if (!periods)
    return periods.error();
  memory_allowance memory{context.memory_max};
  auto out = periods->starts.empty()       ? result<stickiness_measured>{stickiness_measured{}}
             : question.dimensions.empty() ? count_all(view, question, *periods, context, memory)
                                           : count_groups(view, question, *periods, context, memory);
  if (out)
    out->scope.as_of = view.newest();
  return out;
}

} // namespace dotmac
