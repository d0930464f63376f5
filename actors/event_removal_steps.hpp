#pragma once

/// How an event actor answers about removals, and carries them out; see event_removals.hpp.

#include "actors/event_actor.hpp"

namespace dotmac {

using event_self = event_shell_actor::stateful_pointer<event_shell>;

caf::result<removal_begun> begin_removal(event_self self, const remove_events& message);
caf::result<done> set_retention(event_self self, const set_event_retention& message);
caf::result<removals_told> tell_removals(event_self self);

/// The next step, if there is one and none is under way.
void go_on_removing(event_self self);
/// From the start of the actor on: goes on as soon as it has recovered, and looks again from time to time.
void watch_removals(event_self self);

} // namespace dotmac
