// What the events take, against plain counts and the sizes of what was written: rows and bytes of every column, with no column read.

#include "core/events/measure_storage.hpp"
#include "tests/core/events/random_cases.hpp"

#include <gtest/gtest.h>

namespace dotmac {
namespace {

using namespace plain;

event_storage measured(const event_partition& partition, const std::shared_ptr<held_segments>& segments) {
  const auto found = measure_storage(partition.snapshot(), partition.stored_segments(), segments.get(), {});
  EXPECT_TRUE(found) << found.error().message;
  return found ? *found : event_storage{};
}

std::map<std::string, std::uint64_t> rows_by_name(const event_storage& of) {
  std::map<std::string, std::uint64_t> out;
  for (const auto& each : of.columns)
    EXPECT_TRUE(out.emplace(each.name, each.row_count).second) << each.name << " is told twice";
  return out;
}

std::map<std::string, std::uint64_t> plain_rows(const events& of) {
  static constexpr const char* names[]{"event_type", "event_name", "event_id", "user_id", "session_id", "customer_id", "source"};
  std::map<std::string, std::uint64_t> out;
  for (const auto& each : of) {
    ++out["timestamp"];
    ++out["received_at"];
    for (std::size_t f = 0; f < event_field_count; ++f)
      if (!each.texts[f].empty())
        ++out[names[f]];
    for (const auto& [name, value] : each.properties)
      ++out[(name.first == property_scope::properties ? "properties." : "context.") + name.second];
  }
  return out;
}

std::uint64_t sum_of_columns(const event_storage& of, std::uint64_t column_storage::*member) {
  std::uint64_t sum = 0;
  for (const auto& each : of.columns)
    sum += each.*member;
  return sum;
}

void append(event_partition& partition, const events& some) {
  event_block_builder builder;
  for (const auto& each : some)
    add(builder, each);
  ASSERT_TRUE(partition.stage(builder.finish()));
  partition.commit_staged();
}

void write_down(event_partition& partition, held_segments& segments) {
  auto image = partition.prepare_snapshot().encode();
  segments.keep(image);
  partition.snapshot_written(image);
}

TEST(measure_storage, tells_rows_and_bytes_of_every_column_before_and_after_they_are_written_down) {
  const auto seed = from_environment("DOTMAC_TEST_SEED", 41);
  SCOPED_TRACE("seed " + std::to_string(seed));
  generator random{seed};
  const world_shape shape{50, 86'400'000, 1, 20};
  const auto segments = std::make_shared<held_segments>();
  event_partition partition{7, dedupe_window_milliseconds_default, segments};
  events all;
  const auto add_some = [&](std::size_t count) {
    events some;
    for (std::size_t i = 0; i < count; ++i) {
      some.push_back(random_event(random, shape));
      if (chance(random, 40))
        some.back().texts[static_cast<std::size_t>(event_field::event_id)] = "id " + std::to_string(all.size() + i);
    }
    append(partition, some);
    all.insert(all.end(), some.begin(), some.end());
  };
  add_some(1'000);
  auto found = measured(partition, segments);
  EXPECT_EQ(rows_by_name(found), plain_rows(all));
  EXPECT_EQ((std::tuple{found.segment_count, found.stored_rows, found.journal_rows, found.stored_bytes}), (std::tuple{0u, 0u, all.size(), 0u}));
  const auto in_memory = sum_of_columns(found, &column_storage::memory_bytes);
  EXPECT_GT(in_memory, all.size() * 16) << "two times and more";
  EXPECT_LT(in_memory, partition.snapshot().memory_bytes());

  add_some(event_segment_rows + 3'000 - all.size());
  const auto before_writing = sum_of_columns(measured(partition, segments), &column_storage::memory_bytes);
  write_down(partition, *segments);
  add_some(500);
  found = measured(partition, segments);
  EXPECT_EQ(rows_by_name(found), plain_rows(all));
  EXPECT_EQ((std::tuple{found.segment_count, found.stored_rows, found.journal_rows, found.missing_parts}), (std::tuple{2u, all.size() - 500, 500u, 0u}));
  std::uint64_t payloads = 0;
  std::uint64_t parts = 0;
  for (const auto& [number, each] : segments->all()) {
    payloads += each.payload.size();
    for (const auto& part : each.parts)
      parts += part.size();
  }
  EXPECT_EQ(found.dictionary_bytes, payloads);
  EXPECT_EQ(found.stored_bytes, payloads + parts);
  EXPECT_EQ(sum_of_columns(found, &column_storage::stored_bytes), parts);
  EXPECT_TRUE(std::is_sorted(found.columns.begin(), found.columns.end(), [](const auto& a, const auto& b) { return a.stored_bytes > b.stored_bytes; }));
  EXPECT_LT(sum_of_columns(found, &column_storage::memory_bytes), before_writing) << "full segments have left memory";
  EXPECT_EQ(segments->reads, 0u);

  const auto image = partition.prepare_snapshot().encode();
  segments->keep(image);
  partition.snapshot_written(image);
  const auto restored = event_partition::restore(image.version, image.payload, segments->payloads(), segments);
  ASSERT_TRUE(restored) << restored.error().message;
  segments->reads = 0;
  const auto again = measured(*restored, segments);
  const auto before = measured(partition, segments);
  EXPECT_EQ(rows_by_name(again), plain_rows(all));
  EXPECT_EQ((std::tuple{again.stored_rows, again.journal_rows}), (std::tuple{all.size(), 0u}));
  EXPECT_EQ(again.stored_bytes, before.stored_bytes);
  EXPECT_EQ(sum_of_columns(again, &column_storage::stored_bytes), sum_of_columns(before, &column_storage::stored_bytes));
  EXPECT_EQ(segments->reads, 0u);
}

TEST(measure_storage, tells_what_is_missing_of_segments_that_stay) {
  const auto segments = std::make_shared<held_segments>();
  event_partition partition{7, dedupe_window_milliseconds_default, segments};
  events some(event_segment_rows + 10);
  for (std::size_t i = 0; i < some.size(); ++i) {
    some[i].texts[0] = "a";
    some[i].at = {timestamp{static_cast<std::int64_t>(i)}, 0};
    some[i].received_at = timestamp{5};
    some[i].properties[{property_scope::properties, "n"}] = static_cast<std::int64_t>(i);
  }
  append(partition, some);
  write_down(partition, *segments);
  const auto whole = measured(partition, segments);
  ASSERT_EQ(segments->all().size(), 2u);
  auto& full = segments->all().begin()->second;
  auto& growing = segments->all().rbegin()->second;
  ASSERT_EQ(full.row_count, event_segment_rows);
  ASSERT_EQ(full.parts.size(), 4u);
  growing.parts[3].clear();
  EXPECT_EQ(measured(partition, segments).missing_parts, 0u) << "the last segment may have been written anew meanwhile";
  const auto lost = full.parts[3].size() + growing.parts[3].size();
  full.parts.pop_back();
  EXPECT_EQ(measured(partition, segments).missing_parts, 0u + 1u);
  segments->all().erase(segments->all().begin());
  const auto without = measured(partition, segments);
  EXPECT_EQ(without.missing_parts, 1u + 4u) << "the segment and its parts";
  EXPECT_EQ(without.stored_rows, whole.stored_rows);
  EXPECT_EQ(rows_by_name(without), rows_by_name(whole));
  EXPECT_LT(without.stored_bytes, whole.stored_bytes - lost);
}

TEST(measure_storage, tells_the_largest_columns_and_sums_the_others) {
  constexpr std::size_t count = storage_columns_told_max + 50;
  const auto segments = std::make_shared<held_segments>();
  event_partition partition{7, dedupe_window_milliseconds_default, segments};
  generator random{5};
  events some;
  for (std::size_t i = 0; i < 20 * count; ++i) {
    event each;
    each.texts[0] = "a";
    each.at = {timestamp{1}, 0};
    each.received_at = timestamp{1};
    for (std::size_t p = i % count; p < count; p += 37)
      each.properties[{property_scope::properties, "p" + std::to_string(p)}] = static_cast<std::int64_t>(random());
    some.push_back(each);
  }
  append(partition, some);
  write_down(partition, *segments);
  const auto found = measured(partition, segments);
  EXPECT_EQ(found.columns.size(), storage_columns_told_max);
  EXPECT_EQ(found.other_columns, count + 3 - storage_columns_told_max) << "type and two times";
  EXPECT_EQ(sum_of_columns(found, &column_storage::stored_bytes) + found.other_stored_bytes + found.dictionary_bytes, found.stored_bytes);
  EXPECT_GT(found.other_memory_bytes, 0u);
  for (const auto& each : found.columns)
    EXPECT_GE(each.stored_bytes, found.other_stored_bytes / found.other_columns) << each.name;
}

TEST(measure_storage, ends_when_it_is_no_longer_wanted_and_tells_when_the_store_is_away) {
  const auto segments = std::make_shared<held_segments>();
  event_partition partition{7, dedupe_window_milliseconds_default, segments};
  events some(3);
  for (auto& each : some)
    each.texts[0] = "a";
  append(partition, some);
  const auto stopped = measure_storage(partition.snapshot(), partition.stored_segments(), segments.get(), [] { return true; });
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, error_code::cancelled);
  write_down(partition, *segments);
  segments->fails_from = 1;
  const auto away = measure_storage(partition.snapshot(), partition.stored_segments(), segments.get(), {});
  ASSERT_FALSE(away);
  EXPECT_EQ(away.error().code, error_code::storage_unavailable);
}

} // namespace
} // namespace dotmac
