// Stored segments: every column comes back, old forms are read, damage is told and never taken for data.

#include "tests/core/events/held_segments.hpp"
#include "core/events/event_answers.hpp"
#include "core/events/export_events.hpp"
#include "core/events/segment_columns.hpp"
#include "tests/core/events/random_cases.hpp"

#include <gtest/gtest.h>

namespace dotmac {
namespace {

using namespace plain;
using segment_columns::form;
using segment_columns::values;

std::vector<values> round_trip(const std::vector<values>& chunks, form wanted, bool are_numbers, std::size_t* size = nullptr) {
  std::vector<packed_integers> columns;
  for (const auto& each : chunks)
    columns.push_back({each.data(), 8, 0, static_cast<std::uint32_t>(each.size())});
  bytes stored;
  segment_columns::write(stored, columns, wanted, are_numbers);
  if (size != nullptr)
    *size = stored.size();
  binary::reader in{stored};
  auto found = segment_columns::read(in, chunks.size(), event_chunk_rows);
  EXPECT_TRUE(found && in.at_end());
  return found ? *found : std::vector<values>{};
}

TEST(segment_columns, give_back_any_number_in_any_form) {
  generator random{11};
  for (int round = 0; round < 300; ++round) {
    std::vector<values> chunks(1 + random() % 3);
    for (auto& each : chunks)
      for (auto i = random() % 50; i > 0; --i) {
        const std::int64_t edges[] = {0, -1, 255, 256, 65'535, 65'536, INT64_MAX, INT64_MIN, 1'767'225'600'000};
        each.push_back(chance(random, 30) ? one_of(random, edges) : static_cast<std::int64_t>(random() >> random() % 64));
      }
    for (const auto wanted : {form::plain, form::differences})
      for (const bool are_numbers : {false, true})
        if (wanted == form::plain || !are_numbers) {
          EXPECT_EQ(round_trip(chunks, wanted, are_numbers), chunks) << "round " << round;
        }
  }
}

TEST(segment_columns, keep_decimals_as_whole_numbers_only_where_every_bit_comes_back) {
  const auto bits = [](std::vector<double> of) {
    values out;
    for (const double each : of)
      out.push_back(std::bit_cast<std::int64_t>(each));
    return out;
  };
  std::vector<double> prices;
  for (int i = 0; i < 1'000; ++i)
    prices.push_back(i * 37 % 9'000 / 100.0);
  std::size_t size = 0;
  EXPECT_EQ(round_trip({bits(prices)}, form::plain, true, &size), std::vector<values>{bits(prices)});
  EXPECT_LT(size, 2'100u) << "two bytes a price";
  for (const auto& odd : {std::vector{0.1, -0.0}, {1e300}, {5e-324, 1.5}, {1.0 / 3}, {9'007'199'254'740'993.0, 0.5}, {0.00001}, {-12.5, 1e15 + 0.5}})
    EXPECT_EQ(round_trip({bits(odd)}, form::plain, true), std::vector<values>{bits(odd)});
}

/// A partition of some thousand random events, written down.
struct written {
  world of;
  event_snapshot_image image;
  result<event_partition> read_back(const std::function<void(bytes&)>& change = [](bytes&) {}) const {
    const auto segments = std::make_shared<held_segments>();
    segments->all() = of.segments->all();
    segments->keep(image);
    for (auto& [number, each] : segments->all()) {
      change(each.payload);
      for (auto& part : each.parts)
        change(part);
    }
    return event_partition::restore(image.version, image.payload, segments->payloads(), segments);
  }
};

written write_down(std::uint64_t seed, std::size_t count) {
  generator random{seed};
  written out{random_world(random, count), {}};
  out.image = out.of.partition.prepare_snapshot().encode();
  return out;
}

TEST(event_segment, gives_back_every_event_over_the_border_of_segments) {
  const auto held = write_down(5, event_segment_rows + 2'000);
  const auto whole = std::count_if(held.image.live_segments.begin(), held.image.live_segments.end(), [](const auto& each) { return each.row_count == event_segment_rows; });
  EXPECT_EQ(whole, 1);
  auto restored = held.read_back();
  ASSERT_TRUE(restored) << restored.error().message;
  const auto before = held.of.partition.snapshot();
  const auto after = restored->snapshot();
  ASSERT_EQ(after.row_count(), before.row_count());
  std::optional<event_chunk> held_chunk, stored;
  for (std::uint64_t row = 0; row < before.row_count(); ++row) {
    if (row % event_chunk_rows == 0) {
      held_chunk = before.chunk_of(row);
      stored = after.chunk_of(row);
    }
    const auto at = held_chunk->position_of(row);
    ASSERT_EQ(stored->position_of(row), at) << row;
    if (!at)
      continue;
    const auto a = before.read(*held_chunk, *at);
    const auto b = after.read(*stored, *at);
    ASSERT_EQ(a.texts, b.texts) << row;
    ASSERT_TRUE(a.at == b.at && a.nanoseconds_below == b.nanoseconds_below && a.received_at == b.received_at) << row;
    ASSERT_EQ(a.properties.size(), b.properties.size()) << row;
    for (std::size_t i = 0; i < a.properties.size(); ++i)
      ASSERT_TRUE(a.properties[i].key == b.properties[i].key && a.properties[i].value == b.properties[i].value && a.properties[i].json == b.properties[i].json) << row;
  }
  EXPECT_NE(after.chunks()[0].stored, nullptr) << "full segments are read when they are looked at";
  EXPECT_EQ(after.chunks()[2].stored, nullptr);
  EXPECT_EQ(restored->prepare_snapshot().kept.size(), 1u) << "the full segment stays, the last one is written anew";
}

TEST(event_segment, puts_texts_that_are_too_many_for_one_into_segments_of_their_own) {
  event_partition partition{3};
  const std::string long_text(property_text_size_max - 8, 'x');
  constexpr int count = 700; // of 64 KiB: more than event_segment_texts_max
  for (int i = 0; i < count; ++i) {
    event_block_builder builder;
    builder.begin_event(timestamp{1'000});
    builder.set_field(event_field::event_type, "a");
    builder.add_text(property_scope::properties, "log", long_text + std::to_string(i));
    builder.end_event();
    ASSERT_TRUE(partition.stage(builder.finish()));
    partition.commit_staged();
  }
  written held{{}, partition.prepare_snapshot().encode()};
  ASSERT_EQ(held.image.live_segments.size(), 2u);
  EXPECT_EQ(held.image.live_segments[0].row_count, 0u);
  for (const auto& each : held.image.new_segments)
    EXPECT_LT(each.payload.size(), event_segment_texts_max + 1'000'000);
  const auto restored = held.read_back();
  ASSERT_TRUE(restored) << restored.error().message;
  EXPECT_EQ((*read_row(restored->snapshot(), count - 1)).properties.at(0).value, scalar{long_text + std::to_string(count - 1)});
}

/// What version 1 wrote: a segment was a block of events.
TEST(event_segment, of_version_1_is_read_and_written_anew_in_the_present_form) {
  event_block_builder builder;
  for (int i = 0; i < 3; ++i) {
    builder.begin_event(timestamp{2'000});
    builder.set_timestamp({timestamp{1'000 + i}, 0});
    builder.set_field(event_field::event_type, "a");
    builder.set_field(event_field::event_id, i == 1 ? "own id" : "");
    builder.add_number(property_scope::properties, "price", 1.5 * i);
    builder.end_event();
  }
  const auto block = builder.finish();
  bytes payload;
  for (const std::uint64_t value : {std::uint64_t{77}, std::uint64_t{3}, std::uint64_t{2}})
    binary::write(payload, value);
  binary::write_length(payload, 1);
  for (const std::uint64_t value : {1u, 0u, 3u, 1'000u, 1'002u})
    binary::write(payload, value);
  auto old = event_partition::restore(1, payload, [&](std::uint64_t) -> result<bytes> { return block; }, nullptr);
  ASSERT_TRUE(old) << old.error().message;
  EXPECT_EQ((*old->event_id_text(1)), "own id");
  const auto plan = old->prepare_snapshot();
  EXPECT_TRUE(plan.kept.empty());
  const written held{{}, plan.encode()};
  EXPECT_EQ(held.image.version, event_snapshot_version_without_profiles);
  EXPECT_EQ(held.image.new_segments.at(0).number, 2u) << "numbers go on";
  auto again = held.read_back();
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ((*read_row(again->snapshot(), 2)).properties.at(0).value, scalar{3.0});
  event_block_builder same;
  same.begin_event(timestamp{3'000});
  same.set_field(event_field::event_type, "b");
  same.set_field(event_field::event_id, "own id");
  same.end_event();
  EXPECT_EQ(again->stage(same.finish())->outcomes.at(0), event_outcome::conflicting) << "its ids are known";
}

TEST(event_segment, that_is_damaged_is_refused_or_at_least_does_no_harm) {
  const auto held = write_down(9, 300);
  generator random{13};
  std::size_t refused = 0;
  for (int round = 0; round < 4'000; ++round) {
    const auto restored = held.read_back([&](bytes& payload) {
      if (chance(random, 30))
        return payload.resize(random() % payload.size());
      for (auto i = 1 + random() % 3; i > 0; --i)
        payload[random() % std::min<std::size_t>(payload.size(), chance(random, 50) ? 400 : payload.size())] = static_cast<char>(random());
    });
    refused += !restored;
    if (!restored) {
      EXPECT_TRUE(restored.error().code == error_code::corrupt_data || restored.error().code == error_code::unknown_schema_version);
      continue;
    }
    const auto view = restored->snapshot();
    for (std::uint64_t row = 0; row < view.row_count(); ++row)
      static_cast<void>(read_row(view, row));
  }
  EXPECT_GT(refused, 1'000u);
}

TEST(event_segment, that_does_not_follow_the_one_before_is_refused) {
  const auto first = write_down(21, 300);
  const auto other = write_down(22, 300);
  const auto others = std::make_shared<held_segments>();
  auto foreign = other.image.new_segments.at(0);
  foreign.number = first.image.new_segments.at(0).number;
  others->keep(foreign);
  const auto restored = event_partition::restore(first.image.version, first.image.payload, others->payloads(), others);
  if (restored) {
    EXPECT_EQ(restored->row_count(), first.of.partition.row_count());
  } else {
    EXPECT_EQ(restored.error().code, error_code::corrupt_data);
  }
  bytes twice;
  const auto& payload = first.image.new_segments.at(0).payload;
  const auto firsts = std::make_shared<held_segments>();
  firsts->keep(first.image);
  auto second = first.image.new_segments.at(0);
  second.number = 2;
  firsts->keep(second);
  const auto row_count = first.of.partition.row_count();
  for (const std::uint64_t value : {std::uint64_t{1}, 2 * row_count, std::uint64_t{3}})
    binary::write(twice, value);
  binary::write_length(twice, 2);
  for (std::uint64_t i = 0; i < 2; ++i)
    for (const std::uint64_t value : {i + 1, i * row_count, row_count, std::uint64_t{0}, std::uint64_t{0}})
      binary::write(twice, value);
  const auto refused = event_partition::restore(first.image.version, twice, [&](std::uint64_t) -> result<bytes> { return payload; }, firsts);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, error_code::corrupt_data);
}

TEST(event_segment, with_a_column_of_a_property_that_is_in_no_dictionary_is_refused) {
  auto held = write_down(9, 300);
  auto segment = held.image.new_segments.at(0);
  bytes directory;
  write_directory(directory, *segment.directory, false);
  auto changed = *segment.directory;
  ASSERT_EQ(changed.columns.back().kind, column_kind::property);
  changed.columns.back().index = static_cast<std::uint32_t>(1'000 * value_kind_count) + static_cast<std::uint32_t>(value_kind::integer);
  segment.payload.resize(segment.payload.size() - directory.size());
  write_directory(segment.payload, changed, false);
  const auto segments = std::make_shared<held_segments>();
  segments->keep(segment);
  const auto restored = event_partition::restore(held.image.version, held.image.payload, segments->payloads(), segments);
  ASSERT_FALSE(restored);
  EXPECT_EQ(restored.error().code, error_code::corrupt_data);
}

/// Whatever cannot be read ends the question: an answer without these events would be a wrong one.
TEST(event_segment, that_cannot_be_read_fails_the_question_and_the_event_that_needs_it) {
  generator random{31};
  auto w = random_world(random, 3'000);
  const auto segments = std::make_shared<held_segments>();
  const auto view = cold_view(w.view(), segments);
  measure_trends trends;
  trends.series.push_back({.measure = trend_measure::unique_users});
  trends.dimensions = {"plan"};
  count_funnel funnel;
  funnel.steps.resize(2);
  funnel.dimensions = {"plan"};
  export_events exported;
  find_events page;
  page.limit = 10;
  find_funnel_users funnel_users;
  funnel_users.funnel = funnel;
  funnel_users.group = {scalar{}};
  measure_sessions own_sessions; // whose users are looked up beside the scan
  own_sessions.rule = session_rule::session_id;
  own_sessions.size = granularity::all;
  auto sessions = own_sessions;
  sessions.rule = session_rule::gap;
  sessions.dimensions = {"plan"};
  sessions.edge_field = "event_name";
  follow_paths paths;
  paths.label_field = "plan";
  const auto ask = [&](const auto& question) {
    if constexpr (requires { answer(view, question, scan_context{}); })
      return answer(view, question, scan_context{}).has_value();
    else
      return answer(view, question, stop_check{}).has_value();
  };
  const auto count_failures = [&](const auto& question) {
    segments->fails_from.reset();
    segments->reads = 0;
    EXPECT_TRUE(ask(question));
    const auto reads = segments->reads;
    EXPECT_GT(reads, 0u);
    std::size_t failures = 0;
    for (std::size_t from = 1; from <= reads; ++from) {
      segments->reads = 0;
      segments->fails_from = from;
      failures += !ask(question);
    }
    EXPECT_EQ(failures, reads);
  };
  count_failures(trends);
  count_failures(funnel);
  count_failures(page);
  count_failures(exported);
  count_failures(summarize_events{});
  count_failures(find_users{});
  count_failures(funnel_users);
  count_failures(own_sessions);
  count_failures(sessions);
  count_failures(paths);
  count_failures(list_event_catalogue{});
  list_event_values mixed;
  mixed.field = "mixed";
  count_failures(mixed);
}

/// Ids are known, and contents compared, also where the rows are in the store only; while they cannot be read, nothing is taken.
TEST(event_partition, finds_ids_and_contents_among_rows_that_are_stored_only) {
  const auto segments = std::make_shared<held_segments>();
  event_partition partition{5, dedupe_window_milliseconds_default, segments};
  const auto block_of_rows = [](std::uint32_t first, std::uint32_t count, std::int64_t price) {
    event_block_builder builder;
    for (std::uint32_t i = first; i < first + count; ++i) {
      builder.begin_event(timestamp{1'000});
      builder.set_timestamp({timestamp{static_cast<std::int64_t>(i)}, 0});
      builder.set_field(event_field::event_type, "buy");
      if (i % 2 == 0)
        builder.set_field(event_field::event_id, "id " + std::to_string(i));
      builder.add_integer(property_scope::properties, "price", price + i);
      builder.end_event();
    }
    return builder.finish();
  };
  for (std::uint32_t first = 0; first < event_segment_rows; first += 4'096) {
    ASSERT_TRUE(partition.stage(block_of_rows(first, 4'096, 0)));
    partition.commit_staged();
  }
  const auto memory = partition.memory_bytes();
  const auto derived = *partition.event_id_text(7);
  auto image = partition.prepare_snapshot().encode();
  segments->keep(image);
  partition.snapshot_written(image);
  EXPECT_LT(partition.memory_bytes(), memory / 2) << "the columns are given up";
  auto restored = event_partition::restore(image.version, image.payload, segments->payloads(), segments);
  ASSERT_TRUE(restored);
  for (auto* each : {&partition, &*restored}) {
    auto same = each->stage(block_of_rows(100, 10, 0));
    ASSERT_TRUE(same);
    EXPECT_EQ(same->outcomes, (std::vector{event_outcome::duplicate, event_outcome::accepted, event_outcome::duplicate, event_outcome::accepted, event_outcome::duplicate,
                                           event_outcome::accepted, event_outcome::duplicate, event_outcome::accepted, event_outcome::duplicate, event_outcome::accepted}));
    EXPECT_EQ(same->known_ids, (std::vector<std::string>{"id 100", "id 102", "id 104", "id 106", "id 108"}));
    EXPECT_EQ(same->rows[2], 102u);
    each->discard_staged();
    const auto other = each->stage(block_of_rows(100, 1, 1));
    ASSERT_TRUE(other);
    EXPECT_EQ(other->outcomes[0], event_outcome::conflicting);
    each->discard_staged();
    event_block_builder builder;
    builder.begin_event(timestamp{1'000});
    builder.set_timestamp({timestamp{7}, 0});
    builder.set_field(event_field::event_type, "buy");
    builder.set_field(event_field::event_id, derived);
    builder.add_integer(property_scope::properties, "price", 7);
    builder.end_event();
    const auto again = each->stage(builder.finish());
    ASSERT_TRUE(again);
    EXPECT_EQ(again->outcomes[0], event_outcome::duplicate) << "an id that was derived is known";
    segments->fails_from = 1;
    EXPECT_EQ(each->stage(block_of_rows(100, 2, 0)).error().code, error_code::storage_unavailable);
    EXPECT_FALSE(each->has_staged());
    segments->fails_from.reset();
    EXPECT_EQ(each->stage(block_of_rows(100, 2, 0))->outcomes[1], event_outcome::accepted) << "nothing was taken before";
    each->discard_staged();
  }
}

} // namespace
} // namespace dotmac
