#pragma once

/// The writes of one entity that wait for their turn, in the order in which they came.
///
/// Promise   Each write leaves once: taken, or refused with a reason.
/// Limits    writes_max and bytes_max (too_many_requests beyond). A single write is let in whatever its size: the gateway bounds it.
/// Threads   the entity's.

#include "core/result.hpp"
#include "runtime/actor/actor_figures.hpp"
#include "runtime/actor/poison_guard.hpp"

#include <deque>
#include <functional>

namespace dotmac {

template <class Domain> struct entity_write {
  std::size_t bytes = 0;
  std::function<result<void>(Domain&)> stage; ///< a failure is answered at once and stages nothing
  std::function<void(result<void>)> answer;
  std::function<command_content()> describe;  ///< for a dead letter; asked for before `stage`, and only where the entity failed before
};

template <class Domain> class waiting_writes {
public:
  using write = entity_write<Domain>;
  using clock = std::chrono::steady_clock;

  waiting_writes(std::size_t writes_max, std::size_t bytes_max, std::shared_ptr<actor_figures> figures)
      : writes_max_{writes_max}, bytes_max_{bytes_max}, figures_{std::move(figures)} {}

  /// Takes it in, or says why not; then the write is as it was.
  std::optional<failure> admit(write& one, const std::string& whose) {
    if (queue_.size() >= writes_max_ || (!queue_.empty() && bytes_ + one.bytes > bytes_max_))
      return failure{error_code::too_many_requests,
                     whose + " has " + std::to_string(queue_.size()) + " writes of " + std::to_string(bytes_) + " bytes waiting (limits "
                         + std::to_string(writes_max_) + " and " + std::to_string(bytes_max_) + ")", {}};
    bytes_ += one.bytes;
    queue_.push_back({std::move(one), clock::now()});
    note();
    return std::nullopt;
  }

  bool empty() const noexcept { return queue_.empty(); }
  std::size_t first_bytes() const { return queue_.front().what.bytes; }

  write take_first() {
    auto first = std::move(queue_.front().what);
    queue_.pop_front();
    bytes_ -= first.bytes;
    note();
    return first;
  }

  void refuse_all(const failure& why) {
    bytes_ = 0;
    for (auto& each : std::exchange(queue_, {}))
      each.what.answer(why);
    note();
  }

private:
  void note() {
    figures_->waiting.store(queue_.size(), std::memory_order_relaxed);
    figures_->waits_since.store(queue_.empty() ? clock::time_point{} : queue_.front().since, std::memory_order_relaxed);
  }

  struct waiting {
    write what;
    clock::time_point since;
  };
  const std::size_t writes_max_;
  const std::size_t bytes_max_;
  const std::shared_ptr<actor_figures> figures_;
  std::deque<waiting> queue_;
  std::size_t bytes_ = 0;
};

} // namespace dotmac
