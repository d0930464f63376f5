#pragma once

/// What administrators see of the nodes and actors, and what they may do to them: the shapes between the gateway and the node.

#include "core/result.hpp"
#include "core/time/timestamp.hpp"

#include <nlohmann/json.hpp>

#include <functional>
#include <optional>
#include <string>

namespace dotmac {

/// Which actors; an empty text selects by nothing.
struct actor_selection {
  std::string kind, tenant, path, parent; ///< kind, tenant and parent equal, path begins so
};
/// In the order of their paths, so that an actor comes before its children.
struct actor_list_question {
  actor_selection which;
  std::optional<std::string> after; ///< go on behind this path
  std::int64_t limit = 1'000;
  std::int64_t offset = 0;
};
struct actor_list {
  nlohmann::json actors; ///< a list
  std::uint64_t total = 0;
  std::optional<std::string> last_path; ///< of this page, where more come after it
};
using actor_list_answer = std::function<void(result<actor_list>)>;

enum class actor_act_kind : std::uint8_t { passivate /**< finish, write a snapshot, end until it is asked for again */, restart /**< end at once */ };
struct actor_act {
  std::string node; ///< id; empty: this one
  std::string path;
  actor_act_kind what = actor_act_kind::passivate;
};

enum class node_scheduling : std::uint8_t { serve, cordon /**< no more shards */, drain /**< none at all */ };
struct cluster_act {
  enum class kind : std::uint8_t { schedule, place, rebalance };
  kind what = kind::rebalance;
  std::string node;                                     ///< id; of `place` empty: anywhere
  node_scheduling scheduling = node_scheduling::serve;  ///< of `schedule`
  std::uint16_t shard = 0;                              ///< of `place`
};

/// For the audit log.
struct act_origin {
  std::string by; ///< "key 0123456789abcdef", "token ann", "loopback"
  std::string request_id;
  timestamp at;
};
using act_answer = std::function<void(result<void>)>;
using json_answer = std::function<void(result<nlohmann::json>)>;

struct snapshot_question {
  std::string path; ///< of its actor, which need not run
  std::optional<std::uint64_t> sequence; ///< none: the newest
};

/// A message that made its actor fail twice and was put aside.
struct dead_letter_act {
  enum class kind : std::uint8_t { replay, discard };
  kind what = kind::discard;
  std::uint64_t id = 0;
  std::string tenant; ///< whose it must be; empty: anybody's
};

} // namespace dotmac
