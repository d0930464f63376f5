#pragma once

/// A function that is to run on an actor's own thread: how callbacks of the journal, the store and the scan workers come home.
/// It never leaves the process.

#include <caf/actor_cast.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/replies_to.hpp>
#include <caf/send.hpp>

#include <functional>

namespace dotmac {

struct actor_task {
  std::function<void()> run;
};

/// Messages that the scheduler has already fetched for this actor. What came since is left where it is: only the scheduler may fetch.
template <class Self> std::size_t waiting_in_mailbox(Self self) { return self->mailbox().queue().total_task_size(); }

} // namespace dotmac

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dotmac::actor_task)
