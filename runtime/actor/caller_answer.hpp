#pragma once

/// The answer that the sender of a request waits for.
///
/// Promise   It is given once: by `deliver`, or, where everybody who could give it has let go of it (its actor died, was killed, or threw), as
///           actor_unavailable, which may be retried. Nobody is left to wait for a deadline.
/// Threads   any thread may deliver or let go; copies share one answer.
/// Ownership holds nothing of the answering actor, so that an answer kept in an actor's state does not keep the actor alive.

#include "actors/protocol/errors.hpp"

#include <caf/message_id.hpp>
#include <caf/response_promise.hpp>
#include <caf/typed_response_promise.hpp>

#include <atomic>
#include <memory>

namespace dotmac {

template <class Answer> class caller_answer {
public:
  /// Takes over what `promise` was made for; the promise itself must not be delivered any more.
  explicit caller_answer(caf::typed_response_promise<Answer>& promise)
      : shared_{std::make_shared<waiting>(static_cast<caf::response_promise&>(promise))} {}

  void deliver(Answer answer) const {
    if (!shared_->is_given.exchange(true))
      shared_->send(caf::make_message(std::move(answer)));
  }
  void deliver(const failure& why) const {
    if (!shared_->is_given.exchange(true))
      shared_->send(caf::make_message(to_caf_error(why)));
  }

private:
  struct waiting {
    explicit waiting(const caf::response_promise& promise) : to{promise.next()}, id{promise.id()} {}
    waiting(const waiting&) = delete;
    waiting& operator=(const waiting&) = delete;
    ~waiting() {
      if (!is_given)
        send(caf::make_message(to_caf_error({error_code::actor_unavailable, "the actor ended before it could answer; try again", {}})));
    }
    void send(caf::message answer) {
      if (to && id.is_request())
        to->enqueue(nullptr, id.response_id(), std::move(answer), nullptr);
    }
    const caf::strong_actor_ptr to;
    const caf::message_id id;
    std::atomic<bool> is_given{false};
  };
  std::shared_ptr<waiting> shared_;
};

} // namespace dotmac
