#pragma once

/// The one mechanism by which state is changed: command -> decision -> journal -> apply -> answer.
///
/// A `Domain` (a pure state in core/) decides and applies; this class keeps the order of things: it recovers the domain
/// before the first command, stages every command that waited while the last commit was in flight as one group, journals
/// the group, applies it, answers, and has snapshots written. It knows no actor: its owner gives it `post`, which
/// runs a function on the owner's own thread later, and calls it from that thread only. That makes it testable without CAF.
///
/// A Domain has, beside restore and apply (runtime/actor/recovery.hpp):
///   bytes staged_payload()       what the staged commands change, as a journal entry; empty: nothing
///   void commit_staged()         the entry is durable: make it state
///   void discard_staged()        the entry was not written: forget it
///   bool takes_more_staged()     whether another command can be staged on top of these
/// may have
///   bool wants_snapshot() const  after an entry: state is to be written down now
/// and snapshot_of<Domain> specialized (runtime/actor/entity_snapshot.hpp).
///
/// Promise   A command's answer comes once: after its entry is durable, or with the reason why it was refused. Nothing is
///           visible in the domain before it is durable. While a commit is in doubt nothing else is staged; the doubt is
///           ended by looking (journal_writer::resolve), never by guessing.
/// Limits    waiting_commands_max and waiting_bytes_max (too_many_requests beyond); group_bytes_max in one entry.
/// Errors    fatal ones (ownership_lost, sequence_conflict, an exception) go to `on_fatal`: the owner ends, and its supervisor recovers it
///           anew. A recovery that fails is no reason to end: the entity says why to everybody who asks, and tries again, soon where the
///           store was away, seldom where the data is damaged.
/// Poison    A command that makes the domain throw a second time is put aside as a dead letter and refused from then on.
/// Threads   the owner's, one at a time.
/// Crash     see journal_writer; what was acknowledged is in the journal.

#include "runtime/actor/entity_environment.hpp"
#include "runtime/actor/poison_guard.hpp"
#include "runtime/actor/recovery.hpp"
#include "runtime/actor/snapshot_schedule.hpp"
#include "runtime/actor/waiting_writes.hpp"

#include <exception>

