#include "actors/metric_actor.hpp"

#include "actors/supervision.hpp"
#include "core/describe/binary.hpp"
#include "core/metrics/metric_answers.hpp"

#include <cassert>

namespace dotmac {
namespace {

using metric_self = metric_shell_actor::stateful_pointer<metric_shell>;

/// What a value weighs in the limits of waiting writes.
std::size_t size_of(const record_values& values) {
  std::size_t size = 0;
  for (const auto& each : values.values) {
    size += sizeof(metric_sample) + each.value_id.size() + each.context.size();
    for (const auto& [name, value] : each.dimensions)
      size += name.size() + value.size();
  }
  return size;
}

caf::result<values_recorded> record(metric_self self, record_values& message) {
  const message_timer timer{*self->state.figures, waiting_in_mailbox(self)};
  struct pending {
    record_values values;
    values_recorded answer;
  };
  const auto shared = std::make_shared<pending>();
  shared->values = std::move(message);
  return submit_write<values_recorded, metric_domain>(
      self, size_of(shared->values),
      [shared](metric_domain& domain) -> result<void> {
        shared->answer = domain.stage(shared->values);
        return {};
      },
      [shared] { return std::move(shared->answer); },
      [shared] {
        command_content content{"record_values", {}};
        binary::write(content.payload, shared->values);
        return content;
      });
}

template <class Answer, class Question>
caf::result<Answer> answer_values(metric_self self, const Question& question, const question_context& context) {
  const message_timer timer{*self->state.figures, waiting_in_mailbox(self)};
  return submit_scan<Answer, metric_domain>(
      self,
      [question](metric_domain& domain) {
        return [question, view = domain.view(domain.now())](const question_context& asked) -> result<Answer> {
          return answer(view, question, [&asked] { return asked.is_unwanted(); });
        };
      },
      context);
}

metric_limits limits_of(const metric_definition& definition, const actor_environment& environment) {
  metric_limits limits;
  limits.dedupe_window_ms = environment.dedupe_window.count();
  limits.retention_ms = definition.retention_days * 86'400'000;
  return limits;
}

} // namespace

metric_shell_actor::behavior_type run_metric_actor(metric_self self, entity_id id, shard_claim claim, actor_environment environment,
                                                   actor_place place, metric_definition definition, tenant_actor supervisor) {
  const auto child = std::string{to_string(id.kind)} + "/" + id.name;
  const auto semantics = semantics_of(definition);
  assert(semantics && "tenant_state takes no definition without semantics");
  start_entity<metric_domain>(self, std::move(id), claim, environment, std::move(place),
                              [semantics = *semantics, key = environment.random(), limits = limits_of(definition, environment), now = environment.now] {
                                return std::make_unique<metric_domain>(semantics, key, limits, now);
                              },
                              {[self](const failure& why) { self->quit(to_caf_error(why)); }, [self, supervisor, child] { self->send(supervisor, passivate_child{child}); }});
  end_with_supervisor(self, caf::actor_cast<caf::actor>(supervisor));
  watch_idleness(self, supervisor, child);
  return {
      [self](record_values& message) { return record(self, message); },
      [self](const find_values& question, const question_context& context) { return answer_values<values_found>(self, question, context); },
      [self](const aggregate_values& question, const question_context& context) { return answer_values<value_aggregates>(self, question, context); },
      [self](const compare_periods& question, const question_context& context) { return answer_values<periods_compared>(self, question, context); },
      [self](const stop_actor& how) -> caf::result<done> {
        auto promise = self->make_response_promise<done>();
        self->state.entity->stop(how.is_handed_over, [self, to = caller_answer<done>{promise}] {
          to.deliver(done{});
          self->quit();
        });
        return promise;
      },
      [self](const actor_task& task) { run_task(self, task); },
  };
}

} // namespace dotmac
