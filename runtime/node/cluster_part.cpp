#include "runtime/node/cluster_part.hpp"

#include "runtime/node/shard_acts.hpp"
#include "runtime/peers/peer_address.hpp"

#include <spdlog/spdlog.h>

#include <random>

namespace dotmac {
namespace {

constexpr std::chrono::milliseconds connect_within{500};
constexpr std::chrono::milliseconds knock_within{200};

std::string id_for_this_start() { return "node-" + std::to_string(std::random_device{}()); }

} // namespace

cluster_part::cluster_part(caf::actor_system& system, node_actor guardian, tenant_service& local, std::shared_ptr<store_factory> stores, const settings& given,
                           std::function<void(const result<void>&)> on_look)
    : system_{system}, guardian_{std::move(guardian)}, stores_{std::move(stores)}, given_{given}, on_look_{std::move(on_look)} {
  const shard_rights rights{[this](shard_id shard) { return keeper_ && keeper_->admits(shard); }, [this](shard_id shard) { return keeper_ && keeper_->holds(shard); }};
  gate_ = std::make_unique<shard_gate>(local, rights);
  const peer_identity identity{given.cluster_name, [this] { return own(); }};
  links_ = std::make_unique<peer_links>(system, identity, make_find_door(system, connect_within), peer_limits{}, [](const std::string& line) { spdlog::info("{}", line); });
  router_ = std::make_unique<cluster_router>(gate_.get(), rights, *links_, [this] { return own(); }, route_limits{});
  door_ = spawn_peer_door(system, identity, *gate_);
}

result<void> cluster_part::start() {
  const auto port = publish_peer_door(system_, door_, given_.peer_host, static_cast<std::uint16_t>(given_.peer_port));
  if (!port)
    return port.error();
  node_card card;
  card.id = given_.node_id.empty() ? id_for_this_start() : given_.node_id;
  card.peer_address = (given_.peer_host == "::1" ? "[::1]" : given_.peer_host) + ":" + std::to_string(*port);
  card.http_address = given_.host + ":" + std::to_string(given_.port);
  card.version = DOTMAC_VERSION;
  card.takes_shards = given_.node_role != "gateway";
  keeper_ = std::make_unique<cluster_keeper>(stores_, card, agent_limits{}, keeper_hooks(on_look_));
  const auto joined = keeper_->start();
  if (!joined)
    return joined.error();
  spdlog::info("joined cluster {} as {} at {}", given_.cluster_name, owner_text(*joined), card.peer_address);
  return {};
}

cluster_keeper::hooks cluster_part::keeper_hooks(std::function<void(const result<void>&)> on_look) {
  cluster_keeper::hooks hooks;
  hooks.on_act = [this](const shard_act& act) {
    spdlog::debug("shard {} epoch {}: {}", to_number(act.claim.shard), to_number(act.claim.epoch),
                  act.what == shard_act::kind::start ? "start" : act.what == shard_act::kind::stop ? "stop" : "drop");
    carry_out_shard_act(system_, guardian_, act, [this](const shard_claim& claim) { keeper_->note_stopped(claim); });
  };
  hooks.on_look = std::move(on_look);
  hooks.on_view = [this](const std::shared_ptr<const cluster_view>& view) {
    links_->note_members(view->nodes);
    router_->note_view(*view);
    const std::lock_guard lock{mutex_};
    view_ = view;
  };
  hooks.is_refused = [](const std::string& text) {
    const auto address = parse_peer_address(text, "peer_address");
    return address && knock(*address, knock_within) == knock_outcome::refused;
  };
  hooks.loads = [] { return std::vector<shard_load>{}; };
  hooks.log = [](const std::string& line) { spdlog::info("{}", line); };
  return hooks;
}

std::shared_ptr<const cluster_view> cluster_part::view() const {
  const std::lock_guard lock{mutex_};
  return view_;
}

void cluster_part::stop() {
  if (!links_)
    return;
  if (keeper_)
    keeper_->stop();
  router_->stop();
  links_->stop();
  if (door_)
    close_peer_door(system_, std::exchange(door_, {}));
}

} // namespace dotmac
