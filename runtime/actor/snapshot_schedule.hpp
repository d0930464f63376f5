#pragma once

/// When an entity's snapshot is written, and what follows when that fails.
///
/// Promise   One snapshot at a time, after snapshot_entries entries or snapshot_bytes bytes, where the domain wants one after an entry, and when told to. One that failed for a reason that
///           passes is tried again, with the state as it is then, ever more seldom; during a stop only while its outcome is uncertain.
/// Errors    ownership_lost goes to `on_ended` as fatal; every other failure is logged, and the journal has what the snapshot has not.
/// Threads   the entity's; encoding happens on a thread of the background pool, writing on one of the store pool.
/// Cost      `prepare` of snapshot_of<Domain> on the entity's thread.

#include "runtime/actor/entity_environment.hpp"

namespace dotmac {

template <class Domain> class snapshot_schedule {
public:
  /// The entity's. `post` and `after` run the function on the entity's thread, soon or later, and not at all once the entity is gone;
  /// `post` may be called from any thread.
  struct owner_hooks {
    std::function<void(std::function<void()>)> post;
    std::function<void(std::chrono::milliseconds, std::function<void()>)> after;
    std::function<Domain&()> domain;
    std::function<bool()> is_between_commits;             ///< else the next commit will ask for the snapshot
    std::function<bool()> is_over;                        ///< the entity failed or has stopped: nothing is written any more
    std::function<void(std::optional<failure>)> on_ended; ///< an attempt; with a failure where the entity cannot go on
  };

  snapshot_schedule(entity_id entity, shard_claim claim, const entity_environment& environment, owner_hooks owner, std::shared_ptr<actor_figures> figures)
      : entity_{std::move(entity)}, claim_{claim}, environment_{environment}, owner_{std::move(owner)}, figures_{std::move(figures)} {}

  /// `tail_bytes` of the entries behind the snapshot.
  void recovered(journal_sequence snapshot, journal_sequence last, std::uint64_t tail_bytes) {
    snapshot_at_ = snapshot;
    last_ = last;
    entries_ = to_number(last) - to_number(snapshot);
    bytes_ = tail_bytes;
    figures_->snapshot_position.store(to_number(snapshot), std::memory_order_relaxed);
  }

  /// Another entry is state now.
  void committed(journal_sequence last, std::size_t entry_bytes, Domain& domain) {
    last_ = last;
    ++entries_;
    bytes_ += entry_bytes;
    if (entries_ >= environment_.limits.snapshot_entries || bytes_ >= environment_.limits.snapshot_bytes || is_wanted_by(domain))
      write(domain);
  }

  bool is_writing() const noexcept { return in_flight_; }
  /// There is something to write, and the last attempt does not speak against it.
  bool is_wanted_at_stop() const noexcept { return last_ != snapshot_at_ && !failed_; }
  /// What the journal has behind the newest snapshot is soon read.
  bool has_short_tail() const noexcept { return !failed_ && entries_ <= environment_.limits.tail_entries_left_max && bytes_ <= environment_.limits.tail_bytes_left_max; }
  void stopping() noexcept { stopping_ = true; }

  /// Now or after the commit in flight; where one is being written, that one will do.
  void write_soon() {
    if (owner_.is_between_commits())
      write(owner_.domain());
    else
      entries_ = environment_.limits.snapshot_entries;
  }

  void write(Domain& domain) {
    if (in_flight_ || last_ == snapshot_at_)
      return;
    in_flight_ = true;
    entries_ = 0;
    bytes_ = 0;
    // Both may run after the entity has gone: of `this` they use nothing but in `post`.
    snapshot_write frame{{entity_, last_, 0, {}}, {}, {}, claim_, snapshot_at_};
    const auto encode = [this, post = owner_.post, stores = environment_.stores, frame, prepared = snapshot_of<Domain>::prepare(domain)](std::size_t) {
      auto encoded = std::make_shared<encoded_snapshot>(prepared());
      stores->submit(frame.snapshot.entity.tenant, [this, post, frame, encoded](result<store*> session) {
        const auto outcome = session ? write_to(**session, frame, *encoded) : result<void>{session.error()};
        post([this, at = frame.snapshot.sequence, outcome, encoded] { on_written(at, outcome, *encoded); });
      });
    };
    const auto fail = [this, post = owner_.post, at = last_](failure why) {
      post([this, at, why = std::move(why)] { on_written(at, why, {}); });
    };
    const bool is_taken = environment_.background->submit(
        entity_.tenant, {encode, [fail] { fail({error_code::draining, "the node is stopping", {}}); },
                         [fail](const std::string& what) { fail({error_code::internal_error, "encoding the snapshot threw: " + what, {}}); }});
    if (!is_taken)
      fail({error_code::too_many_requests, "too many snapshots wait to be encoded", {}});
  }

private:
  static bool is_wanted_by(const Domain& domain) {
    if constexpr (requires { domain.wants_snapshot(); })
      return domain.wants_snapshot();
    return false;
  }

  /// On a thread of the store pool.
  static result<void> write_to(store& session, snapshot_write write, encoded_snapshot& encoded) {
    write.snapshot.version = encoded.version;
    write.snapshot.payload = std::move(encoded.payload);
    write.new_segments = std::move(encoded.new_segments);
    write.live_segments = encoded.live_segments;
    return session.snapshots().write_snapshot(write);
  }

  void on_written(journal_sequence at, const result<void>& outcome, const encoded_snapshot& written) {
    in_flight_ = false;
    failed_ = !outcome;
    if (!outcome) {
      environment_.log(entity_, "snapshot_failed", text_for_log(outcome.error()));
      if (outcome.error().code == error_code::ownership_lost)
        return owner_.on_ended(outcome.error());
      write_later(outcome.error().code);
      return owner_.on_ended(std::nullopt);
    }
    retry_.succeeded();
    snapshot_at_ = at;
    snapshot_of<Domain>::written(owner_.domain(), written);
    figures_->snapshot_position.store(to_number(at), std::memory_order_relaxed);
    figures_->snapshot_written_at.store(std::chrono::system_clock::now(), std::memory_order_relaxed);
    environment_.log(entity_, "snapshot_written", "entry " + std::to_string(to_number(at)));
    owner_.on_ended(std::nullopt);
  }

  void write_later(error_code why) {
    const auto wait = retry_.wait_after(why, stopping_);
    if (!wait)
      return;
    in_flight_ = stopping_; // a stop waits for it
    owner_.after(*wait, [this, at_stop = stopping_] { write_again(at_stop); });
  }

  void write_again(bool at_stop) {
    retry_.waited();
    if (at_stop)
      in_flight_ = false;
    if (owner_.is_over() || !failed_)
      return;
    write_soon();
  }

  const entity_id entity_;
  const shard_claim claim_;
  const entity_environment& environment_; ///< the entity's, which outlives this
  const owner_hooks owner_;
  const std::shared_ptr<actor_figures> figures_;
  journal_sequence last_{};
  journal_sequence snapshot_at_{};
  std::uint64_t entries_ = 0; ///< since the last attempt
  std::uint64_t bytes_ = 0;
  bool in_flight_ = false;
  bool failed_ = false;
  bool stopping_ = false;
  snapshot_retry retry_{environment_.limits.snapshot_retry};
};

} // namespace dotmac
