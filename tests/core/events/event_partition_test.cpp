#include "tests/core/events/held_segments.hpp"
#include "core/events/event_answers.hpp"
#include "core/events/event_partition.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

namespace dotmac {
namespace {

constexpr std::int64_t start_of_2026 = 1'767'225'600'000;

struct plain_event {
  std::string type, user, region, id;
  std::int64_t at = 0;
  std::int64_t amount = 0;
  std::string json;
};

plain_event random_event(std::mt19937_64& random) {
  plain_event e;
  e.type = std::string(1, static_cast<char>('a' + random() % 5));
  e.user = random() % 10 == 0 ? "" : "u" + std::to_string(random() % 25);
  e.region = random() % 3 == 0 ? "" : "öst" + std::to_string(random() % 4);
  e.at = start_of_2026 + static_cast<std::int64_t>(random() % 400) * 250;
  e.amount = static_cast<std::int64_t>(random() % 100);
  if (random() % 4 == 0)
    e.json = "[1,{\"k\":" + std::to_string(random() % 3) + "}]";
  return e;
}

void add(event_block_builder& to, const plain_event& e) {
  to.begin_event(timestamp{start_of_2026 + 1'000'000});
  to.set_timestamp({timestamp{e.at}, 0});
  to.set_field(event_field::event_type, e.type);
  to.set_field(event_field::user_id, e.user);
  to.set_field(event_field::event_id, e.id);
  to.add_integer(property_scope::properties, "amount", e.amount);
  if (!e.region.empty())
    to.add_text(property_scope::properties, "region", e.region);
  if (!e.json.empty())
    to.add_json(property_scope::context, "nested", e.json);
  to.end_event();
}

bytes block_of(const std::vector<plain_event>& events) {
  event_block_builder builder;
  for (const plain_event& each : events)
    add(builder, each);
  return builder.finish();
}

/// The furthest attempt of one user, tried from every start.
std::size_t naive_depth(std::vector<const plain_event*> events, const std::vector<std::string>& steps, std::int64_t window) {
  std::stable_sort(events.begin(), events.end(), [](auto* a, auto* b) { return a->at < b->at; });
  std::size_t best = 0;
  for (std::size_t s = 0; s < events.size(); ++s) {
    if (events[s]->type != steps[0])
      continue;
    std::size_t depth = 1;
    std::int64_t last = events[s]->at;
    for (std::size_t i = s + 1; i < events.size() && depth < steps.size(); ++i)
      if (events[i]->type == steps[depth] && events[i]->at > last && events[i]->at - events[s]->at <= window) {
        ++depth;
        last = events[i]->at;
      }
    best = std::max(best, depth);
  }
  return best;
}

TEST(event_partition, reads_an_event_back_as_it_was_sent) {
  event_block_builder builder;
  builder.begin_event(timestamp{5000});
  builder.set_field(event_field::event_type, "left behind");
  builder.add_text(property_scope::properties, "left", "behind");
  builder.abandon_event();
  builder.begin_event(timestamp{5000});
  builder.set_timestamp({timestamp{4000}, 123});
  builder.set_field(event_field::event_type, "click");
  builder.set_field(event_field::event_id, "0188d1c2-7a3b-7c4d-8e5f-0123456789ab");
  builder.add_text(property_scope::properties, "page", "/ünïcode");
  builder.add_integer(property_scope::properties, "page", 7);
  builder.add_null(property_scope::context, "page");
  builder.add_number(property_scope::context, "ratio", -0.25);
  builder.add_boolean(property_scope::context, "ok", true);
  builder.add_json(property_scope::context, "list", "[1,2]");
  builder.end_event();
  event_partition partition{1};
  ASSERT_TRUE(partition.stage(builder.finish()));
  EXPECT_EQ(partition.snapshot().row_count(), 0u) << "staged events are in no view";
  partition.commit_staged();
  const found_event event = *read_row(partition.snapshot(), 0);
  EXPECT_EQ(event.texts[0], "click");
  EXPECT_EQ(event.texts[2], "0188d1c2-7a3b-7c4d-8e5f-0123456789ab");
  EXPECT_EQ(event.at.milliseconds, 4000);
  EXPECT_EQ(event.nanoseconds_below, 123u);
  ASSERT_EQ(event.properties.size(), 5u);
  std::map<std::string, event_property> by_name;
  for (const event_property& each : event.properties)
    by_name[(each.scope == property_scope::context ? "c." : "p.") + each.key] = each;
  EXPECT_EQ(by_name["p.page"].value, scalar{std::int64_t{7}}) << "the last value of a repeated name stays";
  EXPECT_EQ(by_name["c.page"].value, scalar{});
  EXPECT_EQ(by_name["c.ratio"].value, scalar{-0.25});
  EXPECT_EQ(by_name["c.ok"].value, scalar{true});
  EXPECT_EQ(by_name["c.list"].json, "[1,2]");
}

TEST(event_partition, takes_each_event_id_once_also_across_discard_and_recovery) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937_64 random{seed};
  event_partition partition{random()};
  std::vector<bytes> journal;
  std::map<std::string, plain_event> taken;
  std::vector<plain_event> kept;
  for (int round = 0; round < 60; ++round) {
    std::vector<plain_event> batch;
    for (std::size_t i = 0; i < 1 + random() % 40; ++i) {
      plain_event e = random_event(random);
      const auto pick = random() % 4;
      if (pick == 0)
        e.id = "id " + std::to_string(random() % 300);
      else if (pick == 1)
        e.id = format_uuid(derive_event_id(random() % 300, 99));
      if (!e.id.empty() && taken.contains(e.id) && random() % 2 == 0)
        e = taken[e.id];
      batch.push_back(e);
    }
    auto now_taken = taken;
    auto now_kept = kept;
    const auto staged = partition.stage(block_of(batch));
    ASSERT_TRUE(staged);
    for (std::size_t i = 0; i < batch.size(); ++i) {
      const plain_event& e = batch[i];
      const auto before = e.id.empty() ? now_taken.end() : now_taken.find(e.id);
      if (before == now_taken.end()) {
        EXPECT_EQ(staged->outcomes[i], event_outcome::accepted);
        EXPECT_EQ(staged->rows[i], now_kept.size());
        now_kept.push_back(e);
        if (!e.id.empty())
          now_taken[e.id] = e;
      } else {
        const plain_event& o = before->second;
        const bool same = o.type == e.type && o.user == e.user && o.region == e.region && o.at == e.at && o.amount == e.amount && o.json == e.json;
        EXPECT_EQ(staged->outcomes[i], same ? event_outcome::duplicate : event_outcome::conflicting);
      }
    }
    if (random() % 4 == 0) {
      partition.discard_staged();
      continue;
    }
    if (bytes payload = partition.staged_payload(); !payload.empty())
      journal.push_back(payload);
    partition.commit_staged();
    taken = now_taken;
    kept = now_kept;
  }
  event_partition recovered{0};
  for (const bytes& each : journal)
    ASSERT_TRUE(recovered.apply(each));
  ASSERT_EQ(recovered.row_count(), kept.size());
  const event_view view = recovered.snapshot();
  for (std::size_t row = 0; row < kept.size(); ++row) {
    EXPECT_EQ((*read_row(view, row)).texts[3], kept[row].user);
    EXPECT_EQ(read_row(view, row)->texts[static_cast<std::size_t>(event_field::event_id)], (*partition.event_id_text(row)));
    if (!kept[row].id.empty()) {
      EXPECT_EQ(read_row(view, row)->texts[static_cast<std::size_t>(event_field::event_id)], kept[row].id);
    }
  }
}

TEST(event_partition, recognizes_a_derived_id_that_is_sent_back) {
  event_partition partition{77};
  plain_event e{.type = "a", .at = start_of_2026};
  ASSERT_TRUE(partition.stage(block_of({e})));
  partition.commit_staged();
  e.id = (*partition.event_id_text(0));
  EXPECT_EQ(partition.stage(block_of({e}))->outcomes[0], event_outcome::duplicate);
  e.amount = 5;
  EXPECT_EQ(partition.stage(block_of({e}))->outcomes[0], event_outcome::conflicting);
  EXPECT_TRUE(partition.staged_payload().empty());
}

TEST(event_partition, answers_as_plain_code_does_also_from_a_snapshot) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937_64 random{seed};
  for (int round = 0; round < 60; ++round) {
    std::vector<plain_event> events;
    const auto segments = std::make_shared<held_segments>();
    event_partition live{random(), dedupe_window_milliseconds_default, segments};
    event_snapshot_image image;
    std::vector<bytes> journal;
    for (int batch = 0; batch < 8; ++batch) {
      std::vector<plain_event> fresh;
      for (std::size_t i = 0; i < random() % 60; ++i)
        fresh.push_back(random_event(random));
      events.insert(events.end(), fresh.begin(), fresh.end());
      ASSERT_TRUE(live.stage(block_of(fresh)));
      if (bytes payload = live.staged_payload(); !payload.empty())
        journal.push_back(payload);
      live.commit_staged();
      if (random() % 3 == 0) {
        image = live.prepare_snapshot().encode();
        segments->keep(image);
        live.snapshot_written(image);
        journal.clear();
      }
    }
    event_partition partition{0};
    if (!image.payload.empty()) {
      auto restored = event_partition::restore(image.version, image.payload, segments->payloads(), segments);
      ASSERT_TRUE(restored);
      partition = std::move(*restored);
    }
    for (const bytes& each : journal)
      ASSERT_TRUE(partition.apply(each));
    const event_view view = partition.snapshot();
    ASSERT_EQ(view.row_count(), events.size());

    const std::vector<std::string> steps{std::string(1, static_cast<char>('a' + random() % 5)), std::string(1, static_cast<char>('a' + random() % 5)),
                                         std::string(1, static_cast<char>('a' + random() % 5))};
    const std::int64_t window = static_cast<std::int64_t>(random() % 40'000);
    count_funnel funnel;
    for (const std::string& each : steps)
      funnel.steps.push_back({.event_type = each});
    funnel.window_milliseconds = window;
    const auto counted = answer(view, funnel, {});
    ASSERT_TRUE(counted);
    std::map<std::string, std::vector<const plain_event*>> by_user;
    for (const plain_event& each : events)
      if (!each.user.empty())
        by_user[each.user].push_back(&each);
    std::array<std::uint64_t, 3> expected{};
    for (const auto& [user, own] : by_user)
      for (std::size_t k = 0; k < naive_depth(own, steps, window); ++k)
        ++expected[k];
    for (std::size_t k = 0; k < 3; ++k)
      EXPECT_EQ(counted->all.steps[k].count, expected[k]) << "step " << k;

    const std::int64_t least = static_cast<std::int64_t>(random() % 100);
    aggregate_events grouped;
    grouped.size = granularity::minute;
    grouped.dimensions = {"region", "event_type"};
    grouped.selection.filters = condition("amount", filter_operator::greater_equal, least);
    const auto aggregated = answer(view, grouped, {});
    ASSERT_TRUE(aggregated);
    std::map<std::tuple<std::int64_t, std::string, std::string>, std::pair<std::uint64_t, std::set<std::string>>> groups;
    std::uint64_t matching = 0;
    for (const plain_event& each : events)
      if (each.amount >= least) {
        auto& group = groups[{each.at / 60'000 * 60'000, each.region, each.type}];
        ++group.first;
        ++matching;
        if (!each.user.empty())
          group.second.insert(each.user);
      }
    ASSERT_EQ(aggregated->aggregates.size(), groups.size());
    for (const event_aggregate& each : aggregated->aggregates) {
      const auto* region = std::get_if<std::string>(&each.dimensions[0]);
      const auto& group = groups[{each.time_bucket.milliseconds, region ? *region : "", std::get<std::string>(each.dimensions[1])}];
      EXPECT_EQ(each.event_count, group.first);
      EXPECT_EQ(each.unique_users, group.second.size());
    }

    find_events newest;
    newest.selection.filters = grouped.selection.filters;
    newest.limit = 10;
    newest.offset = 5;
    const auto found = answer(view, newest, {});
    ASSERT_TRUE(found);
    EXPECT_EQ(found->total, matching);
    std::vector<std::pair<std::int64_t, std::uint64_t>> order;
    for (std::size_t row = 0; row < events.size(); ++row)
      if (events[row].amount >= least)
        order.emplace_back(events[row].at, row);
    std::sort(order.rbegin(), order.rend());
    for (std::size_t i = 0; i < found->events.size(); ++i)
      EXPECT_EQ(found->events[i].row, order[i + 5].second);
    EXPECT_EQ(found->events.size(), std::min<std::size_t>(10, order.size() < 5 ? 0 : order.size() - 5));
  }
}

TEST(event_partition, keeps_full_chunks_and_later_ones_apart) {
  std::mt19937_64 random{3};
  std::vector<plain_event> events;
  for (std::size_t i = 0; i < 2 * event_chunk_rows + 100; ++i) {
    events.push_back(random_event(random));
    events.back().id = format_uuid(derive_event_id(i, 5));
  }
  event_partition partition{1};
  ASSERT_TRUE(partition.stage(block_of(events)));
  partition.commit_staged();
  const event_view view = partition.snapshot();
  ASSERT_EQ(view.chunks().size(), 3u);
  for (std::size_t row = 0; row < events.size(); row += 997) {
    const found_event event = (*read_row(view, row));
    EXPECT_EQ(event.texts[0], events[row].type);
    EXPECT_EQ(event.texts[2], events[row].id);
    EXPECT_EQ(event.at.milliseconds, events[row].at);
  }
  EXPECT_EQ(partition.stage(block_of({events[70'000]}))->outcomes[0], event_outcome::duplicate);
}

TEST(event_block, refuses_damaged_bytes_without_reading_past_them) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937_64 random{seed};
  std::vector<plain_event> events;
  for (int i = 0; i < 20; ++i) {
    events.push_back(random_event(random));
    events.back().id = i % 2 == 0 ? format_uuid(derive_event_id(random(), 5)) : "x" + std::to_string(i);
  }
  const bytes good = block_of(events);
  for (std::size_t size = 0; size < good.size(); ++size)
    EXPECT_FALSE(check_event_block(bytes_view{good}.substr(0, size)));
  for (int i = 0; i < 4000; ++i) {
    bytes bad = good;
    for (std::size_t flips = 1 + random() % 4; flips > 0; --flips)
      bad[random() % bad.size()] = static_cast<char>(random());
    event_partition partition{1};
    if (const auto staged = partition.stage(bad)) {
      partition.commit_staged();
      const event_view view = partition.snapshot();
      for (std::uint64_t row = 0; row < view.row_count(); ++row)
        static_cast<void>(read_row(view, row));
    }
  }
}

} // namespace
} // namespace dotmac
