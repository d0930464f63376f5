#include "cluster/node_agent.hpp"

#include "core/overload.hpp"

#include <algorithm>

namespace dotmac {

std::optional<cluster_request> node_agent::next(steady_time now) {
  if (has_left_ || now < not_before_)
    return std::nullopt;
  if (!name_) {
    if (leave_until_) {
      has_left_ = ownership_.is_empty();
      return std::nullopt;
    }
    return ownership_.is_empty() ? std::optional<cluster_request>{join_request{card_}} : std::nullopt;
  }
  if (leave_until_ && !has_given_up_ && (now >= *leave_until_ || can_nobody_take_over())) {
    has_given_up_ = true;
    ownership_.leave_all();
  }
  if (auto request = next_of_member(now))
    return request;
  if (auto request = next_of_coordinator(now))
    return request;
  if (leave_until_ && ownership_.is_empty())
    return leave_request{*name_};
  return std::nullopt;
}

std::optional<cluster_request> node_agent::next_of_member(steady_time now) {
  const auto owner = owner_text(*name_);
  if (now >= renew_due_) {
    if (auto claims = ownership_.to_renew(); !claims.empty())
      return renew_request{owner, std::move(claims)};
    renew_due_ = now + limits_.renew_every;
  }
  if (auto transfers = ownership_.to_transfer(); !transfers.empty())
    return transfer_request{*name_, std::move(transfers)};
  if (auto shards = ownership_.to_claim(); !shards.empty())
    return claim_request{owner, std::move(shards)};
  if (now >= beat_due_)
    return beat_request{*name_, leave_until_.has_value()};
  if (now >= view_due_) {
    changes_before_view_ = changes_;
    return view_request{};
  }
  return std::nullopt;
}

std::optional<cluster_request> node_agent::next_of_coordinator(steady_time now) {
  if (now >= coordinate_due_ && may_coordinate()) {
    const auto& holder = coordination_.view().coordinator;
    return coordinate_request{*name_, coordination_.has_ended(holder) ? holder : std::string{}};
  }
  if (!coordination_epoch_ || is_planned_)
    return std::nullopt;
  if (auto dead = coordination_.dead(); !dead.empty())
    return bury_request{*coordination_epoch_, std::move(dead)};
  is_planned_ = true;
  auto assignments = coordination_.plan();
  return assignments.empty() ? std::nullopt : std::optional<cluster_request>{assign_request{*coordination_epoch_, std::move(assignments)}};
}

void node_agent::note_answer(steady_time asked_at, steady_time now, const cluster_request& request, result<cluster_answer> answer) {
  if (!answer) {
    not_before_ = now + limits_.retry_after;
    if (std::holds_alternative<assign_request>(request) || std::holds_alternative<bury_request>(request))
      note_change(); // whether it was done is seen there
    return;
  }
  not_before_ = steady_time::min();
  std::visit(overload{
                 [&](const join_request&) {
                   name_ = std::get<0>(*answer);
                   ownership_.become(*name_);
                   renew_due_ = beat_due_ = now;
                   note_change();
                 },
                 [&](const beat_request&) {
                   beat_due_ = asked_at + limits_.beat_every;
                   if (!std::get<1>(*answer))
                     be_declared_dead();
                 },
                 [&](const renew_request& asked) {
                   renew_due_ = asked_at + limits_.renew_every;
                   ownership_.note_renewed(asked_at, asked.claims, std::get<2>(*answer));
                 },
                 [&](const claim_request&) {
                   ownership_.note_claimed(asked_at, std::get<3>(*answer));
                   note_change();
                 },
                 [&](const transfer_request& asked) {
                   ownership_.note_transferred(asked.transfers);
                   note_change();
                 },
                 [&](const view_request&) { note_view(asked_at, std::get<5>(*std::move(answer))); },
                 [&](const coordinate_request&) {
                   const bool was = coordination_epoch_.has_value();
                   coordination_epoch_ = std::get<6>(*answer);
                   coordinate_due_ = asked_at + limits_.renew_every;
                   if (coordination_epoch_ && !was)
                     note_change();
                 },
                 [&](const bury_request&) {
                   if (!std::get<7>(*answer))
                     coordination_epoch_.reset();
                   is_planned_ = true;
                   note_change();
                 },
                 [&](const assign_request&) {
                   if (!std::get<8>(*answer))
                     coordination_epoch_.reset();
                   note_change();
                 },
                 [&](const leave_request&) {
                   has_left_ = true;
                   name_.reset();
                 },
             },
             request);
}

void node_agent::note_view(steady_time asked_at, cluster_view view) {
  view_due_ = changes_ == changes_before_view_ ? asked_at + limits_.read_every : steady_time::min();
  ownership_.note_view(asked_at, view);
  coordination_.note_view(std::move(view));
  is_planned_ = false;
  if (coordination_.view().is_coordinator_expired)
    coordinate_due_ = std::min(coordinate_due_, asked_at);
}

void node_agent::note_refused(const node_name& name, steady_time now) {
  coordination_.note_refused(name);
  is_planned_ = false;
  if (coordination_.has_ended(coordination_.view().coordinator))
    coordinate_due_ = std::min(coordinate_due_, now);
}

void node_agent::be_declared_dead() {
  ownership_.lose_all();
  coordination_epoch_.reset();
  name_.reset();
}

void node_agent::leave(steady_time now) {
  if (leave_until_)
    return;
  leave_until_ = now + limits_.leave_within;
  beat_due_ = steady_time::min();
}

bool node_agent::can_nobody_take_over() const {
  const auto& nodes = coordination_.view().nodes;
  return std::none_of(nodes.begin(), nodes.end(), [&](const node_row& node) {
    return node.name() != *name_ && node.card.takes_shards && node.is_present && !node.is_leaving && node.wish == node_wish::serve;
  });
}

steady_time node_agent::wake_at() const noexcept {
  if (!name_ && !ownership_.is_empty())
    return steady_time::max(); // it joins once its actors have stopped, which is noted
  const auto due = std::min({renew_due_, beat_due_, view_due_});
  return std::max(not_before_, may_coordinate() ? std::min(due, coordinate_due_) : due);
}

} // namespace dotmac
