#include "runtime/node/cluster_keeper.hpp"

#include <algorithm>

#include <ctime>

#include <pthread.h>

namespace dotmac {

namespace {

/// In a way that others do something about, or send their calls elsewhere.
bool changes_the_tables(const cluster_request& request) {
  return std::visit([]<class Request>(const Request&) { return std::is_same_v<Request, claim_request> || std::is_same_v<Request, transfer_request> || std::is_same_v<Request, bury_request>
                                                               || std::is_same_v<Request, assign_request> || std::is_same_v<Request, leave_request>; }, request);
}

} // namespace

cluster_keeper::tick cluster_keeper::now() noexcept {
  timespec at{};
  ::clock_gettime(CLOCK_BOOTTIME, &at);
  return static_cast<tick>(at.tv_sec) * 1'000 + at.tv_nsec / 1'000'000;
}

std::string cluster_keeper::own() const {
  const std::lock_guard lock{own_mutex_};
  return own_;
}

store_check cluster_keeper::last_check() const {
  const std::lock_guard lock{own_mutex_};
  return last_check_;
}

cluster_keeper::cluster_keeper(std::shared_ptr<store_factory> stores, node_card card, agent_limits limits, hooks given)
    : stores_{std::move(stores)}, limits_{limits}, hooks_{std::move(given)}, agent_{std::move(card), limits} {}

result<node_name> cluster_keeper::start() {
  auto opened = stores_->open();
  if (!opened)
    return opened.error();
  session_ = std::move(*opened);
  if (session_->cluster() == nullptr)
    return failure{error_code::validation_failed, "a cluster needs a store that nodes can share", "DATABASE_URL"};
  std::unique_lock lock{mutex_};
  const auto give_up_at = steady_now() + limits_.ownership.lease;
  // A killed process of this id may look present for a moment.
  for (;;) {
    const auto asked_at = steady_now();
    const auto request = agent_.next(asked_at);
    if (request) {
      auto answer = carry_out(*request, session_->leases(), *session_->cluster(), limits_.ownership.lease, {});
      const auto outcome = answer ? result<void>{} : result<void>{answer.error()};
      agent_.note_answer(asked_at, steady_now(), *request, std::move(answer));
      if (agent_.name())
        break;
      if (!outcome && (outcome.error().code != error_code::ownership_lost || steady_now() >= give_up_at))
        return outcome.error();
    }
    std::this_thread::sleep_for(limits_.retry_after);
  }
  const auto joined = *agent_.name();
  publish(lock);
  if (auto announced = session_->leases().announce(owner_text(joined)); !announced)
    return announced.error();
  lock.unlock();
  thread_ = std::thread{[this] {
    ::pthread_setname_np(::pthread_self(), "cluster");
    work();
  }};
  return joined;
}

void cluster_keeper::work() {
  std::unique_lock lock{mutex_};
  while (!stopping_ && !agent_.has_left()) {
    if (ask_once(lock))
      continue;
    const auto at = steady_now();
    const auto pause = std::clamp(agent_.wake_at(), at, at + limits_.read_every) - at;
    wake_.wait_for(lock, pause, [this] { return stopping_ || is_woken_; });
    is_woken_ = false;
  }
  has_left_ = true;
  wake_.notify_all();
}

bool cluster_keeper::ask_once(std::unique_lock<std::mutex>& lock) {
  const auto asked_at = steady_now();
  const auto request = agent_.next(asked_at);
  publish(lock);
  if (!request)
    return false;
  const auto name = agent_.name();
  lock.unlock();
  auto announced = name ? session_->leases().announce(owner_text(*name)) : result<void>{};
  auto answer = announced ? carry_out(*request, session_->leases(), *session_->cluster(), limits_.ownership.lease,
                                      std::holds_alternative<beat_request>(*request) ? hooks_.loads() : std::vector<shard_load>{})
                          : result<cluster_answer>{announced.error()};
  const auto outcome = answer ? result<void>{} : result<void>{answer.error()};
  hooks_.on_look(outcome);
  if (std::holds_alternative<beat_request>(*request)) {
    const std::lock_guard own_lock{own_mutex_};
    last_check_ = {bool(outcome), std::chrono::microseconds{steady_now() - asked_at}};
  }
  const bool is_view = std::holds_alternative<view_request>(*request) && answer;
  if (answer && changes_the_tables(*request))
    hooks_.on_change();
  lock.lock();
  agent_.note_answer(asked_at, steady_now(), *request, std::move(answer));
  publish(lock);
  if (is_view) {
    auto view = std::make_shared<const cluster_view>(agent_.view());
    lock.unlock();
    hooks_.on_view(std::move(view));
    lock.lock();
    probe_the_absent(lock);
  }
  return true;
}

void cluster_keeper::probe_the_absent(std::unique_lock<std::mutex>& lock) {
  std::vector<node_row> absent;
  for (const auto& name : agent_.to_probe())
    for (const auto& node : agent_.view().nodes)
      if (node.name() == name && !node.card.peer_address.empty())
        absent.push_back(node);
  for (const auto& node : absent) {
    lock.unlock();
    const bool is_refused = hooks_.is_refused(node.card.peer_address);
    lock.lock();
    if (is_refused) {
      hooks_.log(owner_text(node.name()) + " has ended: its address refuses connections");
      agent_.note_refused(node.name(), steady_now());
    }
  }
}

void cluster_keeper::publish(std::unique_lock<std::mutex>& lock) {
  const auto& ownership = agent_.ownership();
  const auto acts = agent_.take_acts();
  // A shard's actors know of it before anybody is let in, and hear that they shall stop after nobody is any more.
  if (!acts.empty())
    hand_out(acts, true, lock);
  for (std::uint16_t i = 0; i < shard_count; ++i) {
    const auto until = ownership.holds_until(shard_id{i}).count();
    ends_[i].holding_until.store(until, std::memory_order_release);
    ends_[i].admitting_until.store(ownership.is_admitting(shard_id{i}) ? until : 0, std::memory_order_release);
  }
  {
    const std::lock_guard own_lock{own_mutex_};
    own_ = agent_.name() ? owner_text(*agent_.name()) : std::string{};
  }
  is_coordinator_ = agent_.is_coordinator();
  shards_served_ = ownership.shards_served();
  if (!acts.empty())
    hand_out(acts, false, lock);
}

void cluster_keeper::hand_out(const std::vector<shard_act>& acts, bool is_to_start, std::unique_lock<std::mutex>& lock) {
  lock.unlock();
  for (const auto& act : acts)
    if ((act.what == shard_act::kind::start) == is_to_start)
      hooks_.on_act(act);
  lock.lock();
}

void cluster_keeper::note_prepared(const shard_claim& claim) {
  const std::lock_guard lock{mutex_};
  agent_.note_prepared(claim);
  is_woken_ = true;
  wake_.notify_all();
}

void cluster_keeper::note_stopped(const shard_claim& claim) {
  const std::lock_guard lock{mutex_};
  agent_.note_stopped(claim);
  is_woken_ = true;
  wake_.notify_all();
}

void cluster_keeper::note_change() {
  const std::lock_guard lock{mutex_};
  agent_.note_change();
  is_woken_ = true;
  wake_.notify_all();
}

void cluster_keeper::leave() {
  std::unique_lock lock{mutex_};
  agent_.leave(steady_now());
  is_woken_ = true;
  wake_.notify_all();
  wake_.wait(lock, [this] { return has_left_ || !thread_.joinable(); });
}

void cluster_keeper::stop() {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
    wake_.notify_all();
  }
  if (thread_.joinable())
    thread_.join();
}

} // namespace dotmac
