#pragma once

/// Random events in a partition and beside it as plain structs; random filters over them.

#include "tests/core/events/partition_keeper.hpp"
#include "tests/core/events/random_changes.hpp"

namespace dotmac::plain {

struct world {
  plain_profiles profiles;
  event_partition partition{1};
  events all;
  std::shared_ptr<held_segments> segments = std::make_shared<held_segments>(); ///< those of its snapshots
  bool is_cold = false; ///< its views are read from stored segments
  event_view view() const {
    if (!is_cold)
      return partition.snapshot();
    if (!cold_ || cold_->row_count() != partition.row_count())
      cold_ = cold_view(partition.snapshot(), std::make_shared<held_segments>());
    return *cold_;
  }

private:
  mutable std::optional<event_view> cold_;
};

/// Batches are committed, thrown away, snapshotted, users removed; in the end the partition may be one that was recovered.
inline world random_world(generator& random, std::size_t count) {
  world out;
  const auto segments = out.segments;
  out.partition = event_partition{random(), dedupe_window_milliseconds_default, segments};
  out.is_cold = chance(random, 50);
  const auto shape = random_shape(random, count);
  const bool has_profiles = chance(random, 50);
  const bool has_removals = chance(random, count > 1'000 ? 15 : 30); // large worlds are few
  event_retention retention;
  partition_keeper keeper{out.partition, segments, {}, {}};
  std::uint64_t rows = 0;
  const auto remove_some = [&] {
    removal_change change;
    if (chance(random, 20)) {
      change.what = removal_change::kind::retention;
      if (chance(random, 50))
        change.retention.days = 150 + static_cast<std::int64_t>(random() % 100);
      for (const char* type : {"a", "c", "never"})
        if (chance(random, 50))
          change.retention.rules.push_back({type, chance(random, 70) ? std::optional{150 + static_cast<std::int64_t>(random() % 100)} : std::nullopt});
      retention = change.retention;
    } else {
      change = random_removal(random, shape);
      auto left = out.all;
      auto profiles = out.profiles;
      remove_plain(left, profiles, change, retention);
      if (left.empty()) // questions are made of what events have
        return;
      out.all = std::move(left);
      out.profiles = std::move(profiles);
    }
    static_cast<void>(out.partition.stage(change));
    keeper.commit();
  };
  while (rows < count) {
    events batch;
    event_block_builder builder;
    for (std::size_t i = std::min<std::size_t>(count - rows, 1 + random() % (count / 4 + 1)); i > 0; --i) {
      batch.push_back(random_event(random, shape));
      if (chance(random, 30))
        batch.back().texts[static_cast<std::size_t>(event_field::event_id)] = "id " + std::to_string(rows + batch.size());
      add(builder, batch.back());
    }
    static_cast<void>(out.partition.stage(builder.finish()));
    const auto changes = has_profiles && chance(random, 50) ? std::optional{random_profile_changes(random, shape)} : std::nullopt;
    if (changes)
      static_cast<void>(out.partition.stage(*changes));
    if (chance(random, 15)) {
      out.partition.discard_staged();
      continue;
    }
    keeper.commit();
    if (changes)
      for (const auto& each : changes->changes)
        out.profiles.apply(each);
    for (auto& each : batch) {
      each.row = rows++;
      out.all.push_back(std::move(each));
    }
    if (has_removals && chance(random, 30))
      remove_some();
    if (chance(random, 25))
      keeper.write_snapshot();
    else if (chance(random, 50))
      keeper.go_on_removing();
  }
  if (chance(random, 50)) {
    event_partition recovered{0};
    if (!keeper.image.payload.empty())
      recovered = *event_partition::restore(keeper.image.version, keeper.image.payload, segments->payloads(), segments);
    for (const auto& each : keeper.journal)
      static_cast<void>(recovered.apply(each));
    out.partition = std::move(recovered);
  }
  for (auto i = chance(random, 70) ? 100 : random() % 4; i > 0 && keeper.go_on_removing(); --i)
    ;
  for (auto& each : out.all) {
    each.texts[static_cast<std::size_t>(event_field::event_id)] = (*out.partition.event_id_text(each.row));
    out.profiles.complete(each);
  }
  return out;
}

inline timestamp random_time(generator& random, const events& all) {
  if (all.empty() || chance(random, 20))
    return {world_start_ms + static_cast<std::int64_t>(random() % (200 * 86'400'000ull)) - 50 * 86'400'000ll};
  return {all[random() % all.size()].at.at.milliseconds + static_cast<std::int64_t>(random() % 3) - 1};
}

inline std::string random_field(generator& random) {
  const char* names[] = {"event_type", "event_name", "event_id", "user_id", "session_id", "customer_id", "source", "plan", "price", "flag", "mixed",
                         "properties.mixed", "context.mixed", "geo.city", "properties.geo.city", "only_null", "never_sent", "context.plan",
                         "user.tier", "user.score", "customer.tier", "groups.plan.tier", "groups.plan.score", "user.never"};
  return one_of(random, names);
}

/// A value of some event, or any.
inline scalar random_operand(generator& random, const events& all, const std::string& field) {
  if (!all.empty() && chance(random, 60))
    return as_scalar(look_up(all[random() % all.size()], field));
  return as_scalar(random_value(random));
}

inline filter_node random_condition(generator& random, const events& all) {
  filter_node out;
  out.kind = filter_kind::condition;
  if (chance(random, 10)) {
    const filter_operator comparisons[] = {filter_operator::equals, filter_operator::not_equals, filter_operator::greater_than,
                                           filter_operator::less_than, filter_operator::greater_equal, filter_operator::less_equal};
    out.field = chance(random, 80) ? "timestamp" : "received_at";
    out.operation = one_of(random, comparisons);
    out.values.push_back(format_timestamp(random_time(random, all)));
    return out;
  }
  const char* patterns[] = {"^a", "c$", "ber", "^$", "[0-9]+", "^(fiber|dsl)$", "ö"};
  out.field = random_field(random);
  out.operation = static_cast<filter_operator>(random() % 15);
  switch (out.operation) {
  case filter_operator::is_null: case filter_operator::is_not_null: break;
  case filter_operator::contains: case filter_operator::not_contains: case filter_operator::starts_with: case filter_operator::ends_with:
    out.values.push_back(std::string{one_of(random, texts)}.substr(0, random() % 4));
    break;
  case filter_operator::regex: out.values.push_back(std::string{one_of(random, patterns)}); break;
  case filter_operator::in: case filter_operator::not_in:
    for (auto i = random() % 4; i > 0; --i)
      out.values.push_back(random_operand(random, all, out.field));
    break;
  default: out.values.push_back(random_operand(random, all, out.field));
  }
  return out;
}

inline filter_node random_filter(generator& random, const events& all, int depth = 3) {
  if (depth == 0 || chance(random, 50))
    return random_condition(random, all);
  filter_node out;
  out.kind = static_cast<filter_kind>(random() % 3);
  for (auto i = out.kind == filter_kind::negation ? 1 : random() % 4; i > 0; --i)
    out.children.push_back(random_filter(random, all, depth - 1));
  return out;
}

} // namespace dotmac::plain
