#pragma once

/// Every setting, declared once: its name in the environment, its key in the settings file, its default, bounds, unit and sentence. The table in the README is made
/// from these declarations.
///
/// Errors   validation_failed, naming the setting, its value and what it may be.

#include "core/describe/description.hpp"
#include "core/result.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dotmac {

struct settings {
  std::string database_url;
  std::string data_dir;
  std::string secret_key;
  std::string environment;
  std::string host;
  std::int64_t port = 0;
  std::string cors_origins;
  std::int64_t io_threads = 0;
  std::int64_t scan_threads = 0;
  std::int64_t question_memory_max = 0;
  std::int64_t event_cache_bytes = 0;
  std::int64_t result_cache_bytes = 0;
  std::string scratch_dir;
  std::int64_t scratch_bytes_max = 0;
  std::string redis_url;
  std::string cluster_name; ///< empty: the node is alone
  std::string node_id;
  std::string node_role;
  std::string peer_host;
  std::int64_t peer_port = 0;
  std::string peer_advertised_host; ///< empty: peer_host
  std::string peer_certificate_file, peer_key_file, peer_ca_file; ///< all or none
  std::int64_t query_timeout_seconds = 0;
  std::int64_t request_timeout_seconds = 0;
  std::int64_t body_bytes_max = 0;
  std::int64_t connections_max = 0;
  std::int64_t header_timeout_seconds = 0;
  std::int64_t body_timeout_seconds = 0;
  std::int64_t write_timeout_seconds = 0;
  std::int64_t idle_timeout_seconds = 0;
  std::int64_t drain_seconds = 0;
  std::int64_t tenant_bytes_in_flight_max = 0;
  std::int64_t tenant_calls_in_flight_max = 0;
  std::int64_t node_bytes_in_flight_max = 0;
  std::int64_t node_calls_in_flight_max = 0;
  std::int64_t event_dedupe_window_days = 0;
  std::int64_t actor_idle_seconds = 0;
  std::int64_t snapshot_entries = 0;
  std::int64_t snapshot_bytes = 0;
  std::string log_level;
  std::string log_access;

  bool is_production() const noexcept { return environment == "production"; }
};

/// Defaults, overlaid by the variables given (usually the environment).
result<settings> load_settings(const std::map<std::string, std::string>& variables);

/// The setting that `key` of the settings file ("server.port") stands for.
struct declared_setting {
  std::string name;
  bool is_number = false;
};
std::optional<declared_setting> setting_of_file_key(std::string_view key);
std::vector<std::string> file_keys_of_settings();

/// Whether `text` is within the type and bounds of the setting `name`.
result<void> check_setting(std::string_view name, std::string_view text);

/// Every setting as it is declared, for programs.
struct described_setting {
  std::string name, file_key, default_text;
  std::optional<std::int64_t> min, max; ///< of numbers
  std::string unit, meaning;
};
template <> struct description<described_setting> {
  using r = described_setting;
  static constexpr auto fields = std::tuple{
      field{"variable", &r::name, "in the environment"}, field{"file_key", &r::file_key, "in the settings file"}, field{"default", &r::default_text, "empty: none"},
      field{"from", &r::min, "of a number"}, field{"to", &r::max, "of a number"}, field{"unit", &r::unit, "of a number"}, field{"meaning", &r::meaning, "a sentence"}};
};
std::vector<described_setting> described_settings();

/// The table of the README.
std::string settings_as_markdown();

/// Names of all variables, for reading the environment.
std::vector<std::string> setting_names();

} // namespace dotmac
