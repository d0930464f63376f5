#pragma once

/// This node's ways to the others: one link per member, connected as soon as it is known and again when it broke.
///
/// Promise   `ask` calls back exactly once, never inside itself. What came of the call is told apart: answered; not sent (it may be sent elsewhere);
///           lost (sent, and the connection broke: it may have had its effect).
/// Limits    calls_under_way_max calls and bytes_under_way_max bytes a link (not sent, too_many_requests, beyond); connect_within for a connection.
/// Errors    Who does not answer a greeting is tried again after retry_after.
/// Threads   from any thread; call-backs on the links' actors.
/// Cost      Calls made while a batch is on its way to the socket share the next one.

#include "actors/protocol/tenant_service.hpp"
#include "persistence/ports/cluster_table.hpp"
#include "runtime/peers/peer_door.hpp"

#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <thread>

namespace dotmac {

struct peer_limits {
  std::size_t calls_under_way_max = 20'000;
  std::size_t bytes_under_way_max = 512u << 20;
  std::chrono::milliseconds connect_within{1'000};
  std::chrono::milliseconds retry_after{200};
};

enum class peer_outcome : std::uint8_t { answered, not_sent, lost };

class peer_link;

/// Finds the door at an address, in whatever way nodes are connected; may block for `connect_within`, and a little longer.
using find_door = std::function<result<peer_door_actor>(const std::string& address)>;

/// Whether the node at `address` would let this one in. forbidden: it would not, or is none; actor_unavailable: it does not answer.
result<void> introduce(caf::actor_system& system, const peer_identity& identity, const find_door& find, const std::string& address, std::chrono::milliseconds within);

class peer_links {
public:
  using on_outcome = std::function<void(peer_outcome, result<tenant_answer>)>;

  peer_links(caf::actor_system& system, peer_identity identity, find_door find, peer_limits limits, std::function<void(const std::string&)> log);
  ~peer_links();

  /// Who is there now; links to others are closed.
  void note_members(const std::vector<node_row>& members);
  void ask(const std::string& owner, const call_options& options, const tenant_call& call, on_outcome on_answer);
  /// Something about the node itself. Blocks nobody; `on_answer` comes within `within`: actor_unavailable where the node is not reached.
  void ask_node(const std::string& owner, std::string question, std::chrono::milliseconds within, std::function<void(result<std::string>)> on_answer);
  /// To all that are connected: the tables have changed.
  void tell_of_change();
  bool is_connected(const std::string& owner) const;
  void stop();

private:
  void connect_all();
  /// The protocol agreed on.
  result<std::uint16_t> connect(peer_link& link);

  caf::actor_system& system_;
  const peer_identity identity_;
  const find_door find_;
  const peer_limits limits_;
  const std::function<void(const std::string&)> log_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::map<std::string, std::shared_ptr<peer_link>> links_; ///< by owner text
  std::thread connector_;
};

} // namespace dotmac
