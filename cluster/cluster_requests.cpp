#include "cluster/cluster_requests.hpp"

#include "core/overload.hpp"

namespace dotmac {
namespace {

template <std::size_t Index, class T> result<cluster_answer> as_answer(result<T> outcome) {
  if (!outcome)
    return outcome.error();
  if constexpr (std::is_void_v<T>)
    return cluster_answer{std::in_place_index<Index>};
  else
    return cluster_answer{std::in_place_index<Index>, *std::move(outcome)};
}

} // namespace

result<cluster_answer> carry_out(const cluster_request& request, lease_table& leases, cluster_table& cluster, std::chrono::milliseconds lease, std::span<const shard_load> loads) {
  return std::visit(overload{
                        [&](const join_request& asked) { return as_answer<0>(cluster.join(asked.card)); },
                        [&](const beat_request& asked) { return as_answer<1>(cluster.beat(asked.name, asked.is_leaving, loads)); },
                        [&](const renew_request& asked) { return as_answer<2>(leases.renew_leases(asked.owner, asked.claims, lease)); },
                        [&](const claim_request& asked) { return as_answer<3>(leases.claim_shards(asked.owner, asked.shards, lease)); },
                        [&](const transfer_request& asked) { return as_answer<4>(cluster.transfer_shards(asked.name, asked.transfers, lease)); },
                        [&](const view_request&) { return as_answer<5>(cluster.read_view()); },
                        [&](const coordinate_request& asked) { return as_answer<6>(cluster.coordinate(asked.name, lease, asked.gone)); },
                        [&](const bury_request& asked) { return as_answer<7>(cluster.bury(asked.coordination, asked.dead)); },
                        [&](const assign_request& asked) { return as_answer<8>(cluster.assign_shards(asked.coordination, asked.assignments)); },
                        [&](const leave_request& asked) { return as_answer<9>(cluster.leave(asked.name)); },
                    },
                    request);
}

} // namespace dotmac
