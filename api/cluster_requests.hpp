#pragma once

/// What is sent to the routes of nodes and actors: field names, bounds and defaults, declared once.

#include "api/actor_path.hpp"
#include "api/node_acts.hpp"
#include "core/describe/json.hpp"
#include "core/identity.hpp"

namespace dotmac {

template <> struct enumeration<node_scheduling> {
  static constexpr std::array<std::string_view, 3> names{"serve", "cordon", "drain"};
};
template <> struct enumeration<actor_act_kind> {
  static constexpr std::array<std::string_view, 2> names{"passivate", "restart"};
};

struct node_schedule_request {
  node_scheduling scheduling = node_scheduling::serve;
};
template <> struct description<node_schedule_request> {
  static constexpr auto fields = std::tuple{
      field{"scheduling", &node_schedule_request::scheduling, "serve: it takes its share of shards; cordon: no more than it has; drain: none, others take them", presence::required}};
};

struct shard_place_request {
  std::optional<std::string> node;
};
template <> struct description<shard_place_request> {
  static constexpr auto fields =
      std::tuple{field{"node", &shard_place_request::node, "id of the node that shall have it; null: wherever it is even", bounds{1, static_cast<std::int64_t>(tenant_id_size_max)}}};
};

struct actor_act_request {
  std::string path;
  actor_act_kind act = actor_act_kind::passivate;
  std::optional<std::string> node;
};
template <> struct description<actor_act_request> {
  using r = actor_act_request;
  static constexpr auto fields = std::tuple{
      field{"path", &r::path, "of the actor, as listed", bounds{1, actor_path_size_max}, presence::required},
      field{"act", &r::act, "passivate: it finishes, writes a snapshot and ends until it is asked for again; restart: it ends at once, and is read from the store when it is asked for", presence::required},
      field{"node", &r::node, "id of the node that it runs on; else the one that is asked", bounds{1, static_cast<std::int64_t>(tenant_id_size_max)}}};
};

} // namespace dotmac
