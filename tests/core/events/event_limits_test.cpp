#include "core/events/event_answers.hpp"
#include "core/events/event_partition.hpp"

#include <gtest/gtest.h>

#include <algorithm>

// What lies at the ends: of property names, of integers, of time.

namespace dotmac {
namespace {

constexpr std::int64_t start_of_2026 = 1'767'225'600'000;

bytes block_at(timestamp at) {
  event_block_builder builder;
  builder.begin_event(timestamp{start_of_2026});
  builder.set_timestamp({at, 0});
  builder.set_field(event_field::event_type, "a");
  builder.end_event();
  return builder.finish();
}

bytes block_of_keys(std::size_t from, std::size_t count) {
  event_block_builder builder;
  for (std::size_t i = from; i < from + count; ++i) {
    builder.begin_event(timestamp{start_of_2026});
    builder.set_field(event_field::event_type, "a");
    builder.set_field(event_field::event_id, "id " + std::to_string(i));
    builder.add_integer(property_scope::properties, "key " + std::to_string(i), 1);
    builder.end_event();
  }
  return builder.finish();
}

TEST(event_partition, refuses_just_the_events_whose_property_names_pass_the_limit) {
  event_partition partition{1};
  ASSERT_TRUE(partition.stage(block_of_keys(0, property_keys_max - 2)));
  partition.commit_staged();
  const auto staged = partition.stage(block_of_keys(property_keys_max - 5, 10)); // three known names, two with room, five without
  ASSERT_TRUE(staged);
  const auto count = [&](event_outcome which) { return std::count(staged->outcomes.begin(), staged->outcomes.end(), which); };
  EXPECT_EQ(count(event_outcome::duplicate), 3);
  EXPECT_EQ(count(event_outcome::accepted), 2);
  EXPECT_EQ(count(event_outcome::refused), 5);
  const bytes payload = partition.staged_payload();
  partition.commit_staged();
  EXPECT_EQ(partition.row_count(), property_keys_max);
  EXPECT_EQ(partition.snapshot().keys().size(), property_keys_max);
  const auto again = partition.stage(block_of_keys(property_keys_max, 1));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->outcomes[0], event_outcome::refused) << "a refused id is not taken for known";
  partition.discard_staged();

  event_partition recovered{1};
  ASSERT_TRUE(recovered.stage(block_of_keys(0, property_keys_max - 2)));
  recovered.commit_staged();
  ASSERT_TRUE(recovered.apply(payload));
  EXPECT_EQ(recovered.row_count(), property_keys_max);
  EXPECT_EQ(recovered.snapshot().keys().size(), property_keys_max);
}

TEST(filter, sees_integers_past_64_bits_as_numbers) {
  event_block_builder builder;
  for (const char* number : {"18446744073709551615", "-123456789012345678901234567890", "[18446744073709551615]"}) {
    builder.begin_event(timestamp{start_of_2026});
    builder.add_json(property_scope::properties, "n", number);
    builder.end_event();
  }
  event_partition partition{1};
  ASSERT_TRUE(partition.stage(builder.finish()));
  partition.commit_staged();
  const auto matching = [&](filter_operator operation, scalar value) {
    find_events question;
    question.selection.filters = condition("n", operation, std::move(value));
    return answer(partition.snapshot(), question, {})->total;
  };
  EXPECT_EQ(matching(filter_operator::equals, 18446744073709551615.0), 1u);
  EXPECT_EQ(matching(filter_operator::greater_than, std::int64_t{5}), 1u);
  EXPECT_EQ(matching(filter_operator::less_than, std::int64_t{5}), 1u);
  EXPECT_EQ(matching(filter_operator::not_equals, std::int64_t{5}), 3u);
}

TEST(find_events, finds_the_last_instant_without_an_end) {
  event_partition partition{1};
  ASSERT_TRUE(partition.stage(block_at(timestamp_max)));
  partition.commit_staged();
  EXPECT_EQ(answer(partition.snapshot(), find_events{}, {})->total, 1u);
  EXPECT_EQ(answer(partition.snapshot(), aggregate_events{}, {})->aggregates.size(), 1u);
}

TEST(aggregate_events, takes_no_more_memory_than_a_question_may_have) {
  event_partition partition{1};
  event_block_builder builder;
  for (int i = 0; i < 20'000; ++i) {
    builder.begin_event(timestamp{start_of_2026 + i * 600'000ll}); // more minutes than can be listed
    builder.set_field(event_field::user_id, "user " + std::to_string(i));
    builder.end_event();
  }
  ASSERT_TRUE(partition.stage(builder.finish()));
  partition.commit_staged();
  aggregate_events question;
  for (const auto size : {granularity::minute, granularity::all}) {
    question.size = size;
    scan_context context;
    EXPECT_TRUE(answer(partition.snapshot(), question, context));
    context.memory_max = 1'000;
    const auto refused = answer(partition.snapshot(), question, context);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, error_code::query_too_large);
  }
}

TEST(find_events, ends_where_it_is_stopped_also_while_the_page_is_read) {
  event_partition partition{1};
  for (std::int64_t i = 0; i < 20; ++i)
    ASSERT_TRUE(partition.stage(block_at(timestamp{start_of_2026 + i})));
  partition.commit_staged();
  find_events question;
  question.limit = 20;
  std::size_t asked = 0;
  ASSERT_TRUE(answer(partition.snapshot(), question, [&asked] { return ++asked == 0; }));
  EXPECT_GE(asked, 20u) << "each event may lie in another chunk, which is read from the store";
  for (std::size_t stops_at = 1; stops_at <= asked; ++stops_at) {
    std::size_t now = 0;
    const auto found = answer(partition.snapshot(), question, [&] { return ++now >= stops_at; });
    ASSERT_FALSE(found) << stops_at << " of " << asked;
    EXPECT_EQ(found.error().code, error_code::cancelled);
  }
}

} // namespace
} // namespace dotmac
