#include "core/metrics/metric_answers.hpp"
#include "core/metrics/metric_series.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace dotmac {
namespace {

constexpr timestamp noon{1'700'000'000'000};
constexpr std::uint64_t key = 42;

metric_sample sample(double value, std::int64_t at_ms = 0, std::string id = {}, dimension_map dimensions = {}, std::int64_t recorded_ms = 0) {
  metric_sample out;
  out.value_id = std::move(id);
  out.value = value;
  out.at = {noon.milliseconds + at_ms};
  out.recorded_at = {noon.milliseconds + 1 + recorded_ms};
  out.dimensions = std::move(dimensions);
  return out;
}

/// Stages, journals and commits, as the entity does.
values_recorded write(metric_series& metric, std::vector<metric_sample> values, std::vector<bytes>* journal = nullptr) {
  auto out = metric.stage({std::move(values)});
  auto payload = metric.staged_payload();
  if (payload.empty()) {
    metric.discard_staged();
    return out;
  }
  if (journal != nullptr)
    journal->push_back(payload);
  metric.commit_staged();
  return out;
}

values_found all_values(const metric_series& metric, timestamp now = noon) {
  find_values everything;
  everything.limit = 10'000;
  auto found = answer(metric.view(now), everything, {});
  EXPECT_TRUE(found) << (found ? "" : found.error().message);
  return found ? *found : values_found{};
}

std::string text_of(const values_found& found) {
  std::string text = std::to_string(found.total) + ":";
  for (const auto& each : found.values) {
    text += each.value_id + "=" + std::to_string(each.value) + "@" + std::to_string(each.at.milliseconds) + "/" + std::to_string(each.recorded_at.milliseconds) + each.context;
    for (const auto& [name, value] : each.dimensions)
      text += "," + name + ":" + value;
    text += ";";
  }
  return text;
}

/// What the store keeps.
struct stored {
  metric_snapshot_image image;
  std::map<std::uint64_t, bytes> segments;
};

void write_snapshot(metric_series& metric, stored& into, timestamp now = noon) {
  auto image = metric.prepare_snapshot(now).encode();
  for (const auto& each : image.new_segments)
    into.segments[each.number] = each.payload;
  metric.snapshot_written(image);
  into.image = std::move(image);
}

result<void> restore(metric_series& into, const stored& from) {
  return into.restore(from.image.version, from.image.payload, [&](std::uint64_t number) -> result<bytes> {
    const auto found = from.segments.find(number);
    return found == from.segments.end() ? result<bytes>{failure{error_code::corrupt_data, "no segment", {}}} : result<bytes>{found->second};
  });
}

TEST(metric_series, takes_an_id_once_and_says_where_the_content_differs) {
  metric_series metric{{}, key};
  EXPECT_EQ(write(metric, {sample(1, 0, "a"), sample(1, 0, "a"), sample(2, 0, "a")}).outcomes,
            (std::vector{value_outcome::recorded, value_outcome::duplicate, value_outcome::conflicting}));
  EXPECT_EQ(write(metric, {sample(1, 0, "a"), sample(1, 0, "a", {{"site", "x"}}), sample(1, 5, "a")}).outcomes,
            (std::vector{value_outcome::duplicate, value_outcome::conflicting, value_outcome::conflicting}));
  EXPECT_EQ(all_values(metric).total, 1u);
}

TEST(metric_series, takes_a_value_without_a_time_of_its_own_for_the_same_when_it_comes_again) {
  metric_series metric{{}, key};
  auto first = sample(1, 0, "a");
  first.at = first.recorded_at;
  auto again = first;
  again.at = again.recorded_at = {first.recorded_at.milliseconds + 500};
  write(metric, {first});
  EXPECT_EQ(write(metric, {again}).outcomes[0], value_outcome::duplicate);
}

TEST(metric_series, recognizes_the_ids_that_it_gave) {
  metric_series metric{{}, key};
  const auto given = write(metric, {sample(1), sample(2)}).value_ids;
  EXPECT_NE(given[0], given[1]);
  EXPECT_EQ(write(metric, {sample(1, 0, given[0]), sample(3, 0, given[1])}).outcomes,
            (std::vector{value_outcome::duplicate, value_outcome::conflicting}));
  EXPECT_EQ(all_values(metric).values[0].value_id, given[1]);
}

TEST(metric_series, forgets_ids_after_the_window) {
  metric_limits limits;
  limits.dedupe_window_ms = 1'000;
  metric_series metric{{}, key, limits};
  write(metric, {sample(1, 0, "a", {}, 0)});
  write(metric, {sample(1, 0, "b", {}, 1'000)});
  EXPECT_EQ(write(metric, {sample(1, 0, "a", {}, 1'000)}).outcomes[0], value_outcome::duplicate);
  write(metric, {sample(1, 0, "c", {}, 1'001)});
  EXPECT_EQ(write(metric, {sample(1, 0, "a", {}, 1'002)}).outcomes[0], value_outcome::recorded);
}

TEST(metric_series, shows_nothing_before_its_commit_and_nothing_of_what_was_discarded) {
  metric_series metric{{}, key};
  metric.stage({{sample(1, 0, "a", {{"site", "x"}})}});
  EXPECT_EQ(all_values(metric).total, 0u);
  metric.discard_staged();
  EXPECT_EQ(write(metric, {sample(2, 0, "a")}).outcomes[0], value_outcome::recorded);
  EXPECT_EQ(all_values(metric).total, 1u);
}

TEST(metric_series, refuses_alone_what_it_cannot_take) {
  metric_limits limits;
  limits.series_max = 2;
  metric_series metric{{metric_type::counter, false}, key, limits};
  const auto out = write(metric, {sample(-1), sample(std::numeric_limits<double>::infinity()), sample(std::nan("")), sample(1, 0, "", {{"s", "1"}}),
                                  sample(1, 0, "", {{"s", "2"}}), sample(1, 0, "", {{"s", "3"}}), sample(2, 0, "", {{"s", "1"}})});
  using enum value_outcome;
  EXPECT_EQ(out.outcomes, (std::vector{refused, refused, refused, recorded, recorded, refused, recorded}));
  ASSERT_EQ(out.refusals.size(), 4u);
  EXPECT_EQ(out.refusals[0].reason, "a counter takes no negative number");
  EXPECT_EQ(out.refusals[3].index, 5u);
  EXPECT_EQ(out.refusals[3].reason, "the metric has metric_series_max = 2 combinations of dimensions");
  EXPECT_EQ(all_values(metric).total, 3u);
}

TEST(metric_series, refuses_values_beyond_its_limit_of_samples) {
  metric_limits limits;
  limits.samples_max = 3;
  metric_series metric{{}, key, limits};
  EXPECT_EQ(write(metric, {sample(1), sample(2), sample(3), sample(4)}).outcomes[3], value_outcome::refused);
  EXPECT_EQ(write(metric, {sample(4)}).outcomes[0], value_outcome::refused);
  EXPECT_EQ(all_values(metric).total, 3u);
}

TEST(metric_series, comes_back_the_same_from_snapshot_segments_and_journal) {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    std::mt19937_64 random{seed};
    metric_series metric{{}, key};
    std::vector<bytes> journal;
    stored store;
    std::size_t journal_at_snapshot = 0;
    bool has_snapshot = false;
    const int rounds = 20 + static_cast<int>(random() % 20);
    for (int round = 0; round < rounds; ++round) {
      std::vector<metric_sample> values;
      const std::size_t count = random() % 9'000;
      for (std::size_t i = 0; i < count; ++i) {
        auto each = sample(static_cast<double>(random() % 1'000), static_cast<std::int64_t>(random() % 100'000), {}, {{"site", std::to_string(random() % 20)}}, round);
        if (random() % 10 == 0)
          each.value_id = "id" + std::to_string(random() % 5'000);
        if (random() % 20 == 0)
          each.context = "{\"n\":" + std::to_string(i) + "}";
        values.push_back(std::move(each));
      }
      write(metric, std::move(values), &journal);
      if (random() % 6 == 0) {
        write_snapshot(metric, store);
        journal_at_snapshot = journal.size();
        has_snapshot = true;
      }
    }
    metric_series back{{}, key + 1};
    if (has_snapshot) {
      ASSERT_TRUE(restore(back, store)) << "seed " << seed;
    }
    for (std::size_t i = journal_at_snapshot; i < journal.size(); ++i)
      ASSERT_TRUE(back.apply(journal[i])) << "seed " << seed << " entry " << i;
    ASSERT_EQ(text_of(all_values(back)), text_of(all_values(metric))) << "seed " << seed;
    std::vector<metric_sample> again;
    for (int i = 0; i < 5'000; i += 7)
      again.push_back(sample(5, 1, "id" + std::to_string(i)));
    EXPECT_EQ(write(back, again).outcomes, write(metric, again).outcomes) << "seed " << seed;
    // A second snapshot of what came back names the same segments.
    stored second = store;
    write_snapshot(back, second);
    for (const auto& [number, payload] : store.segments)
      EXPECT_EQ(second.segments.at(number), payload) << "seed " << seed;
  }
}

TEST(metric_series, lets_go_of_samples_past_their_retention) {
  metric_limits limits;
  limits.retention_ms = 1'000;
  metric_series metric{{}, key, limits};
  std::vector<metric_sample> old;
  for (std::uint32_t i = 0; i < sample_chunk_rows_max; ++i)
    old.push_back(sample(i, i, {}, {}, 0));
  write(metric, std::move(old));
  write(metric, {sample(1, 0, {}, {}, 500), sample(2, 0, {}, {}, 1'500)});
  const auto at = [](std::int64_t ms) { return timestamp{noon.milliseconds + 1 + ms}; };
  EXPECT_EQ(all_values(metric, at(1'000)).total, sample_chunk_rows_max + 2);
  EXPECT_EQ(all_values(metric, at(1'001)).total, 2u);
  EXPECT_EQ(all_values(metric, at(1'501)).total, 1u);
  stored store;
  write_snapshot(metric, store, at(1'001));
  EXPECT_TRUE(store.image.live_segments.empty());
  metric_series back{{}, key, limits};
  ASSERT_TRUE(restore(back, store));
  EXPECT_EQ(all_values(back, at(1'001)).total, 2u);
  EXPECT_EQ(back.next_row(), metric.next_row());
}

TEST(metric_series, refuses_journal_entries_and_snapshots_that_are_damaged) {
  metric_series metric{{}, key};
  std::vector<bytes> journal;
  write(metric, {sample(1, 0, "a", {{"site", "x"}}), sample(2, 5)}, &journal);
  stored store;
  write_snapshot(metric, store);
  for (std::size_t length = 0; length < journal[0].size(); ++length) {
    metric_series fresh{{}, key};
    EXPECT_FALSE(fresh.apply(bytes_view{journal[0]}.substr(0, length))) << length;
  }
  for (std::size_t length = 0; length < store.image.payload.size(); ++length) {
    metric_series fresh{{}, key};
    auto cut = store;
    cut.image.payload.resize(length);
    EXPECT_FALSE(restore(fresh, cut)) << length;
  }
  const metric_series::segment_reader no_segment = [](std::uint64_t) -> result<bytes> { return failure{error_code::corrupt_data, "no segment", {}}; };
  std::mt19937_64 random{3};
  for (int round = 0; round < 3'000; ++round) {
    metric_series fresh{{}, key};
    auto flipped = round % 2 == 0 ? journal[0] : store.image.payload;
    flipped[random() % flipped.size()] ^= static_cast<char>(1 << random() % 8);
    const auto outcome = round % 2 == 0 ? fresh.apply(flipped) : fresh.restore(metric_snapshot_version, flipped, no_segment);
    if (outcome)
      all_values(fresh);
  }
  metric_series fresh{{}, key};
  ASSERT_TRUE(fresh.apply(journal[0]));
  EXPECT_EQ(fresh.apply(journal[0]).error().code, error_code::corrupt_data) << "the same entry twice";
  EXPECT_EQ(fresh.restore(99, store.image.payload, no_segment).error().code, error_code::unknown_schema_version);
}

} // namespace
} // namespace dotmac
