#include "tests/cluster/simulated_process.hpp"

#include <algorithm>
#include <numeric>

namespace dotmac {
namespace {

constexpr steady_time trouble_lasts{90'000};
constexpr steady_time peace_lasts{45'000};
constexpr steady_time nothing_moves_for{10'000};
constexpr steady_time writes_end_before{6'000}; ///< so that what they left open is answered
constexpr std::size_t processes_max = 6;
constexpr std::uint16_t used_shards = 12; ///< those that clients write to

std::uint16_t used_shard(std::uint64_t index) { return static_cast<std::uint16_t>(index * 21); }

std::vector<entity_id> make_counters() {
  std::vector<entity_id> counters(shard_count);
  std::size_t left = shard_count;
  for (std::size_t i = 0; left > 0; ++i) {
    const auto tenant = "t" + std::to_string(i);
    auto& counter = counters[to_number(shard_of_tenant(tenant))];
    if (counter.tenant.empty()) {
      counter = {tenant, entity_kind::metric, "counter"};
      --left;
    }
  }
  return counters;
}

const std::vector<entity_id>& counters_by_shard() {
  static const auto counters = make_counters();
  return counters;
}

} // namespace

simulated_cluster::simulated_cluster(std::uint64_t seed, planted_bug bug)
    : seed_{seed}, bug_{bug}, random_{seed}, calm_from_{trouble_lasts}, database_{std::make_shared<memory_database>([this] { return now_ + steady_time{1'000'000}; })},
      factory_{make_memory_store_factory(database_)}, clerk_{*factory_->open()}, counters_{counters_by_shard()}, stored_(shard_count), acknowledged_(shard_count) {}

simulated_cluster::~simulated_cluster() = default;

steady_time simulated_cluster::trip() {
  if (happens(0.02))
    return steady_time{static_cast<steady_time::rep>(50 + below(1'500))};
  return steady_time{static_cast<steady_time::rep>(below(12))};
}

void simulated_cluster::after(steady_time delay, std::function<void()> act) { events_.push({now_ + delay, ++next_order_, std::move(act)}); }

void simulated_cluster::let(process_pointer who, steady_time delay, std::function<void()> act) {
  after(delay, [this, who, act = std::move(act)]() mutable {
    if (!who->is_alive)
      return;
    if (who->stands_still_until > now_)
      return let(who, who->stands_still_until - now_, std::move(act));
    act();
    carry_out_acts(who);
  });
}

void simulated_cluster::violate(const std::string& what) {
  if (violations_.size() < 20)
    violations_.push_back("seed " + std::to_string(seed_) + " at " + std::to_string(now_.count()) + " ms: " + what);
}

bool simulated_cluster::is_reached(const process& who) const { return !is_database_down_ && !who.is_cut_off; }

std::vector<simulated_cluster::process_pointer> simulated_cluster::living() const {
  std::vector<process_pointer> found;
  std::copy_if(processes_.begin(), processes_.end(), std::back_inserter(found), [](const auto& each) { return each->is_alive; });
  return found;
}

// -- the world ---------------------------------------------------------------------------------------------------------------

void simulated_cluster::clients_act() {
  for (const auto& who : living())
    if (who->stands_still_until <= now_ && now_ < trouble_lasts + peace_lasts - writes_end_before)
      for (int i = 0; i < 2; ++i)
        happens(0.5) ? write(who, used_shard(below(used_shards))) : read(who, used_shard(below(used_shards)));
  watch();
  after(steady_time{static_cast<steady_time::rep>(5 + below(20))}, [this] { clients_act(); });
}

void simulated_cluster::stop_for_a_while(process& who) {
  who.stands_still_until = now_ + steady_time{static_cast<steady_time::rep>(happens(0.5) ? 50 + below(2'000) : 4'000 + below(10'000))};
}

void simulated_cluster::cut_off_for_a_while(const process_pointer& who) {
  who->is_cut_off = true;
  // The database sees the connection end at some time, or not at all.
  after(steady_time{static_cast<steady_time::rep>(below(3'000))}, [who] {
    if (who->is_cut_off && who->session)
      static_cast<void>(who->session->leases().announce({}));
  });
  after(steady_time{static_cast<steady_time::rep>(200 + below(15'000))}, [who] { who->is_cut_off = false; });
}

void simulated_cluster::set_wishes() {
  for (std::size_t i = 0; i < ids_; ++i)
    static_cast<void>(clerk_->cluster()->set_wish("n" + std::to_string(i), happens(0.7) ? node_wish::serve : happens(0.5) ? node_wish::cordon : node_wish::drain));
}

void simulated_cluster::move_shards() {
  if (happens(0.3))
    return static_cast<void>(clerk_->cluster()->rebalance());
  for (std::uint64_t i = 0, count = 1 + below(6); i < count; ++i)
    static_cast<void>(clerk_->cluster()->pin_shard(shard_id{used_shard(below(used_shards))}, "n" + std::to_string(below(ids_))));
}

void simulated_cluster::nemesis_acts() {
  if (now_ >= calm_from_)
    return make_peace();
  after(steady_time{static_cast<steady_time::rep>(100 + below(4'000))}, [this] { nemesis_acts(); });
  const auto alive = living();
  if (alive.size() < 2 || (alive.size() < processes_max && happens(0.2)))
    return start_process("n" + std::to_string(ids_++));
  const auto& who = alive[below(alive.size())];
  switch (below(9)) {
  case 0:
  case 1: {
    end_process(*who);
    if (const auto id = who->id; happens(0.8))
      after(steady_time{static_cast<steady_time::rep>(below(6'000))}, [this, id] { start_process(id); });
    return;
  }
  case 2:
  case 3:
    return stop_for_a_while(*who);
  case 4:
    return cut_off_for_a_while(who);
  case 5:
    who->is_leaving = true;
    return who->agent.leave(who->clock(now_));
  case 6:
    return set_wishes();
  case 7:
    return move_shards();
  case 8:
    if (happens(0.5))
      return;
    is_database_down_ = true;
    after(steady_time{static_cast<steady_time::rep>(100 + below(9'000))}, [this] { is_database_down_ = false; });
  }
}

void simulated_cluster::make_peace() {
  is_database_down_ = false;
  bool is_anybody_staying = false;
  for (const auto& who : living()) {
    who->stands_still_until = std::min(who->stands_still_until, now_ + steady_time{3'000});
    who->is_cut_off = false;
    is_anybody_staying = is_anybody_staying || !who->is_leaving;
  }
  if (!is_anybody_staying)
    start_process("n" + std::to_string(ids_++));
  for (std::size_t i = 0; i < ids_; ++i)
    static_cast<void>(clerk_->cluster()->set_wish("n" + std::to_string(i), node_wish::serve));
  static_cast<void>(clerk_->cluster()->rebalance());
}

void simulated_cluster::watch() {
  for (std::uint64_t i = 0; i < used_shards; ++i) {
    const auto shard = used_shard(i);
    std::size_t owners = 0;
    for (const auto& who : processes_)
      owners += who->is_alive && who->stands_still_until <= now_ && who->agent.holds(shard_id{shard}, who->clock(now_));
    if (owners > 1)
      violate("shard " + std::to_string(shard) + " is held by " + std::to_string(owners) + " nodes");
  }
}

void simulated_cluster::check_the_end() {
  std::vector<std::size_t> counts;
  std::vector<std::size_t> served(shard_count);
  for (const auto& who : living()) {
    if (who->is_leaving)
      violate("a node was asked to leave and is still there");
    counts.push_back(0);
    for (std::uint16_t shard = 0; shard < shard_count; ++shard)
      if (who->agent.admits(shard_id{shard}, who->clock(now_)) && may_answer(*who, shard)) {
        ++served[shard];
        ++counts.back();
        if (bug_ == planted_bug::none && who->actors[shard].value > stored_[shard])
          violate("shard " + std::to_string(shard) + " answers more than is stored");
      }
  }
  for (std::uint16_t shard = 0; shard < shard_count; ++shard) {
    if (served[shard] != 1)
      violate("at the end shard " + std::to_string(shard) + " is served by " + std::to_string(served[shard]) + " nodes");
    if (stored_[shard] < acknowledged_[shard])
      violate("shard " + std::to_string(shard) + " lost " + std::to_string(acknowledged_[shard] - stored_[shard]) + " acknowledged writes");
  }
  const auto [least, most] = std::minmax_element(counts.begin(), counts.end());
  if (*most > *least + 1)
    violate("at the end one node has " + std::to_string(*most) + " shards and another " + std::to_string(*least));
  if (last_start_ > now_ - nothing_moves_for)
    violate("shards still move at the end");
}

std::uint64_t simulated_cluster::acknowledged() const { return std::accumulate(acknowledged_.begin(), acknowledged_.end(), std::uint64_t{0}); }

void simulated_cluster::run() {
  for (std::uint64_t i = 0, first = 1 + below(4); i < first; ++i)
    start_process("n" + std::to_string(ids_++));
  clients_act();
  after(steady_time{3'000}, [this] { nemesis_acts(); });
  while (now_ < trouble_lasts + peace_lasts) {
    auto next = events_.top();
    events_.pop();
    now_ = next.when;
    next.act();
  }
  check_the_end();
}

} // namespace dotmac
