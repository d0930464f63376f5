#include "core/events/funnel/funnel_pass.hpp"

#include <limits>

namespace dotmac {

result<void> check_funnel(const count_funnel& question) {
  const auto refuse = [](std::string why, std::string field) -> result<void> { return failure{error_code::validation_failed, std::move(why), std::move(field)}; };
  if (question.steps.empty() || question.steps.size() > funnel_steps_max)
    return refuse("a funnel has 1 to funnel_steps_max = 32 steps", "funnel_steps");
  if (question.exclusions.size() > funnel_steps_max)
    return refuse("more than funnel_steps_max = 32 exclusions", "exclusions");
  if (question.dimensions.size() > question_dimensions_max)
    return refuse("more than question_dimensions_max = 3 dimensions", "dimensions");
  if (question.users_listed < 0 || question.users_listed > static_cast<std::int64_t>(funnel_users_listed_max))
    return refuse("at most funnel_users_listed_max = 10000 users are listed", "users_listed");
  if (question.user_id_field == event_field::event_id)
    return refuse("a funnel cannot follow event_id: no two events share one", "user_id_field");
  if (question.window_milliseconds && *question.window_milliseconds < 0)
    return refuse("the conversion window is negative", "conversion_window");
  if (question.order == funnel_order::any && question.start == funnel_start::first)
    return refuse("start \"first\" goes with the orders ordered and strict", "start");
  if (question.unit == funnel_unit::attempts && question.order == funnel_order::any)
    return refuse("attempts are counted with the orders ordered and strict", "count");
  if (question.unit == funnel_unit::attempts && question.start == funnel_start::first)
    return refuse("start \"first\" is one attempt per user: it goes with the count of users", "start");
  if (question.attribution_step < 1 || question.attribution_step > static_cast<std::int64_t>(question.steps.size()))
    return refuse("is none of the funnel's " + std::to_string(question.steps.size()) + " steps", "attribution_step");
  if (question.histogram_bins < 0 || question.histogram_bins > funnel_histogram_bins_max)
    return refuse("at most funnel_histogram_bins_max = 100 bins", "histogram_bins");
  if (question.hold_constant.size() > funnel_constants_max)
    return refuse("at most funnel_constants_max = 3 fields can be held constant", "hold_constant");
  for (const auto& each : question.hold_constant)
    if (const auto of = resolve_event_field(each); of.kind == event_reference::target::field && of.field == event_field::event_id)
      return refuse("event_id cannot be held constant: no two events share one", "hold_constant");
  return {};
}

funnel_pass::funnel_pass(const event_view& view, const count_funnel& question, const scan_context& context, memory_allowance& memory)
    : view_{view}, question_{question}, context_{context},
      rules_{question.steps.size(), question.window_milliseconds.value_or(std::numeric_limits<std::int64_t>::max()), question.order, question.start},
      may_begin_only_{question.order != funnel_order::any && question.unit == funnel_unit::users && question.hold_constant.empty()}, events_{view, question.user_id_field, question.order == funnel_order::strict, context.width(), memory, question.hold_constant}, workers_(context.width()) {}

result<void> funnel_pass::collect() {
  const auto steps = step_bits::make(view_, question_.steps, question_.exclusions);
  if (!steps)
    return steps.error();
  const time_range range{question_.start_time.milliseconds, question_.end_time.milliseconds};
  auto collected = scan_chunks(view_, range, context_, [&](std::size_t worker, const event_chunk& chunk) {
    scanned_.fetch_add(chunk.rows, std::memory_order_relaxed);
    return events_.add(worker, chunk, range, *steps, context_);
  });
  rules_.serves_one_each = may_begin_only_ && question_.order == funnel_order::ordered && question_.start == funnel_start::any && events_.serve_one_step_each();
  return collected ? events_.match_constants() : collected;
}

/// The best attempt over all constants, by the rule for one: the furthest, that which came there first, the latest start. No two constants share an event.
const funnel_progress& funnel_pass::walk_held(std::span<const funnel_event> own, workplace& mine) const {
  std::uint32_t only = 0; // start "first": the constant of the user's very first step 1
  if (question_.start == funnel_start::first)
    for (const auto& each : own)
      if ((each.steps & 1) != 0) {
        only = each.constant;
        break;
      }
  mine.best.clear();
  const auto came_before = [](const funnel_progress& a, const funnel_progress& b) {
    return a.reached.back() != b.reached.back() ? a.reached.back() < b.reached.back() : a.rows.back() < b.rows.back();
  };
  for_each_constant(own, mine, [&](std::span<const funnel_event> held) {
    if (question_.start == funnel_start::first && held.front().constant != only)
      return;
    const auto& found = walk(held, mine);
    const auto depth = found.reached.size();
    if (depth > mine.best.reached.size() || (depth > 0 && depth == mine.best.reached.size() && came_before(found, mine.best)))
      std::swap(mine.best, mine.progress);
  });
  return mine.best;
}

} // namespace dotmac
