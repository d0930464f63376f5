#pragma once

/// The node's front door: HTTP in, calls of tenants out, answers back. Routes are declared once (api/routes.cpp): parsing,
/// authorization and the OpenAPI document follow from them.
///
/// Promise    Every request is answered once, by its deadline; also where our own code throws (500, logged). Who may not, or asks for what is
///            not there, is refused by the header alone: a body is read and decompressed only after that, and its bytes are admitted as
///            they come. A write is acknowledged only after the tenant's actor said that it
///            is durable. Many single-event requests share one message (api/event_batcher.hpp).
/// Limits     http_limits, batch_events_max, admission_limits (core/admission/admission.hpp), unknown_tenants (api/unknown_tenants.hpp).
/// Threads    start, drain, stop from one thread.

#include "api/http_server.hpp"
#include "api/node_acts.hpp"
#include "core/admission/admission.hpp"

#include <nlohmann/json.hpp>

namespace dotmac {

struct gateway_options {
  http_server_options http;
  admission_limits admission;
  std::chrono::milliseconds request_timeout{30'000};
  std::chrono::milliseconds query_timeout{300'000};
  std::chrono::milliseconds live_lifetime_max{3'600'000}; ///< then the client of a live stream connects, and is authorized, anew
  /// Of a node that is one of several: keys and schemas changed on another one show here after so long. Zero: only this gateway changes them.
  std::chrono::milliseconds context_kept_for{0};
  bool takes_calls_of_tenants = true; ///< false: of the routes that need a credential only those of administration are answered, the others with not_a_gateway
  std::string secret_key;
  bool is_production = false;
  std::vector<std::string> cors_origins;
  std::string version;
  std::string environment;
};

/// A message that made its actor fail twice and was put aside.
struct shown_dead_letter {
  std::uint64_t id = 0;
  std::string tenant, actor;
  timestamp recorded_at;
  std::string message_type, reason;
  std::uint64_t payload_bytes = 0; ///< as stored
};
using dead_letters_answer = std::function<void(result<std::vector<shown_dead_letter>>)>;

/// What was done to a tenant's data, and when.
struct shown_audit_entry {
  std::uint64_t id = 0;
  timestamp recorded_at;
  std::string tenant, act, subject, details;
};
using audit_entries_answer = std::function<void(result<std::vector<shown_audit_entry>>)>;

/// What the gateway asks of the node. All may be called from any I/O thread and must not block.
struct gateway_hooks {
  std::function<timestamp()> now;
  std::function<std::optional<failure>()> why_not_ready; ///< nothing: ready
  std::function<std::optional<failure>()> why_closed;    ///< nothing: calls are taken; else only the open routes (health, figures, documentation) are
  std::function<nlohmann::json()> health_components;     ///< {"name": {"status", "latency_ms", ...}}
  /// Of the node with this id; empty: of this one. Answers of acts and lists come once, from any thread.
  std::function<void(std::string node, actor_list_question asked, actor_list_answer answer)> actors;
  std::function<void(actor_act act, act_origin origin, act_answer answer)> act_on_actor;
  std::function<void(std::string node, std::string path, json_answer answer)> actor_details;
  std::function<void(snapshot_question asked, json_answer answer)> snapshot;
  std::function<void(dead_letter_act act, act_origin origin, act_answer answer)> act_on_dead_letter;
  std::function<nlohmann::json()> cluster; ///< nodes and shards, as this node last read them
  std::function<void(cluster_act act, act_origin origin, act_answer answer)> act_on_cluster;
  std::function<std::string()> prometheus_text;
  std::function<std::string(const actor_selection& which, std::size_t actors_max)> prometheus_text_of_actors; ///< of the busiest
  /// The newest `limit` of a tenant, or of all where `tenant` is empty. `answer` is called once, from any thread.
  std::function<void(std::string tenant, std::size_t limit, dead_letters_answer answer)> dead_letters;
  /// As dead_letters; of those with an id below `before_id`, where that is not 0.
  std::function<void(std::string tenant, std::uint64_t before_id, std::size_t limit, audit_entries_answer answer)> audit_entries;
  std::function<void(const access_record&)> log_access; ///< may be empty
  std::function<void(std::string_view request_id, std::string_view what)> log_failure; ///< a mistake of ours; may be empty
};

class gateway {
public:
  gateway(gateway_options options, tenant_service& tenants, gateway_hooks hooks);
  ~gateway();

  result<std::uint16_t> start();
  /// Calls are taken as before, but every answer ends its connection.
  void ask_to_leave();
  void drain();
  void stop(std::chrono::milliseconds within);

  struct implementation;

private:
  std::shared_ptr<implementation> implementation_;
};

} // namespace dotmac
