#include "runtime/peers/peer_door.hpp"

#include "actors/protocol/call_frames.hpp"
#include "actors/protocol/errors.hpp"
#include "runtime/actor/caller_answer.hpp"

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
  std::uint16_t protocol = first_protocol;
};
using line_pointer = peer_line_actor::stateful_pointer<line_state>;

void take_call(line_pointer self, tenant_service& local, received_call received) {
  const auto outbox = self->state.outbox;
  const auto answer = [outbox, id = received.id, protocol = self->state.protocol, line = caf::actor_cast<caf::actor>(self)](const result<tenant_answer>& outcome) {
    {
      const std::lock_guard lock{outbox->mutex};
      outbox->under_way.erase(id);
      write_answer(outbox->answers, id, outcome, protocol);
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

peer_line_actor::behavior_type run_line(line_pointer self, peer_link_actor link, std::uint16_t protocol, const peer_door_actor& door, const peer_services& services) {
  self->state.link = std::move(link);
  self->state.protocol = protocol;
  self->monitor(self->state.link);
  self->monitor(door);
  self->set_down_handler([self](const caf::down_msg&) {
    cancel_all(*self->state.outbox);
    self->quit();
  });
  return {
      [self, services](const call_batch& batch) {
        auto calls = read_calls(batch.frames, self->state.protocol);
        if (!calls) { // whoever sends this does not keep to the protocol
          cancel_all(*self->state.outbox);
          return self->quit(to_caf_error(calls.error()));
        }
        for (auto& each : *calls)
          take_call(self, services.calls, std::move(each));
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
      [services](const tables_changed&) { services.on_tables_changed(); },
      [self, services](const node_question& question) -> caf::result<node_answer> {
        auto promise = self->make_response_promise<node_answer>();
        services.about_node(question.text, [to = caller_answer<node_answer>{promise}](result<std::string> told) {
          told ? to.deliver(node_answer{*std::move(told)}) : to.deliver(told.error());
        });
        return promise;
      },
  };
}

result<welcome_peer> check_stranger(const protocol_range& spoken, const std::string& cluster, const peer_identity& identity) {
  const auto agreed = agree_on_protocol(identity.protocols, spoken);
  if (!agreed)
    return agreed.error();
  if (cluster != identity.cluster)
    return failure{error_code::forbidden, "the node belongs to the cluster " + identity.cluster, "CLUSTER_NAME"};
  return welcome_peer{*agreed};
}

peer_door_actor::behavior_type run_door(peer_door_actor::pointer self, const peer_identity& identity, const peer_services& services) {
  return {
      [self, identity, services](const greet_peer& greeting, const peer_link_actor& link) -> caf::result<welcome_peer, peer_line_actor> {
        const auto welcome = check_stranger({greeting.oldest_protocol, greeting.newest_protocol}, greeting.cluster, identity);
        if (!welcome)
          return to_caf_error(welcome.error());
        if (greeting.wanted != identity.own())
          return to_caf_error({error_code::ownership_lost, "another node, or a later life of it, listens here", "wanted"});
        return {*welcome, self->spawn(run_line, link, welcome->protocol, peer_door_actor{self}, services)};
      },
      [identity](const introduce_peer& stranger) -> caf::result<welcome_peer> {
        const auto welcome = check_stranger({stranger.oldest_protocol, stranger.newest_protocol}, stranger.cluster, identity);
        if (!welcome)
          return to_caf_error(welcome.error());
        return *welcome;
      },
  };
}

} // namespace

peer_door_actor spawn_peer_door(caf::actor_system& system, peer_identity identity, peer_services services) {
  return system.spawn(run_door, std::move(identity), std::move(services));
}

} // namespace dotmac
