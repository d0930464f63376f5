#pragma once

/// What nodes say to each other: a greeting, then batches of calls one way and batches of answers the other. Nothing else lives here.
///
/// Protocol  The greeting tells what each speaks, its answer what both will speak on this link (actors/protocol/protocols.hpp). Greetings are read by every
///           release for ever. The other messages between nodes never change; a later protocol adds new ones at the end, with new names, which are sent on
///           links of that protocol alone: a node drops a message whose name it does not know.

#include "actors/protocol/wire_inspect.hpp"

#include <caf/replies_to.hpp>
#include <caf/type_id.hpp>
#include <caf/typed_actor.hpp>

namespace dotmac {

struct call_batch {
  bytes frames; ///< actors/protocol/call_frames.hpp
};
template <> struct description<call_batch> {
  static constexpr auto fields = std::tuple{field{"frames", &call_batch::frames, "calls"}};
};

struct answer_batch {
  bytes frames;
};
template <> struct description<answer_batch> {
  static constexpr auto fields = std::tuple{field{"frames", &answer_batch::frames, "answers"}};
};

/// Nobody waits for these any more.
struct cancel_calls {
  std::vector<std::uint64_t> ids;
};
template <> struct description<cancel_calls> {
  static constexpr auto fields = std::tuple{field{"ids", &cancel_calls::ids, "of calls"}};
};

/// Within a node: there is something to send.
struct flush_frames {};
template <> struct description<flush_frames> {
  static constexpr auto fields = std::tuple{};
};

/// Within a node: whose time is over, and who was cancelled.
struct look_after_calls {};
template <> struct description<look_after_calls> {
  static constexpr auto fields = std::tuple{};
};

/// The tables of the cluster have changed: whoever reads them now need not wait until he would have.
struct tables_changed {};
template <> struct description<tables_changed> {
  static constexpr auto fields = std::tuple{};
};

/// About a node itself, for its administrators: JSON, as runtime/node/node_questions.hpp writes it.
struct node_question {
  std::string text;
};
template <> struct description<node_question> {
  static constexpr auto fields = std::tuple{field{"text", &node_question::text, "JSON"}};
};

struct node_answer {
  std::string text;
};
template <> struct description<node_answer> {
  static constexpr auto fields = std::tuple{field{"text", &node_answer::text, "JSON"}};
};

struct greet_peer {
  std::uint16_t oldest_protocol = 0, newest_protocol = 0;
  std::string cluster;
  std::string node; ///< owner text of who greets
  std::string wanted; ///< owner text of who is meant
};
template <> struct description<greet_peer> {
  static constexpr auto fields = std::tuple{field{"oldest_protocol", &greet_peer::oldest_protocol, "that it speaks"}, field{"newest_protocol", &greet_peer::newest_protocol, "that it speaks"},
                                            field{"cluster", &greet_peer::cluster, "its name"}, field{"node", &greet_peer::node, "who greets"}, field{"wanted", &greet_peer::wanted, "who is meant"}};
};
template <> inline constexpr bool is_greeting<greet_peer> = true;

/// Whether a node that wants to join would be let in.
struct introduce_peer {
  std::uint16_t oldest_protocol = 0, newest_protocol = 0;
  std::string cluster;
};
template <> struct description<introduce_peer> {
  static constexpr auto fields = std::tuple{field{"oldest_protocol", &introduce_peer::oldest_protocol, "that it speaks"},
                                            field{"newest_protocol", &introduce_peer::newest_protocol, "that it speaks"}, field{"cluster", &introduce_peer::cluster, "its name"}};
};
template <> inline constexpr bool is_greeting<introduce_peer> = true;

/// Let in.
struct welcome_peer {
  std::uint16_t protocol = 0; ///< the newest that both speak
};
template <> struct description<welcome_peer> {
  static constexpr auto fields = std::tuple{field{"protocol", &welcome_peer::protocol, "the newest that both speak"}};
};
template <> inline constexpr bool is_greeting<welcome_peer> = true;

/// The other end, one per link.
using peer_line_actor = caf::typed_actor<
    caf::reacts_to<call_batch>,
    caf::reacts_to<cancel_calls>,
    caf::reacts_to<flush_frames>,
    caf::reacts_to<tables_changed>,
    caf::replies_to<node_question>::with<node_answer>>;

/// The caller's end: it is told what came of its calls.
using peer_link_actor = caf::typed_actor<
    caf::reacts_to<answer_batch>,
    caf::reacts_to<welcome_peer, peer_line_actor>, // within a node: connected
    caf::reacts_to<flush_frames>,
    caf::reacts_to<look_after_calls>>;

/// What a node publishes at its address. Another cluster's node, one that means somebody else, and one with which no protocol is shared is refused.
using peer_door_actor = caf::typed_actor<
    caf::replies_to<greet_peer, peer_link_actor>::with<welcome_peer, peer_line_actor>,
    caf::replies_to<introduce_peer>::with<welcome_peer>>;

} // namespace dotmac

/// As those of actors/protocol/wire_types.hpp: never rename, never reorder.
CAF_BEGIN_TYPE_ID_BLOCK(dotmac_peers, caf::first_custom_type_id + 1'000)
  CAF_ADD_TYPE_ID(dotmac_peers, (dotmac::call_batch))
  CAF_ADD_TYPE_ID(dotmac_peers, (dotmac::answer_batch))
  CAF_ADD_TYPE_ID(dotmac_peers, (dotmac::cancel_calls))
  CAF_ADD_TYPE_ID(dotmac_peers, (dotmac::flush_frames))
  CAF_ADD_TYPE_ID(dotmac_peers, (dotmac::look_after_calls))
  CAF_ADD_TYPE_ID(dotmac_peers, (dotmac::peer_line_actor))
  CAF_ADD_TYPE_ID(dotmac_peers, (dotmac::peer_link_actor))
  CAF_ADD_TYPE_ID(dotmac_peers, (dotmac::greet_peer))
  CAF_ADD_TYPE_ID(dotmac_peers, (dotmac::peer_door_actor))
  CAF_ADD_TYPE_ID(dotmac_peers, (dotmac::node_question))
  CAF_ADD_TYPE_ID(dotmac_peers, (dotmac::node_answer))
  CAF_ADD_TYPE_ID(dotmac_peers, (dotmac::introduce_peer))
  CAF_ADD_TYPE_ID(dotmac_peers, (dotmac::tables_changed))
  CAF_ADD_TYPE_ID(dotmac_peers, (dotmac::welcome_peer))
CAF_END_TYPE_ID_BLOCK(dotmac_peers)
