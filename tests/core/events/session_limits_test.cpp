// What sessions need of memory and numbers where one user, or one property, has very many.

#include "core/events/event_partition.hpp"
#include "core/events/event_answers.hpp"
#include "tests/core/events/peak_memory.hpp"

#include <gtest/gtest.h>

namespace dotmac {
namespace {

constexpr std::int64_t morning_ms = 1'767'225'600'000; // 2026-01-01
constexpr std::size_t events_of_block = 200'000;

/// `fill(builder, i)` says what event i is.
template <class Fill> event_partition partition_of(std::size_t count, Fill&& fill) {
  event_partition out{1};
  for (std::size_t first = 0; first < count; first += events_of_block) {
    event_block_builder builder;
    for (auto i = first; i < std::min(count, first + events_of_block); ++i) {
      builder.begin_event(timestamp{morning_ms});
      fill(builder, i);
      builder.end_event();
    }
    EXPECT_TRUE(out.stage(builder.finish()));
    out.commit_staged();
  }
  return out;
}

TEST(session_limits, of_groups_are_passed_before_all_sessions_of_a_user_are_grouped) {
  const auto partition = partition_of(800'000, [](event_block_builder& builder, std::size_t i) {
    builder.set_timestamp({timestamp{morning_ms + static_cast<std::int64_t>(i) * 120'000}, 0});
    builder.set_field(event_field::event_type, "a");
    builder.set_field(event_field::user_id, "all");
    builder.add_integer(property_scope::properties, "k", static_cast<std::int64_t>(i));
  });
  const auto view = partition.snapshot();
  measure_sessions question;
  question.gap_minutes = 1;
  question.size = granularity::all;
  question.dimensions = {"k"};
  const auto peak = peak_of([&] {
    const auto found = answer(view, question, scan_context{});
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().field, "dimensions");
  });
  EXPECT_LT(peak, std::size_t{120} << 20);
}

TEST(session_limits, average_lengths_also_of_thousands_of_years) {
  constexpr std::size_t sessions = 60'000; // of all of time each: together more milliseconds than 64 bits hold
  const auto partition = partition_of(2 * sessions, [](event_block_builder& builder, std::size_t i) {
    builder.set_timestamp({i % 2 == 0 ? timestamp_min : timestamp_max, 0});
    builder.set_field(event_field::event_type, "a");
    builder.set_field(event_field::user_id, "u");
    builder.set_field(event_field::session_id, "s" + std::to_string(i / 2));
  });
  measure_sessions question;
  question.rule = session_rule::session_id;
  question.size = granularity::all;
  const auto found = answer(partition.snapshot(), question, scan_context{});
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->all.total.sessions, sessions);
  EXPECT_DOUBLE_EQ(found->all.total.average_milliseconds.value(), static_cast<double>(timestamp_max.milliseconds - timestamp_min.milliseconds));
}

TEST(session_limits, count_the_table_of_a_propertys_texts_as_memory) {
  constexpr std::size_t texts = 200'000;
  const auto partition = partition_of(texts, [](event_block_builder& builder, std::size_t i) {
    builder.set_field(event_field::event_type, i == 7 ? "a" : "b");
    builder.set_field(event_field::user_id, "u");
    builder.add_text(property_scope::properties, "t", "text " + std::to_string(i));
  });
  measure_sessions question;
  question.event.event_type = "a";
  question.size = granularity::all;
  question.dimensions = {"t"};
  scan_context context;
  context.memory_max = 4 * texts - 1;
  const auto refused = answer(partition.snapshot(), question, context);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, error_code::query_too_large);
  context.memory_max = 8 * texts;
  EXPECT_TRUE(answer(partition.snapshot(), question, context));
}

} // namespace
} // namespace dotmac
