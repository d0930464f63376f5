#include "runtime/peers/peer_door.hpp"

#include "actors/protocol/call_frames.hpp"
#include "actors/protocol/errors.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <map>
#include <mutex>

namespace dotmac {
namespace {

/// What a line's calls have answered and it has not sent yet. Shared with the calls.
struct line_outbox {
  std::mutex mutex;
  bytes answers;
  bool is_flush_sent = false;
  std::map<std::uint64_t, cancellation_flag> under_way;
};

struct line_state {
  std::shared_ptr<line_outbox> outbox = std::make_shared<line_outbox>(); // first: CAF would build an aggregate out of a handle from its own pointer
  peer_link_actor link;
};
using line_pointer = peer_line_actor::stateful_pointer<line_state>;

void take_call(line_pointer self, tenant_service& local, received_call received) {
  const auto outbox = self->state.outbox;
  const auto answer = [outbox, id = received.id, line = caf::actor_cast<caf::actor>(self)](const result<tenant_answer>& outcome) {
    {
      const std::lock_guard lock{outbox->mutex};
      outbox->under_way.erase(id);
      write_answer(outbox->answers, id, outcome);
      if (std::exchange(outbox->is_flush_sent, true))
        return;
    }
    caf::anon_send(line, flush_frames{});
  };
  if (!received.call)
    return answer(received.call.error());
  auto flag = std::make_shared<std::atomic<bool>>(false);
  {
    const std::lock_guard lock{outbox->mutex};
    outbox->under_way.emplace(received.id, flag);
  }
  local.ask({std::move(received.tenant), std::chrono::steady_clock::now() + received.left, std::move(flag)}, *std::move(received.call), answer);
}

void cancel_all(line_outbox& outbox) {
  const std::lock_guard lock{outbox.mutex};
  for (auto& [id, flag] : outbox.under_way)
    *flag = true;
}

peer_line_actor::behavior_type run_line(line_pointer self, peer_link_actor link, const peer_door_actor& door, tenant_service* local) {
  self->state.link = std::move(link);
  self->monitor(self->state.link);
  self->monitor(door);
  self->set_down_handler([self](const caf::down_msg&) {
    cancel_all(*self->state.outbox);
    self->quit();
  });
  return {
      [self, local](const call_batch& batch) {
        auto calls = read_calls(batch.frames);
        if (!calls) { // whoever sends this does not keep to the protocol
          cancel_all(*self->state.outbox);
          return self->quit(to_caf_error(calls.error()));
        }
        for (auto& each : *calls)
          take_call(self, *local, std::move(each));
      },
      [self](const cancel_calls& cancelled) {
        auto& outbox = *self->state.outbox;
        const std::lock_guard lock{outbox.mutex};
        for (const auto id : cancelled.ids)
          if (const auto found = outbox.under_way.find(id); found != outbox.under_way.end())
            *found->second = true;
      },
      [self](const flush_frames&) {
        answer_batch batch;
        {
          const std::lock_guard lock{self->state.outbox->mutex};
          batch.frames = std::exchange(self->state.outbox->answers, {});
          self->state.outbox->is_flush_sent = false;
        }
        self->send(self->state.link, std::move(batch));
      },
  };
}

peer_door_actor::behavior_type run_door(peer_door_actor::pointer self, const peer_identity& identity, tenant_service* local) {
  return {
      [self, identity, local](const greet_peer& greeting, const peer_link_actor& link) -> caf::result<peer_line_actor> {
        if (greeting.protocol != peer_protocol)
          return to_caf_error({error_code::upgrade_required, "nodes of this release speak protocol " + std::to_string(peer_protocol), "protocol"});
        if (greeting.cluster != identity.cluster)
          return to_caf_error({error_code::forbidden, "this node belongs to another cluster", "cluster"});
        if (greeting.wanted != identity.own())
          return to_caf_error({error_code::ownership_lost, "another node, or a later life of it, listens here", "wanted"});
        return self->spawn(run_line, link, peer_door_actor{self}, local);
      },
  };
}

} // namespace

peer_door_actor spawn_peer_door(caf::actor_system& system, peer_identity identity, tenant_service& local) { return system.spawn(run_door, std::move(identity), &local); }

} // namespace dotmac
