#pragma once

/// One way to another node, as its actor and its callers share it: what is to be sent, and who waits for what.
///
/// Promise   as peer_links.hpp, per call. An answer to another call than the one that was made is a failure.
/// Limits    peer_limits.
/// Threads   from any thread; call-backs come on the thread that brought what they tell.

#include "actors/protocol/call_frames.hpp"
#include "runtime/peers/peer_links.hpp"

#include <caf/actor.hpp>
#include <caf/send.hpp>

namespace dotmac {

/// After its deadline an answer may still be on its way.
inline constexpr std::chrono::milliseconds deadline_grace{250};

inline failure never_answered() { return {error_code::actor_unavailable, "the node that holds this data ended, or the way to it broke; try again", {}, {}}; }

class peer_link {
public:
  struct pending {
    peer_links::on_outcome on_answer;
    std::chrono::steady_clock::time_point deadline;
    cancellation_flag cancellation;
    std::size_t call = 0; ///< its index
    std::size_t size = 0;
  };

  peer_link(std::string of_owner, std::string at_address, peer_limits limits) : owner{std::move(of_owner)}, address{std::move(at_address)}, limits_{limits} {}

  const std::string owner; ///< owner text
  const std::string address;
  std::chrono::steady_clock::time_point connect_at{}; ///< of the thread that connects
  caf::actor actor; ///< set once, before anybody else sees the link

  bool is_connected() const {
    const std::lock_guard lock{mutex_};
    return is_connected_;
  }
  void be_connected(const peer_line_actor& line, std::uint16_t protocol) {
    const std::lock_guard lock{mutex_};
    is_connected_ = true;
    line_ = line;
    protocol_ = protocol;
  }
  std::uint16_t protocol() const {
    const std::lock_guard lock{mutex_};
    return protocol_;
  }
  /// Null where it is not connected.
  peer_line_actor line() const {
    const std::lock_guard lock{mutex_};
    return line_;
  }

  void ask(const call_options& options, const tenant_call& call, peer_links::on_outcome on_answer) {
    if (auto refused = queue(options, call, on_answer)) {
      // What cannot be said to that node cannot be said to it a moment later either.
      const bool is_final = refused->code == error_code::older_release || refused->code == error_code::payload_too_large;
      on_answer(is_final ? peer_outcome::answered : peer_outcome::not_sent, *std::move(refused));
    }
  }

  bytes take_frames() {
    const std::lock_guard lock{mutex_};
    is_flush_sent_ = false;
    return std::exchange(frames_, {});
  }

  void answer(received_answer received) {
    auto found = take(received.id);
    if (!found)
      return;
    if (received.answer && received.answer->index() != found->call)
      received.answer = failure{error_code::corrupt_data, "the node that holds this data answered another call than it was asked", {}, {}};
    found->on_answer(peer_outcome::answered, std::move(received.answer));
  }

  /// Those that nobody waits for any more, and those whose time is over, which are answered.
  std::vector<std::uint64_t> look_after(std::chrono::steady_clock::time_point now) {
    std::vector<std::uint64_t> cancelled;
    std::vector<pending> late;
    {
      const std::lock_guard lock{mutex_};
      for (auto each = pending_.begin(); each != pending_.end();) {
        if (each->second.cancellation && each->second.cancellation->load(std::memory_order_relaxed)) {
          each->second.cancellation.reset();
          cancelled.push_back(each->first);
        }
        if (now < each->second.deadline + deadline_grace) {
          ++each;
          continue;
        }
        cancelled.push_back(each->first);
        bytes_ -= each->second.size;
        late.push_back(std::move(each->second));
        each = pending_.erase(each);
      }
    }
    for (auto& each : late)
      each.on_answer(peer_outcome::answered, failure{error_code::deadline_exceeded, "no answer came before the deadline; the request may still take effect", {}, {}});
    return cancelled;
  }

  /// The connection is gone: what is under way is lost.
  void break_off() {
    std::map<std::uint64_t, pending> lost;
    {
      const std::lock_guard lock{mutex_};
      is_connected_ = false;
      line_ = peer_line_actor{};
      is_flush_sent_ = false;
      frames_.clear();
      bytes_ = 0;
      lost = std::exchange(pending_, {});
    }
    for (auto& [id, each] : lost)
      each.on_answer(peer_outcome::lost, never_answered());
  }

private:
  std::optional<failure> queue(const call_options& options, const tenant_call& call, peer_links::on_outcome& on_answer) {
    const std::lock_guard lock{mutex_};
    if (!is_connected_)
      return never_answered();
    if (pending_.size() >= limits_.calls_under_way_max || bytes_ >= limits_.bytes_under_way_max)
      return failure{error_code::too_many_requests, "more than " + std::to_string(limits_.calls_under_way_max) + " calls are under way to one node", {}, {}};
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(options.deadline - std::chrono::steady_clock::now());
    const auto before = frames_.size();
    const auto id = ++last_id_;
    if (auto written = write_call(frames_, id, left, options.tenant, call, protocol_); !written)
      return written.error();
    const auto size = frames_.size() - before;
    bytes_ += size;
    pending_.emplace(id, pending{std::move(on_answer), options.deadline, options.cancellation, call.index(), size});
    if (!std::exchange(is_flush_sent_, true))
      caf::anon_send(actor, flush_frames{});
    return std::nullopt;
  }

  std::optional<pending> take(std::uint64_t id) {
    const std::lock_guard lock{mutex_};
    const auto found = pending_.find(id);
    if (found == pending_.end())
      return std::nullopt;
    auto taken = std::move(found->second);
    bytes_ -= taken.size;
    pending_.erase(found);
    return taken;
  }

  const peer_limits limits_;
  mutable std::mutex mutex_;
  bool is_connected_ = false;
  peer_line_actor line_;
  std::uint16_t protocol_ = first_protocol;
  bool is_flush_sent_ = false;
  bytes frames_;
  std::uint64_t last_id_ = 0;
  std::size_t bytes_ = 0;
  std::map<std::uint64_t, pending> pending_;
};

} // namespace dotmac
