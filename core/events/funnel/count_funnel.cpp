#include "core/events/event_answers.hpp"
#include "core/events/funnel/funnel_groups.hpp"
#include "core/events/funnel/user_events.hpp"

#include <limits>
#include <optional>

namespace dotmac {
namespace {

result<void> check(const count_funnel& question) {
  const auto refuse = [](std::string why, std::string field) -> result<void> {
    return failure{error_code::validation_failed, std::move(why), std::move(field)};
  };
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
  return {};
}

/// By step, users by code.
using listed_users = std::vector<std::vector<std::uint32_t>>;

/// What one thread counts of the users whose parts it takes.
struct funnel_counter {
  funnel_counter(const event_view& view, const count_funnel& question)
      : rules{question.steps.size(), question.window_milliseconds.value_or(std::numeric_limits<std::int64_t>::max()), question.order, question.start},
        listed_max{static_cast<std::size_t>(question.users_listed)}, all{rules.step_count}, groups{view, question.dimensions, rules.step_count} {}

  /// False past answer_groups_max. Users of a part are listed by code.
  bool take(std::uint32_t user, std::span<const funnel_event> events, listed_users& listed) {
    walk_funnel(events, rules, progress);
    if (progress.reached.empty())
      return true;
    all.add(progress);
    for (std::size_t k = 0; k < progress.reached.size(); ++k)
      if (listed[k].size() < listed_max)
        listed[k].push_back(user);
    return groups.add(progress);
  }

  const funnel_rules rules;
  const std::size_t listed_max;
  funnel_tally all;
  funnel_groups groups;
  funnel_progress progress;
  user_events::workplace workplace;
};

failure too_many_groups() { return {error_code::query_too_large, "the answer has more than answer_groups_max = 100000 groups", "dimensions"}; }

class funnel_count {
public:
  funnel_count(const event_view& view, const count_funnel& question, const scan_context& context)
      : view_{view}, question_{question}, context_{context}, memory_{context.memory_max},
        events_{view, question.user_id_field, question.order == funnel_order::strict, context.width(), memory_}, counters_(context.width()), listed_(events_.part_count()) {}

  result<void> run() {
    const auto steps = step_bits::make(view_, question_.steps, question_.exclusions);
    if (!steps)
      return steps.error();
    const time_range range{question_.start_time.milliseconds, question_.end_time.milliseconds};
    auto collected = scan_chunks(view_, range, context_, [&](std::size_t worker, const event_chunk& chunk) {
      scanned_.fetch_add(chunk.rows, std::memory_order_relaxed);
      return events_.add(worker, chunk, range, *steps, context_);
    });
    if (!collected)
      return collected;
    return share_out(events_.part_count(), context_, [&](std::size_t worker, std::size_t part) { return count_part(worker, part); });
  }

  result<funnel_counted> finish() {
    std::erase_if(counters_, [](const auto& each) { return !each; });
    if (counters_.empty())
      counters_.push_back(std::make_unique<funnel_counter>(view_, question_));
    auto& whole = *counters_.front();
    for (std::size_t i = 1; i < counters_.size(); ++i) {
      whole.all.merge(counters_[i]->all);
      if (!whole.groups.merge(counters_[i]->groups))
        return too_many_groups();
    }
    funnel_counted out;
    out.steps = whole.all.finish();
    for (const auto& part : listed_)
      for (std::size_t k = 0; k < part.size(); ++k)
        for (const auto user : part[k])
          if (out.steps[k].users.size() < whole.listed_max)
            out.steps[k].users.emplace_back(view_.dictionary(question_.user_id_field).text(user));
    out.groups = whole.groups.finish();
    out.scope = {view_.newest(), scanned_};
    return out;
  }

private:
  result<void> count_part(std::size_t worker, std::size_t part) {
    if (context_.is_stopped())
      return question_cancelled();
    auto& mine = counters_[worker];
    if (!mine)
      mine = std::make_unique<funnel_counter>(view_, question_);
    listed_[part].resize(question_.steps.size());
    bool has_room = true;
    events_.visit(part, mine->workplace, [&](std::uint32_t user, std::span<const funnel_event> own) { has_room = has_room && mine->take(user, own, listed_[part]); });
    return has_room ? mine->groups.charge(memory_) : too_many_groups();
  }

  const event_view& view_;
  const count_funnel& question_;
  const scan_context& context_;
  memory_allowance memory_;
  user_events events_;
  std::vector<std::unique_ptr<funnel_counter>> counters_; ///< by worker
  std::vector<listed_users> listed_;                      ///< by part
  std::atomic<std::uint64_t> scanned_{0};
};

} // namespace

result<funnel_counted> answer(const event_view& view, const count_funnel& question, const scan_context& context) {
  if (const result<void> checked = check(question); !checked)
    return checked.error();
  funnel_count work{view, question, context};
  if (auto done = work.run(); !done)
    return done.error();
  return work.finish();
}

} // namespace dotmac
