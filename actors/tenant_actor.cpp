#include "actors/tenant_actor.hpp"

#include "actors/event_actor.hpp"
#include "actors/metric_actor.hpp"
#include "actors/supervision.hpp"

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

namespace {

using self_pointer = tenant_shell_actor::stateful_pointer<tenant_shell>;
constexpr std::chrono::seconds stop_within{50};
constexpr std::size_t fact_bytes = 1'024; ///< what a definition counts for in the limits of waiting writes

template <class Fact> caf::result<done> change(self_pointer self, Fact fact) {
  const message_timer timer{*self->state.figures};
  return submit_write<done, tenant_state>(
      self, fact_bytes, [fact = std::move(fact)](tenant_state& state) { return state.stage(fact); }, [] { return done{}; });
}

/// Answers from the committed definitions, after the recovery.
template <class Answer> caf::typed_response_promise<Answer> look(self_pointer self, std::function<result<Answer>(tenant_state&)> answer) {
  const message_timer timer{*self->state.figures};
  auto promise = self->template make_response_promise<Answer>();
  self->state.last_used = std::chrono::steady_clock::now();
  self->state.entity->read([promise, answer](result<tenant_state*> state) mutable {
    auto outcome = state ? answer(**state) : result<Answer>{state.error()};
    if (outcome)
      promise.deliver(std::move(*outcome));
    else
      promise.deliver(to_caf_error(outcome.error()));
  });
  return promise;
}

result<event_actor> start_events(self_pointer self, shard_claim claim) {
  auto& shell = self->state;
  auto child = shell.children.find_or_start("events/0", std::chrono::steady_clock::now(), [&] {
    const entity_id id{shell.entity->id().tenant, entity_kind::events, "0"};
    auto handle = self->spawn(run_event_actor, id, claim, shell.environment, shell.path + "/events/0",
                              caf::actor_cast<tenant_actor>(self));
    self->monitor(handle);
    return caf::actor_cast<caf::actor>(handle);
  });
  if (!child)
    return child.error();
  return caf::actor_cast<event_actor>(*child);
}

result<metric_actor> start_metric(self_pointer self, shard_claim claim, const metric_definition& definition) {
  auto& shell = self->state;
  const auto name = "metric/" + definition.metric_id;
  auto child = shell.children.find_or_start(name, std::chrono::steady_clock::now(), [&] {
    const entity_id id{shell.entity->id().tenant, entity_kind::metric, definition.metric_id};
    auto handle = self->spawn(run_metric_actor, id, claim, shell.environment, shell.path + "/" + name, definition,
                              caf::actor_cast<tenant_actor>(self));
    self->monitor(handle);
    return caf::actor_cast<caf::actor>(handle);
  });
  if (!child)
    return child.error();
  return caf::actor_cast<metric_actor>(*child);
}

failure no_metric(const std::string& name) {
  return {error_code::not_found, "there is no metric " + name, "metric_id"};
}

caf::result<done> stop(self_pointer self) {
  auto promise = self->make_response_promise<done>();
  stop_children(self, self->state.children.remove_all(), stop_within, [self, promise] {
    self->state.entity->stop([self, promise]() mutable {
      promise.deliver(done{});
      self->quit();
    });
  });
  return promise;
}

} // namespace

tenant_shell_actor::behavior_type run_tenant_actor(self_pointer self, std::string tenant, shard_claim claim,
                                                   actor_environment environment, std::string path, shard_actor supervisor) {
  self->state.path = path;
  start_entity<tenant_state>(self, {tenant, entity_kind::tenant, {}}, claim, environment, path,
                             [] { return std::make_unique<tenant_state>(); });
  watch_children(self, self->state.children, environment.random, [self](const std::string& line) {
    self->state.environment.entity.log(self->state.entity->id(), "supervision", line);
  });
  watch_idleness(self, supervisor, tenant, [self] { return self->state.children.running() == 0; });
  return {
      [self](const create_tenant& call) { return change(self, tenant_created{call.timezone}); },
      [self](const create_api_key& call) { return change(self, api_key_created{call.key}); },
      [self](const revoke_api_key& call) { return change(self, api_key_revoked{call.key_id}); },
      [self, supervisor, tenant](const get_tenant_context& call) -> caf::result<tenant_context> {
        return look<tenant_context>(self, [self, supervisor, tenant, call](tenant_state& state) -> result<tenant_context> {
          if (call.is_claim && !state.exists() && self->state.children.running() == 0 && self->state.entity->is_idle())
            self->send(supervisor, passivate_child{tenant});
          return tenant_context{state.exists(), state.timezone(), state.api_keys(), state.schemas()};
        });
      },
      [self](const create_event_schema& call) { return change(self, event_schema_created{call.schema}); },
      [self](const create_metric& call) { return change(self, metric_created{call.definition}); },
      [self](const list_metrics& call) -> caf::result<metrics_listed> {
        return look<metrics_listed>(self, [call](tenant_state& state) -> result<metrics_listed> {
          auto page = state.list_metrics(call.type, call.tags, static_cast<std::size_t>(call.limit),
                                         static_cast<std::size_t>(call.offset));
          return metrics_listed{std::move(page.metrics), page.total};
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
        return look<event_actor>(self, [self, claim](tenant_state&) { return start_events(self, claim); });
      },
      [self, claim](const locate_metric& call) -> caf::result<metric_actor> {
        return look<metric_actor>(self, [self, claim, call](tenant_state& state) -> result<metric_actor> {
          if (const auto* found = state.find_metric(call.metric))
            return start_metric(self, claim, *found);
          return no_metric(call.metric);
        });
      },
      [self](const passivate_child& message) {
        if (auto child = self->state.children.remove(message.child))
          self->request(child, stop_within, stop_actor{})
              .then([](const done&) {}, [self, child](const caf::error&) { self->send_exit(child, caf::exit_reason::kill); });
      },
      [self](const stop_actor&) { return stop(self); },
      [](const actor_task& task) { task.run(); },
  };
}

} // namespace dotmac
