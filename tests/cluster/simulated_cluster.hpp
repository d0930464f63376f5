#pragma once

/// Several node agents over one database, in a world where everything is decided by a seed: how long messages take, which are lost, who stops,
/// dies, is cut off or told to leave, how fast each clock runs. No thread, no real time: a schedule of two minutes takes milliseconds.
///
/// What is stored in a shard is a counter. Clients raise and read it on whichever node lets them in; its owner answers from memory.
/// Watched at every step: no two nodes answer for one shard; no two nodes had one epoch of a shard; a counter read is not below what was
/// acknowledged before the reading began; at the end nothing acknowledged is missing in the database. `violations` says what went wrong.

#include "cluster/node_agent.hpp"
#include "persistence/memory/memory_store.hpp"

#include <functional>
#include <queue>
#include <random>

namespace dotmac {

/// Mistakes put in on purpose, to see that they are found.
enum class planted_bug { none, lease_counted_from_its_answer, commits_not_fenced, answers_without_a_lease, loaded_before_the_claim };

class simulated_cluster {
public:
  simulated_cluster(std::uint64_t seed, planted_bug bug);
  ~simulated_cluster();

  /// A while of trouble, then peace; then whether all is well again.
  void run();
  const std::vector<std::string>& violations() const noexcept { return violations_; }
  std::uint64_t acknowledged() const;
  std::size_t starts_seen() const noexcept { return owners_.size(); }

private:
  struct process;
  using process_pointer = std::shared_ptr<process>;

  std::uint64_t below(std::uint64_t bound) { return std::uniform_int_distribution<std::uint64_t>{0, bound - 1}(random_); }
  bool happens(double chance) { return std::bernoulli_distribution{chance}(random_); }
  steady_time trip(); ///< how long a message takes
  void after(steady_time delay, std::function<void()> act);
  /// As a process comes to it: never where it has ended, later where it stands still.
  void let(process_pointer who, steady_time delay, std::function<void()> act);
  void violate(const std::string& what);
  bool is_reached(const process& who) const;

  void start_process(const std::string& id);
  void end_process(process& who);
  void wake(const process_pointer& who);
  void ask(const process_pointer& who, cluster_request request);
  void probe_the_absent(const process_pointer& who);
  void carry_out_acts(const process_pointer& who);
  void load(const process_pointer& who, shard_claim claim);
  void tell_stopped(const process_pointer& who, shard_claim claim);
  void write(const process_pointer& who, std::uint16_t shard);
  void commit(const process_pointer& who, std::uint16_t shard, shard_claim claim, std::uint64_t value, const std::function<void(error_code)>& told);
  void read(const process_pointer& who, std::uint16_t shard);
  bool may_answer(const process& who, std::uint16_t shard) const;

  void clients_act();
  void nemesis_acts();
  void stop_for_a_while(process& who);
  void cut_off_for_a_while(const process_pointer& who);
  void set_wishes();
  void move_shards();
  void make_peace();
  void watch();
  void check_the_end();
  std::vector<process_pointer> living() const;

  std::uint64_t seed_;
  planted_bug bug_;
  std::mt19937_64 random_;
  steady_time now_{0};
  steady_time calm_from_;
  struct event {
    steady_time when;
    std::uint64_t order;
    std::function<void()> act;
    bool operator<(const event& other) const { return std::tie(when, order) > std::tie(other.when, other.order); }
  };
  std::priority_queue<event> events_;
  std::uint64_t next_order_ = 0;
  std::shared_ptr<memory_database> database_;
  std::unique_ptr<store_factory> factory_;
  std::unique_ptr<store> clerk_; ///< the commits, in the order in which they arrive
  bool is_database_down_ = false;
  std::vector<process_pointer> processes_;
  std::size_t ids_ = 0;
  std::vector<entity_id> counters_;          ///< by shard
  std::vector<std::uint64_t> stored_;        ///< in the database
  std::vector<std::uint64_t> acknowledged_;  ///< increments
  steady_time last_start_{0};
  std::map<std::pair<std::uint16_t, std::uint64_t>, std::string> owners_; ///< by shard and epoch
  std::vector<std::string> violations_;
};

} // namespace dotmac
