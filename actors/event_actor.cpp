#include "actors/event_removal_steps.hpp"

#include "actors/protocol/wire_types.hpp"
#include "actors/supervision.hpp"
#include "core/events/export_events.hpp"
#include "core/events/measure_storage.hpp"
#include "runtime/actor/pool_executor.hpp"

#include <algorithm>

namespace dotmac {
namespace {

std::uint64_t row_count_of(event_domain& domain) { return domain.partition().row_count(); }

void tell_watchers_soon(event_self self) {
  if (self->state.watchers.note_more())
    self->delayed_send(self, event_watchers::pause, actor_task{[self] { self->state.watchers.tell_all(row_count_of(*self->state.entity->domain())); }});
}

caf::result<events_awaited> await_more(event_self self, const await_events& question) {
  const message_timer timer{*self->state.figures, waiting_in_mailbox(self)};
  if (self->state.entity->is_stopping())
    return not_handled();
  auto promise = self->make_response_promise<events_awaited>();
  self->state.last_used = std::chrono::steady_clock::now();
  self->state.entity->read([self, to = caller_answer<events_awaited>{promise}, question](result<event_domain*> domain) {
    if (!domain)
      return to.deliver(domain.error());
    const auto patience = std::chrono::milliseconds{std::clamp<std::int64_t>(question.patience_milliseconds, 0, patience_milliseconds_max)};
    if (const auto rows = row_count_of(**domain); rows != question.known_rows || patience.count() == 0)
      return to.deliver(events_awaited{rows});
    if (const auto number = self->state.watchers.add(to))
      self->delayed_send(self, patience, actor_task{[self, number = *number] { self->state.watchers.lose_patience(number, row_count_of(*self->state.entity->domain())); }});
  });
  return promise;
}

/// By row of the block. What was committed just now is in memory, so its id can always be told.
std::vector<std::string> ids_of(const event_partition& partition, const std::vector<event_outcome>& outcomes, staged_block& staged) {
  std::vector<std::string> out;
  for (std::size_t i = 0, known = 0; i < outcomes.size(); ++i)
    if (outcomes[i] == event_outcome::refused)
      out.emplace_back();
    else if (outcomes[i] == event_outcome::accepted)
      out.push_back(*partition.event_id_text(staged.rows[i]));
    else
      out.push_back(std::move(staged.known_ids[known++]));
  return out;
}

caf::result<events_appended> append(event_self self, append_events& message) {
  const message_timer timer{*self->state.figures, waiting_in_mailbox(self)};
  struct pending {
    bytes block;
    staged_block staged;
  };
  const auto shared = std::make_shared<pending>();
  shared->block = std::move(message.block);
  const auto size = shared->block.size();
  return submit_write<events_appended, event_domain>(
      self, size,
      [shared](event_domain& domain) -> result<void> {
        auto staged = domain.partition().stage(std::move(shared->block));
        if (!staged)
          return staged.error();
        shared->staged = std::move(*staged);
        return {};
      },
      [self, shared, wants_ids = message.wants_event_ids] {
        const auto& partition = self->state.entity->domain()->partition();
        tell_watchers_soon(self);
        events_appended answer;
        answer.outcomes = std::move(shared->staged.outcomes);
        if (wants_ids)
          answer.event_ids = ids_of(partition, answer.outcomes, shared->staged);
        return answer;
      },
      [shared] { return command_content{"append_events", shared->block}; });
}

caf::result<profiles_changed> change(event_self self, change_profiles& message) {
  const message_timer timer{*self->state.figures, waiting_in_mailbox(self)};
  const auto shared = std::make_shared<change_profiles>(std::move(message));
  bytes content;
  binary::write(content, *shared);
  return submit_write<profiles_changed, event_domain>(
      self, content.size(), [shared](event_domain& domain) { return domain.partition().stage(*shared); },
      [self] { return profiles_changed{self->state.entity->domain()->partition().profiles_changed()}; },
      [content = std::move(content)] { return command_content{"change_profiles", content}; });
}

/// Named on the actor's thread, where view and position belong together.
answer_version version_of(event_self self, const event_view& view) {
  const auto& entity = *self->state.entity;
  return {to_string(entity.id()), to_number(entity.position()), view.key(), view.row_count(), view.chunks().empty() ? 0 : view.chunks().back().max_received};
}

/// Whether somebody may ask again before the events have changed. Pages of events behind the first, and those of an export, are asked for once.
template <class Question> bool is_worth_keeping(const Question&) { return true; }
bool is_worth_keeping(const find_events& question) { return !question.before; }
bool is_worth_keeping(const export_events&) { return false; }

template <class Answer, class Question> result<Answer> compute_answer(const event_view& view, const Question& question, scan_context& with) {
  if constexpr (requires { answer(view, question, with); })
    return answer(view, question, with);
  else
    return answer(view, question, with.stop);
}

template <class Answer, class Question>
caf::result<Answer> answer_events(event_self self, const Question& question, const question_context& context) {
  const message_timer timer{*self->state.figures, waiting_in_mailbox(self)};
  return submit_scan<Answer, event_domain>(
      self,
      [self, question, helpers = self->state.environment.scan_helpers, memory_max = self->state.environment.question_memory_max](event_domain& domain) {
        auto view = domain.partition().snapshot();
        auto version = version_of(self, view);
        return [question, view = std::move(view), version = std::move(version), answers = self->state.environment.answers, helpers,
                memory_max](const question_context& asked) -> result<Answer> {
          pool_executor threads{helpers.get()};
          scan_context with{[&asked] { return asked.is_unwanted(); }};
          with.executor = &threads;
          with.memory_max = memory_max;
          if (!is_worth_keeping(question))
            return compute_answer<Answer>(view, question, with);
          return answer_once<Answer>(*answers, version, caf::type_name<Question>::value, question, [&] { return compute_answer<Answer>(view, question, with); });
        };
      },
      context);
}

/// With what the store alone knows; without it where the store is away, as what is in memory goes on. Never kept: a snapshot changes what is stored, and no event.
caf::result<event_summary> summarize(event_self self, const summarize_events& question, const question_context& context) {
  const message_timer timer{*self->state.figures, waiting_in_mailbox(self)};
  return submit_scan<event_summary, event_domain>(
      self,
      [question, helpers = self->state.environment.scan_helpers](event_domain& domain) {
        return [question, view = domain.partition().snapshot(), segments = domain.partition().stored_segments(), source = domain.source(), helpers](const question_context& asked) -> result<event_summary> {
          pool_executor threads{helpers.get()};
          scan_context with{[&asked] { return asked.is_unwanted(); }};
          with.executor = &threads;
          auto storage = measure_storage(view, segments, source.get(), with.stop);
          if (!storage && storage.error().code != error_code::storage_unavailable)
            return storage.error();
          auto summary = answer(view, question, with);
          if (summary && storage)
            summary->storage = std::move(*storage);
          return summary;
        };
      },
      context);
}

} // namespace

event_shell_actor::behavior_type run_event_actor(event_self self, entity_id id, shard_claim claim, actor_environment environment,
                                                 actor_place place, tenant_actor supervisor) {
  const auto child = std::string{to_string(id.kind)} + "/" + id.name;
  const auto window = environment.dedupe_window.count();
  start_entity<event_domain>(self, id, claim, environment, std::move(place),
                             [key = environment.random(), window, segments = environment.segments, id, post = post_to(self), self] {
                               return std::make_unique<event_domain>(key, window, segments->source_of(id), [post, self] {
                                 post([self] {
                                   self->state.removals.waits_for_snapshot = false;
                                   go_on_removing(self);
                                 });
                               });
                             },
                             {[self](const failure& why) { self->quit(to_caf_error(why)); }, [self, supervisor, child] { self->send(supervisor, passivate_child{child}); }});
  end_with_supervisor(self, caf::actor_cast<caf::actor>(supervisor));
  watch_idleness(self, supervisor, child);
  watch_removals(self);
  return {
      [self](append_events& message) { return append(self, message); },
      [self](const find_events& question, const question_context& context) { return answer_events<events_found>(self, question, context); },
      [self](const aggregate_events& question, const question_context& context) { return answer_events<event_aggregates>(self, question, context); },
      [self](const count_funnel& question, const question_context& context) { return answer_events<funnel_counted>(self, question, context); },
      [self](const summarize_events& question, const question_context& context) { return summarize(self, question, context); },
      [self](const measure_trends& question, const question_context& context) { return answer_events<trends_measured>(self, question, context); },
      [self](const export_events& question, const question_context& context) { return answer_events<events_exported>(self, question, context); },
      [self](const measure_retention& question, const question_context& context) { return answer_events<retention_measured>(self, question, context); },
      [self](const find_users& question, const question_context& context) { return answer_events<users_found>(self, question, context); },
      [self](const measure_stickiness& question, const question_context& context) { return answer_events<stickiness_measured>(self, question, context); },
      [self](const measure_lifecycle& question, const question_context& context) { return answer_events<lifecycle_measured>(self, question, context); },
      [self](const find_funnel_users& question, const question_context& context) { return answer_events<funnel_users_found>(self, question, context); },
      [self](const measure_sessions& question, const question_context& context) { return answer_events<sessions_measured>(self, question, context); },
      [self](const follow_paths& question, const question_context& context) { return answer_events<paths_followed>(self, question, context); },
      [self](change_profiles& message) { return change(self, message); },
      [self](const find_profiles& question, const question_context& context) { return answer_events<profiles_found>(self, question, context); },
      [self](const describe_profile& question, const question_context& context) { return answer_events<profile_described>(self, question, context); },
      [self](const list_event_catalogue& question, const question_context& context) { return answer_events<event_catalogue>(self, question, context); },
      [self](const list_event_values& question, const question_context& context) { return answer_events<event_values>(self, question, context); },
      [self](const remove_events& message) { return begin_removal(self, message); },
      [self](const set_event_retention& message) { return set_retention(self, message); },
      [self](const list_removals&) { return tell_removals(self); },
      [self](const await_events& question) { return await_more(self, question); },
      [self](const stop_actor& how) -> caf::result<done> {
        if (auto* domain = self->state.entity->domain())
          self->state.watchers.tell_all(row_count_of(*domain));
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
