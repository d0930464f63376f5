#pragma once

/// What every journaled actor keeps beside its behavior: the entity, its figures, and the plumbing between CAF and
/// journaled_entity. An actor of interface I is run as `shell_of<I>` (I and actor_task).

#include "actors/protocol/errors.hpp"
#include "actors/protocol/interfaces.hpp"
#include "runtime/actor/actor_task.hpp"
#include "runtime/actor/journaled_entity.hpp"

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
  std::shared_ptr<worker_pool> scans;
  std::chrono::milliseconds idle_after{600'000};
  std::chrono::milliseconds dedupe_window{30LL * 86'400'000};
  std::function<timestamp()> now;
  std::function<std::uint64_t()> random;
};

template <class Domain> struct entity_shell {
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

/// Builds the entity of an actor and starts its recovery.
template <class Domain, class Self>
void start_entity(Self self, entity_id id, shard_claim claim, const actor_environment& environment, std::string path,
                  std::function<std::unique_ptr<Domain>()> make_empty) {
  auto& shell = self->state;
  shell.environment = environment;
  shell.figures = environment.registry->add(std::string{to_string(id.kind)}, std::move(path), id.tenant);
  typename journaled_entity<Domain>::owner_hooks hooks;
  hooks.post = post_to(self);
  hooks.after = [self](std::chrono::milliseconds delay, std::function<void()> run) {
    self->delayed_send(self, delay, actor_task{std::move(run)});
  };
  hooks.on_fatal = [self](const failure& why) { self->quit(to_caf_error(why)); };
  shell.entity = std::make_shared<journaled_entity<Domain>>(std::move(id), claim, environment.entity, std::move(hooks),
                                                            std::move(make_empty), shell.figures);
  shell.entity->start();
}

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
caf::typed_response_promise<Answer> submit_write(Self self, std::size_t size,
                                                 std::function<result<void>(Domain&)> stage,
                                                 std::function<Answer()> reply) {
  auto promise = self->template make_response_promise<Answer>();
  self->state.last_used = std::chrono::steady_clock::now();
  self->state.entity->submit({size, std::move(stage), [self, promise, reply](result<void> outcome) mutable {
    if (outcome) {
      promise.deliver(reply());
      return;
    }
    self->state.figures->failures.fetch_add(1, std::memory_order_relaxed);
    promise.deliver(to_caf_error(outcome.error()));
  }});
  return promise;
}

/// One question: an immutable view is taken on the actor's thread, the scan runs on a scan worker.
template <class Answer, class Domain, class Self, class View>
caf::typed_response_promise<Answer> submit_scan(Self self, View take_view, question_context context) {
  auto promise = self->template make_response_promise<Answer>();
  self->state.last_used = std::chrono::steady_clock::now();
  self->state.entity->read([self, promise, take_view, context](result<Domain*> domain) mutable {
    if (!domain) {
      promise.deliver(to_caf_error(domain.error()));
      return;
    }
    std::function<result<Answer>(const question_context&)> scan = take_view(**domain);
    auto post = post_to(self);
    auto deliver = [self, promise, post](result<Answer> outcome) mutable {
      auto shared = std::make_shared<result<Answer>>(std::move(outcome));
      post([self, promise, shared]() mutable {
        if (*shared) {
          promise.deliver(std::move(**shared));
          return;
        }
        self->state.figures->failures.fetch_add(1, std::memory_order_relaxed);
        promise.deliver(to_caf_error(shared->error()));
      });
    };
    const bool taken = self->state.environment.scans->submit(
        {[scan, context, deliver](std::size_t) mutable {
           if (context.is_unwanted())
             return deliver(failure{error_code::cancelled, "the question was no longer wanted when its turn came", {}});
           deliver(scan(context));
         },
         [deliver]() mutable { deliver(failure{error_code::draining, "the node is stopping", {}}); },
         [deliver, log = self->state.environment.entity.log, id = self->state.entity->id()](const std::string& what) mutable {
           log(id, "failed", "a question threw: " + what);
           deliver(failure{error_code::internal_error, {}, {}});
         }});
    if (!taken)
      promise.deliver(to_caf_error({error_code::too_many_requests, "too many questions wait for a scan worker", {}}));
  });
  return promise;
}

} // namespace dotmac