namespace dotmac {

template <class Domain> class journaled_entity : public std::enable_shared_from_this<journaled_entity<Domain>> {
public:
  using write_command = entity_write<Domain>;
  using read_command = std::function<void(result<Domain*>)>;

  struct owner_hooks {
    std::function<void(std::function<void()>)> post;                              ///< soon, on the owner's thread
    std::function<void(std::chrono::milliseconds, std::function<void()>)> after;  ///< later, on the owner's thread
    std::function<void(const failure&)> on_fatal;
    std::function<std::int64_t()> now_ms = [] { return std::int64_t{0}; };        ///< since 1970, for dead letters
  };

  journaled_entity(entity_id entity, shard_claim claim, entity_environment environment, owner_hooks owner,
                   std::function<std::unique_ptr<Domain>()> make_empty, std::shared_ptr<actor_figures> figures)
      : entity_{std::move(entity)}, claim_{claim}, environment_{std::move(environment)}, owner_{std::move(owner)},
        make_empty_{std::move(make_empty)}, figures_{std::move(figures)}, guard_{entity_, environment_, owner_.now_ms},
        waiting_{environment_.limits.waiting_commands_max, environment_.limits.waiting_bytes_max, figures_} {}

  /// Begins the recovery; commands may be submitted at once and wait for it.
  void start() {
    why_not_recovered_.reset();
    if (!snapshots_)
      snapshots_.emplace(entity_, claim_, environment_, snapshot_hooks(), figures_);
    auto keep = this->weak_from_this();
    auto post = owner_.post;
    environment_.stores->submit(entity_.tenant, [keep, post, entity = entity_, make = make_empty_](result<store*> session) {
      auto outcome = std::make_shared<result<recovered<Domain>>>(
          session ? recover<Domain>(**session, entity, make) : result<recovered<Domain>>{session.error()});
      post([keep, outcome] {
        if (auto self = keep.lock())
          self->on_recovered(std::move(*outcome));
      });
    });
  }

  void submit(write_command command) {
    if (fatal_ || stopping_)
      return command.answer(fatal_ ? *fatal_ : failure{error_code::actor_unavailable, "the actor is stopping", {}});
    if (why_not_recovered_)
      return command.answer(*why_not_recovered_);
    if (in_doubt_)
      return command.answer(doubt_refusal());
    if (auto refused = waiting_.admit(command, to_string(entity_)))
      return command.answer(*refused);
    pump();
  }

  /// Calls back with the committed state: at once, or when the recovery has ended.
  void read(read_command command) {
    if (fatal_)
      return command(*fatal_);
    if (domain_)
      return command(domain_.get());
    if (why_not_recovered_)
      return command(*why_not_recovered_);
    if (waiting_reads_.size() >= environment_.limits.waiting_commands_max)
      return command(failure{error_code::too_many_requests, to_string(entity_) + " is recovering; too many questions wait (limit "
                                                                + std::to_string(environment_.limits.waiting_commands_max) + ")", {}});
    waiting_reads_.push_back(std::move(command));
  }

  /// Finishes the commit in flight and what waits, writes a snapshot where something changed, calls back. Where another node goes on at once, and everybody
  /// waits for it, a short tail of the journal is left to it: reading that takes less time than to write a snapshot and to read it.
  void stop(bool is_handed_over, std::function<void()> on_stopped) {
    stopping_ = true;
    is_handed_over_ = is_handed_over;
    snapshots_->stopping();
    on_stopped_ = std::move(on_stopped);
    if (in_doubt_ && store_is_away_)
      leave_in_doubt();
    pump();
    finish_stop();
  }

  /// Before it is handed over: writes a snapshot where the tail is not short, and goes on meanwhile. `done` is let go when that has ended, however it did.
  void shorten_tail(std::shared_ptr<void> done) {
    if (fatal_ || stopping_ || !domain_ || (snapshots_->has_short_tail() && !snapshots_->is_writing()))
      return;
    wait_for_snapshot_.push_back(std::move(done));
    snapshots_->write_soon();
  }

  /// Answers whoever still waits: the owner ends without having stopped this.
  void abandon(const failure& why) {
    answer_group(why);
    waiting_.refuse_all(why);
    for (auto& each : std::exchange(waiting_reads_, {}))
      each(why);
  }
  bool is_stopping() const noexcept { return stopping_; }

  bool is_idle() const noexcept {
    return domain_ && waiting_.empty() && !in_flight_ && !in_doubt_ && !snapshots_->is_writing();
  }
  Domain* domain() noexcept { return domain_.get(); }
  const entity_id& id() const noexcept { return entity_; }
  /// Of the last entry that is in the domain. What is in flight or in doubt is in neither.
  journal_sequence position() const noexcept { return last_; }
  actor_figures& figures() noexcept { return *figures_; }

private:
  void on_recovered(result<recovered<Domain>> outcome) {
    if (!outcome)
      return recover_later(outcome.error());
    for (const auto& damage : outcome->damaged_snapshots)
      environment_.log(entity_, "snapshot_damaged", damage.message);
    domain_ = std::move(outcome->domain);
    failed_recoveries_ = 0;
    figures_->is_down = false;
    last_ = outcome->last;
    snapshots_->recovered(outcome->snapshot, last_, outcome->bytes_replayed);
    figures_->journal_position.store(to_number(last_), std::memory_order_relaxed);
    note_memory();
    environment_.log(entity_, "recovered", "entry " + std::to_string(to_number(last_)) + ", "
                                               + std::to_string(outcome->entries_replayed) + " replayed");
    for (auto& each : std::exchange(waiting_reads_, {}))
      each(domain_.get());
    pump();
    finish_stop();
  }

  /// The entity stays, so that its supervisor and siblings have no part in what is wrong with the store or with its own data.
  void recover_later(const failure& why) {
    const bool is_damage = why.code == error_code::corrupt_data || why.code == error_code::unknown_schema_version;
    const auto longest = is_damage ? environment_.limits.recover_damaged_every : environment_.limits.recover_again_longest;
    const auto doubled = environment_.limits.recover_again_first * (std::int64_t{1} << std::min<std::size_t>(failed_recoveries_++, 10));
    const auto delay = is_damage ? longest : std::min<std::chrono::milliseconds>(longest, doubled);
    figures_->note_failure(why);
    environment_.log(entity_, "recovery_failed", std::string{describe(why.code).name} + ": " + why.message + "; again in " + std::to_string(delay.count()) + " ms");
    why_not_recovered_ = why;
    figures_->is_down = true;
    abandon(why);
    finish_stop();
    if (!stopping_)
      owner_.after(delay, [keep = this->weak_from_this()] {
        if (auto self = keep.lock(); self && !self->stopping_)
          self->start();
      });
  }

  void pump() {
    while (domain_ && !in_flight_ && !in_doubt_ && !fatal_ && !waiting_.empty()) {
      stage_group();
      if (fatal_)
        return;
      auto payload = domain_->staged_payload();
      if (payload.empty()) {
        domain_->discard_staged();
        answer_group(result<void>{});
        continue;
      }
      journal(std::move(payload));
    }
  }

  void stage_group() {
    std::size_t size = 0;
    while (!waiting_.empty() && (group_.empty() || (domain_->takes_more_staged()
                                                    && size + waiting_.first_bytes() <= environment_.limits.group_bytes_max))) {
      auto command = waiting_.take_first();
      if (auto staged = stage(command); staged) {
        size += command.bytes;
        group_.push_back(std::move(command));
      } else {
        command.answer(staged);
        if (fatal_)
          return;
      }
    }
  }

  result<void> stage(write_command& command) {
    const auto content = guard_.content_of(command.describe);
    if (guard_.is_poison(content))
      return failure{error_code::internal_error, "this request made its actor fail before and was put aside as a dead letter", {}};
    try {
      return command.stage(*domain_);
    } catch (const std::exception& why) {
      // The domain may be half changed: it is recovered anew.
      const auto answer = guard_.after_failure(content, why.what());
      fail({error_code::internal_error, std::string{"a command threw: "} + why.what(), {}});
      return answer;
    }
  }

  void journal(bytes payload) {
    in_flight_ = true;
    journal_row row{entity_, next(last_), std::move(payload)};
    doubtful_row_ = row;
    auto keep = this->weak_from_this();
    environment_.writer->append(std::move(row), claim_, [keep, post = owner_.post](result<void> outcome) {
      post([keep, outcome] {
        if (auto self = keep.lock())
          self->on_committed(outcome);
      });
    });
  }

  void on_committed(const result<void>& outcome) {
    in_flight_ = false;
    if (outcome) {
      make_state();
      answer_group(outcome);
    } else if (outcome.error().code == error_code::commit_uncertain) {
      in_doubt_ = true;
      environment_.log(entity_, "commit_in_doubt", outcome.error().message);
      answer_group(outcome);
      waiting_.refuse_all(doubt_refusal());
      resolve();
    } else {
      domain_->discard_staged();
      answer_group(outcome);
      if (outcome.error().code != error_code::storage_unavailable && outcome.error().code != error_code::too_many_requests
          && outcome.error().code != error_code::draining)
        return fail(outcome.error());
      waiting_.refuse_all(outcome.error());
    }
    pump();
    finish_stop();
  }

  void make_state() {
    domain_->commit_staged();
    last_ = next(last_);
    const auto entry_bytes = std::exchange(doubtful_row_.payload, {}).size();
    figures_->journal_position.store(to_number(last_), std::memory_order_relaxed);
    note_memory();
    snapshots_->committed(last_, entry_bytes, *domain_);
  }

  void resolve() {
    auto keep = this->weak_from_this();
    environment_.writer->resolve(doubtful_row_, [keep, post = owner_.post](result<commit_outcome> outcome) {
      post([keep, outcome] {
        if (auto self = keep.lock())
          self->on_resolved(outcome);
      });
    });
  }

  void on_resolved(const result<commit_outcome>& outcome) {
    if (!outcome) {
      const auto code = outcome.error().code;
      if (code != error_code::storage_unavailable && code != error_code::commit_uncertain && code != error_code::draining)
        return fail(outcome.error());
      store_is_away_ = true;
      if (stopping_) {
        leave_in_doubt();
        return finish_stop();
      }
      return owner_.after(environment_.limits.resolve_every, [keep = this->weak_from_this()] {
        if (auto self = keep.lock())
          self->resolve();
      });
    }
    in_doubt_ = false;
    store_is_away_ = false;
    environment_.log(entity_, "doubt_resolved", *outcome == commit_outcome::committed ? "committed" : "absent");
    if (*outcome == commit_outcome::committed)
      make_state();
    else
      domain_->discard_staged();
    pump();
    finish_stop();
  }

  /// The journal knows what became of the commit; the next recovery reads it.
  void leave_in_doubt() {
    in_doubt_ = false;
    domain_->discard_staged();
    environment_.log(entity_, "stopped_in_doubt", "the store is away; the journal will tell");
  }

  void note_memory() {
    if constexpr (requires(const Domain& domain) { domain.memory_bytes(); })
      figures_->memory_bytes.store(domain_->memory_bytes(), std::memory_order_relaxed);
  }

  typename snapshot_schedule<Domain>::owner_hooks snapshot_hooks() {
    const auto while_alive = [keep = this->weak_from_this()](std::function<void()> run) {
      return [keep, run = std::move(run)] {
        if (const auto self = keep.lock())
          run();
      };
    };
    return {[while_alive, post = owner_.post](std::function<void()> run) { post(while_alive(std::move(run))); },
            [while_alive, after = owner_.after](std::chrono::milliseconds delay, std::function<void()> run) { after(delay, while_alive(std::move(run))); },
            [this]() -> Domain& { return *domain_; },
            [this] { return !in_flight_ && !in_doubt_; },
            [this] { return fatal_ || (stopping_ && !on_stopped_); },
            [this](std::optional<failure> why) {
              wait_for_snapshot_.clear();
              why ? fail(*why) : finish_stop();
            }};
  }

  void finish_stop() {
    if (!stopping_ || !on_stopped_)
      return;
    if (!fatal_ && (in_flight_ || in_doubt_ || snapshots_->is_writing() || !waiting_.empty()))
      return;
    if (!fatal_ && domain_ && snapshots_->is_wanted_at_stop() && !(is_handed_over_ && snapshots_->has_short_tail()))
      return snapshots_->write(*domain_);
    std::exchange(on_stopped_, {})();
  }

  void answer_group(const result<void>& outcome) {
    for (auto& each : std::exchange(group_, {}))
      each.answer(outcome);
  }

  void fail(const failure& why) {
    fatal_ = why;
    wait_for_snapshot_.clear();
    figures_->failures.fetch_add(1, std::memory_order_relaxed);
    environment_.log(entity_, "failed", std::string{describe(why.code).name} + ": " + why.message);
    abandon(why);
    finish_stop();
    owner_.on_fatal(why);
  }

  failure doubt_refusal() const {
    return {error_code::storage_unavailable, "the store broke off during a commit, and its outcome is not known yet", {}};
  }

  const entity_id entity_;
  const shard_claim claim_;
  const entity_environment environment_;
  const owner_hooks owner_;
  const std::function<std::unique_ptr<Domain>()> make_empty_;
  const std::shared_ptr<actor_figures> figures_;
  poison_guard guard_;

  std::unique_ptr<Domain> domain_;
  journal_sequence last_{};
  waiting_writes<Domain> waiting_;
  std::optional<snapshot_schedule<Domain>> snapshots_; ///< from start() on
  std::vector<write_command> group_;
  std::vector<read_command> waiting_reads_;
  std::vector<std::shared_ptr<void>> wait_for_snapshot_; ///< let go when one has ended
  journal_row doubtful_row_;
  bool in_flight_ = false;
  bool in_doubt_ = false;
  bool stopping_ = false;
  bool is_handed_over_ = false;
  bool store_is_away_ = false; ///< at the last look for a commit in doubt
  std::size_t failed_recoveries_ = 0;
  std::optional<failure> why_not_recovered_;
  std::optional<failure> fatal_;
  std::function<void()> on_stopped_;
};

} // namespace dotmac
