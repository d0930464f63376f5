#pragma once

/// What every journaled actor keeps beside its behavior: the entity, its figures, and the plumbing between CAF and
/// journaled_entity. An actor of interface I is run as `shell_of<I>` (I and actor_task).

#include "actors/protocol/errors.hpp"
#include "actors/protocol/interfaces.hpp"
#include "runtime/actor/actor_task.hpp"
#include "runtime/actor/answer_cache.hpp"
#include "runtime/actor/caller_answer.hpp"
#include "runtime/actor/journaled_entity.hpp"
#include "runtime/actor/segment_cache.hpp"
#include "runtime/actor/sure_answer.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include <string>

namespace dotmac {

template <class Interface> using shell_of = typename Interface::template extend<caf::reacts_to<actor_task>>;

/// Everything that a supervisor gives to a child.
struct actor_environment {
  entity_environment entity;
  std::shared_ptr<figures_registry> registry;
  std::shared_ptr<worker_pool> scans;        ///< a thread for each question
  std::shared_ptr<worker_pool> scan_helpers; ///< lend theirs to it; may be none
  std::shared_ptr<segment_cache> segments; ///< of stored events
  std::shared_ptr<answer_cache> answers = std::make_shared<answer_cache>(0);
  std::size_t question_memory_max = 256u << 20; ///< bytes
  std::chrono::milliseconds idle_after{600'000};
  std::chrono::milliseconds dedupe_window{30LL * 86'400'000};
  std::function<timestamp()> now;
  std::function<std::uint64_t()> random;
};

template <class Domain> struct entity_shell {
  entity_shell() = default;
  entity_shell(const entity_shell&) = delete;
  entity_shell& operator=(const entity_shell&) = delete;
  /// Also of an actor that threw or was killed.
  ~entity_shell() {
    if (!entity)
      return;
    entity->abandon({error_code::actor_unavailable, "the actor ended before it could answer; try again", {}});
    environment.entity.log(entity->id(), "ended", {});
  }

  std::shared_ptr<journaled_entity<Domain>> entity;
  std::shared_ptr<actor_figures> figures;
  actor_environment environment;
  std::chrono::steady_clock::time_point last_used = std::chrono::steady_clock::now();
};

template <class Self> std::function<void(std::function<void()>)> post_to(Self self) {
  auto handle = caf::actor_cast<caf::actor>(self);
  // A weak reference: a callback on its way must not keep a stopped actor alive.
  auto address = caf::actor_cast<caf::weak_actor_ptr>(handle);
  return [address](std::function<void()> run) {
    if (auto strong = address.lock())
      caf::anon_send(caf::actor_cast<caf::actor>(strong), actor_task{std::move(run)});
  };
}

/// How an actor is ended: each is called on its own thread.
struct entity_ends {
  std::function<void(const failure&)> fatal;
  std::function<void()> leave; ///< asks its supervisor to let it go
};

/// They do nothing once the actor has ended. A Domain has a `state_summary summary_of(Domain&)` beside it.
template <class Domain, class Self> actor_controls controls_of(Self self, const entity_ends& ends) {
  const auto post = post_to(self);
  const auto describe_state = [self, post](std::function<void(result<state_summary>)> answer) {
    post([self, sure = sure_answer<state_summary>{std::move(answer)}] {
      self->state.entity->read([sure](result<Domain*> domain) { sure.deliver(domain ? result<state_summary>{summary_of(**domain)} : domain.error()); });
    });
  };
  const auto prepare_to_leave = [self, post](const std::shared_ptr<void>& prepared) { post([self, prepared] { self->state.entity->shorten_tail(prepared); }); };
  return {[post, leave = ends.leave] { post(leave); },
          [post, end = ends.fatal] { post([end] { end({error_code::actor_unavailable, "it was ended by an administrator, to be started again; try again", {}}); }); }, describe_state,
          prepare_to_leave};
}

/// Builds the entity of an actor and starts its recovery.
template <class Domain, class Self>
void start_entity(Self self, entity_id id, shard_claim claim, const actor_environment& environment, actor_place place,
                  std::function<std::unique_ptr<Domain>()> make_empty, entity_ends ends) {
  auto& shell = self->state;
  shell.environment = environment;
  shell.figures = environment.registry->add(std::string{to_string(id.kind)}, std::move(place), id.tenant, controls_of<Domain>(self, ends));
  typename journaled_entity<Domain>::owner_hooks hooks;
  hooks.post = post_to(self);
  hooks.after = [self](std::chrono::milliseconds delay, std::function<void()> run) {
    self->delayed_send(self, delay, actor_task{std::move(run)});
  };
  hooks.on_fatal = std::move(ends.fatal);
  hooks.now_ms = [now = environment.now] { return now().milliseconds; };
  shell.entity = std::make_shared<journaled_entity<Domain>>(std::move(id), claim, environment.entity, std::move(hooks),
                                                            std::move(make_empty), shell.figures);
  environment.entity.log(shell.entity->id(), "started", {});
  shell.entity->start();
}

/// A callback that came home. Its time counts for the actor, but it is no message of anybody.
template <class Self> void run_task(Self self, const actor_task& task) {
  const auto began = std::chrono::steady_clock::now();
  const auto figures = self->state.figures;
  task.run();
  figures->note_task(std::chrono::steady_clock::now() - began);
}

/// What every request gets that reaches an actor on its way out: it was not looked at, and the successor may have it.
inline caf::error not_handled() { return make_error(caf::sec::request_receiver_down); }

/// Asks `supervisor` to be let go once nothing has been asked for `idle_after` and `may_go` (a supervisor with running
/// children may not).
template <class Self, class Supervisor>
void watch_idleness(Self self, Supervisor supervisor, std::string child, std::function<bool()> may_go = [] { return true; }) {
  const auto period = std::max<std::chrono::milliseconds>(self->state.environment.idle_after / 4, std::chrono::milliseconds{50});
  self->delayed_send(self, period, actor_task{[self, supervisor, child, may_go] {
    auto& shell = self->state;
    if (shell.entity->is_idle() && may_go() && std::chrono::steady_clock::now() - shell.last_used >= shell.environment.idle_after)
      self->send(supervisor, passivate_child{child});
    watch_idleness(self, supervisor, child, may_go);
  }});
}

/// One write: staged by `stage`, answered with what `reply` makes of it once durable.
template <class Answer, class Domain, class Self>
caf::result<Answer> submit_write(Self self, std::size_t size, std::function<result<void>(Domain&)> stage, std::function<Answer()> reply,
                                 std::function<command_content()> describe) {
  if (self->state.entity->is_stopping())
    return not_handled();
  auto promise = self->template make_response_promise<Answer>();
  self->state.last_used = std::chrono::steady_clock::now();
  self->state.entity->submit({size, std::move(stage),
                              [to = caller_answer<Answer>{promise}, reply = std::move(reply), figures = self->state.figures](result<void> outcome) {
                                if (outcome)
                                  return to.deliver(reply());
                                figures->note_failure(outcome.error());
                                to.deliver(outcome.error());
                              },
                              std::move(describe)});
  return promise;
}

/// One question: an immutable view is taken on the actor's thread, the scan runs on a scan worker.
template <class Answer, class Domain, class Self, class View>
caf::result<Answer> submit_scan(Self self, View take_view, question_context context) {
  auto promise = self->template make_response_promise<Answer>();
  self->state.last_used = std::chrono::steady_clock::now();
  self->state.entity->read([to = caller_answer<Answer>{promise}, figures = self->state.figures, scans = self->state.environment.scans,
                            log = self->state.environment.entity.log, id = self->state.entity->id(), take_view, context](result<Domain*> domain) {
    // From here on the actor is not needed: the answer goes from the scan worker to whoever asked.
    const auto deliver = [to, figures](result<Answer> outcome) {
      if (outcome)
        return to.deliver(std::move(*outcome));
      figures->note_failure(outcome.error());
      to.deliver(outcome.error());
    };
    if (!domain)
      return deliver(domain.error());
    std::function<result<Answer>(const question_context&)> scan = take_view(**domain);
    const bool taken = scans->submit(
        id.tenant, {[scan, context, deliver, figures](std::size_t) {
           if (context.is_unwanted())
             return deliver(failure{error_code::cancelled, "the question was no longer wanted when its turn came", {}});
           const auto began = std::chrono::steady_clock::now();
           auto outcome = scan(context);
           figures->note_scan(std::chrono::steady_clock::now() - began);
           deliver(std::move(outcome));
         },
         [deliver] { deliver(failure{error_code::draining, "the node is stopping", {}}); },
         [deliver, log, id](const std::string& what) {
           log(id, "failed", "a question threw: " + what);
           deliver(failure{error_code::internal_error, {}, {}});
         }});
    if (!taken)
      deliver(failure{error_code::too_many_requests, "too many questions wait for a scan worker", {}});
  });
  return promise;
}

} // namespace dotmac
