#pragma once

/// A real actor system over a store in memory, with a router before it as the gateway has one.

#include "actors/node_guardian.hpp"
#include "actors/protocol/wire_types.hpp"
#include "persistence/memory/memory_store.hpp"
#include "runtime/node/tenant_router.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scoped_actor.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

namespace dotmac {

using namespace std::chrono_literals; // of tests only

struct wire_configuration : caf::actor_system_config {
  wire_configuration() {
    add_message_types<caf::id_block::dotmac_wire>();
    set("scheduler.max-threads", 4u);
    set("scheduler.policy", caf::atom("sharing"));
  }
};

inline bytes one_event(const std::string& id) {
  event_block_builder builder;
  builder.begin_event(timestamp{1'000});
  builder.set_field(event_field::event_type, "a");
  builder.set_field(event_field::event_id, id);
  builder.end_event();
  return builder.finish();
}

class actors_fixture : public ::testing::Test {
protected:
  void SetUp() override {
    std::vector<shard_id> all;
    for (std::uint16_t i = 0; i < shard_count; ++i)
      all.push_back(shard_id{i});
    claims = *(*factory->open())->leases().claim_shards("me", all, 1h);
    environment.entity.writer = std::make_shared<journal_writer>(factory, journal_writer_limits{});
    environment.entity.stores = std::make_shared<store_pool>(factory, 2, 1'000);
    environment.entity.background = std::make_shared<worker_pool>(1, 1'000, worker_pool::threads_of{});
    environment.entity.limits.recover_damaged_every = 50ms;
    environment.entity.log = [this](const entity_id& entity, std::string_view event, const std::string& detail) {
      const std::lock_guard lock{lines_mutex};
      lines.push_back(to_string(entity) + " " + std::string{event} + " " + detail);
    };
    environment.registry = std::make_shared<figures_registry>();
    environment.scans = std::make_shared<worker_pool>(2, 1'000, worker_pool::threads_of{});
    environment.scan_helpers = std::make_shared<worker_pool>(1, 0, worker_pool::threads_of{"helpers", 0, true});
    environment.segments = std::make_shared<segment_cache>(factory, 64u << 20);
    environment.now = [] { return timestamp{1'000}; };
    environment.random = [] { return std::uint64_t{7}; };
  }
  void TearDown() override { stop(); }

  void start() {
    guardian = system.spawn(run_node_guardian, claims, environment, "node");
    router = std::make_unique<tenant_router>(system, guardian, 1, router_limits{});
  }
  /// False: somebody did not stop in time.
  bool stop() {
    if (!router)
      return true;
    bool stopped = false;
    caf::scoped_actor asker{system};
    asker->request(guardian, 20s, stop_actor{}).receive([&](const done&) { stopped = true; }, [](const caf::error&) {});
    guardian = node_actor{};
    router.reset();
    return stopped;
  }

  template <class Call> result<typename answer_of<Call>::type> ask(Call call, const std::string& tenant = "acme", std::chrono::milliseconds within = 10s) {
    using answer = result<typename answer_of<Call>::type>;
    std::promise<answer> promise;
    dotmac::ask(*router, {tenant, std::chrono::steady_clock::now() + within, {}}, std::move(call),
                std::function<void(answer)>{[&promise](answer outcome) { promise.set_value(std::move(outcome)); }});
    return promise.get_future().get();
  }
  result<events_appended> append(const std::string& id, const std::string& tenant = "acme") { return ask(append_events{one_event(id), false}, tenant); }
  std::uint64_t count(const std::string& tenant = "acme") {
    const auto found = ask(summarize_events{}, tenant);
    return found ? found->event_count : 0;
  }
  std::size_t running(const std::string& kind) {
    const auto all = environment.registry->all();
    return static_cast<std::size_t>(std::count_if(all.begin(), all.end(), [&](const auto& each) { return each->kind == kind; }));
  }
  std::uint64_t restarts(const std::string& kind) {
    for (const auto& each : environment.registry->all())
      if (each->kind == kind)
        return each->restarts;
    return 0;
  }
  /// Waits for what must come; the limit is for tests that fail.
  bool comes_true(const std::function<bool()>& is_true) {
    for (int i = 0; i < 6'000; ++i) {
      if (is_true())
        return true;
      std::this_thread::sleep_for(5ms);
    }
    return false;
  }
  tenant_actor tenant_of(const std::string& name) {
    caf::scoped_actor asker{system};
    shard_actor shard;
    tenant_actor found;
    asker->request(guardian, 5s, locate_shard{to_number(shard_of_tenant(name))}).receive([&](const shard_actor& each) { shard = each; }, [](const caf::error&) {});
    asker->request(shard, 5s, locate_tenant{name}).receive([&](const tenant_actor& each) { found = each; }, [](const caf::error&) {});
    return found;
  }
  event_actor events_of(const std::string& name) {
    caf::scoped_actor asker{system};
    event_actor found;
    asker->request(tenant_of(name), 5s, locate_events{}).receive([&](const event_actor& each) { found = each; }, [](const caf::error&) {});
    return found;
  }
  void make_metric(const std::string& name) {
    ASSERT_TRUE(ask(create_metric{metric_definition{.metric_id = "m_" + name, .name = name, .display_name = name}}));
    ASSERT_TRUE(ask(of_metric<record_values>{name, {{metric_sample{.value = 1, .at = {1'000}, .recorded_at = {1'000}}}}}));
  }
  bool was_logged(const std::string& part) {
    const std::lock_guard lock{lines_mutex};
    return std::any_of(lines.begin(), lines.end(), [&](const auto& each) { return each.find(part) != each.npos; });
  }

  std::shared_ptr<memory_database> database = std::make_shared<memory_database>();
  std::shared_ptr<store_factory> factory{make_memory_store_factory(database)};
  std::vector<shard_claim> claims;
  actor_environment environment;
  std::mutex lines_mutex;
  std::vector<std::string> lines;
  wire_configuration configured;
  caf::actor_system system{configured};
  node_actor guardian;
  std::unique_ptr<tenant_router> router;
};

} // namespace dotmac
