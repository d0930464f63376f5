// Lists of a chunk's rows by code: what plain loops over the columns find, and questions that are answered from them as from the columns.

#include "core/events/coded_rows.hpp"
#include "core/events/event_answers.hpp"
#include "tests/core/events/held_segments.hpp"
#include "tests/core/events/random_cases.hpp"
#include "tests/core/events/test_executor.hpp"

#include <gtest/gtest.h>

namespace dotmac {
namespace {

using namespace plain;

struct packed_column {
  explicit packed_column(const std::vector<std::int64_t>& values) : layout{pack_values(data, values, values.size())}, count{static_cast<std::uint32_t>(values.size())} {}
  packed_integers view() const { return {data.data(), layout.width, layout.base, count}; }
  bytes data;
  packed_layout layout;
  std::uint32_t count;
};

TEST(coded_rows, are_those_that_plain_loops_find_by_user) {
  generator random{3};
  for (int round = 0; round < 300; ++round) {
    const std::size_t count = one_of<std::size_t>(random, {0, 1, 50, 700, event_chunk_rows});
    const std::int64_t span = one_of<std::int64_t>(random, {1, 1'000'000, 1'000'000'000'000});
    const auto kinds = 2 + random() % 6;
    std::vector<std::int64_t> codes, users, times;
    for (std::size_t i = 0; i < count; ++i) {
      codes.push_back(static_cast<std::int64_t>(random() % kinds));
      users.push_back(static_cast<std::int64_t>(random() % 40));
      times.push_back(1'750'000'000'000 + static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(span)));
    }
    const auto code = static_cast<std::uint32_t>(random() % (kinds + 1));
    std::vector<std::tuple<std::int64_t, std::uint32_t, std::int64_t>> wanted; // user, row, time
    std::size_t having = 0;
    for (std::size_t i = 0; i < count; ++i) {
      having += codes[i] == code;
      if (codes[i] == code && users[i] != 0)
        wanted.emplace_back(users[i], static_cast<std::uint32_t>(i), times[i]);
    }
    std::sort(wanted.begin(), wanted.end());
    const packed_column of_codes{codes}, of_users{users}, of_times{times};
    const auto made = coded_rows::make(of_codes.view(), code, of_users.view(), of_times.view());
    ASSERT_EQ(made.is_common(), having > count / 2) << "round " << round;
    if (made.is_common())
      wanted.clear();
    ASSERT_EQ(made.size(), wanted.size()) << "round " << round;
    for (std::size_t i = 0; i < wanted.size(); ++i)
      ASSERT_EQ((std::tuple{std::int64_t{made.users()[i]}, std::uint32_t{made.rows()[i]}, made.at(i)}), wanted[i]) << "round " << round;
    made.with_times([&](auto at) {
      for (std::size_t i = 0; i < wanted.size(); ++i)
        ASSERT_EQ(at(i), std::get<2>(wanted[i]));
    });
  }
}

/// Three segments, the last of them not full; eight types, one of them that of most events; some users have two ids.
event_partition shop(bool has_merged) {
  event_partition out{4};
  generator random{8};
  const auto names = [](std::uint64_t user) { return "user " + std::to_string(user); };
  for (std::uint32_t first = 0; first < 2 * event_segment_rows + 70'000; first += 8'192) {
    event_block_builder builder;
    for (std::uint32_t i = first; i < first + 8'192; ++i) {
      builder.begin_event(timestamp{2'000'000'000});
      builder.set_timestamp({timestamp{1'000'000'000 + i * 1'000ll + static_cast<std::int64_t>(random() % 5) * 1'000}, 0});
      const auto type = random() % 14;
      builder.set_field(event_field::event_type, type > 6 ? "look" : std::string(1, static_cast<char>('a' + type)));
      if (!chance(random, 5))
        builder.set_field(event_field::user_id, names(random() % 9'000));
      builder.end_event();
    }
    EXPECT_TRUE(out.stage(builder.finish()));
    out.commit_staged();
  }
  if (has_merged) {
    change_profiles changes;
    for (std::uint64_t user = 0; user < 500; ++user) {
      auto& change = changes.changes.emplace_back();
      change.id = names(user);
      change.into = names(user + 4'000);
    }
    EXPECT_TRUE(out.stage(std::move(changes)));
    out.commit_staged();
  }
  return out;
}

template <class Answer> bytes told(const result<Answer>& answer) {
  EXPECT_TRUE(answer) << (answer ? "" : answer.error().message);
  bytes out;
  if (answer)
    binary::write(out, *answer);
  return out;
}

/// Each of questions that look at lists: of all times, and of some that cut chunks.
template <class Ask> void for_each_question(Ask&& ask) {
  for (const auto& [start, end] : {std::pair{timestamp_min, timestamp_end}, {timestamp{1'040'000'000}, timestamp{1'290'000'000}}}) {
    count_funnel funnel;
    funnel.start_time = start;
    funnel.end_time = end;
    funnel.window_milliseconds = 40'000'000;
    for (const auto* type : {"a", "b", "c"})
      funnel.steps.push_back({.event_type = type});
    funnel.users_listed = 5;
    ask(funnel);
    funnel.dimensions = {"event_type"};
    funnel.attribution = funnel_attribution::last;
    ask(funnel);
    auto any = funnel;
    any.order = funnel_order::any;
    ask(any);
    auto with_common = funnel;
    with_common.steps.push_back({.event_type = "look"});
    ask(with_common);
    auto with_exclusion = funnel;
    with_exclusion.exclusions.push_back({.event_type = "d"});
    ask(with_exclusion);
    auto repeated = funnel;
    repeated.steps[2] = repeated.steps[0];
    ask(repeated);
    funnel.unit = funnel_unit::attempts;
    ask(funnel);
    measure_retention retention;
    retention.start_time = start;
    retention.end_time = end;
    retention.size = granularity::hour;
    retention.periods = 20;
    retention.start_event.event_type = retention.return_event.event_type = "b";
    ask(retention);
    retention.return_event.event_type = "e";
    ask(retention);
    retention.dimensions = {"event_type"};
    ask(retention);
  }
}

void compare_with_columns(bool has_merged) {
  const auto partition = shop(has_merged);
  const auto warm = partition.snapshot();
  const auto segments = std::make_shared<held_segments>();
  const auto cold = cold_view(warm, segments);
  test_executor executor{2};
  for_each_question([&](const auto& question) {
    const auto wanted = told(answer(warm, question, scan_context{}));
    EXPECT_EQ(told(answer(cold, question, scan_context{})), wanted);
    scan_context shared;
    shared.executor = &executor;
    EXPECT_EQ(told(answer(cold, question, shared)), wanted);
  });
  EXPECT_GT(segments->lists_found, segments->list_count()) << "most were there already";
  EXPECT_GT(segments->list_count(), 5u * 5) << "of at least five types in five chunks";
}

TEST(coded_rows, answer_as_columns_do) { compare_with_columns(false); }
TEST(coded_rows, answer_as_columns_do_where_users_were_merged) { compare_with_columns(true); }

TEST(coded_rows, that_a_question_holds_are_of_its_memory) {
  const auto partition = shop(false);
  const auto cold = cold_view(partition.snapshot(), std::make_shared<held_segments>());
  count_funnel funnel;
  for (const auto* type : {"a", "b", "c"})
    funnel.steps.push_back({.event_type = type});
  scan_context context;
  context.memory_max = 600'000; // of about 70,000 events
  const auto refused = answer(cold, funnel, context);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, error_code::query_too_large);
  context.memory_max = 20'000'000;
  EXPECT_TRUE(answer(cold, funnel, context));
}

} // namespace
} // namespace dotmac
