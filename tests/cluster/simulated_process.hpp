#pragma once

/// One process of a simulated_cluster: its agent, its clock, and the actors of its shards.

#include "tests/cluster/simulated_cluster.hpp"

namespace dotmac {

struct simulated_cluster::process {
  struct actor {
    shard_claim claim;
    std::uint64_t value = 0;
    bool is_loaded = false;
    bool is_writing = false;
    bool is_ending = false;
  };
  process(node_card card, std::unique_ptr<store> opened) : agent{card, {}}, id{card.id}, session{std::move(opened)} {}

  node_agent agent;
  std::string id;
  std::unique_ptr<store> session;
  steady_time clock_offset{0};
  double clock_rate = 1;
  bool is_alive = true;
  bool is_leaving = false;
  bool is_cut_off = false;
  bool is_asking = false;
  steady_time stands_still_until{0};
  std::map<std::uint16_t, actor> actors;
  std::vector<std::uint64_t> stored_at_last_view;

  steady_time clock(steady_time now) const {
    return clock_offset + steady_time{static_cast<steady_time::rep>(static_cast<double>(now.count()) * clock_rate)};
  }
};

} // namespace dotmac
