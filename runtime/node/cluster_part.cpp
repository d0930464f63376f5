#include "runtime/node/cluster_part.hpp"

#include "runtime/node/shard_acts.hpp"
#include "runtime/peers/peer_address.hpp"

#include <spdlog/spdlog.h>

#include <random>

namespace dotmac {
namespace {

constexpr std::chrono::milliseconds connect_within{500};
constexpr std::chrono::milliseconds knock_within{200};
constexpr std::chrono::milliseconds ask_node_within{10'000};
constexpr std::chrono::seconds peers_go_within{10};
constexpr int introductions_max = 5;
constexpr std::chrono::milliseconds introduced_again_after{500};

std::string id_for_this_start() { return "node-" + std::to_string(std::random_device{}()); }

} // namespace

std::optional<peer_certificates> certificates_in(const settings& given) {
  if (given.peer_certificate_file.empty())
    return std::nullopt;
  return peer_certificates{given.peer_certificate_file, given.peer_key_file, given.peer_ca_file};
}

std::string cluster_part::advertised_host() const { return given_.peer_advertised_host.empty() ? given_.peer_host : given_.peer_advertised_host; }

cluster_part::cluster_part(caf::actor_system& system, node_actor guardian, tenant_service& local, std::shared_ptr<store_factory> stores, const settings& given,
                           std::shared_ptr<figures_registry> figures, peer_question_handler about_node, std::function<void(const result<void>&)> on_look)
    : system_{system}, guardian_{std::move(guardian)}, stores_{std::move(stores)}, given_{given}, on_look_{std::move(on_look)}, figures_{std::move(figures)}, about_node_{std::move(about_node)},
      network_{system, certificates_in(given), connect_within, [](const std::string& line) { spdlog::info("{}", line); }} {
  const shard_rights rights{[this](shard_id shard) { return keeper_ && keeper_->admits(shard); }, [this](shard_id shard) { return keeper_ && keeper_->holds(shard); }};
  gate_ = std::make_unique<shard_gate>(local, rights);
  const peer_identity identity{given.cluster_name, [this] { return own(); }};
  links_ = std::make_unique<peer_links>(system, identity, network_.finder(), peer_limits{}, [](const std::string& line) { spdlog::info("{}", line); });
  router_ = std::make_unique<cluster_router>(gate_.get(), rights, *links_, [this] { return own(); }, route_limits{});
}

result<void> cluster_part::start() {
  const auto host = advertised_host();
  if (const auto certificates = certificates_in(given_))
    if (auto good = check_certificates(*certificates, host); !good)
      return good;
  auto stay = std::make_shared<peer_stay>();
  auto are_gone = stay->is_over.get_future();
  const auto door = spawn_peer_door(system_, {given_.cluster_name, [this] { return own(); }},
                                    {*gate_, about_node_, [this] {
                                       if (keeper_)
                                         keeper_->note_change();
                                     }, std::move(stay)});
  const auto port = network_.let_in(door, given_.peer_host, static_cast<std::uint16_t>(given_.peer_port));
  if (!port)
    return port.error();
  peers_are_gone_ = std::move(are_gone);
  node_card card;
  card.id = given_.node_id.empty() ? id_for_this_start() : given_.node_id;
  card.peer_address = (host.find(':') == host.npos ? host : "[" + host + "]") + ":" + std::to_string(*port);
  card.http_address = given_.host + ":" + std::to_string(given_.port);
  card.version = DOTMAC_VERSION;
  card.takes_shards = given_.node_role != "gateway";
  card.takes_calls = given_.node_role != "worker";
  if (auto known = introduce_to_members(card.id); !known)
    return known;
  keeper_ = std::make_shared<cluster_keeper>(stores_, card, agent_limits{}, keeper_hooks(on_look_));
  const auto joined = keeper_->start();
  if (!joined)
    return joined.error();
  spdlog::info("joined cluster {} as {} at {}", given_.cluster_name, owner_text(*joined), card.peer_address);
  return {};
}

/// A node that none of the others would talk to must not take shards from them. Who ends in this moment may seem to refuse: several attempts.
result<void> cluster_part::introduce_to_members(const std::string& id) {
  auto session = stores_->open();
  if (!session)
    return session.error();
  if ((*session)->cluster() == nullptr)
    return failure{error_code::validation_failed, "a cluster needs a store that nodes can share", "DATABASE_URL"};
  result<void> outcome;
  for (int attempt = 0; attempt < introductions_max; ++attempt) {
    const auto found = (*session)->cluster()->read_view();
    if (!found)
      return found.error();
    outcome = {};
    for (const auto& node : found->nodes) {
      if (node.card.id == id || !node.is_present || node.card.peer_address.empty())
        continue;
      const auto let_in = introduce(system_, {given_.cluster_name, {}}, network_.finder(), node.card.peer_address, connect_within);
      if (!let_in && let_in.error().code != error_code::actor_unavailable && let_in.error().code != error_code::deadline_exceeded)
        outcome = failure{let_in.error().code, "the node " + node.card.id + " at " + node.card.peer_address + " does not let this one in: " + let_in.error().message, let_in.error().field, {}};
    }
    if (outcome)
      return outcome;
    std::this_thread::sleep_for(introduced_again_after);
  }
  return outcome;
}

cluster_keeper::hooks cluster_part::keeper_hooks(std::function<void(const result<void>&)> on_look) {
  cluster_keeper::hooks hooks;
  hooks.on_act = [this](const shard_act& act) {
    spdlog::debug("shard {} epoch {}: {}", to_number(act.claim.shard), to_number(act.claim.epoch), to_string(act.what));
    carry_out_shard_act(system_, guardian_, *figures_, act,
                        {[keeper = std::weak_ptr{keeper_}](const shard_claim& claim) {
                           if (const auto self = keeper.lock())
                             self->note_prepared(claim);
                         },
                         [this](const shard_claim& claim) { keeper_->note_stopped(claim); }});
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
  hooks.loads = [this] {
    const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch());
    return loads_.measure(now, figures_->work(), memory_of_shards(*figures_), [this](shard_id shard) { return keeper_->holds(shard); });
  };
  hooks.on_change = [this] { links_->tell_of_change(); };
  hooks.log = [](const std::string& line) { spdlog::info("{}", line); };
  return hooks;
}

void cluster_part::tell_of_change() {
  keeper_->note_change();
  links_->tell_of_change();
}

void cluster_part::ask_node(const std::string& id, std::string question, std::function<void(result<std::string>)> on_answer) {
  if (const auto known = view())
    for (const auto& node : known->nodes)
      if (node.card.id == id)
        return links_->ask_node(owner_text(node.name()), std::move(question), ask_node_within, std::move(on_answer));
  on_answer(failure{error_code::not_found, "no node " + id + " is in this cluster", "node"});
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
  network_.let_nobody_in();
  // Their calls come in by what goes with this.
  if (peers_are_gone_.valid() && peers_are_gone_.wait_for(peers_go_within) == std::future_status::timeout)
    spdlog::warn("other nodes' calls are still under way after {} s", peers_go_within.count());
}

} // namespace dotmac
