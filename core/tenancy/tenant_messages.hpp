#pragma once

/// What a tenant is asked beside events and metric values: keys, schemas, the catalogue of its metrics.

#include "core/describe/description.hpp"
#include "core/metrics/metric_questions.hpp"
#include "core/time/timestamp.hpp"

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace dotmac {

inline constexpr std::size_t api_keys_per_tenant_max = 1'000;
inline constexpr std::size_t metrics_per_tenant_max = 10'000;
inline constexpr std::size_t schemas_per_tenant_max = 10'000;
inline constexpr std::size_t schema_definition_bytes_max = 65'536;

/// What a credential may do. `admin` includes all others.
enum class access_scope : std::uint8_t { ingest, read, write, admin };
template <> struct enumeration<access_scope> {
  static constexpr std::array<std::string_view, 4> names{"ingest", "read", "write", "admin"};
};

/// Only the hash of a key is kept; the key itself is shown once, when it is made.
struct api_key_record {
  std::string key_id;
  std::string secret_hash; ///< hexadecimal BLAKE2b-256 of the secret part
  std::string label;
  std::vector<access_scope> scopes;
  timestamp created_at;
};
template <> struct description<api_key_record> {
  static constexpr auto fields = std::tuple{
      field{"key_id", &api_key_record::key_id, "public part of the key"},
      field{"secret_hash", &api_key_record::secret_hash, "hash of its secret part"},
      field{"label", &api_key_record::label, "what it is for"},
      field{"scopes", &api_key_record::scopes, "what it may do"},
      field{"created_at", &api_key_record::created_at, "when it was made"}};
};

/// Schemas are kept and listed in the order of this key; there is one of each.
std::string key_of(const struct event_schema& schema);

enum class schema_mode : std::uint8_t { reject, flag };
template <> struct enumeration<schema_mode> {
  static constexpr std::array<std::string_view, 2> names{"reject", "flag"};
};

struct event_schema {
  std::string schema_id;
  std::string event_type;
  std::string event_name;
  std::string schema_definition; ///< JSON text: {required, optional} lists, or a JSON Schema of the properties
  std::string version = "1.0";
  schema_mode mode = schema_mode::reject;
  timestamp created_at;
};
template <> struct description<event_schema> {
  static constexpr auto fields = std::tuple{
      field{"schema_id", &event_schema::schema_id, "given by the server"},
      field{"event_type", &event_schema::event_type, "which events"},
      field{"event_name", &event_schema::event_name, "which events"},
      field{"schema_definition", &event_schema::schema_definition, "as JSON text"},
      field{"version", &event_schema::version, "chosen by the client"},
      field{"mode", &event_schema::mode, "what happens to an event that does not fit"},
      field{"created_at", &event_schema::created_at, "when it was made"}};
};

} // namespace dotmac
