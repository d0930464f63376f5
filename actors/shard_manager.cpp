#include "actors/shard_manager.hpp"

#include "actors/tenant_actor.hpp"

namespace dotmac {
namespace {

constexpr std::chrono::seconds shard_stop_within{60};

caf::result<tenant_actor> locate(shard_manager_pointer self, const std::string& tenant) {
  auto& shell = self->state;
  const message_timer timer{*shell.figures, waiting_in_mailbox(self)};
  if (!is_valid_tenant_id(tenant))
    return to_caf_error({error_code::validation_failed,
                         "a tenant id has 1 to 63 letters, digits, '-', '_' or '.', and begins with a letter or digit", "tenant_id"});
  auto promise = self->make_response_promise<tenant_actor>();
  shell.children.find_or_start(
      tenant, std::chrono::steady_clock::now(),
      [self, tenant] {
        auto& own = self->state;
        auto handle = self->spawn(run_tenant_actor, tenant, own.claim, own.environment, actor_place{own.path + "/" + tenant, own.path}, caf::actor_cast<shard_actor>(self));
        self->monitor(handle);
        return caf::actor_cast<caf::actor>(handle);
      },
      [to = caller_answer<tenant_actor>{promise}](result<caf::actor> child) {
        child ? to.deliver(caf::actor_cast<tenant_actor>(*child)) : to.deliver(child.error());
      });
  return promise;
}

} // namespace

shard_actor::behavior_type run_shard_manager(shard_manager_pointer self, shard_claim claim, actor_environment environment,
                                             std::string node_path, node_actor supervisor) {
  auto& shell = self->state;
  shell.claim = claim;
  shell.path = node_path + "/" + shard_name(to_number(claim.shard));
  shell.figures = environment.registry->add("shard", {shell.path, node_path}, {});
  shell.environment = std::move(environment);
  const auto log = [log = shell.environment.entity.log, as_logged = entity_id{"-", entity_kind::tenant, shell.path}](const std::string& line) {
    log(as_logged, "supervision", line);
  };
  supervise(self, caf::actor_cast<caf::actor>(supervisor),
            {shell.environment.random, log, [self](const std::string& name, const failure& why) { self->state.environment.registry->note_failed(self->state.path + "/" + name, why); },
             shard_stop_within});
  return {
      [self](const locate_tenant& message) { return locate(self, message.tenant); },
      [self, log](const passivate_child& message) { let_go(self, message.child, shard_stop_within, log); },
      [self](const stop_actor& how) -> caf::result<done> {
        auto promise = self->make_response_promise<done>();
        stop_children(self, self->state.children.close({error_code::draining, "the node is stopping", {}}), shard_stop_within, how,
                      [self, to = caller_answer<done>{promise}] {
                        to.deliver(done{});
                        self->quit();
                      });
        return promise;
      },
  };
}

} // namespace dotmac
