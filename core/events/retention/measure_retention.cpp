#include "core/events/event_answers.hpp"
#include "core/events/funnel/user_events.hpp"
#include "core/events/retention/event_match.hpp"
#include "core/events/retention/user_buckets.hpp"
#include "core/events/retention/user_cohorts.hpp"

#include <limits>

namespace dotmac {
namespace {

constexpr std::size_t cells_between_stops = 1'000'000;

result<void> check(const measure_retention& question) {
  const auto refuse = [](std::string why, std::string field) -> result<void> { return failure{error_code::validation_failed, std::move(why), std::move(field)}; };
  if (question.periods < 1 || question.periods > retention_periods_max)
    return refuse("1 to retention_periods_max = 366 periods can be asked for", "periods");
  if (question.dimensions.size() > question_dimensions_max)
    return refuse("more than question_dimensions_max = 3 dimensions", "dimensions");
  if (question.groups_answered < 1 || question.groups_answered > static_cast<std::int64_t>(retention_groups_answered_max))
    return refuse("1 to retention_groups_answered_max = 1000 groups can be asked for", "limit");
  if (question.user_id_field == event_field::event_id)
    return refuse("nobody returns under an event_id: no two events share one", "user_id_field");
  if (question.size == granularity::all)
    return refuse("a period has an end: all has none", "granularity");
  return {};
}

bool is_same(const funnel_step& a, const funnel_step& b) { return a.text == b.text && a.event_type == b.event_type && a.event_name == b.event_name && a.filters == b.filters; }

/// A user's first start event.
struct first_start {
  std::int64_t at = std::numeric_limits<std::int64_t>::max();
  std::uint32_t bucket = 0;
};

class retention_count {
public:
  retention_count(const event_view& view, const measure_retention& question, const scan_context& context)
      : view_{view}, question_{question}, context_{context}, memory_{context.memory_max}, range_{question.start_time.milliseconds, question.end_time.milliseconds},
        users_{std::size_t{view.dictionary_size(question.user_id_field)} + 1}, workers_(context.width()) {}

  result<retention_measured> run() {
    auto buckets = bucket_list::make(view_, question_.start_time, question_.end_time, question_.size, question_.zone);
    if (!buckets)
      return buckets.error();
    buckets_ = std::move(*buckets);
    if (question_.dimensions.empty() && buckets_.size() * static_cast<std::size_t>(question_.periods + 1) > retention_cells_max)
      return failure{error_code::query_too_large, "the answer has more than retention_cells_max = " + std::to_string(retention_cells_max)
                     + " cells (cohorts x periods): take fewer periods, a coarser granularity or a shorter interval", "periods"};
    if (!buckets_.starts.empty())
      if (auto counted = count(); !counted)
        return counted.error();
    return finish();
  }

private:
  struct worker {
    worker(const event_view& view, const measure_retention& question, const bucket_list& all_buckets, memory_allowance& memory)
        : finder{all_buckets}, cohorts{view, question, all_buckets, memory} {}
    bucket_finder finder;
    user_cohorts cohorts;
    event_match::workplace match;
    user_events::workplace events;
    std::vector<std::uint32_t> buckets;
    std::vector<first_start> firsts; ///< by user
    std::size_t cells = 0;           ///< counted since the last look at the stop check

    bool is_to_stop(const scan_context& context) {
      cells += cohorts.take_work();
      if (cells < cells_between_stops)
        return false;
      cells = 0;
      return context.is_stopped();
    }
  };

  result<worker*> open(std::size_t number) {
    auto& mine = workers_[number];
    if (!mine) {
      mine = std::make_unique<worker>(view_, question_, buckets_, memory_);
      if (auto taken = mine->cohorts.counts().charge(); !taken)
        return taken.error();
    }
    return mine.get();
  }

  /// Bitmaps do where neither the order within a bucket nor the event's row matters, or where one time per user tells the order.
  result<void> count() {
    const bool are_same = is_same(question_.start_event, question_.return_event);
    if (!question_.dimensions.empty() || (!are_same && question_.cohorts == retention_cohorts::recurring))
      return count_by_events();
    auto returns = event_match::make(view_, question_.return_event);
    if (!returns)
      return returns.error();
    user_buckets active{users_, buckets_.size(), workers_.size(), memory_};
    if (are_same) {
      if (auto scanned = scan(*returns, active, nullptr); !scanned)
        return scanned;
      return count_blocks(active, nullptr);
    }
    if (auto found = find_firsts(); !found)
      return found;
    const auto firsts = merge_firsts();
    if (!firsts)
      return firsts.error();
    if (*firsts == nullptr)
      return {};
    if (auto scanned = scan(*returns, active, *firsts); !scanned)
      return scanned;
    return count_blocks(active, *firsts);
  }

  result<void> find_firsts() {
    auto starts = event_match::make(view_, question_.start_event);
    if (!starts)
      return starts.error();
    return scan_chunks(view_, range_, context_, [&](std::size_t number, const event_chunk& chunk) -> result<void> {
      const auto mine = open(number);
      if (!mine)
        return mine.error();
      auto& with = **mine;
      if (with.firsts.empty()) {
        if (auto taken = memory_.take(users_ * sizeof(first_start)); !taken)
          return taken;
        with.firsts.resize(users_);
      }
      scanned_.fetch_add(chunk.rows, std::memory_order_relaxed);
      return visit(*starts, chunk, with, [&](std::uint32_t user, std::int64_t at) {
        auto& known = with.firsts[user];
        if (at < known.at)
          known = {at, with.finder.of(at)};
      });
    });
  }

