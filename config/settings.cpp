#include "config/settings.hpp"

#include "core/identity.hpp"

#include <array>
#include <charconv>
#include <limits>
#include <set>
#include <variant>

namespace dotmac {
namespace {

struct declaration {
  std::string_view name;
  std::string_view file_key;
  std::variant<std::string settings::*, std::int64_t settings::*> member;
  std::string_view default_text;
  std::int64_t min = 0;
  std::int64_t max = 0;
  std::string_view unit;
  std::string_view meaning;
};

constexpr std::int64_t mib = 1 << 20;
constexpr std::size_t secret_key_size_min = 32;
constexpr std::size_t secret_key_characters_min = 8; ///< different ones: 32 random hexadecimal digits have fewer only once in millions of times

const std::array declarations{
    declaration{"DATABASE_URL", "database.url", &settings::database_url, "", 0, 0, "", "postgresql://... ; unset: an embedded SQLite file below DATA_DIR"},
    declaration{"DATA_DIR", "database.data_dir", &settings::data_dir, "./data", 0, 0, "", "folder of the embedded store"},
    declaration{"SECRET_KEY", "security.secret_key", &settings::secret_key, "", 0, 0, "", "signs tokens; at least 32 bytes; required in production; once set, every call needs a credential"},
    declaration{"ENVIRONMENT", "node.environment", &settings::environment, "development", 0, 0, "", "development or production"},
    declaration{"HOST", "server.host", &settings::host, "127.0.0.1", 0, 0, "", "address to listen on"},
    declaration{"PORT", "server.port", &settings::port, "8000", 0, 65'535, "", "port to listen on; 0: any free one"},
    declaration{"CORS_ORIGINS", "server.cors_origins", &settings::cors_origins, "", 0, 0, "", "origins of browsers that may call, separated by commas"},
    declaration{"IO_THREADS", "server.io_threads", &settings::io_threads, "1", 1, 64, "threads", "for connections"},
    declaration{"PROCESSING_MAX_WORKERS", "processing.max_workers", &settings::scan_threads, "2", 1, 256, "threads", "for questions"},
    declaration{"QUERY_MEMORY_MAX", "processing.query_memory_max", &settings::question_memory_max, "268435456", mib, 1'048'576 * mib, "bytes", "for the groups, ids and values of one question; beyond: 422"},
    declaration{"EVENT_CACHE_BYTES", "processing.event_cache_bytes", &settings::event_cache_bytes, "536870912", mib, 1'048'576 * mib, "bytes", "of stored events' columns kept in memory, decoded, and of lists made from them; what is not there is read from the store"},
    declaration{"RESULT_CACHE_BYTES", "processing.result_cache_bytes", &settings::result_cache_bytes, "67108864", 0, 1'048'576 * mib, "bytes", "of answers kept in memory until the events that they are of change; 0: none are kept"},
    declaration{"SCRATCH_DIR", "processing.scratch_dir", &settings::scratch_dir, "", 0, 0, "", "folder, on a disk, for what large dictionaries of events keep outside of memory; unset: DATA_DIR, with DATABASE_URL the system's for temporary files"},
    declaration{"SCRATCH_BYTES_MAX", "processing.scratch_bytes_max", &settings::scratch_bytes_max, "68719476736", 0, 1'048'576 * mib, "bytes", "of disk for that; 0: all of it stays in memory"},
    declaration{"REDIS_URL", "processing.redis_url", &settings::redis_url, "", 0, 0, "", "redis://[user:password@]host[:port][/database] ; set: nodes share the answers that they keep"},
    declaration{"CLUSTER_NAME", "cluster.name", &settings::cluster_name, "", 0, 0, "", "the node is one of the cluster of this name, over one DATABASE_URL; unset: it is alone"},
    declaration{"NODE_ID", "cluster.node_id", &settings::node_id, "", 0, 0, "", "its id in the cluster, which should stay when it is started anew; unset: another one at each start"},
    declaration{"NODE_ROLE", "cluster.node_role", &settings::node_role, "both", 0, 0, "", "both: it owns its share of the tenants, and takes calls for all; gateway: it owns none, and passes calls on; worker: it owns its share, and takes no calls of tenants over HTTP"},
    declaration{"PEER_HOST", "cluster.peer_host", &settings::peer_host, "127.0.0.1", 0, 0, "", "address to listen on for other nodes; outside of this machine's loopback only with certificates"},
    declaration{"PEER_PORT", "cluster.peer_port", &settings::peer_port, "0", 0, 65'535, "", "port for them; 0: any free one"},
    declaration{"PEER_ADVERTISED_HOST", "cluster.peer_advertised_host", &settings::peer_advertised_host, "", 0, 0, "", "name or address where other nodes reach it; unset: PEER_HOST"},
    declaration{"PEER_CERTIFICATE_FILE", "cluster.peer_certificate_file", &settings::peer_certificate_file, "", 0, 0, "", "PEM: its certificate, which names PEER_ADVERTISED_HOST, and those between it and the authority; set: nodes speak TLS, and refuse who has none"},
    declaration{"PEER_KEY_FILE", "cluster.peer_key_file", &settings::peer_key_file, "", 0, 0, "", "PEM: the certificate's key, without a passphrase"},
    declaration{"PEER_CA_FILE", "cluster.peer_ca_file", &settings::peer_ca_file, "", 0, 0, "", "PEM: the authority of this cluster; whoever it signs is let in"},
    declaration{"QUERY_TIMEOUT_SECONDS", "processing.query_timeout_seconds", &settings::query_timeout_seconds, "300", 1, 86'400, "s", "deadline of a question"},
    declaration{"REQUEST_TIMEOUT_SECONDS", "server.request_timeout_seconds", &settings::request_timeout_seconds, "30", 1, 3'600, "s", "deadline of a write or look-up"},
    declaration{"BODY_BYTES_MAX", "server.body_bytes_max", &settings::body_bytes_max, "33554432", 1'024, 1'024 * mib, "bytes", "largest request body, also after decompression"},
    declaration{"CONNECTIONS_MAX", "server.connections_max", &settings::connections_max, "10000", 1, 1'000'000, "", "open connections"},
    declaration{"HEADER_TIMEOUT_SECONDS", "server.header_timeout_seconds", &settings::header_timeout_seconds, "10", 1, 3'600, "s", "for the header of a request to come; beyond: 408"},
    declaration{"BODY_TIMEOUT_SECONDS", "server.body_timeout_seconds", &settings::body_timeout_seconds, "30", 1, 3'600, "s", "for the body of a request to come; beyond: 408"},
    declaration{"WRITE_TIMEOUT_SECONDS", "server.write_timeout_seconds", &settings::write_timeout_seconds, "30", 1, 3'600, "s", "for a client to take its answer; beyond: the connection ends"},
    declaration{"IDLE_TIMEOUT_SECONDS", "server.idle_timeout_seconds", &settings::idle_timeout_seconds, "75", 1, 86'400, "s", "a connection without a request so long is closed; behind a load balancer longer than its own"},
    declaration{"DRAIN_SECONDS", "server.drain_seconds", &settings::drain_seconds, "0", 0, 3'600, "s", "after SIGTERM: how long calls are still taken while /health/ready says 503; behind a load balancer as long as it needs to notice"},
    declaration{"TENANT_BYTES_IN_FLIGHT_MAX", "admission.tenant_bytes_in_flight_max", &settings::tenant_bytes_in_flight_max, "67108864", mib, 65'536 * mib, "bytes", "bodies of one tenant under way; beyond: 429"},
    declaration{"TENANT_CALLS_IN_FLIGHT_MAX", "admission.tenant_calls_in_flight_max", &settings::tenant_calls_in_flight_max, "10000", 1, 10'000'000, "", "calls of one tenant under way; beyond: 429"},
    declaration{"NODE_BYTES_IN_FLIGHT_MAX", "admission.node_bytes_in_flight_max", &settings::node_bytes_in_flight_max, "268435456", mib, 65'536 * mib, "bytes", "bodies of all tenants under way; beyond: 429 for who holds most"},
    declaration{"NODE_CALLS_IN_FLIGHT_MAX", "admission.node_calls_in_flight_max", &settings::node_calls_in_flight_max, "50000", 1, 10'000'000, "", "calls of all tenants under way; beyond: 429 for who holds most"},
    declaration{"EVENT_DEDUPE_WINDOW_DAYS", "events.dedupe_window_days", &settings::event_dedupe_window_days, "30", 1, 36'500, "days", "how long an event_id is remembered"},
    declaration{"ACTOR_IDLE_SECONDS", "actors.idle_seconds", &settings::actor_idle_seconds, "600", 1, 31'536'000, "s", "an actor not asked for so long leaves memory"},
    declaration{"SNAPSHOT_ENTRIES", "actors.snapshot_entries", &settings::snapshot_entries, "10000", 1, 100'000'000, "entries", "journal entries between two snapshots of an actor"},
    declaration{"SNAPSHOT_BYTES", "actors.snapshot_bytes", &settings::snapshot_bytes, "67108864", 65'536, 65'536 * mib, "bytes", "journal bytes between two snapshots of an actor"},
    declaration{"LOG_LEVEL", "log.level", &settings::log_level, "info", 0, 0, "", "debug, info, warn or error"},
    declaration{"LOG_ACCESS", "log.access", &settings::log_access, "failures", 0, 0, "", "requests that get a line: none, failures (5xx and connections over the limit; at most 50 lines a second) or all"}};

failure refused(std::string_view name, std::string_view value, const std::string& why) {
  return {error_code::validation_failed, std::string{name} + "=" + std::string{value} + ": " + why, std::string{name}};
}

result<void> assign(settings& into, const declaration& each, std::string_view text) {
  if (const auto* member = std::get_if<std::string settings::*>(&each.member)) {
    into.**member = text;
    return {};
  }
  std::int64_t number = 0;
  const auto [end, why] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (why != std::errc{} || end != text.data() + text.size() || number < each.min || number > each.max)
    return refused(each.name, text, "must be a whole number from " + std::to_string(each.min) + " to " + std::to_string(each.max));
  into.*std::get<std::int64_t settings::*>(each.member) = number;
  return {};
}

/// What people leave in from an example or a template. In production also what is no example but no secret either: few different characters.
bool is_placeholder(std::string_view key, bool is_production) {
  std::string plain; // "Change-Me_in production" as "changemeinproduction"
  for (const char c : key)
    if (c != '-' && c != '_' && c != ' ' && c != '.')
      plain.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c);
  for (const std::string_view weak : {"changeme", "changethis", "changeit", "changeinproduction", "placeholder", "example", "secretkey", "yoursecret", "mysecret",
                                      "supersecret", "notasecret", "insecure", "replaceme", "password", "default"})
    if (plain.find(weak) != std::string::npos)
      return true;
  return is_production && std::set<char>(key.begin(), key.end()).size() < secret_key_characters_min;
}

bool is_loopback(const std::string& host) { return host == "localhost" || host == "::1" || host.starts_with("127."); }

result<void> check_peers(const settings& loaded) {
  if (!loaded.cluster_name.empty() && loaded.database_url.empty())
    return refused("CLUSTER_NAME", loaded.cluster_name, "the nodes of a cluster share a store: DATABASE_URL is needed");
  const std::array files{std::pair{"PEER_CERTIFICATE_FILE", &loaded.peer_certificate_file}, std::pair{"PEER_KEY_FILE", &loaded.peer_key_file}, std::pair{"PEER_CA_FILE", &loaded.peer_ca_file}};
  bool has_all = true;
  for (const auto& [name, file] : files)
    has_all = has_all && !file->empty();
  for (const auto& [name, file] : files)
    if (!has_all && !file->empty())
      return refused(name, *file, "PEER_CERTIFICATE_FILE, PEER_KEY_FILE and PEER_CA_FILE are set together");
  for (const auto& [name, host] : {std::pair{"PEER_HOST", &loaded.peer_host}, std::pair{"PEER_ADVERTISED_HOST", &loaded.peer_advertised_host}})
    if (!has_all && !host->empty() && !is_loopback(*host))
      return refused(name, *host, "without certificates nodes are connected on the loopback of one machine only: 127.0.0.1, ::1 or localhost; else set PEER_CERTIFICATE_FILE, PEER_KEY_FILE and PEER_CA_FILE");
  if ((loaded.peer_host == "0.0.0.0" || loaded.peer_host == "::") && loaded.peer_advertised_host.empty())
    return refused("PEER_HOST", loaded.peer_host, "nobody can connect to this address: say in PEER_ADVERTISED_HOST where other nodes reach it");
  return {};
}

result<void> check(const settings& loaded) {
  if (loaded.environment != "development" && loaded.environment != "production")
    return refused("ENVIRONMENT", loaded.environment, "must be development or production");
  if (loaded.log_level != "debug" && loaded.log_level != "info" && loaded.log_level != "warn" && loaded.log_level != "error")
    return refused("LOG_LEVEL", loaded.log_level, "must be debug, info, warn or error");
  if (loaded.log_access != "none" && loaded.log_access != "failures" && loaded.log_access != "all")
    return refused("LOG_ACCESS", loaded.log_access, "must be none, failures or all");
  if (loaded.node_role != "both" && loaded.node_role != "gateway" && loaded.node_role != "worker")
    return refused("NODE_ROLE", loaded.node_role, "must be both, gateway or worker");
  if (loaded.node_role == "worker" && loaded.cluster_name.empty())
    return refused("NODE_ROLE", loaded.node_role, "a node that is alone must take calls: a worker is one of several, with a CLUSTER_NAME");
  for (const auto& [name, text] : {std::pair{"CLUSTER_NAME", &loaded.cluster_name}, std::pair{"NODE_ID", &loaded.node_id}})
    if (!text->empty() && !is_valid_tenant_id(*text))
      return refused(name, *text, "has 1 to 63 letters, digits, '-', '_' or '.', and begins with a letter or digit");
  if (auto reachable = check_peers(loaded); !reachable)
    return reachable;
  if (loaded.secret_key.empty() && loaded.is_production())
    return failure{error_code::validation_failed, "SECRET_KEY is required in production: at least 32 random bytes", "SECRET_KEY"};
  if (!loaded.secret_key.empty() && loaded.secret_key.size() < secret_key_size_min)
    return failure{error_code::validation_failed, "SECRET_KEY has " + std::to_string(loaded.secret_key.size()) + " bytes; at least 32 are needed", "SECRET_KEY"};
  if (!loaded.secret_key.empty() && is_placeholder(loaded.secret_key, loaded.is_production()))
    return failure{error_code::validation_failed, "SECRET_KEY is a text from an example, or too regular: use at least 32 random bytes", "SECRET_KEY"};
  return {};
}

} // namespace

result<settings> load_settings(const std::map<std::string, std::string>& variables) {
  settings loaded;
  for (const auto& each : declarations) {
    const auto given = variables.find(std::string{each.name});
    if (auto assigned = assign(loaded, each, given == variables.end() ? each.default_text : std::string_view{given->second}); !assigned)
      return assigned.error();
  }
  if (auto checked = check(loaded); !checked)
    return checked.error();
  return loaded;
}

std::string settings_as_markdown() {
  std::string table = "| variable | in the file | default | from | to | unit | meaning |\n|---|---|---|---|---|---|---|\n";
  for (const auto& each : declarations) {
    const bool is_number = std::holds_alternative<std::int64_t settings::*>(each.member);
    table.append("| ").append(each.name).append(" | ").append(each.file_key).append(" | ").append(each.default_text.empty() ? "-" : each.default_text).append(" | ");
    table.append(is_number ? std::to_string(each.min) : "").append(" | ").append(is_number ? std::to_string(each.max) : "").append(" | ");
    table.append(each.unit).append(" | ").append(each.meaning).append(" |\n");
  }
  return table;
}

std::vector<described_setting> described_settings() {
  std::vector<described_setting> all;
  for (const auto& each : declarations) {
    const bool is_number = std::holds_alternative<std::int64_t settings::*>(each.member);
    all.push_back({std::string{each.name}, std::string{each.file_key}, std::string{each.default_text}, is_number ? std::optional{each.min} : std::nullopt,
                   is_number ? std::optional{each.max} : std::nullopt, std::string{each.unit}, std::string{each.meaning}});
  }
  return all;
}

std::optional<declared_setting> setting_of_file_key(std::string_view key) {
  for (const auto& each : declarations)
    if (each.file_key == key)
      return declared_setting{std::string{each.name}, std::holds_alternative<std::int64_t settings::*>(each.member)};
  return std::nullopt;
}

std::vector<std::string> file_keys_of_settings() {
  std::vector<std::string> keys;
  for (const auto& each : declarations)
    keys.emplace_back(each.file_key);
  return keys;
}

result<void> check_setting(std::string_view name, std::string_view text) {
  settings scratch;
  for (const auto& each : declarations)
    if (each.name == name)
      return assign(scratch, each, text);
  return failure{error_code::not_found, "there is no setting " + std::string{name}, std::string{name}};
}

std::vector<std::string> setting_names() {
  std::vector<std::string> names;
  for (const auto& each : declarations)
    names.emplace_back(each.name);
  return names;
}

} // namespace dotmac
