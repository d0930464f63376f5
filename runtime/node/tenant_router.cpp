#include "runtime/node/tenant_router.hpp"

#include "actors/protocol/errors.hpp"
#include "actors/protocol/wire_types.hpp"
#include "core/identity.hpp"
#include "core/overload.hpp"

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/exit_reason.hpp>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>

#include <map>

namespace dotmac {

struct routed_call {
  call_options options;
  tenant_call call;
  std::function<void(result<tenant_answer>)> on_answer;
  std::size_t sent_again = 0;
};
using routed_call_pointer = std::shared_ptr<routed_call>;

} // namespace dotmac

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dotmac::routed_call_pointer)

namespace dotmac {
namespace {

struct router_shell {
  node_actor node;
  std::size_t addresses_max = 0;
  std::map<std::string, tenant_actor> tenants;
  std::map<std::string, caf::actor> children; ///< "tenant/events" or "tenant/metric/<id or name>"
};
using router_pointer = caf::stateful_actor<router_shell>*;

/// An actor that leaves memory hands a call back unhandled; its successor may do so too where everything is idle at once.
constexpr std::size_t sends_again_max = 3;

std::chrono::milliseconds time_left(const routed_call& call) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(call.options.deadline - std::chrono::steady_clock::now());
  return std::max(left, std::chrono::milliseconds{0});
}

void fail(const routed_call_pointer& call, const failure& why) { call->on_answer(why); }

void forget(router_pointer self, const std::string& tenant) {
  auto& children = self->state.children;
  const auto prefix = tenant + "/";
  for (auto each = children.lower_bound(prefix); each != children.end() && each->first.starts_with(prefix);)
    each = children.erase(each);
  self->state.tenants.erase(tenant);
}

void route(router_pointer self, const routed_call_pointer& call);

void on_error(router_pointer self, const routed_call_pointer& call, const caf::error& error) {
  const auto why = to_failure(error);
  if (why.code == error_code::actor_unavailable)
    forget(self, call->options.tenant);
  if (was_never_handled(error) && call->sent_again < sends_again_max) {
    ++call->sent_again;
    return route(self, call);
  }
  fail(call, why);
}

template <class Answer, class Request> void deliver_to(Request request, router_pointer self, const routed_call_pointer& call) {
  const auto index = call->call.index();
  std::move(request).then(
      [call, index](Answer& answer) {
        tenant_answer held;
        [&]<std::size_t... I>(std::index_sequence<I...>) {
          (void)((I == index && [&] {
                    if constexpr (std::is_same_v<std::variant_alternative_t<I, tenant_answer>, Answer>)
                      held.template emplace<I>(std::move(answer));
                    return true;
                  }()) || ...);
        }(std::make_index_sequence<std::variant_size_v<tenant_answer>>{});
        call->on_answer(std::move(held));
      },
      [self, call](const caf::error& error) { on_error(self, call, error); });
}

question_context context_of(const routed_call& call) { return {call.options.deadline, call.options.cancellation}; }

template <class Call> void send_to_tenant(router_pointer self, const routed_call_pointer& call, const tenant_actor& to, const Call& message) {
  deliver_to<typename answer_of<Call>::type>(self->request(to, time_left(*call), message), self, call);
}

/// The handle of a child actor: from what is kept, else from its tenant.
template <class Handle, class Locate>
void with_child(router_pointer self, const routed_call_pointer& call, const tenant_actor& tenant, std::string key,
                Locate locate, std::function<void(const Handle&)> use) {
  auto& children = self->state.children;
  if (const auto known = children.find(key); known != children.end())
    return use(caf::actor_cast<Handle>(known->second));
  self->request(tenant, time_left(*call), std::move(locate))
      .then(
          [self, key, use](const Handle& found) {
            if (self->state.children.size() >= self->state.addresses_max)
              self->state.children.clear();
            self->state.children[key] = caf::actor_cast<caf::actor>(found);
            self->monitor(found);
            use(found);
          },
          [self, call](const caf::error& error) { on_error(self, call, error); });
}

template <class Question, class... Known> constexpr bool is_any_of = (std::is_same_v<Question, Known> || ...);
template <class Question>
constexpr bool is_event_question = is_any_of<Question, find_events, aggregate_events, count_funnel, summarize_events, measure_trends, measure_retention, find_users,
                                             measure_stickiness, measure_lifecycle, export_events, find_funnel_users,
                                             measure_sessions, follow_paths, find_profiles, describe_profile, list_event_catalogue, list_event_values>;

/// Those that take no context: no scan worker has them.
template <class Message> constexpr bool is_event_message = is_any_of<Message, change_profiles, await_events, remove_events, set_event_retention, list_removals>;

void route_to(router_pointer self, const routed_call_pointer& call, const tenant_actor& tenant) {
  const auto to_events = [&](auto send) {
    with_child<event_actor>(self, call, tenant, call->options.tenant + "/events", locate_events{}, send);
  };
  const auto to_metric = [&](const std::string& metric, auto send) {
    with_child<metric_actor>(self, call, tenant, call->options.tenant + "/metric/" + metric, locate_metric{metric}, send);
  };
  const auto to_dashboard = [&](const std::string& dashboard, auto send) {
    // Not kept: its name may be another one's the next time.
    self->request(tenant, time_left(*call), locate_dashboard{dashboard}).then(send, [self, call](const caf::error& error) { on_error(self, call, error); });
  };
  std::visit(
      overload{
          [&](append_events&) {
            to_events([self, call](const event_actor& to) {
              // Kept in the call: it is sent again where the actor was let go meanwhile.
              deliver_to<events_appended>(self->request(to, time_left(*call), std::get<append_events>(call->call)), self, call);
            });
          },
          [&]<class Message>(Message& message)
            requires is_event_message<Message>
          {
            to_events([self, call, &message](const event_actor& to) {
              deliver_to<typename answer_of<Message>::type>(self->request(to, time_left(*call), message), self, call);
            });
          },
          [&]<class Question>(Question& question)
            requires is_event_question<Question>
          {
            to_events([self, call, &question](const event_actor& to) {
              deliver_to<typename answer_of<Question>::type>(self->request(to, time_left(*call), question, context_of(*call)), self, call);
            });
          },
          [&](of_metric<record_values>& values) {
            to_metric(values.metric, [self, call, &values](const metric_actor& to) {
              deliver_to<values_recorded>(self->request(to, time_left(*call), values.question), self, call);
            });
          },
          [&]<class Question>(of_metric<Question>& asked) {
            to_metric(asked.metric, [self, call, &asked](const metric_actor& to) {
              deliver_to<typename answer_of<of_metric<Question>>::type>(
                  self->request(to, time_left(*call), asked.question, context_of(*call)), self, call);
            });
          },
          [&]<class Question>(of_dashboard<Question>& asked) {
            to_dashboard(asked.dashboard, [self, call, &asked](const dashboard_actor& to) {
              deliver_to<typename answer_of<of_dashboard<Question>>::type>(self->request(to, time_left(*call), asked.question), self, call);
            });
          },
          [&]<class Call>(Call& message)
            requires((std::is_same_v<typename answer_of<Call>::type, done> && !is_event_message<Call>) || std::is_same_v<Call, get_tenant_context>
                     || std::is_same_v<Call, list_metrics> || std::is_same_v<Call, get_metric> || std::is_same_v<Call, create_dashboard> || std::is_same_v<Call, list_dashboards>)
          { send_to_tenant(self, call, tenant, message); }},
      call->call);
}

void route(router_pointer self, const routed_call_pointer& call) {
  auto& tenants = self->state.tenants;
  const auto& name = call->options.tenant;
  if (const auto known = tenants.find(name); known != tenants.end())
    return route_to(self, call, known->second);
  const auto failed = [self, call](const caf::error& error) { on_error(self, call, error); };
  self->request(self->state.node, time_left(*call), locate_shard{to_number(shard_of_tenant(name))})
      .then(
          [self, call, failed](const shard_actor& shard) {
            self->request(shard, time_left(*call), locate_tenant{call->options.tenant})
                .then(
                    [self, call](const tenant_actor& tenant) {
                      if (self->state.tenants.size() >= self->state.addresses_max)
                        self->state.tenants.clear();
                      self->state.tenants[call->options.tenant] = tenant;
                      self->monitor(tenant);
                      route_to(self, call, tenant);
                    },
                    failed);
          },
          failed);
}

caf::behavior run_router(router_pointer self, node_actor node, std::size_t addresses_max) {
  self->state.node = std::move(node);
  self->state.addresses_max = addresses_max;
  self->set_down_handler([self](const caf::down_msg& down) {
    std::erase_if(self->state.tenants, [&](const auto& each) { return each.second.address() == down.source; });
    std::erase_if(self->state.children, [&](const auto& each) { return each.second.address() == down.source; });
  });
  return {[self](const routed_call_pointer& call) { route(self, call); }};
}

} // namespace

