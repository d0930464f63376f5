#include "actors/shard_manager.hpp"

#include "actors/supervision.hpp"
#include "actors/tenant_actor.hpp"

namespace dotmac {
namespace {

constexpr std::chrono::seconds stop_within{60};

caf::result<tenant_actor> locate(shard_manager_pointer self, const std::string& tenant) {
  auto& shell = self->state;
  const message_timer timer{*shell.figures};
  if (shell.stopping)
    return to_caf_error({error_code::draining, "the node is stopping", {}});
  if (!is_valid_tenant_id(tenant))
    return to_caf_error({error_code::validation_failed,
                         "a tenant id has 1 to 63 letters, digits, '-', '_' or '.', and begins with a letter or digit", "tenant_id"});
  auto child = shell.children.find_or_start(tenant, std::chrono::steady_clock::now(), [&] {
    auto handle = self->spawn(run_tenant_actor, tenant, shell.claim, shell.environment, shell.path + "/" + tenant,
                              caf::actor_cast<shard_actor>(self));
    self->monitor(handle);
    return caf::actor_cast<caf::actor>(handle);
  });
  if (!child)
    return to_caf_error(child.error());
  return caf::actor_cast<tenant_actor>(*child);
}

} // namespace

shard_actor::behavior_type run_shard_manager(shard_manager_pointer self, shard_claim claim, actor_environment environment,
                                             std::string node_path) {
  auto& shell = self->state;
  shell.claim = claim;
  shell.path = node_path + "/shard-" + std::to_string(to_number(claim.shard));
  shell.figures = environment.registry->add("shard", shell.path, {});
  shell.environment = std::move(environment);
  const entity_id as_logged{"-", entity_kind::tenant, shell.path};
  watch_children(self, shell.children, shell.environment.random,
                 [self, as_logged](const std::string& line) { self->state.environment.entity.log(as_logged, "supervision", line); },
                 [self](const std::string& child) { self->state.environment.registry->note_failed(self->state.path + "/" + child); });
  return {
      [self](const locate_tenant& message) { return locate(self, message.tenant); },
      [self](const passivate_child& message) {
        if (auto child = self->state.children.remove(message.child))
          self->request(child, stop_within, stop_actor{})
              .then([](const done&) {}, [self, child](const caf::error&) { self->send_exit(child, caf::exit_reason::kill); });
      },
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
