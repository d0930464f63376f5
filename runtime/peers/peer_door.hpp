#pragma once

/// Where other nodes come in: greets them, and carries out the calls that they pass on.
///
/// Promise   A call is handed to `local` once, and its answer sent to the link that it came from, together with what else is ready.
///           Where that link is gone its questions are cancelled; its writes go on.
/// Protocol  of a line: the newest that both nodes speak.
/// Errors    Greetings from another cluster, meant for another node (an earlier life of this one), or of a release too far away are refused.
/// Threads   Answers may come on any thread.

#include "actors/protocol/protocols.hpp"
#include "actors/protocol/tenant_service.hpp"
#include "runtime/peers/peer_protocol.hpp"

#include <caf/actor_system.hpp>

#include <future>
#include <memory>

namespace dotmac {

struct peer_identity {
  std::string cluster;
  std::function<std::string()> own; ///< owner text of this node's present life; from any thread
  protocol_range protocols = spoken_protocols();
};

/// Asked by administrators of other nodes. Answered once, from any thread; who lets go of `answer` has refused.
using peer_question_handler = std::function<void(const std::string& question, std::function<void(result<std::string>)> answer)>;

/// The door and its lines share one. When the last of them has ended, and nobody calls the services any more, so has it: only then may they go.
struct peer_stay {
  ~peer_stay() { is_over.set_value(); }
  std::promise<void> is_over;
};

/// What comes in. Must not block.
struct peer_services {
  tenant_service& calls; ///< must live longer than the actor system
  peer_question_handler about_node;
  std::function<void()> on_tables_changed;
  std::shared_ptr<peer_stay> stay; ///< may be null
};

/// Lives until it is told to end (close_peer_door), and its lines with it.
peer_door_actor spawn_peer_door(caf::actor_system& system, peer_identity identity, peer_services services);

} // namespace dotmac
