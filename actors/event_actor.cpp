#include "actors/event_actor.hpp"

#include "core/events/event_answers.hpp"

namespace dotmac {

template <> struct snapshot_of<event_partition> {
  static std::function<encoded_snapshot()> prepare(event_partition& partition);
  static void written(event_partition& partition, const encoded_snapshot& snapshot);
};

} // namespace dotmac
