#include "actors/node_guardian.hpp"

#include "actors/shard_manager.hpp"
#include "actors/supervision.hpp"

namespace dotmac {
namespace {

constexpr std::chrono::seconds stop_within{120};

caf::result<shard_actor> locate(node_guardian_pointer self, std::uint16_t shard) {
  auto& shell = self->state;
  const message_timer timer{*shell.figures};
  if (shell.stopping)
    return to_caf_error({error_code::draining, "the node is stopping", {}});
  const auto claim = shell.claims.find(shard);
  if (claim == shell.claims.end())
    return to_caf_error({error_code::ownership_lost, "this node does not own shard " + std::to_string(shard), {}});
  auto child = shell.children.find_or_start(std::to_string(shard), std::chrono::steady_clock::now(), [&] {
    auto handle = self->spawn(run_shard_manager, claim->second, shell.environment, shell.path);
    self->monitor(handle);
    return caf::actor_cast<caf::actor>(handle);
  });
  if (!child)
    return to_caf_error(child.error());
  return caf::actor_cast<shard_actor>(*child);
}

} // namespace

node_actor::behavior_type run_node_guardian(node_guardian_pointer self, std::vector<shard_claim> claims,
                                            actor_environment environment, std::string path) {
  auto& shell = self->state;
  shell.path = std::move(path);
  shell.figures = environment.registry->add("node", shell.path, {});
  shell.environment = std::move(environment);
  for (const auto& claim : claims)
    shell.claims.emplace(to_number(claim.shard), claim);
  const entity_id as_logged{"-", entity_kind::tenant, shell.path};
  watch_children(self, shell.children, shell.environment.random,
                 [self, as_logged](const std::string& line) { self->state.environment.entity.log(as_logged, "supervision", line); },
                 [self](const std::string& child) { self->state.environment.registry->note_failed(self->state.path + "/shard-" + child); });
  return {
      [self](const locate_shard& message) { return locate(self, message.shard); },
      [self](const stop_actor&) -> caf::result<done> {
        self->state.stopping = true;
        auto promise = self->make_response_promise<done>();
        stop_children(self, self->state.children.remove_all(), stop_within, [self, promise]() mutable {
          promise.deliver(done{});
          self->quit();
        });
        return promise;
      },
  };
}

} // namespace dotmac
