#include "cli/cluster_commands.hpp"

#include "cli/answers.hpp"
#include "cli/json_member.hpp"
#include "cli/output.hpp"

#include <functional>
#include <iostream>
#include <thread>

namespace dotmac {
namespace {

constexpr std::chrono::milliseconds look_every{200};
constexpr std::chrono::milliseconds planned_within{2'000}; ///< the coordinator has seen what was asked for

std::string clock_text(const json& node) {
  const auto ms = count_member(node, "since_heartbeat_ms").value_or(0);
  return std::to_string(ms / 1'000) + "." + std::to_string(ms % 1'000 / 100) + " s ago";
}

void show_status(const json& cluster) {
  const bool with_colour = stdout_is_terminal();
  const auto name = text_member(cluster, "name");
  std::cout << (name.empty() ? "a node alone" : "cluster " + painted(printable(name), colour::bold, with_colour)) << "  coordinator " << shown(cluster, "coordinator") << "  "
            << list_member(cluster, "shards").size() << " shards, " << counted(cluster, "moving") << " on their way\n\n";
  text_table table{{"node", "state", "role", "shards", "wanted", "load", "heard of", "address", "version"}};
  for (const auto& node : list_member(cluster, "nodes"))
    table.add({shown(node, "id"), shown(node, "state"), shown(node, "role"), counted(node, "shards"), counted(node, "shards_wanted"), counted(node, "load"), clock_text(node),
               shown(node, "http_address"), shown(node, "version")});
  std::cout << table.text(with_colour);
}

/// Looks at the cluster until `is_so`; 1, and says so, where that takes too long.
int wait_until(const command_context& context, int seconds, const std::string& what, const std::function<bool(const json&)>& is_so) {
  http_client client{context.connection};
  const auto begun = std::chrono::steady_clock::now();
  std::string last;
  for (;;) {
    const auto answer = client.get("/admin/cluster");
    if (answer && answer->status == 200 && is_so(answer->body))
      return 0;
    last = !answer ? answer.error().message : answer->status != 200 ? explain(*answer) : counted(answer->body, "moving") + " shards are on their way";
    if (std::chrono::steady_clock::now() - begun >= std::chrono::seconds{seconds})
      return complain_of({error_code::deadline_exceeded, what + " is not done after " + std::to_string(seconds) + " s: " + last, {}});
    std::this_thread::sleep_for(look_every);
  }
}

const json* node_in(const json& cluster, const std::string& id) {
  for (const auto& node : list_member(cluster, "nodes"))
    if (text_member(node, "id") == id)
      return &node;
  return nullptr;
}

const json* shard_in(const json& cluster, int number) {
  for (const auto& shard : list_member(cluster, "shards"))
    if (count_member(shard, "shard") == static_cast<std::uint64_t>(number))
      return &shard;
  return nullptr;
}

} // namespace

int run_cluster_status(const command_context& context) { return finish(context, http_client{context.connection}.get("/admin/cluster"), "nodes", show_status); }

int run_cluster_shards(const command_context& context, const std::string& node) {
  return finish(context, http_client{context.connection}.get("/admin/cluster"), "shards", [&](const json& cluster) {
    text_table table{{"shard", "owner", "wanted", "pinned", "epoch", "load", "served"}};
    for (const auto& shard : list_member(cluster, "shards"))
      if (node.empty() || text_member(shard, "owner") == node)
        table.add({shown(shard, "shard"), shown(shard, "owner"), shown(shard, "wanted"), shown(shard, "pinned"), shown(shard, "epoch"), counted(shard, "load"),
                   member(shard, "is_served") == true ? "yes" : "no"});
    std::cout << table.text(stdout_is_terminal());
  });
}

int run_place_of_tenant(const command_context& context, const std::string& tenant) {
  return finish(context, http_client{context.connection}.get("/admin/cluster/tenants/" + path_part(tenant)), "shard", [](const json& found) {
    std::cout << shown(found, "tenant_id") << "  shard " << shown(found, "shard") << "  on " << shown(found, "owner") << "  wanted on " << shown(found, "wanted") << "\n";
  });
}

int run_schedule_node(const command_context& context, const node_request& asked) {
  http_client client{context.connection};
  const auto code = finish(context, client.put("/admin/cluster/nodes/" + path_part(asked.node), {{"scheduling", asked.scheduling}}), "scheduling", [](const json& done) {
    std::cout << shown(done, "node") << "  " << shown(done, "scheduling") << "\n";
  });
  if (code != 0 || asked.wait_seconds == 0)
    return code;
  return wait_until(context, asked.wait_seconds, "draining " + asked.node, [&](const json& cluster) {
    const auto* node = node_in(cluster, asked.node);
    return node == nullptr || (count_member(*node, "shards") == 0u && count_member(*node, "shards_wanted") == 0u);
  });
}

int run_place_shard(const command_context& context, const shard_request& asked) {
  http_client client{context.connection};
  const auto body = json{{"node", asked.node.empty() ? json(nullptr) : json(asked.node)}};
  const auto code = finish(context, client.put("/admin/cluster/shards/" + std::to_string(asked.shard), body), "shard", [](const json& done) {
    std::cout << "shard " << shown(done, "shard") << "  " << (text_member(done, "node").empty() ? "may be anywhere" : "shall be on " + shown(done, "node")) << "\n";
  });
  if (code != 0 || asked.wait_seconds == 0)
    return code;
  return wait_until(context, asked.wait_seconds, "the move of shard " + std::to_string(asked.shard), [&](const json& cluster) {
    const auto* shard = shard_in(cluster, asked.shard);
    return shard != nullptr && text_member(*shard, "owner") == asked.node && member(*shard, "is_served") == true;
  });
}

int run_rebalance(const command_context& context, int wait_seconds) {
  const auto code = finish(context, http_client{context.connection}.post("/admin/cluster/rebalance", json::object()), "status", [](const json&) { std::cout << "requested\n"; });
  if (code != 0 || wait_seconds == 0)
    return code;
  std::this_thread::sleep_for(planned_within);
  return wait_until(context, wait_seconds, "evening out", [](const json& cluster) { return count_member(cluster, "moving") == 0u; });
}

} // namespace dotmac
