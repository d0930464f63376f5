#include "actors/node_guardian.hpp"

#include "actors/shard_manager.hpp"

namespace dotmac {
namespace {

constexpr std::chrono::seconds node_stop_within{120};
constexpr std::chrono::seconds shard_leaves_within{60};

caf::result<shard_actor> locate(node_guardian_pointer self, std::uint16_t shard) {
  auto& shell = self->state;
  const message_timer timer{*shell.figures, waiting_in_mailbox(self)};
  const auto claim = shell.claims.find(shard);
  if (claim == shell.claims.end())
    return to_caf_error({error_code::ownership_lost, "this node does not own shard " + std::to_string(shard), {}});
  auto promise = self->make_response_promise<shard_actor>();
  shell.children.find_or_start(
      shard_name(shard), std::chrono::steady_clock::now(),
      [self, held = claim->second] {
        auto handle = self->spawn(run_shard_manager, held, self->state.environment, self->state.path, caf::actor_cast<node_actor>(self));
        self->monitor(handle);
        return caf::actor_cast<caf::actor>(handle);
      },
      [to = caller_answer<shard_actor>{promise}](result<caf::actor> child) {
        child ? to.deliver(caf::actor_cast<shard_actor>(*child)) : to.deliver(child.error());
      });
  return promise;
}

caf::result<done> leave(node_guardian_pointer self, const leave_shard& message, const std::function<void(const std::string&)>& log) {
  auto& shell = self->state;
  const auto claim = shell.claims.find(message.shard);
  if (claim != shell.claims.end() && to_number(claim->second.epoch) != message.epoch)
    return done{}; // a later one came meanwhile, and could not before the actors of this one were gone
  if (claim != shell.claims.end())
    shell.claims.erase(claim);
  const auto name = shard_name(message.shard);
  auto promise = self->make_response_promise<done>();
  end_child(self, name, shard_leaves_within, stop_actor{true}, log);
  shell.children.when_gone(name, [to = caller_answer<done>{promise}]() mutable { to.deliver(done{}); });
  return promise;
}

} // namespace

node_actor::behavior_type run_node_guardian(node_guardian_pointer self, std::vector<shard_claim> claims,
                                            actor_environment environment, std::string path) {
  auto& shell = self->state;
  shell.path = std::move(path);
  shell.figures = environment.registry->add("node", {shell.path, {}}, {});
  shell.environment = std::move(environment);
  for (const auto& claim : claims)
    shell.claims.emplace(to_number(claim.shard), claim);
  const auto log = [log = shell.environment.entity.log, as_logged = entity_id{"-", entity_kind::tenant, shell.path}](const std::string& line) {
    log(as_logged, "supervision", line);
  };
  supervise(self, {},
            {shell.environment.random, log, [self](const std::string& name, const failure& why) { self->state.environment.registry->note_failed(self->state.path + "/" + name, why); },
             node_stop_within});
  return {
      [self](const locate_shard& message) { return locate(self, message.shard); },
      [self](const serve_shard& message) {
        self->state.claims[message.shard] = {shard_id{message.shard}, ownership_epoch{message.epoch}};
        return done{};
      },
      [self, log](const leave_shard& message) { return leave(self, message, log); },
      [self](const stop_actor& how) -> caf::result<done> {
        auto promise = self->make_response_promise<done>();
        stop_children(self, self->state.children.close({error_code::draining, "the node is stopping", {}}), node_stop_within, how,
                      [self, to = caller_answer<done>{promise}] {
                        to.deliver(done{});
                        self->quit();
                      });
        return promise;
      },
  };
}

} // namespace dotmac
