#include "runtime/node/node.hpp"

#include "actors/node_guardian.hpp"
#include "actors/protocol/wire_types.hpp"
#include "api/gateway.hpp"
#include "persistence/open_store.hpp"
#include "runtime/actor/scratch_memory.hpp"
#include "runtime/node/access_log.hpp"
#include "runtime/node/audit_entries.hpp"
#include "runtime/node/cluster_part.hpp"
#include "runtime/node/dead_letters.hpp"
#include "runtime/node/door_options.hpp"
#include "runtime/node/folder_lock.hpp"
#include "runtime/node/lease_gate.hpp"
#include "runtime/node/lease_keeper.hpp"
#include "runtime/node/node_administration.hpp"
#include "runtime/node/node_figures.hpp"
#include "runtime/node/open_answers.hpp"
#include "runtime/node/tenant_router.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scoped_actor.hpp>
#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include <filesystem>
#include <random>

#include <unistd.h>

namespace dotmac {
namespace {

constexpr std::size_t recovery_sessions = 2;
constexpr std::size_t waiting_recoveries_max = 100'000;
constexpr std::size_t waiting_scans_max = 1'000;
constexpr int question_niceness = 5;
constexpr int background_niceness = 10;
constexpr std::size_t messages_per_turn = 10; ///< unlimited by default in CAF: one busy actor would starve the others
constexpr std::chrono::milliseconds drain_within{10'000};
constexpr std::chrono::seconds stop_actors_within{150};

constexpr std::chrono::milliseconds peers_silent_for{2'500};

struct actor_configuration : caf::actor_system_config {
  explicit actor_configuration(const settings& given) {
    if (!given.cluster_name.empty())
      configure_peer_network(*this, peers_silent_for);
    add_message_types<caf::id_block::dotmac_wire>();
    set("scheduler.max-throughput", messages_per_turn);
    // The default, work stealing, polls and naps on every thread: measured, it took 40 % of two cores at full load for the little that
    // actors do here (scans and commits have threads of their own). More threads than cores: a long message of one tenant's actor must not
    // hold up the short ones of another.
    set("scheduler.policy", caf::atom("sharing"));
    set("scheduler.max-threads", std::max(4u, 2 * std::thread::hardware_concurrency()));
    set("logger.file-verbosity", caf::atom("quiet"));
    set("logger.console-verbosity", caf::atom("quiet"));
  }
};

timestamp now() {
  using namespace std::chrono;
  return {duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count()};
}

std::uint64_t random_bits() {
  thread_local std::mt19937_64 engine{std::random_device{}()};
  return engine();
}

void log_life(const entity_id& entity, std::string_view event, const std::string& detail) {
  const bool is_loud = event == "failed" || event == "recovery_failed" || event == "snapshot_damaged" || event == "snapshot_failed" || event == "commit_in_doubt" || event == "supervision";
  spdlog::log(is_loud ? spdlog::level::warn : spdlog::level::info, "actor {} {} {}", to_string(entity), event, text_for_log({{}, detail, {}}));
}

} // namespace

result<std::string> store_url_of(const settings& given) {
  if (!given.database_url.empty())
    return given.database_url;
  std::error_code why;
  std::filesystem::create_directories(given.data_dir, why);
  if (why)
    return failure{error_code::storage_unavailable, "the folder " + given.data_dir + " cannot be made: " + why.message(), "DATA_DIR"};
  return "sqlite:///" + (std::filesystem::absolute(given.data_dir) / "dotmac.db").string();
}

namespace {

std::string scratch_folder(const settings& given) {
  if (!given.scratch_dir.empty())
    return given.scratch_dir;
  if (given.database_url.empty())
    return given.data_dir;
  std::error_code why;
  const auto folder = std::filesystem::temp_directory_path(why);
  return why ? "/tmp" : folder.string();
}

} // namespace

struct node::implementation {
  settings given;
  std::function<void()> on_lost;
  std::atomic<bool> ready{false};
  std::atomic<bool> draining{false};
  bool stopped = false;
  std::shared_ptr<figures_registry> registry = std::make_shared<figures_registry>();
  std::shared_ptr<journal_writer> writer;
  std::shared_ptr<store_pool> stores;
  std::shared_ptr<worker_pool> scans, scan_helpers;
  std::shared_ptr<scratch_memory> scratch;
  std::shared_ptr<segment_cache> segments;
  std::shared_ptr<answer_cache> answers;
  std::shared_ptr<worker_pool> background;
  std::shared_ptr<shared_poison_ledger> poison = std::make_shared<shared_poison_ledger>();
  std::unique_ptr<folder_lock> lock; ///< of an embedded store's folder
  std::unique_ptr<lease_keeper> leases;
  std::unique_ptr<actor_configuration> configuration;
  std::unique_ptr<caf::actor_system> system;
  node_actor guardian;
  std::unique_ptr<tenant_router> router;
  /// The door opens before there is a router, so that probes are answered; it lets no call in until `ready`.
  struct : tenant_service {
    tenant_service* behind = nullptr; ///< set before `ready`
    void ask(call_options options, tenant_call call, std::function<void(result<tenant_answer>)> on_answer) override {
      behind->ask(std::move(options), std::move(call), std::move(on_answer));
    }
  } tenants;
  std::unique_ptr<lease_gate> gate;
  std::unique_ptr<cluster_part> cluster; ///< of a node that is not alone
  std::unique_ptr<gateway> door;

  result<std::shared_ptr<store_factory>> open_store();
  gateway_hooks door_hooks();
  administered_node administered() { return {ready, given, registry, stores, cluster, poison, tenants, now}; }
  result<void> start_actors();
  /// All shards, for a node that is alone.
  result<std::vector<shard_claim>> hold_all_leases(const std::shared_ptr<store_factory>& stores_given);
  result<void> join_cluster(const std::shared_ptr<store_factory>& stores_given);
  bool is_clustered() const { return !given.cluster_name.empty(); }
  std::optional<failure> why_not_ready() const;
  /// Of a node that is ready.
  node_condition condition() const;
  actor_environment environment() const;
};

result<std::shared_ptr<store_factory>> node::implementation::open_store() {
  auto url = store_url_of(given);
  if (!url)
    return url.error();
  if (given.database_url.empty()) {
    auto taken = folder_lock::take(given.data_dir);
    if (!taken)
      return taken.error();
    lock = std::move(*taken);
  }
  const store_options options{*url};
  auto migrations = make_migrator(options);
  if (!migrations)
    return migrations.error();
  // The embedded store belongs to this node alone and is brought up to date by itself; a shared one by its operator.
  if (given.database_url.empty())
    if (auto applied = (*migrations)->up(); !applied)
      return applied.error();
  if (auto checked = (*migrations)->check(); !checked)
    return checked.error();
  auto factory = make_store_factory(options);
  if (!factory)
    return factory.error();
  return std::shared_ptr<store_factory>{std::move(*factory)};
}

std::optional<failure> node::implementation::why_not_ready() const {
  if (draining)
    return failure{error_code::draining, "the node is stopping", {}};
  if (!ready)
    return failure{error_code::not_ready, "the node is starting", {}};
  if (auto outage = writer->outage())
    return outage;
  if (cluster)
    return cluster->own().empty() ? std::optional{failure{error_code::not_ready, "this node was declared dead, and joins its cluster anew", {}}} : std::nullopt;
  return leases->holds() ? std::nullopt : std::optional{lease_gate::refusal()};
}

node_condition node::implementation::condition() const {
  node_condition found{writer->outage(), writer->figures(), leases ? leases->last_check() : cluster->last_check(), router->calls_waiting(), segments->read_figures(), scratch->read_figures(), answers->read_figures(), {}};
  if (cluster) {
    const auto view = cluster->view();
    found.cluster = {view ? view->nodes.size() : 0, cluster->shards_served(), cluster->calls_waiting(), cluster->is_coordinator()};
  }
  return found;
}

gateway_hooks node::implementation::door_hooks() {
  gateway_hooks hooks;
  hooks.now = now;
  hooks.why_not_ready = [this] { return why_not_ready(); };
  hooks.why_closed = [this] { return ready ? std::nullopt : std::optional{failure{error_code::not_ready, "the node is starting", {}}}; };
  hooks.health_components = [this] {
    if (!ready)
      return nlohmann::json{{"node", {{"status", "starting"}}}};
    return describe_components(condition(), *registry);
  };
  hooks.prometheus_text = [this] {
    return prometheus_text(*registry, ready ? condition() : node_condition{});
  };
  hooks.prometheus_text_of_actors = [this](const actor_selection& which, std::size_t actors_max) { return prometheus_text_of_actors(*registry, which, actors_max); };
  hooks.dead_letters = [this](std::string tenant, std::size_t limit, dead_letters_answer answer) {
    if (!ready)
      return answer(failure{error_code::not_ready, "the node is starting", {}});
    read_dead_letters(*stores, std::move(tenant), limit, std::move(answer));
  };
  hooks.audit_entries = [this](std::string tenant, std::uint64_t before_id, std::size_t limit, audit_entries_answer answer) {
    if (!ready)
      return answer(failure{error_code::not_ready, "the node is starting", {}});
    read_audit_entries(*stores, std::move(tenant), before_id, limit, std::move(answer));
  };
  add_administration(hooks, administered());
  hooks.log_access = make_access_log(given.log_access);
  hooks.log_failure = [](std::string_view request_id, std::string_view what) { spdlog::error("request {} failed by our mistake: {}", request_id, what); };
  return hooks;
}

actor_environment node::implementation::environment() const {
  actor_environment shared;
  shared.entity.writer = writer;
  shared.entity.stores = stores;
  shared.entity.background = background;
  shared.entity.poison = poison;
  shared.entity.limits.snapshot_entries = static_cast<std::uint64_t>(given.snapshot_entries);
  shared.entity.limits.snapshot_bytes = static_cast<std::uint64_t>(given.snapshot_bytes);
  shared.entity.log = log_life;
  shared.registry = registry;
  shared.scans = scans;
  shared.scan_helpers = scan_helpers;
  shared.segments = segments;
  shared.answers = answers;
  shared.question_memory_max = static_cast<std::size_t>(given.question_memory_max);
  shared.idle_after = std::chrono::seconds{given.actor_idle_seconds};
  shared.dedupe_window = std::chrono::hours{24 * given.event_dedupe_window_days};
  shared.now = now;
  shared.random = random_bits;
  return shared;
}

node::node(settings given, std::function<void()> on_lost) : implementation_{std::make_unique<implementation>()} {
  implementation_->given = std::move(given);
  implementation_->on_lost = std::move(on_lost);
}

node::~node() { stop(); }

result<void> node::implementation::start_actors() {
  auto opened = open_store();
  if (!opened)
    return opened.error();
  writer = std::make_shared<journal_writer>(*opened, journal_writer_limits{}, [](const std::string& line) { spdlog::warn("{}", line); });
  auto claims = is_clustered() ? result<std::vector<shard_claim>>{std::vector<shard_claim>{}} : hold_all_leases(*opened);
  if (!claims)
    return claims.error();
  stores = std::make_shared<store_pool>(*opened, recovery_sessions, waiting_recoveries_max);
  background = std::make_shared<worker_pool>(1, waiting_recoveries_max, worker_pool::threads_of{"background", background_niceness});
  scans = std::make_shared<worker_pool>(static_cast<std::size_t>(given.scan_threads), waiting_scans_max, worker_pool::threads_of{"questions", question_niceness});
  scan_helpers = std::make_shared<worker_pool>(static_cast<std::size_t>(given.scan_threads - 1), 0, worker_pool::threads_of{"helpers", 0, true});
  scratch = std::make_shared<scratch_memory>(scratch_folder(given), static_cast<std::uint64_t>(given.scratch_bytes_max), [](const std::string& why) { spdlog::warn("{}", why); });
  segments = std::make_shared<segment_cache>(*opened, static_cast<std::size_t>(given.event_cache_bytes), [](const failure& why) { spdlog::warn("damaged: {}", text_for_log(why)); }, scratch);
  auto cache = open_answers(given);
  if (!cache)
    return cache.error();
  answers = std::move(*cache);
  configuration = std::make_unique<actor_configuration>(given);
  system = std::make_unique<caf::actor_system>(*configuration);
  guardian = system->spawn(run_node_guardian, *claims, environment(), "node");
  router = std::make_unique<tenant_router>(*system, guardian, 1, router_limits{});
  if (is_clustered())
    return join_cluster(*opened);
  gate = std::make_unique<lease_gate>(*router, [keeper = leases.get()] { return keeper->holds(); });
  tenants.behind = gate.get();
  spdlog::info("actors ready store={} shards={}", (*opened)->vendor(), claims->size());
  return {};
}

result<std::vector<shard_claim>> node::implementation::hold_all_leases(const std::shared_ptr<store_factory>& stores_given) {
  leases = std::make_unique<lease_keeper>(stores_given, "node-" + std::to_string(::getpid()) + "-" + std::to_string(random_bits()),
                                          lease_keeper::hooks{[held = writer](const result<void>& found) { held->note_store(found); }, on_lost});
  return leases->start(lock != nullptr);
}

result<void> node::implementation::join_cluster(const std::shared_ptr<store_factory>& stores_given) {
  cluster = std::make_unique<cluster_part>(*system, guardian, *router, stores_given, given, registry,
                                           [this](const std::string& question, const std::function<void(result<std::string>)>& answer) { answer_node_question(as_questioned(administered()), question, answer); },
                                           [held = writer](const result<void>& found) { held->note_store(found); });
  tenants.behind = &cluster->tenants();
  return cluster->start();
}

result<std::uint16_t> node::start() {
  auto& self = *implementation_;
  self.door = std::make_unique<gateway>(door_options_of(self.given), self.tenants, self.door_hooks());
  auto port = self.door->start();
  if (!port)
    return port.error();
  if (auto started = self.start_actors(); !started)
    return started.error();
  self.ready = true;
  spdlog::info("node ready on {}:{}", self.given.host, *port);
  return *port;
}

void node::ask_to_leave() {
  implementation_->draining = true;
  implementation_->door->ask_to_leave();
}

void node::stop() {
  auto& self = *implementation_;
  self.draining = true;
  if (std::exchange(self.stopped, true))
    return;
  if (self.cluster && self.ready)
    self.cluster->leave(); // calls are still taken meanwhile, and find the new owners
  if (self.door) {
    self.door->drain();
    self.door->stop(drain_within);
  }
  if (self.cluster)
    self.cluster->stop();
  if (self.guardian) {
    caf::scoped_actor asker{*self.system};
    asker->request(self.guardian, stop_actors_within, stop_actor{})
        .receive([](const done&) {}, [&self](const caf::error&) {
          spdlog::warn("not every actor stopped in time; the journal has what was acknowledged");
          self.system->await_actors_before_shutdown(false);
        });
    self.guardian = node_actor{};
  }
  if (self.router)
    self.router->stop();
  if (self.scans)
    self.scans->stop();
  if (self.scan_helpers)
    self.scan_helpers->stop();
  if (self.answers)
    self.answers->stop();
  if (self.writer)
    self.writer->stop();
  if (self.background)
    self.background->stop();
  if (self.stores)
    self.stores->stop();
  self.door.reset();
  self.cluster.reset();
  self.router.reset();
  self.system.reset();
  if (self.leases)
    self.leases->stop();
  spdlog::info("node stopped");
}

} // namespace dotmac
