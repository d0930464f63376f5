#include "runtime/actor/shared_answers.hpp"

#include <future>

namespace dotmac {

/// What a question waits for. Who has waited too long leaves it to the thread, which then does not ask any more.
struct shared_answers::look_up {
  bytes key;
  std::promise<std::shared_ptr<const bytes>> found;
  std::atomic<bool> is_given_up{false};
};

shared_answers::shared_answers(std::unique_ptr<result_cache> cache, bytes program, shared_answers_limits limits, surroundings around)
    : cache_{std::move(cache)}, program_{std::move(program)}, limits_{limits}, around_{std::move(around)},
      thread_{1, limits.calls_waiting_max, worker_pool::threads_of{"answers", 0}} {}

shared_answers::~shared_answers() { stop(); }

std::shared_ptr<const bytes> shared_answers::find(bytes_view key) {
  if (is_left_alone(alone_until_)) {
    const std::lock_guard lock{mutex_};
    ++counted_.not_asked;
    return nullptr;
  }
  const auto asked = std::make_shared<look_up>();
  asked->key = whole_key(key);
  auto found = asked->found.get_future();
  // "find" and "keep" take turns as tenants do, so that a look-up waits behind one answer that is being kept at most.
  const bool taken = thread_.submit("find", {[this, asked](std::size_t) {
                                               if (asked->is_given_up)
                                                 return asked->found.set_value(nullptr);
                                               auto outcome = cache_->find(asked->key);
                                               if (!outcome) {
                                                 note_failure(outcome.error());
                                                 return asked->found.set_value(nullptr);
                                               }
                                               note_answered();
                                               asked->found.set_value(*outcome ? std::make_shared<const bytes>(std::move(**outcome)) : nullptr);
                                             },
                                             [asked] { asked->found.set_value(nullptr); }});
  if (!taken)
    return nullptr;
  if (found.wait_for(limits_.find_within) != std::future_status::ready) {
    asked->is_given_up = true;
    note_failure({error_code::storage_unavailable, "no answer within " + std::to_string(limits_.find_within.count()) + " ms", {}});
    return nullptr;
  }
  auto answer = found.get();
  const std::lock_guard lock{mutex_};
  ++(answer ? counted_.hits : counted_.misses);
  return answer;
}

void shared_answers::keep(bytes_view key, std::shared_ptr<const bytes> answer) {
  if (is_left_alone(alone_until_) || is_left_alone(keeps_nothing_until_))
    return;
  const auto size = program_.size() + key.size() + answer->size();
  const auto settle = [this, size] { keep_bytes_waiting_.fetch_sub(size, std::memory_order_relaxed); };
  bool taken = keep_bytes_waiting_.fetch_add(size, std::memory_order_relaxed) + size <= limits_.keep_bytes_waiting_max;
  if (taken)
    taken = thread_.submit("keep", {[this, settle, key = whole_key(key), answer](std::size_t) {
                                      settle();
                                      keep_now(key, *answer);
                                    },
                                    settle});
  if (taken)
    return;
  settle();
  const std::lock_guard lock{mutex_};
  ++counted_.not_shared;
}

void shared_answers::keep_now(const bytes& key, bytes_view answer) {
  if (is_left_alone(alone_until_) || is_left_alone(keeps_nothing_until_))
    return;
  if (const auto kept = cache_->keep(key, answer); !kept)
    return note_failure(kept.error());
  note_answered();
  const std::lock_guard lock{mutex_};
  ++counted_.kept;
}

void shared_answers::note_failure(const failure& why) {
  bool is_news = false;
  {
    const std::lock_guard lock{mutex_};
    if (why.code == error_code::corrupt_data) {
      ++counted_.damaged;
      return;
    }
    if (why.code == error_code::payload_too_large) {
      ++counted_.not_shared;
      return;
    }
    ++counted_.failures;
    is_news = counted_.last_failure.empty();
    counted_.last_failure = text_for_log(why);
  }
  const auto until = (around_.now() + limits_.pause_after_failure).time_since_epoch().count();
  (why.code == error_code::too_many_requests ? keeps_nothing_until_ : alone_until_).store(until, std::memory_order_relaxed);
  if (is_news)
    around_.log("answers are not shared with other nodes: " + text_for_log(why));
}

void shared_answers::note_answered() {
  // It takes nothing more, though it still finds: that is not over because of a look-up.
  if (is_left_alone(keeps_nothing_until_))
    return;
  {
    const std::lock_guard lock{mutex_};
    if (counted_.last_failure.empty())
      return;
    counted_.last_failure.clear();
  }
  around_.log("answers are shared with other nodes again");
}

shared_answers::figures shared_answers::read_figures() const {
  const std::lock_guard lock{mutex_};
  return counted_;
}

} // namespace dotmac
