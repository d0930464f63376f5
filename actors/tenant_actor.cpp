#include "actors/tenant_actor.hpp"

#include "actors/event_actor.hpp"
#include "actors/metric_actor.hpp"
#include "actors/supervision.hpp"
#include "core/describe/binary.hpp"

namespace dotmac {

template <> struct snapshot_of<tenant_state> {
  static std::function<encoded_snapshot()> prepare(tenant_state& state) {
    return [text = state.snapshot()] {
      encoded_snapshot encoded;
      encoded.version = tenant_snapshot_version;
      encoded.payload = text;
      return encoded;
    };
  }
  static void written(tenant_state&, const encoded_snapshot&) {}
};

state_summary summary_of(tenant_state& state) {
  return {{"exists", std::string{state.exists() ? "yes" : "no"}}, {"timezone", state.timezone()}, {"api_keys", std::uint64_t{state.api_keys().size()}},
          {"event_schemas", std::uint64_t{state.schemas().size()}}, {"metrics", state.list_metrics({}, {}, 0, 0).total}};
}

namespace {

using tenant_self = tenant_shell_actor::stateful_pointer<tenant_shell>;
constexpr std::chrono::seconds tenant_stop_within{50};
constexpr std::size_t fact_bytes = 1'024; ///< what a definition counts for in the limits of waiting writes

/// `name` and `call` are what a dead letter of it holds.
template <class Call, class Fact> caf::result<done> change(tenant_self self, const char* name, const Call& call, Fact fact) {
  const message_timer timer{*self->state.figures, waiting_in_mailbox(self)};
  return submit_write<done, tenant_state>(
      self, fact_bytes, [fact](tenant_state& state) { return state.stage(fact); }, [] { return done{}; },
      [name, call] { return command_content{name, to_bytes(call)}; });
}

/// Looks at the committed definitions, after the recovery; `look` answers.
template <class Answer>
caf::result<Answer> with_state(tenant_self self, std::function<void(tenant_state&, const caller_answer<Answer>&)> look) {
  const message_timer timer{*self->state.figures, waiting_in_mailbox(self)};
  if (self->state.entity->is_stopping())
    return not_handled();
  auto promise = self->template make_response_promise<Answer>();
  self->state.last_used = std::chrono::steady_clock::now();
  self->state.entity->read([to = caller_answer<Answer>{promise}, look = std::move(look)](result<tenant_state*> state) {
    state ? look(**state, to) : to.deliver(state.error());
  });
  return promise;
}

template <class Answer> caf::result<Answer> look(tenant_self self, std::function<result<Answer>(tenant_state&)> answer) {
  return with_state<Answer>(self, [answer = std::move(answer)](tenant_state& state, const caller_answer<Answer>& to) {
    auto outcome = answer(state);
    outcome ? to.deliver(std::move(*outcome)) : to.deliver(outcome.error());
  });
}

template <class Handle> void start_child(tenant_self self, const std::string& name, child_table::spawn_child spawn, const caller_answer<Handle>& to) {
  self->state.children.find_or_start(name, std::chrono::steady_clock::now(), std::move(spawn), [to](result<caf::actor> child) {
    child ? to.deliver(caf::actor_cast<Handle>(*child)) : to.deliver(child.error());
  });
}

template <class Handle> caf::actor watched(tenant_self self, const Handle& handle) {
  self->monitor(handle);
  return caf::actor_cast<caf::actor>(handle);
}

void start_events(tenant_self self, shard_claim claim, const caller_answer<event_actor>& to) {
  start_child<event_actor>(self, "events/0", [self, claim] {
    auto& shell = self->state;
    return watched(self, self->spawn(run_event_actor, entity_id{shell.entity->id().tenant, entity_kind::events, "0"}, claim, shell.environment,
                                     actor_place{shell.path + "/events/0", shell.path}, caf::actor_cast<tenant_actor>(self)));
  }, to);
}

void start_metric(tenant_self self, shard_claim claim, const metric_definition& definition, const caller_answer<metric_actor>& to) {
  const auto name = "metric/" + definition.metric_id;
  start_child<metric_actor>(self, name, [self, claim, name, definition] {
    auto& shell = self->state;
    return watched(self, self->spawn(run_metric_actor, entity_id{shell.entity->id().tenant, entity_kind::metric, definition.metric_id}, claim, shell.environment,
                                     actor_place{shell.path + "/" + name, shell.path}, definition, caf::actor_cast<tenant_actor>(self)));
  }, to);
}

failure no_metric(const std::string& name) {
  return {error_code::not_found, "there is no metric " + name, "metric_id"};
}

caf::result<done> stop(tenant_self self, stop_actor how) {
  auto promise = self->make_response_promise<done>();
  stop_children(self, self->state.children.close({error_code::draining, "the tenant is stopping", {}}), tenant_stop_within, how,
                [self, how, to = caller_answer<done>{promise}] {
                  self->state.entity->stop(how.is_handed_over, [self, to] {
                    to.deliver(done{});
                    self->quit();
                  });
                });
  return promise;
}

} // namespace

tenant_shell_actor::behavior_type run_tenant_actor(tenant_self self, std::string tenant, shard_claim claim,
                                                   actor_environment environment, actor_place place, shard_actor supervisor) {
  self->state.path = place.path;
  start_entity<tenant_state>(self, {tenant, entity_kind::tenant, {}}, claim, environment, std::move(place),
                             [] { return std::make_unique<tenant_state>(); },
                             {[self](const failure& why) { end_after_children(self, tenant_stop_within, why, to_caf_error(why)); },
                              [self, supervisor, tenant] { self->send(supervisor, passivate_child{tenant}); }});
  const auto log = [log = environment.entity.log, id = self->state.entity->id()](const std::string& line) { log(id, "supervision", line); };
  supervise(self, caf::actor_cast<caf::actor>(supervisor),
            {environment.random, log, [self](const std::string& name, const failure& why) { self->state.environment.registry->note_failed(self->state.path + "/" + name, why); }, tenant_stop_within});
  watch_idleness(self, supervisor, tenant, [self] { return self->state.children.count() == 0; });
  return {
      [self](const create_tenant& call) { return change(self, "create_tenant", call, tenant_created{call.timezone}); },
      [self](const create_api_key& call) { return change(self, "create_api_key", call, api_key_created{call.key}); },
      [self](const revoke_api_key& call) { return change(self, "revoke_api_key", call, api_key_revoked{call.key_id}); },
      [self, supervisor, tenant](const get_tenant_context& call) -> caf::result<tenant_context> {
        return look<tenant_context>(self, [self, supervisor, tenant, call](tenant_state& state) -> result<tenant_context> {
          if (call.is_claim && !state.exists() && self->state.children.count() == 0 && self->state.entity->is_idle())
            self->send(supervisor, passivate_child{tenant});
          return tenant_context{state.exists(), state.timezone(), state.api_keys(), state.schemas()};
        });
      },
      [self](const create_event_schema& call) { return change(self, "create_event_schema", call, event_schema_created{call.schema}); },
      [self](const create_metric& call) { return change(self, "create_metric", call, metric_created{call.definition}); },
      [self](const list_metrics& call) -> caf::result<metrics_listed> {
        return look<metrics_listed>(self, [call](tenant_state& state) -> result<metrics_listed> {
          auto page = state.list_metrics(call.type, call.tags, static_cast<std::size_t>(call.limit),
                                         static_cast<std::size_t>(call.offset), call.after);
          return metrics_listed{std::move(page.metrics), page.total, page.has_more};
        });
      },
      [self](const get_metric& call) -> caf::result<metric_definition> {
        return look<metric_definition>(self, [call](tenant_state& state) -> result<metric_definition> {
          if (const auto* found = state.find_metric(call.metric))
            return *found;
          return no_metric(call.metric);
        });
      },
      [self, claim](const locate_events&) -> caf::result<event_actor> {
        return with_state<event_actor>(self, [self, claim](tenant_state&, const caller_answer<event_actor>& to) { start_events(self, claim, to); });
      },
      [self, claim](const locate_metric& call) -> caf::result<metric_actor> {
        return with_state<metric_actor>(self, [self, claim, call](tenant_state& state, const caller_answer<metric_actor>& to) {
          const auto* found = state.find_metric(call.metric);
          found ? start_metric(self, claim, *found, to) : to.deliver(no_metric(call.metric));
        });
      },
      [self, log](const passivate_child& message) { let_go(self, message.child, tenant_stop_within, log); },
      [self](const stop_actor& how) { return stop(self, how); },
      [self](const actor_task& task) { run_task(self, task); },
  };
}

} // namespace dotmac
