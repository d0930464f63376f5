// Whole nodes without a gateway, several in this process: each with an actor system of its own, connected over loopback, over one database.

#include "actors/node_guardian.hpp"
#include "actors/protocol/wire_types.hpp"
#include "persistence/memory/memory_store.hpp"
#include "runtime/node/cluster_keeper.hpp"
#include "runtime/node/shard_acts.hpp"
#include "runtime/node/tenant_router.hpp"
#include "runtime/peers/cluster_router.hpp"
#include "runtime/peers/peer_address.hpp"
#include "runtime/peers/peer_network.hpp"

#include <caf/actor_system_config.hpp>
#include <caf/scoped_actor.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <future>

namespace dotmac {
namespace {

using namespace std::chrono_literals;

struct node_configuration : caf::actor_system_config {
  node_configuration() {
    add_message_types<caf::id_block::dotmac_wire>();
    configure_peer_network(*this, 2s);
    set("scheduler.max-threads", 4u);
    set("scheduler.policy", caf::atom("sharing"));
  }
};

bytes one_event(const std::string& id) {
  event_block_builder builder;
  builder.begin_event(timestamp{1'000});
  builder.set_field(event_field::event_type, "a");
  builder.set_field(event_field::event_id, id);
  builder.end_event();
  return builder.finish();
}

class test_node {
public:
  test_node(std::string id, std::shared_ptr<store_factory> factory, agent_limits limits = {}, bool takes_shards = true, protocol_range protocols = spoken_protocols()) {
    environment_.entity.writer = std::make_shared<journal_writer>(factory, journal_writer_limits{});
    environment_.entity.stores = std::make_shared<store_pool>(factory, 2, 1'000);
    environment_.entity.background = std::make_shared<worker_pool>(1, 1'000, worker_pool::threads_of{});
    environment_.entity.log = [](const entity_id&, std::string_view, const std::string&) {};
    environment_.registry = std::make_shared<figures_registry>();
    environment_.scans = std::make_shared<worker_pool>(1, 1'000, worker_pool::threads_of{});
    environment_.segments = std::make_shared<segment_cache>(factory, 16u << 20);
    environment_.now = [] { return timestamp{1'000}; };
    environment_.random = [] { return std::uint64_t{7}; };
    system_ = std::make_unique<caf::actor_system>(configuration_);
    guardian_ = system_->spawn(run_node_guardian, std::vector<shard_claim>{}, environment_, "node");
    local_ = std::make_unique<tenant_router>(*system_, guardian_, 1, router_limits{});
    const shard_rights rights{[this](shard_id shard) { return keeper_->admits(shard); }, [this](shard_id shard) { return keeper_->holds(shard); }};
    gate_ = std::make_unique<shard_gate>(*local_, rights);
    const peer_identity identity{"test", [this] { return own(); }, protocols};
    network_ = std::make_unique<peer_network>(*system_, std::nullopt, 500ms, [](const std::string&) {});
    auto stay = std::make_shared<peer_stay>();
    peers_are_gone_ = stay->is_over.get_future();
    const auto door = spawn_peer_door(*system_, identity, {*gate_, [](const std::string& asked, const std::function<void(result<std::string>)>& answer) { answer("told " + asked); }, [this] {
                                                      if (keeper_)
                                                        keeper_->note_change();
                                                    }, std::move(stay)});
    const auto port = network_->let_in(door, "127.0.0.1", 0);
    EXPECT_TRUE(port) << (port ? "" : port.error().message);
    links_ = std::make_unique<peer_links>(*system_, identity, network_->finder(), peer_limits{}, [this](const std::string& line) {
      const std::lock_guard lock{told_mutex_};
      told_.push_back(line);
    });
    cluster_keeper::hooks hooks;
    hooks.on_act = [this, figures = environment_.registry](const shard_act& act) {
      carry_out_shard_act(*system_, guardian_, *figures, act,
                          {[keeper = std::weak_ptr{keeper_}](const shard_claim& claim) {
                             if (const auto self = keeper.lock())
                               self->note_prepared(claim);
                           },
                           [this](const shard_claim& claim) { keeper_->note_stopped(claim); }});
    };
    hooks.on_look = [](const result<void>&) {};
    hooks.on_view = [this](const std::shared_ptr<const cluster_view>& view) {
      links_->note_members(view->nodes);
      router_->note_view(*view);
    };
    hooks.is_refused = [](const std::string& address) { return knock(*parse_peer_address(address, ""), 200ms) == knock_outcome::refused; };
    hooks.on_change = [this] { links_->tell_of_change(); };
    hooks.loads = [] { return std::vector<shard_load>{}; };
    hooks.log = [](const std::string&) {};
    keeper_ = std::make_shared<cluster_keeper>(factory, node_card{std::move(id), "127.0.0.1:" + std::to_string(*port), "", "test", takes_shards}, limits, hooks);
    router_ = std::make_unique<cluster_router>(gate_.get(), rights, *links_, [this] { return own(); }, route_limits{});
    const auto joined = keeper_->start();
    EXPECT_TRUE(joined) << (joined ? "" : text_for_log(joined.error()));
  }
  ~test_node() { end(); }

  void leave() { keeper_->leave(); }
  /// Without a word to the cluster, as one that was killed.
  void end() {
    if (!system_)
      return;
    keeper_->stop();
    router_->stop();
    links_->stop();
    network_->let_nobody_in();
    EXPECT_EQ(peers_are_gone_.wait_for(10s), std::future_status::ready);
    keeper_.reset();
    {
      caf::scoped_actor asker{*system_};
      asker->request(guardian_, 20s, stop_actor{}).receive([](const done&) {}, [](const caf::error&) {});
      guardian_ = node_actor{};
    }
    local_->stop();
    environment_.scans->stop();
    environment_.entity.writer->stop();
    environment_.entity.background->stop();
    environment_.entity.stores->stop();
    links_.reset();
    router_.reset();
    local_.reset();
    environment_ = {};
    network_.reset();
    system_.reset();
  }

  /// The log has told so of a way to another node.
  bool has_told(const std::string& what) const {
    const std::lock_guard lock{told_mutex_};
    return std::any_of(told_.begin(), told_.end(), [&](const std::string& line) { return line.find(what) != line.npos; });
  }
  std::size_t shards() const { return keeper_->shards_served(); }
  bool admits(const std::string& tenant) const { return keeper_->admits(shard_of_tenant(tenant)); }

  template <class Call> void ask(Call call, const std::string& tenant, std::function<void(result<typename answer_of<Call>::type>)> on_answer, std::chrono::milliseconds within = 20s) {
    dotmac::ask(*router_, {tenant, std::chrono::steady_clock::now() + within, {}}, std::move(call), std::move(on_answer));
  }
  template <class Call> result<typename answer_of<Call>::type> ask(Call call, const std::string& tenant) {
    using answer = result<typename answer_of<Call>::type>;
    auto promise = std::make_shared<std::promise<answer>>();
    ask(std::move(call), tenant, std::function<void(answer)>{[promise](answer outcome) { promise->set_value(std::move(outcome)); }});
    return promise->get_future().get();
  }
  result<events_appended> append(const std::string& id, const std::string& tenant) { return ask(append_events{one_event(id), false}, tenant); }
  /// As if the shard of the tenant were to be left soon; false where its actors do not tell that they are prepared.
  bool prepare(const std::string& tenant) {
    auto prepared = std::make_shared<std::promise<void>>();
    carry_out_shard_act(*system_, guardian_, *environment_.registry, {shard_act::kind::prepare, {shard_of_tenant(tenant), ownership_epoch{1}}},
                        {[prepared](const shard_claim&) { prepared->set_value(); }, {}});
    return prepared->get_future().wait_for(10s) == std::future_status::ready;
  }
  std::uint64_t count(const std::string& tenant) {
    const auto found = ask(summarize_events{}, tenant);
    EXPECT_TRUE(found) << (found ? "" : text_for_log(found.error()));
    return found ? found->event_count : 0;
  }

private:
  std::string own() const { return keeper_ ? keeper_->own() : std::string{}; }

  mutable std::mutex told_mutex_;
  std::vector<std::string> told_;
  node_configuration configuration_;
  actor_environment environment_;
  std::unique_ptr<caf::actor_system> system_;
  node_actor guardian_;
  std::unique_ptr<peer_network> network_;
  std::future<void> peers_are_gone_;
  std::unique_ptr<tenant_router> local_;
  std::unique_ptr<shard_gate> gate_;
  std::unique_ptr<peer_links> links_;
  std::shared_ptr<cluster_keeper> keeper_;
  std::unique_ptr<cluster_router> router_;
};

class nodes_test : public testing::Test {
protected:
  std::unique_ptr<test_node> start(const std::string& id, bool takes_shards = true, protocol_range protocols = spoken_protocols()) {
    agent_limits limits;
    limits.read_every = 50ms;
    limits.beat_every = 200ms;
    return std::make_unique<test_node>(id, factory_, limits, takes_shards, protocols);
  }
  static bool comes_true(const std::function<bool()>& is_true) {
    for (int i = 0; i < 4'000; ++i) {
      if (is_true())
        return true;
      std::this_thread::sleep_for(5ms);
    }
    return false;
  }

  std::shared_ptr<memory_database> database_ = std::make_shared<memory_database>();
  std::shared_ptr<store_factory> factory_{make_memory_store_factory(database_)};
};

TEST_F(nodes_test, one_alone_takes_every_shard) {
  const auto a = start("a");
  ASSERT_TRUE(comes_true([&] { return a->shards() == shard_count; }));
  ASSERT_TRUE(a->append("1", "acme"));
  EXPECT_EQ(a->count("acme"), 1u);
}

TEST_F(nodes_test, every_node_answers_for_every_tenant) {
  const auto a = start("a"), b = start("b"), c = start("c");
  ASSERT_TRUE(comes_true([&] { return a->shards() >= 85 && b->shards() >= 85 && c->shards() >= 85; })) << a->shards() << " " << b->shards() << " " << c->shards();
  std::set<test_node*> owners;
  for (int i = 0; i < 30; ++i) {
    const auto tenant = "t" + std::to_string(i);
    for (auto* node : {a.get(), b.get(), c.get()}) {
      const auto done = node->append("x" + std::to_string(reinterpret_cast<std::uintptr_t>(node)), tenant);
      ASSERT_TRUE(done) << text_for_log(done.error());
      if (node->admits(tenant))
        owners.insert(node);
    }
    EXPECT_EQ(a->count(tenant), 3u);
    EXPECT_EQ(b->count(tenant), 3u);
    EXPECT_EQ(c->count(tenant), 3u);
  }
  EXPECT_EQ(owners.size(), 3u);
}

TEST_F(nodes_test, a_gateway_owns_nothing_and_answers_for_all) {
  const auto worker = start("worker");
  const auto gateway = start("gateway", false);
  ASSERT_TRUE(gateway->append("1", "acme"));
  EXPECT_EQ(gateway->count("acme"), 1u);
  EXPECT_EQ(gateway->shards(), 0u);
  EXPECT_EQ(worker->shards(), shard_count);
}

TEST_F(nodes_test, what_the_next_owner_would_have_to_read_is_written_down_while_the_shard_is_still_served) {
  const auto a = start("a");
  const auto session = *factory_->open();
  const auto snapshots = [&] { return session->snapshots().list_snapshots({"acme", entity_kind::events, "0"})->size(); };
  ASSERT_TRUE(a->append("0", "acme"));
  ASSERT_TRUE(a->prepare("acme"));
  EXPECT_EQ(snapshots(), 0u) << "a short tail is left to the next owner";
  for (std::uint64_t i = 1; i <= entity_limits{}.tail_entries_left_max; ++i)
    ASSERT_TRUE(a->append(std::to_string(i), "acme"));
  ASSERT_TRUE(a->prepare("acme"));
  EXPECT_EQ(snapshots(), 1u);
  EXPECT_TRUE(a->admits("acme"));
  EXPECT_TRUE(a->append("one more", "acme"));
  ASSERT_TRUE(a->prepare("nobody's"));
}

TEST_F(nodes_test, nobody_fails_and_nothing_is_lost_while_nodes_join_and_leave) {
  const auto a = start("a");
  constexpr int tenants = 10, clients = 3;
  std::atomic<bool> is_over{false};
  std::array<std::atomic<std::uint64_t>, tenants> acknowledged{};
  std::atomic<std::int64_t> longest_ms{0};
  std::mutex mutex;
  std::vector<std::string> failures;
  std::vector<std::thread> threads;
  for (int client = 0; client < clients; ++client)
    threads.emplace_back([&, client] {
      for (int i = 0; !is_over; ++i) {
        const auto tenant = static_cast<std::size_t>(i % tenants);
        const auto begun = std::chrono::steady_clock::now();
        const auto done = a->append(std::to_string(client) + "-" + std::to_string(i), "t" + std::to_string(tenant));
        const auto took = (std::chrono::steady_clock::now() - begun) / 1ms;
        for (auto before = longest_ms.load(); took > before && !longest_ms.compare_exchange_weak(before, took);) {
        }
        if (done) {
          ++acknowledged[tenant];
        } else {
          const std::lock_guard lock{mutex};
          failures.push_back(text_for_log(done.error()));
        }
      }
    });
  for (int round = 0; round < 6; ++round) {
    const auto b = start("b");
    const auto c = start("c", round % 2 == 0);
    EXPECT_TRUE(comes_true([&] { return b->shards() >= 85; }));
    std::this_thread::sleep_for(50ms);
    b->leave();
    c->leave();
    EXPECT_EQ(b->shards() + c->shards(), 0u);
  }
  is_over = true;
  for (auto& each : threads)
    each.join();
  EXPECT_TRUE(failures.empty()) << failures.size() << " failed: " << failures.front();
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < tenants; ++i) {
    EXPECT_EQ(a->count("t" + std::to_string(i)), acknowledged[i]);
    total += acknowledged[i];
  }
  EXPECT_GT(total, 500u);
  std::printf("[ measured ] %llu calls, the longest took %lld ms\n", static_cast<unsigned long long>(total), static_cast<long long>(longest_ms));
}

TEST_F(nodes_test, of_two_releases_speak_the_newest_protocol_that_both_know) {
  const auto first = start("first", true, {1, 1}), second = start("second", true, {1, 2}), third = start("third", true, {1, 3});
  ASSERT_TRUE(comes_true([&] { return first->shards() >= 85 && second->shards() >= 85 && third->shards() >= 85; }));
  for (int i = 0; i < 30; ++i) {
    const auto tenant = "t" + std::to_string(i);
    for (auto* node : {first.get(), second.get(), third.get()})
      ASSERT_TRUE(node->append("from " + std::to_string(reinterpret_cast<std::uintptr_t>(node)), tenant));
    for (auto* node : {first.get(), second.get(), third.get()})
      EXPECT_EQ(node->count(tenant), 3u);
  }
  EXPECT_TRUE(second->has_told("connected, protocol 1") && second->has_told("connected, protocol 2"));
  EXPECT_TRUE(third->has_told("connected, protocol 1") && third->has_told("connected, protocol 2"));
  EXPECT_TRUE(first->has_told("connected, protocol 1"));
  EXPECT_FALSE(first->has_told("connected, protocol 2") || third->has_told("connected, protocol 3"));
}

TEST_F(nodes_test, of_releases_too_far_apart_refuse_each_other_and_say_why) {
  const auto old = start("old", true, {1, 1});
  const auto late = start("late", false, {2, 3});
  EXPECT_TRUE(comes_true([&] { return old->has_told("speaks protocols 2 to 3") || old->has_told("the other one protocol 1"); }));
  EXPECT_TRUE(comes_true([&] { return late->has_told("no more than one release may lie between"); }));
  EXPECT_FALSE(old->has_told("connected") || late->has_told("connected"));
}

TEST_F(nodes_test, others_take_over_at_once_from_one_that_ended_without_a_word) {
  auto a = start("a");
  const auto b = start("b"), c = start("c");
  ASSERT_TRUE(comes_true([&] { return a->shards() >= 85 && b->shards() >= 85 && c->shards() >= 85; }));
  for (int i = 0; i < 30; ++i)
    ASSERT_TRUE(b->append("1", "t" + std::to_string(i)));
  const auto before = std::chrono::steady_clock::now();
  a->end();
  for (int i = 0; i < 30; ++i) {
    const auto done = b->append("2", "t" + std::to_string(i));
    ASSERT_TRUE(done) << text_for_log(done.error());
    EXPECT_EQ(c->count("t" + std::to_string(i)), 2u);
  }
  std::printf("[ measured ] 30 tenants served again after %lld ms\n", static_cast<long long>(std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - before).count()));
  EXPECT_TRUE(comes_true([&] { return b->shards() + c->shards() == shard_count; }));
}

} // namespace
} // namespace dotmac
