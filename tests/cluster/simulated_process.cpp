#include "tests/cluster/simulated_process.hpp"

#include <algorithm>

namespace dotmac {

// -- a process ---------------------------------------------------------------------------------------------------------------

void simulated_cluster::start_process(const std::string& id) {
  node_card card;
  card.id = id;
  card.peer_address = id;
  auto who = std::make_shared<process>(card, *factory_->open());
  who->clock_offset = steady_time{static_cast<steady_time::rep>(below(1'000'000'000))};
  who->clock_rate = 0.98 + 0.0004 * static_cast<double>(below(101));
  who->stored_at_last_view = stored_;
  processes_.push_back(who);
  wake(who);
}

void simulated_cluster::end_process(process& who) {
  who.is_alive = false;
  who.session.reset();
}

void simulated_cluster::wake(const process_pointer& who) {
  let(who, steady_time{static_cast<steady_time::rep>(10 + below(90))}, [this, who] {
    if (who->agent.has_left())
      return end_process(*who);
    if (!who->is_asking)
      if (auto request = who->agent.next(who->clock(now_)))
        ask(who, *std::move(request));
    wake(who);
  });
}

void simulated_cluster::ask(const process_pointer& who, cluster_request request) {
  who->is_asking = true;
  const auto asked_at = who->clock(now_);
  const auto answer = [this, who, asked_at, request](result<cluster_answer> given, steady_time delay) {
    let(who, delay, [this, who, asked_at, request, outcome = std::make_shared<result<cluster_answer>>(std::move(given))] {
      who->is_asking = false;
      const auto now = who->clock(now_);
      who->agent.note_answer(bug_ == planted_bug::lease_counted_from_its_answer ? now : asked_at, now, request, std::move(*outcome));
      if (auto next = who->agent.next(now))
        ask(who, *std::move(next));
    });
  };
  const failure away{error_code::storage_unavailable, "no answer", {}};
  if (happens(0.01))
    return answer(away, steady_time{1'000});
  after(trip(), [this, who, request, answer, away] {
    if (!is_reached(*who))
      return answer(away, steady_time{static_cast<steady_time::rep>(below(2'000))});
    // What a dead process had sent arrives all the same.
    auto& session = who->session ? *who->session : *clerk_;
    if (who->session && who->agent.name())
      static_cast<void>(session.leases().announce(owner_text(*who->agent.name())));
    auto outcome = carry_out(request, session.leases(), *session.cluster(), ownership_limits{}.lease, {});
    if (std::holds_alternative<view_request>(request)) {
      who->stored_at_last_view = stored_;
      probe_the_absent(who);
    }
    if (happens(0.01))
      return answer(failure{error_code::commit_uncertain, "the answer was lost", {}}, steady_time{1'000});
    answer(std::move(outcome), trip());
  });
}

void simulated_cluster::probe_the_absent(const process_pointer& who) {
  let(who, trip(), [this, who] {
    for (const auto& name : who->agent.to_probe()) {
      const bool is_somebody_there = std::any_of(processes_.begin(), processes_.end(), [&](const process_pointer& each) { return each->is_alive && each->id == name.id; });
      if (!is_somebody_there)
        let(who, trip(), [this, who, name] { who->agent.note_refused(name, who->clock(now_)); });
    }
  });
}

void simulated_cluster::carry_out_acts(const process_pointer& who) {
  for (const auto& act : who->agent.take_acts()) {
    const auto shard = to_number(act.claim.shard);
    if (act.what == shard_act::kind::start) {
      last_start_ = now_;
      const auto name = owner_text(*who->agent.name());
      const auto [owner, is_new] = owners_.emplace(std::pair{shard, to_number(act.claim.epoch)}, name);
      if (owner->second != name)
        violate("shard " + std::to_string(shard) + " in epoch " + std::to_string(to_number(act.claim.epoch)) + " was " + owner->second + "'s and is " + name + "'s");
      if (who->actors.contains(shard))
        violate("shard " + std::to_string(shard) + " starts on " + name + " beside actors of an earlier epoch");
      who->actors[shard] = {act.claim};
      load(who, act.claim);
      continue;
    }
    if (act.what == shard_act::kind::prepare) {
      // In trouble a few never tell; some do when the shard has been left, and may be here again.
      const bool is_trouble = now_ < calm_from_;
      if (!is_trouble || !happens(0.05))
        let(who, is_trouble && happens(0.2) ? steady_time{static_cast<steady_time::rep>(below(8'000))} : trip(), [who, claim = act.claim] { who->agent.note_prepared(claim); });
      continue;
    }
    auto& actor = who->actors[shard];
    actor.is_ending = true;
    // What is under way is waited for, unless the shard is lost.
    if (act.what == shard_act::kind::drop || !actor.is_writing)
      tell_stopped(who, act.claim);
  }
}

void simulated_cluster::tell_stopped(const process_pointer& who, shard_claim claim) {
  let(who, trip(), [who, claim] {
    const auto actor = who->actors.find(to_number(claim.shard));
    if (actor == who->actors.end() || actor->second.claim != claim)
      return;
    who->actors.erase(actor);
    who->agent.note_stopped(claim);
  });
}

/// Reads what is stored; again until it is there.
void simulated_cluster::load(const process_pointer& who, shard_claim claim) {
  const auto loaded = [this, who, claim](std::optional<std::uint64_t> value) {
    let(who, trip(), [this, who, claim, value] {
      const auto actor = who->actors.find(to_number(claim.shard));
      if (actor == who->actors.end() || actor->second.claim != claim || actor->second.is_ending)
        return;
      if (!value)
        return load(who, claim);
      actor->second.value = *value;
      actor->second.is_loaded = true;
    });
  };
  if (bug_ == planted_bug::loaded_before_the_claim)
    return loaded(who->stored_at_last_view[to_number(claim.shard)]);
  after(trip(), [this, who, claim, loaded] { loaded(is_reached(*who) ? std::optional{stored_[to_number(claim.shard)]} : std::nullopt); });
}

bool simulated_cluster::may_answer(const process& who, std::uint16_t shard) const {
  const auto actor = who.actors.find(shard);
  if (actor == who.actors.end() || !actor->second.is_loaded)
    return false;
  return bug_ == planted_bug::answers_without_a_lease || who.agent.holds(shard_id{shard}, who.clock(now_));
}

void simulated_cluster::write(const process_pointer& who, std::uint16_t shard) {
  const auto found = who->actors.find(shard);
  if (found == who->actors.end() || !who->agent.admits(shard_id{shard}, who->clock(now_)) || !may_answer(*who, shard) || found->second.is_writing || found->second.is_ending)
    return;
  found->second.is_writing = true;
  const auto claim = found->second.claim;
  const auto value = found->second.value + 1;
  const auto told = [this, who, shard, claim, value](error_code code) {
    let(who, trip(), [this, who, shard, claim, value, code] {
      if (code == error_code::none)
        ++acknowledged_[shard];
      const auto actor = who->actors.find(shard);
      if (actor == who->actors.end() || actor->second.claim != claim)
        return;
      actor->second.is_writing = false;
      if (code == error_code::none)
        actor->second.value = value;
      if (actor->second.is_ending)
        return tell_stopped(who, claim);
      if (code == error_code::commit_uncertain || code == error_code::storage_unavailable) {
        actor->second.is_loaded = false;
        load(who, claim);
      }
    });
  };
  after(trip(), [this, shard, claim, value, who, told] { commit(who, shard, claim, value, told); });
}

/// One that is under way while the connection is cut may arrive when it is whole again.
void simulated_cluster::commit(const process_pointer& who, std::uint16_t shard, shard_claim claim, std::uint64_t value, const std::function<void(error_code)>& told) {
  if (is_database_down_ || (who->is_cut_off && happens(0.3)))
    return told(error_code::storage_unavailable);
  if (who->is_cut_off)
    return after(steady_time{300}, [this, who, shard, claim, value, told] { commit(who, shard, claim, value, told); });
  auto code = error_code::none;
  if (bug_ != planted_bug::commits_not_fenced) {
    const journal_row row{counters_[shard], journal_sequence{value}, "+1"};
    if (const auto done = clerk_->entries().append_entries({&row, 1}, {&claim, 1}); !done)
      code = done.error().code;
  }
  if (code == error_code::sequence_conflict)
    violate("shard " + std::to_string(shard) + ": the owner of the epoch did not know what is stored");
  if (code == error_code::none) {
    if (value != stored_[shard] + 1)
      violate("shard " + std::to_string(shard) + ": the increment to " + std::to_string(value) + " overwrites " + std::to_string(stored_[shard]));
    stored_[shard] = value;
  }
  told(code == error_code::none && happens(0.02) ? error_code::commit_uncertain : code);
}

void simulated_cluster::read(const process_pointer& who, std::uint16_t shard) {
  if (!may_answer(*who, shard))
    return;
  const auto least = acknowledged_[shard];
  let(who, trip(), [this, who, shard, least] {
    if (may_answer(*who, shard) && who->actors[shard].value < least)
      violate("shard " + std::to_string(shard) + " is read as " + std::to_string(who->actors[shard].value) + " where " + std::to_string(least) + " were acknowledged");
  });
}

} // namespace dotmac
