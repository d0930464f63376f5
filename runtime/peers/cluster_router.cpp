#include "runtime/peers/cluster_router.hpp"

#include <pthread.h>

namespace dotmac {
namespace {

/// Twice has the effect of once.
bool is_repeatable(const tenant_call& call) {
  return std::visit([]<class Call>(const Call&) { return !std::is_same_v<Call, create_tenant> && !std::is_same_v<Call, create_api_key> && !std::is_same_v<Call, revoke_api_key>
                                                         && !std::is_same_v<Call, create_event_schema> && !std::is_same_v<Call, create_metric>; }, call);
}

} // namespace

struct cluster_router::routed {
  call_options options;
  tenant_call call;
  std::function<void(result<tenant_answer>)> on_answer;
  std::chrono::steady_clock::time_point give_up_at;
  std::chrono::steady_clock::time_point again_at{};
  failure last;
};

cluster_router::cluster_router(tenant_service* local, shard_rights rights, peer_links& peers, std::function<std::string()> own, route_limits limits)
    : local_{local}, rights_{std::move(rights)}, peers_{peers}, own_{std::move(own)}, limits_{limits}, thread_{[this] {
        ::pthread_setname_np(::pthread_self(), "routes");
        work();
      }} {}

cluster_router::~cluster_router() { stop(); }

void cluster_router::ask(call_options options, tenant_call call, std::function<void(result<tenant_answer>)> on_answer) {
  const auto give_up_at = std::min(options.deadline, std::chrono::steady_clock::now() + limits_.route_within);
  route(std::make_shared<routed>(routed{std::move(options), std::move(call), std::move(on_answer), give_up_at, {}, {}}));
}

void cluster_router::route(const routed_pointer& call) {
  const auto shard = shard_of_tenant(call->options.tenant);
  if (local_ != nullptr && rights_.admits(shard))
    return local_->ask(call->options, call->call, [this, call](result<tenant_answer> outcome) {
      if (outcome)
        return call->on_answer(std::move(outcome));
      on_failure(call, outcome.error(), true);
    });
  std::string owner;
  {
    const std::lock_guard lock{mutex_};
    owner = owners_[to_number(shard)];
  }
  if (owner.empty() || owner == own_())
    return wait(call, {error_code::ownership_lost, "no node owns the data of this tenant at present; try again", {}, {}});
  peers_.ask(owner, call->options, call->call, [this, call](peer_outcome what, result<tenant_answer> outcome) {
    if (outcome)
      return call->on_answer(std::move(outcome));
    if (what == peer_outcome::not_sent)
      return wait(call, outcome.error());
    on_failure(call, outcome.error(), true);
  });
}

void cluster_router::on_failure(const routed_pointer& call, failure why, bool may_have_had_effect) {
  const bool is_elsewhere = why.code == error_code::ownership_lost || why.code == error_code::draining; // both certain: nothing was done
  const bool is_unknown = why.code == error_code::actor_unavailable && may_have_had_effect;
  if (is_elsewhere || (is_unknown && is_repeatable(call->call)))
    return wait(call, std::move(why));
  call->on_answer(std::move(why));
}

void cluster_router::wait(const routed_pointer& call, failure why) {
  const auto now = std::chrono::steady_clock::now();
  call->last = std::move(why);
  call->again_at = now + limits_.try_again_after;
  bool is_full = false;
  {
    const std::lock_guard lock{mutex_};
    is_full = waiting_.size() >= limits_.waiting_calls_max;
    if (!stopping_ && !is_full) {
      waiting_.push_back(call);
      wake_.notify_all();
      return;
    }
  }
  call->on_answer(is_full ? failure{error_code::too_many_requests, "more than " + std::to_string(limits_.waiting_calls_max) + " calls wait for an owner of their data", {}, {}}
                          : failure{error_code::draining, "the node is stopping", {}, {}});
}

void cluster_router::note_view(const cluster_view& view) {
  const std::lock_guard lock{mutex_};
  for (const auto& row : view.shards)
    if (auto& owner = owners_[to_number(row.shard)]; owner != row.owner) {
      owner = row.owner;
      is_changed_ = true;
    }
  if (is_changed_)
    wake_.notify_all();
}

std::size_t cluster_router::calls_waiting() const {
  const std::lock_guard lock{mutex_};
  return waiting_.size();
}

void cluster_router::work() {
  std::unique_lock lock{mutex_};
  while (!stopping_) {
    if (waiting_.empty())
      wake_.wait(lock, [this] { return stopping_ || is_changed_ || !waiting_.empty(); });
    wake_.wait_for(lock, limits_.try_again_after, [this] { return stopping_ || is_changed_; });
    const bool is_all = std::exchange(is_changed_, false);
    const auto now = std::chrono::steady_clock::now();
    std::vector<routed_pointer> due;
    std::deque<routed_pointer> later;
    for (auto& each : waiting_)
      is_all || each->again_at <= now ? due.push_back(std::move(each)) : later.push_back(std::move(each));
    waiting_ = std::move(later);
    lock.unlock();
    for (const auto& each : due) {
      if (each->options.cancellation && each->options.cancellation->load(std::memory_order_relaxed))
        each->on_answer(failure{error_code::cancelled, "nobody waits for the answer any more", {}, {}});
      else if (now >= each->give_up_at)
        each->on_answer(each->last);
      else
        route(each);
    }
    lock.lock();
  }
}

void cluster_router::stop() {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable())
    thread_.join();
  for (auto& each : std::exchange(waiting_, {}))
    each->on_answer(failure{error_code::draining, "the node is stopping", {}, {}});
}

} // namespace dotmac
