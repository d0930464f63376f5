#include "runtime/node/node.hpp"

#include "actors/node_guardian.hpp"
#include "actors/protocol/wire_types.hpp"
#include "api/gateway.hpp"
#include "persistence/open_store.hpp"
#include "runtime/node/folder_lock.hpp"
#include "runtime/node/lease_gate.hpp"
#include "runtime/node/lease_keeper.hpp"
#include "runtime/node/node_figures.hpp"
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

constexpr const char* version = "0.1.0";
constexpr std::size_t recovery_sessions = 2;
constexpr std::size_t waiting_recoveries_max = 100'000;
constexpr std::size_t waiting_scans_max = 1'000;
constexpr std::size_t messages_per_turn = 10; ///< unlimited by default in CAF: one busy actor would starve the others
constexpr std::chrono::milliseconds drain_within{10'000};
constexpr std::chrono::seconds stop_actors_within{150};

struct actor_configuration : caf::actor_system_config {
  actor_configuration() {
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
  const bool is_loud = event == "failed" || event == "snapshot_damaged" || event == "snapshot_failed" || event == "commit_in_doubt" || event == "supervision";
  spdlog::log(is_loud ? spdlog::level::warn : spdlog::level::info, "actor {} {} {}", to_string(entity), event, text_for_log({{}, detail, {}}));
}

void log_access(const access_record& record) {
  spdlog::debug("request {} {} {} status={} in={} out={} us={}", record.request_id, record.method, record.path, record.status, record.request_bytes,
                record.response_bytes, record.took.count());
}

std::vector<std::string> split_by_comma(const std::string& text) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin < text.size();) {
    const auto end = std::min(text.find(',', begin), text.size());
    if (end > begin)
      parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
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

struct node::implementation {
  settings given;
  std::function<void()> on_lost;
  std::atomic<bool> ready{false};
  std::atomic<bool> draining{false};
  std::shared_ptr<figures_registry> registry = std::make_shared<figures_registry>();
  std::shared_ptr<journal_writer> writer;
  std::shared_ptr<store_pool> stores;
  std::shared_ptr<worker_pool> scans;
  std::unique_ptr<folder_lock> lock; ///< of an embedded store's folder
  std::unique_ptr<lease_keeper> leases;
  actor_configuration configuration;
  std::unique_ptr<caf::actor_system> system;
  node_actor guardian;
  std::unique_ptr<tenant_router> router;
  std::unique_ptr<lease_gate> gate;
  std::unique_ptr<gateway> door;

  result<std::shared_ptr<store_factory>> open_store();
  gateway_options door_options() const;
  gateway_hooks door_hooks();
  std::optional<failure> why_not_ready() const;
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

gateway_options node::implementation::door_options() const {
  gateway_options options;
  options.http.host = given.host;
  options.http.port = static_cast<std::uint16_t>(given.port);
  options.http.threads = static_cast<std::size_t>(given.io_threads);
  options.http.limits.body_bytes_max = static_cast<std::size_t>(given.body_bytes_max);
  options.http.limits.connections_max = static_cast<std::size_t>(given.connections_max);
  options.admission.tenant_bytes_max = static_cast<std::size_t>(given.tenant_bytes_in_flight_max);
  options.admission.tenant_calls_max = static_cast<std::size_t>(given.tenant_calls_in_flight_max);
  options.admission.node_bytes_max = static_cast<std::size_t>(given.node_bytes_in_flight_max);
  options.admission.node_calls_max = static_cast<std::size_t>(given.node_calls_in_flight_max);
  options.request_timeout = std::chrono::seconds{given.request_timeout_seconds};
  options.query_timeout = std::chrono::seconds{given.query_timeout_seconds};
  options.secret_key = given.secret_key;
  options.is_production = given.is_production();
  options.cors_origins = split_by_comma(given.cors_origins);
  options.version = version;
  options.environment = given.environment;
  return options;
}

std::optional<failure> node::implementation::why_not_ready() const {
  if (draining)
    return failure{error_code::draining, "the node is stopping", {}};
  if (!ready)
    return failure{error_code::not_ready, "the node is starting", {}};
  if (auto outage = writer->outage())
    return outage;
  return leases->holds() ? std::nullopt : std::optional{lease_gate::refusal()};
}

gateway_hooks node::implementation::door_hooks() {
  gateway_hooks hooks;
  hooks.now = now;
  hooks.why_not_ready = [this] { return why_not_ready(); };
  hooks.health_components = [this] {
    const auto outage = writer->outage();
    const auto written = writer->figures();
    return nlohmann::json{{"store", {{"status", outage ? "unavailable" : "healthy"}, {"detail", outage ? outage->message : ""}, {"commits", written.commits}, {"failures", written.failures}}},
                          {"actors", {{"status", "healthy"}, {"running", registry->all().size()}, {"calls_waiting", router->calls_waiting()}}}};
  };
  hooks.actors = [this](const std::map<std::string, std::string>& filters) { return describe_actors(*registry, filters); };
  hooks.prometheus_text = [this] { return prometheus_text(*registry, writer->figures(), router->calls_waiting()); };
  hooks.log_access = log_access;
  return hooks;
}

actor_environment node::implementation::environment() const {
  actor_environment shared;
  shared.entity.writer = writer;
  shared.entity.stores = stores;
  shared.entity.limits.snapshot_entries = static_cast<std::uint64_t>(given.snapshot_entries);
  shared.entity.limits.snapshot_bytes = static_cast<std::uint64_t>(given.snapshot_bytes);
  shared.entity.log = log_life;
  shared.registry = registry;
  shared.scans = scans;
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

result<std::uint16_t> node::start() {
  auto& self = *implementation_;
  auto opened = self.open_store();
  if (!opened)
    return opened.error();
  self.writer = std::make_shared<journal_writer>(*opened, journal_writer_limits{}, [](const std::string& line) { spdlog::warn("{}", line); });
  self.leases = std::make_unique<lease_keeper>(
      *opened, "node-" + std::to_string(::getpid()) + "-" + std::to_string(random_bits()),
      lease_keeper::hooks{[writer = self.writer](const result<void>& found) { writer->note_store(found); }, self.on_lost});
  auto claims = self.leases->start(self.lock != nullptr);
  if (!claims)
    return claims.error();
  self.stores = std::make_shared<store_pool>(*opened, recovery_sessions, waiting_recoveries_max);
  self.scans = std::make_shared<worker_pool>(static_cast<std::size_t>(self.given.scan_threads), waiting_scans_max);
  self.system = std::make_unique<caf::actor_system>(self.configuration);
  self.guardian = self.system->spawn(run_node_guardian, *claims, self.environment(), "node");
  self.router = std::make_unique<tenant_router>(*self.system, self.guardian, 1, router_limits{});
  self.gate = std::make_unique<lease_gate>(*self.router, [leases = self.leases.get()] { return leases->holds(); });
  self.door = std::make_unique<gateway>(self.door_options(), *self.gate, self.door_hooks());
  auto port = self.door->start();
  if (!port)
    return port.error();
  self.ready = true;
  spdlog::info("node ready on {}:{} store={} shards={}", self.given.host, *port, (*opened)->vendor(), claims->size());
  return *port;
}

void node::stop() {
  auto& self = *implementation_;
  if (self.draining.exchange(true))
    return;
  if (self.door) {
    self.door->drain();
    self.door->stop(drain_within);
  }
  if (self.guardian) {
    caf::scoped_actor asker{*self.system};
    asker->request(self.guardian, stop_actors_within, stop_actor{})
        .receive([](const done&) {}, [](const caf::error&) { spdlog::warn("not every actor stopped in time; the journal has what was acknowledged"); });
    self.guardian = node_actor{};
  }
  if (self.router)
    self.router->stop();
  if (self.scans)
    self.scans->stop();
  if (self.writer)
    self.writer->stop();
  if (self.stores)
    self.stores->stop();
  self.door.reset();
  self.router.reset();
  self.system.reset();
  if (self.leases)
    self.leases->stop();
  spdlog::info("node stopped");
}

} // namespace dotmac
