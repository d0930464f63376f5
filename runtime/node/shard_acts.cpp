#include "runtime/node/shard_acts.hpp"

#include "actors/shard_manager.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>

#include <spdlog/spdlog.h>

namespace dotmac {
namespace {

/// Above what the guardian takes until it ends what does not stop.
constexpr std::chrono::seconds left_within{90};

void ask_to_leave(caf::event_based_actor* self, const node_actor& guardian, const shard_claim& claim, const std::function<void(const shard_claim&)>& on_stopped) {
  self->request(guardian, left_within, leave_shard{to_number(claim.shard), to_number(claim.epoch)})
      .then([claim, on_stopped](const done&) { on_stopped(claim); },
            [self, guardian, claim, on_stopped](const caf::error& why) {
              if (why == caf::sec::request_receiver_down)
                return; // the node ends
              spdlog::warn("shard {} is still not left: {}", to_number(claim.shard), self->system().render(why));
              ask_to_leave(self, guardian, claim, on_stopped);
            });
}

/// Who is recovered meanwhile has no tail that this could shorten.
void prepare(figures_registry& figures, const shard_claim& claim, std::function<void(const shard_claim&)> on_prepared) {
  const std::shared_ptr<void> all_are{nullptr, [claim, on_prepared = std::move(on_prepared)](void*) { on_prepared(claim); }};
  for (const auto& each : figures.below("node/" + shard_name(to_number(claim.shard)) + "/"))
    if (each->controls.prepare_to_leave)
      each->controls.prepare_to_leave(all_are);
}

} // namespace

void carry_out_shard_act(caf::actor_system& system, const node_actor& guardian, figures_registry& figures, const shard_act& act, shard_act_hooks hooks) {
  if (act.what == shard_act::kind::start)
    return caf::anon_send(guardian, serve_shard{to_number(act.claim.shard), to_number(act.claim.epoch)});
  if (act.what == shard_act::kind::prepare)
    return prepare(figures, act.claim, std::move(hooks.on_prepared));
  system.spawn(ask_to_leave, guardian, act.claim, std::move(hooks.on_stopped)); // not as a capture: an actor without arguments makes CAF follow a null pointer
}

} // namespace dotmac
