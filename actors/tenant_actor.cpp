#include "actors/tenant_actor.hpp"

#include "actors/dashboard_actor.hpp"
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
          {"event_schemas", std::uint64_t{state.schemas().size()}}, {"metrics", state.list_metrics({}, {}, 0, 0).total}, {"dashboards", std::uint64_t{state.dashboards().count()}}};
}

namespace {

using tenant_self = tenant_shell_actor::stateful_pointer<tenant_shell>;
constexpr std::chrono::seconds tenant_stop_within{50};
constexpr std::chrono::seconds dashboard_begins_within{20};
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

void with_dashboard(tenant_self self, shard_claim claim, const std::string& dashboard_id, std::function<void(result<dashboard_actor>)> use) {
  const auto name = "dashboard/" + dashboard_id;
  self->state.children.find_or_start(name, std::chrono::steady_clock::now(), [self, claim, name, dashboard_id] {
    auto& shell = self->state;
    return watched(self, self->spawn(run_dashboard_actor, entity_id{shell.entity->id().tenant, entity_kind::dashboard, dashboard_id}, claim, shell.environment,
                                     actor_place{shell.path + "/" + name, shell.path}, caf::actor_cast<tenant_actor>(self)));
  }, [use = std::move(use)](result<caf::actor> child) { use(child ? result<dashboard_actor>{caf::actor_cast<dashboard_actor>(*child)} : child.error()); });
}

/// Its name is its own by now.
void begin(tenant_self self, shard_claim claim, const create_dashboard& call, const std::function<void(result<dashboard_shown>)>& on_done) {
  with_dashboard(self, claim, call.dashboard_id, [self, call, on_done](const result<dashboard_actor>& dashboard) {
    if (!dashboard)
      return on_done(dashboard.error());
    self->request(*dashboard, dashboard_begins_within, edit_dashboard{begin_dashboard{call.content}, call.by, call.edit_id, {}})
        .then([on_done](dashboard_shown& shown) { on_done(std::move(shown)); }, [on_done](const caf::error& why) { on_done(to_failure(why)); });
  });
}

caf::result<dashboard_shown> create(tenant_self self, shard_claim claim, const create_dashboard& call) {
  const message_timer timer{*self->state.figures, waiting_in_mailbox(self)};
  if (self->state.entity->is_stopping())
    return not_handled();
  auto promise = self->make_response_promise<dashboard_shown>();
  self->state.last_used = std::chrono::steady_clock::now();
  const auto being_made = self->state.dashboards_being_made.insert(call.dashboard_id);
  const auto done_with = [self, being_made, to = caller_answer<dashboard_shown>{promise}](result<dashboard_shown> outcome) {
    self->state.dashboards_being_made.erase(being_made);
    outcome ? to.deliver(std::move(*outcome)) : to.deliver(outcome.error());
  };
  self->state.entity->submit({size_of(call.content),
                              [self, fact = dashboard_named{call.dashboard_id, call.content.name}](tenant_state& state) {
                                state.set_is_being_made([self](const std::string& id) { return self->state.dashboards_being_made.contains(id); });
                                return state.stage(fact);
                              },
                              [self, claim, call, done_with](const result<void>& named) { named ? begin(self, claim, call, done_with) : done_with(named.error()); },
                              [call] { return command_content{"create_dashboard", to_bytes(call)}; }});
  return promise;
}

failure no_dashboard(const std::string& name) { return {error_code::not_found, "there is no dashboard " + name, "dashboard_id"}; }

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
      [self, claim](const create_dashboard& call) { return create(self, claim, call); },
      [self](const list_dashboards& asked) -> caf::result<dashboards_listed> {
        return look<dashboards_listed>(self, [asked](tenant_state& state) -> result<dashboards_listed> { return state.dashboards().list(asked); });
      },
      [self, claim](const locate_dashboard& call) -> caf::result<dashboard_actor> {
        return with_state<dashboard_actor>(self, [self, claim, call](tenant_state& state, const caller_answer<dashboard_actor>& to) {
          const auto dashboard_id = state.dashboards().find(call.dashboard);
          if (dashboard_id.empty())
            return to.deliver(no_dashboard(call.dashboard));
          with_dashboard(self, claim, dashboard_id, [to](const result<dashboard_actor>& found) { found ? to.deliver(*found) : to.deliver(found.error()); });
        });
      },
      [self](const dashboard_named& fact) { return change(self, "dashboard_named", fact, fact); },
      [self](const dashboard_described& fact) { return change(self, "dashboard_described", fact, fact); },
      [self, log](const passivate_child& message) { let_go(self, message.child, tenant_stop_within, log); },
      [self](const stop_actor& how) { return stop(self, how); },
      [self](const actor_task& task) { run_task(self, task); },
  };
}

} // namespace dotmac