tenant_router::tenant_router(caf::actor_system& system, node_actor node, std::size_t routers, router_limits limits)
    : limits_{limits} {
  for (std::size_t i = 0; i < routers; ++i)
    routers_.push_back(system.spawn(run_router, node, limits.addresses_max));
}

tenant_router::~tenant_router() { stop(); }

void tenant_router::stop() {
  for (auto& each : std::exchange(routers_, {}))
    caf::anon_send_exit(each, caf::exit_reason::user_shutdown);
}

void tenant_router::ask(call_options options, tenant_call call, std::function<void(result<tenant_answer>)> on_answer) {
  if (routers_.empty())
    return on_answer(failure{error_code::draining, "the node is stopping", {}});
  if (calls_waiting_->fetch_add(1, std::memory_order_relaxed) >= limits_.calls_waiting_max) {
    calls_waiting_->fetch_sub(1, std::memory_order_relaxed);
    return on_answer(failure{error_code::too_many_requests,
                             "more than " + std::to_string(limits_.calls_waiting_max) + " calls are under way", {}});
  }
  // Answers once, also when CAF drops the call with its router.
  struct answer_once {
    std::function<void(result<tenant_answer>)> call_back;
    std::shared_ptr<std::atomic<std::size_t>> waiting;
    std::atomic<bool> answered{false};
    void operator()(result<tenant_answer> outcome) {
      if (answered.exchange(true))
        return;
      waiting->fetch_sub(1, std::memory_order_relaxed);
      call_back(std::move(outcome));
    }
    ~answer_once() { (*this)(failure{error_code::actor_unavailable, "the node is stopping", {}}); }
  };
  auto once = std::make_shared<answer_once>();
  once->call_back = std::move(on_answer);
  once->waiting = calls_waiting_;
  const auto index = std::hash<std::string>{}(options.tenant) % routers_.size();
  auto routed = std::make_shared<routed_call>(routed_call{std::move(options), std::move(call),
                                                          [once](result<tenant_answer> outcome) { (*once)(std::move(outcome)); }});
  caf::anon_send(routers_[index], std::move(routed));
}

} // namespace dotmac
