#pragma once

/// Lets single-event requests share messages: the first one goes at once; what comes while it is under way is collected in
/// columns and goes as one message when the answer is there (no timer).
///
/// Promise   Each event is answered once, by its own outcome. When an append fails, all of its events are answered with that
///           failure. A message is waited for until `timeout` after its first event came, however long that one waited to be sent.
/// Limits    appends_max messages under way per tenant; what comes meanwhile collects up to waiting_max
///           events, then too_many_requests.
/// Threads   `track` from any thread; a lock per tenant with something under way, held for parsing one event, so that a slow event of
///           one tenant holds up no other; the one for all is held only to find it.

#include "actors/protocol/tenant_service.hpp"
#include "api/event_parser.hpp"

#include <functional>
#include <map>
#include <memory>
#include <mutex>

namespace dotmac {

struct tracked_event {
  std::string event_id;
  event_outcome outcome = event_outcome::accepted;
  std::optional<fine_timestamp> sent_at; ///< where the client sent a time
};

/// Why an event is not taken; `faults` where it is by what the client sent.
struct event_refusal {
  failure why;
  std::vector<complaint> faults;
};

class event_batcher {
public:
  static constexpr std::size_t waiting_max = 20'000;
  static constexpr std::size_t appends_max = 2;
  using answer = std::function<void(result<tracked_event>)>;

  event_batcher(tenant_service& tenants, std::chrono::milliseconds timeout) : tenants_{tenants}, timeout_{timeout} {}

  /// Parses `body` and has its event appended; `on_answer` is called once, unless a refusal is returned.
  std::optional<event_refusal> track(const std::string& tenant, std::string body, timestamp received_at, const event_schemas* schemas, answer on_answer);

private:
  struct waiting_event {
    answer on_answer;
    std::optional<fine_timestamp> sent_at;
  };
  struct lane {
    std::mutex mutex;
    bool has_ended = false; ///< it is no longer in `lanes_`: who still holds it takes the one that is
    event_block_builder builder;
    std::vector<waiting_event> waiting;
    std::chrono::steady_clock::time_point waits_since; ///< the first of them
    std::size_t under_way = 0;
  };
  struct message {
    std::string tenant;
    bytes block;
    std::vector<waiting_event> events;
    std::chrono::steady_clock::time_point deadline;
  };

  std::shared_ptr<lane> find_lane(const std::string& tenant);
  void end_if_idle(const std::string& tenant, lane& mine);
  message take(const std::string& tenant, lane& from);
  void send(message batch);
  void on_answer(const std::string& tenant, const std::vector<waiting_event>& events, const result<events_appended>& outcome);

  tenant_service& tenants_;
  const std::chrono::milliseconds timeout_;
  std::mutex mutex_; ///< of `lanes_`; taken while a lane's is held, never the other way round
  std::map<std::string, std::shared_ptr<lane>> lanes_; ///< of tenants with something under way
};

} // namespace dotmac
