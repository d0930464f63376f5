#pragma once

/// A callback that is called once, whatever becomes of those who should: by `deliver`, or, where everybody has let go of it, with actor_unavailable.
/// For callers that are no actors; caller_answer.hpp is the same for actors.
///
/// Threads   any thread may deliver or let go; copies share one answer.

#include "core/result.hpp"

#include <atomic>
#include <functional>
#include <memory>

namespace dotmac {

template <class Answer> class sure_answer {
public:
  explicit sure_answer(std::function<void(result<Answer>)> to) : shared_{std::make_shared<waiting>(std::move(to))} {}

  void deliver(result<Answer> answer) const {
    if (!shared_->is_given.exchange(true))
      shared_->to(std::move(answer));
  }

private:
  struct waiting {
    explicit waiting(std::function<void(result<Answer>)> given) : to{std::move(given)} {}
    waiting(const waiting&) = delete;
    waiting& operator=(const waiting&) = delete;
    ~waiting() {
      if (!is_given)
        to(failure{error_code::actor_unavailable, "the actor ended before it could answer; try again", {}});
    }
    const std::function<void(result<Answer>)> to;
    std::atomic<bool> is_given{false};
  };
  std::shared_ptr<waiting> shared_;
};

} // namespace dotmac