  /// Into those of one worker; none where no event is in the interval.
  result<const std::vector<first_start>*> merge_firsts() {
    std::vector<std::vector<first_start>*> found;
    for (auto& each : workers_)
      if (each && !each->firsts.empty())
        found.push_back(&each->firsts);
    if (found.empty())
      return nullptr;
    const auto blocks = (users_ + user_buckets::block_users - 1) / user_buckets::block_users;
    auto merged = share_out(blocks, context_, [&](std::size_t, std::size_t block) -> result<void> {
      if (context_.is_stopped())
        return question_cancelled();
      const auto end = std::min(users_, (block + 1) * user_buckets::block_users);
      for (std::size_t i = 1; i < found.size(); ++i)
        for (auto user = block * user_buckets::block_users; user < end; ++user)
          if ((*found[i])[user].at < (*found[0])[user].at)
            (*found[0])[user] = (*found[i])[user];
      return {};
    });
    if (!merged)
      return merged.error();
    return found[0];
  }

  template <class Take> result<void> visit(const event_match& match, const event_chunk& chunk, worker& with, Take&& take) {
    return match.visit_users(view_, chunk, question_.user_id_field, range_, context_, with.match, std::forward<Take>(take));
  }

  result<void> scan(const event_match& match, user_buckets& active, const std::vector<first_start>* firsts) {
    return scan_chunks(view_, range_, context_, [&](std::size_t number, const event_chunk& chunk) -> result<void> {
      const auto mine = open(number);
      if (!mine)
        return mine.error();
      if (auto opened = active.open(number); !opened)
        return opened;
      auto& with = **mine;
      if (firsts != nullptr)
        return visit(match, chunk, with, [&](std::uint32_t user, std::int64_t at) {
          if (at >= (*firsts)[user].at)
            active.put(number, user, with.finder.of(at));
        });
      scanned_.fetch_add(chunk.rows, std::memory_order_relaxed);
      return visit(match, chunk, with, [&](std::uint32_t user, std::int64_t at) { active.put(number, user, with.finder.of(at)); });
    });
  }

  result<void> count_blocks(const user_buckets& active, const std::vector<first_start>* firsts) {
    return share_out(active.block_count(), context_, [&](std::size_t number, std::size_t block) -> result<void> {
      const auto mine = open(number);
      if (!mine)
        return mine.error();
      auto& cohorts = (*mine)->cohorts;
      bool is_stopped = context_.is_stopped();
      active.visit(block, (*mine)->buckets, [&](std::uint32_t user, std::span<const std::uint32_t> buckets) {
        if (is_stopped)
          return;
        if (firsts == nullptr && !buckets.empty())
          cohorts.add_same(buckets);
        else if (firsts != nullptr && (*firsts)[user].at != first_start{}.at)
          cohorts.add_first((*firsts)[user].bucket, buckets);
        is_stopped = (*mine)->is_to_stop(context_);
      });
      return is_stopped ? result<void>{question_cancelled()} : result<void>{};
    });
  }

  result<void> count_by_events() {
    const std::array both{question_.start_event, question_.return_event};
    const auto steps = step_bits::make(view_, both, {});
    if (!steps)
      return steps.error();
    user_events events{view_, question_.user_id_field, false, workers_.size(), memory_};
    auto collected = scan_chunks(view_, range_, context_, [&](std::size_t number, const event_chunk& chunk) {
      scanned_.fetch_add(chunk.rows, std::memory_order_relaxed);
      return events.add(number, chunk, range_, *steps, context_);
    });
    if (!collected)
      return collected;
    return share_out(events.part_count(), context_, [&](std::size_t number, std::size_t part) -> result<void> {
      const auto mine = open(number);
      if (!mine)
        return mine.error();
      auto& cohorts = (*mine)->cohorts;
      bool is_stopped = context_.is_stopped();
      auto visited = events.visit(part, (*mine)->events, [&](std::uint32_t, std::span<const funnel_event> own) {
        if (is_stopped)
          return;
        cohorts.add_events(own);
        is_stopped = (*mine)->is_to_stop(context_);
      });
      if (is_stopped)
        return question_cancelled();
      return visited ? cohorts.counts().charge() : visited;
    });
  }

  result<retention_measured> finish() {
    std::erase_if(workers_, [](const auto& each) { return !each; });
    workers_.resize(std::max<std::size_t>(workers_.size(), 1));
    if (const auto opened = open(0); !opened)
      return opened.error();
    auto& whole = workers_.front()->cohorts.counts();
    for (std::size_t i = 1; i < workers_.size(); ++i)
      if (auto merged = whole.merge(workers_[i]->cohorts.counts(), context_); !merged)
        return merged.error();
    const bool ends_inside = buckets_.starts.empty() || next_bucket_start(timestamp{buckets_.starts.back()}, question_.size, question_.zone) <= question_.end_time;
    auto out = whole.finish(buckets_, ends_inside, context_);
    if (out)
      out->scope = {view_.newest(), scanned_};
    return out;
  }

  const event_view& view_;
  const measure_retention& question_;
  const scan_context& context_;
  memory_allowance memory_;
  const time_range range_;
  const std::size_t users_; ///< with nobody, code 0
  bucket_list buckets_;
  std::vector<std::unique_ptr<worker>> workers_;
  std::atomic<std::uint64_t> scanned_{0};
};

} // namespace

result<retention_measured> answer(const event_view& view, const measure_retention& question, const scan_context& context) {
  if (auto checked = check(question); !checked)
    return checked.error();
  return retention_count{view, question, context}.run();
}

} // namespace dotmac
