#include "core/events/event_answers.hpp"
#include "core/events/event_partition.hpp"
#include "core/events/memory_allowance.hpp"
#include "core/events/retention/event_match.hpp"

#include <algorithm>
#include <limits>

namespace dotmac {
namespace {

constexpr std::size_t block_users = 4'096;
static_assert(users_count_max == event_rows_max);

result<void> check(const find_users& question) {
  const auto refuse = [](std::string why, std::string field) -> result<void> { return failure{error_code::validation_failed, std::move(why), std::move(field)}; };
  if (question.min_count < 1)
    return refuse("users without such an event are not known: at least 1", "min_count");
  if (question.max_count && *question.max_count < question.min_count)
    return refuse("is less than min_count", "max_count");
  if (question.limit < 0 || question.limit > users_found_max)
    return refuse("0 to users_found_max = 1000 users can be listed", "limit");
  if (question.user_id_field == event_field::event_id)
    return refuse("an event_id is nobody: no two events share one", "user_id_field");
  return {};
}

/// Where only the number of users is asked for, the times of each need not be kept: a sixth of the memory.
struct counted {
  std::uint32_t count = 0; ///< event_rows_max fits
  void add(std::int64_t) noexcept { ++count; }
  void merge(const counted& other) noexcept { count += other.count; }
};
struct counted_with_times {
  std::uint32_t count = 0;
  std::int64_t first = std::numeric_limits<std::int64_t>::max();
  std::int64_t last = std::numeric_limits<std::int64_t>::min();
  void add(std::int64_t at) noexcept {
    ++count;
    first = std::min(first, at);
    last = std::max(last, at);
  }
  void merge(const counted_with_times& other) noexcept {
    count += other.count;
    first = std::min(first, other.first);
    last = std::max(last, other.last);
  }
};

template <class Tally> class users_count {
public:
  users_count(const event_view& view, const find_users& question, const scan_context& context)
      : view_{view}, question_{question}, context_{context}, memory_{context.memory_max}, users_{std::size_t{view.dictionary_size(question.user_id_field)} + 1}, workers_(context.width()) {}

  result<users_found> run() {
    const auto match = event_match::make(view_, question_.event);
    if (!match)
      return match.error();
    if (auto scanned = scan(*match); !scanned)
      return scanned.error();
    auto chosen = share_out((users_ + block_users - 1) / block_users, context_, [&](std::size_t number, std::size_t block) -> result<void> {
      if (context_.is_stopped())
        return question_cancelled();
      choose(workers_[number], block * block_users, std::min(users_, (block + 1) * block_users));
      return {};
    });
    if (!chosen)
      return chosen.error();
    return finish();
  }

private:
  struct chosen_user {
    std::uint32_t code;
    Tally tally;
  };
  struct worker {
    std::unique_ptr<event_match::workplace> match;
    std::vector<Tally> tallies; ///< by user
    std::uint64_t total = 0;
    std::vector<chosen_user> best; ///< a heap, the last on top; one more than the page
  };

  result<void> scan(const event_match& match) {
    const time_range range{question_.start_time.milliseconds, question_.end_time.milliseconds};
    return scan_chunks(view_, range, context_, [&](std::size_t number, const event_chunk& chunk) -> result<void> {
      auto& mine = workers_[number];
      if (mine.tallies.empty()) {
        if (auto taken = memory_.take(users_ * sizeof(Tally)); !taken)
          return taken;
        mine.match = std::make_unique<event_match::workplace>();
        mine.tallies.resize(users_);
      }
      scanned_.fetch_add(chunk.rows, std::memory_order_relaxed);
      return match.visit_users(view_, chunk, question_.user_id_field, range, context_, *mine.match, [&](std::uint32_t user, std::int64_t at) { mine.tallies[user].add(at); });
    });
  }

  void choose(worker& mine, std::size_t first, std::size_t end) {
    const auto min = static_cast<std::uint64_t>(question_.min_count);
    const auto max = question_.max_count ? static_cast<std::uint64_t>(*question_.max_count) : std::numeric_limits<std::uint64_t>::max();
    for (auto user = std::max<std::size_t>(first, 1); user < end; ++user) {
      Tally sum;
      for (const auto& each : workers_)
        if (!each.tallies.empty())
          sum.merge(each.tallies[user]);
      if (sum.count < min || sum.count > max)
        continue;
      ++mine.total;
      if (question_.limit > 0)
        keep(mine.best, {static_cast<std::uint32_t>(user), sum});
    }
  }

  std::string_view id_of(std::uint32_t code) const { return view_.dictionary(question_.user_id_field).text(code); }
  bool comes_before(const chosen_user& a, const chosen_user& b) const { return a.tally.count != b.tally.count ? a.tally.count > b.tally.count : id_of(a.code) < id_of(b.code); }
  bool is_behind_cursor(const chosen_user& each) const {
    const auto& after = question_.after;
    return !after || each.tally.count < after->count || (each.tally.count == after->count && id_of(each.code) > after->id);
  }

  void keep(std::vector<chosen_user>& best, const chosen_user& each) const {
    const auto order = [this](const chosen_user& a, const chosen_user& b) { return comes_before(a, b); };
    const auto wanted = static_cast<std::size_t>(question_.limit) + 1;
    if ((best.size() == wanted && !order(each, best.front())) || !is_behind_cursor(each))
      return;
    best.push_back(each);
    std::push_heap(best.begin(), best.end(), order);
    if (best.size() > wanted) {
      std::pop_heap(best.begin(), best.end(), order);
      best.pop_back();
    }
  }

  users_found finish() {
    users_found out;
    std::vector<chosen_user> all;
    for (const auto& each : workers_) {
      out.total += each.total;
      all.insert(all.end(), each.best.begin(), each.best.end());
    }
    std::sort(all.begin(), all.end(), [this](const chosen_user& a, const chosen_user& b) { return comes_before(a, b); });
    out.has_more = all.size() > static_cast<std::size_t>(question_.limit);
    all.resize(std::min(all.size(), static_cast<std::size_t>(question_.limit)));
    if constexpr (requires(Tally tally) { tally.first; })
      for (const auto& each : all)
        out.users.push_back({std::string{id_of(each.code)}, each.tally.count, timestamp{each.tally.first}, timestamp{each.tally.last}});
    out.scope = {view_.newest(), scanned_};
    return out;
  }

  const event_view& view_;
  const find_users& question_;
  const scan_context& context_;
  memory_allowance memory_;
  const std::size_t users_; ///< with nobody, code 0
  std::vector<worker> workers_;
  std::atomic<std::uint64_t> scanned_{0};
};

} // namespace

result<users_found> answer(const event_view& view, const find_users& question, const scan_context& context) {
  if (auto checked = check(question); !checked)
    return checked.error();
  if (question.limit == 0)
    return users_count<counted>{view, question, context}.run();
  return users_count<counted_with_times>{view, question, context}.run();
}

} // namespace dotmac
