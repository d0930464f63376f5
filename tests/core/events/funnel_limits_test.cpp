// The limits of funnels, each where it is reached and passed, the end before time, and values that threads number apart.

#include "tests/core/events/peak_memory.hpp"
#include "tests/core/events/random_cases.hpp"
#include "tests/core/events/test_executor.hpp"

#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <set>

namespace dotmac {
namespace {

/// Each user does "a" and, a second later, "b"; `k` is a number of his own.
event_partition partition_of_pairs(std::size_t users) {
  event_partition out{1};
  event_block_builder builder;
  for (std::size_t user = 0; user < users; ++user)
    for (const auto* type : {"a", "b"}) {
      builder.begin_event(timestamp{plain::world_start_ms});
      builder.set_timestamp({timestamp{plain::world_start_ms + (*type == 'b') * 1'000}, 0});
      builder.set_field(event_field::event_type, type);
      builder.set_field(event_field::user_id, "u" + std::to_string(user));
      builder.add_integer(property_scope::properties, "k", static_cast<std::int64_t>(user));
      builder.end_event();
    }
  static_cast<void>(out.stage(builder.finish()));
  out.commit_staged();
  return out;
}

count_funnel pairs() {
  count_funnel out;
  out.steps = {{.event_type = "a"}, {.event_type = "b"}};
  out.start_time = timestamp{plain::world_start_ms};
  out.end_time = timestamp{plain::world_start_ms + 60'000};
  return out;
}

template <class Question> void expect_refusal(const event_view& view, const Question& question, error_code code, const std::string& field, const scan_context& context = {}) {
  const auto found = answer(view, question, context);
  ASSERT_FALSE(found) << field;
  EXPECT_EQ(found.error().code, code) << found.error().message;
  EXPECT_EQ(found.error().field, field) << found.error().message;
}

TEST(funnel_limits, are_named_by_what_passes_them) {
  const auto partition = partition_of_pairs(10);
  const auto view = partition.snapshot();
  const auto refused = [&](const std::string& field, auto change) {
    auto question = pairs();
    change(question);
    expect_refusal(view, question, error_code::validation_failed, field);
  };
  refused("funnel_steps", [](auto& q) { q.steps.clear(); });
  refused("funnel_steps", [](auto& q) { q.steps.resize(funnel_steps_max + 1); });
  refused("attribution_step", [](auto& q) { q.attribution_step = 3; });
  refused("attribution_step", [](auto& q) { q.attribution_step = 0; });
  refused("histogram_bins", [](auto& q) { q.histogram_bins = funnel_histogram_bins_max + 1; });
  refused("histogram_bins", [](auto& q) { q.histogram_bins = -1; });
  refused("hold_constant", [](auto& q) { q.hold_constant = {"a", "b", "c", "d"}; });
  refused("hold_constant", [](auto& q) { q.hold_constant = {"event_id"}; });
  refused("count", [](auto& q) { q.unit = funnel_unit::attempts; q.order = funnel_order::any; });
  refused("start", [](auto& q) { q.unit = funnel_unit::attempts; q.start = funnel_start::first; });
  auto most = pairs();
  most.histogram_bins = funnel_histogram_bins_max;
  most.hold_constant = {"k", "user_id", "properties.k"};
  EXPECT_EQ(answer(view, most, {})->all.steps[1].count, 10u);
}

TEST(funnel_limits, of_users_are_named_by_what_passes_them) {
  const auto partition = partition_of_pairs(1'500);
  const auto view = partition.snapshot();
  const auto refused = [&](const std::string& field, auto change) {
    find_funnel_users question;
    question.funnel = pairs();
    change(question);
    expect_refusal(view, question, error_code::validation_failed, field);
  };
  refused("step", [](auto& q) { q.step = 3; });
  refused("step", [](auto& q) { q.step = 0; });
  refused("step", [](auto& q) { q.outcome = funnel_outcome::dropped; });
  refused("limit", [](auto& q) { q.limit = funnel_users_found_max + 1; });
  refused("limit", [](auto& q) { q.limit = -1; });
  refused("group", [](auto& q) { q.group.emplace(1); });
  refused("count", [](auto& q) { q.funnel.unit = funnel_unit::attempts; });
  refused("funnel_steps", [](auto& q) { q.funnel.steps.clear(); });
  find_funnel_users most;
  most.funnel = pairs();
  most.limit = funnel_users_found_max;
  const auto found = answer(view, most, {});
  EXPECT_EQ(found->users.size(), static_cast<std::size_t>(funnel_users_found_max));
  EXPECT_EQ(found->total, 1'500u);
  EXPECT_TRUE(found->has_more);
  most.funnel.dimensions = {"k"};
  most.group = {7.0}; // 7 and 7.0 are one value
  EXPECT_EQ(answer(view, most, {})->users.at(0).id, "u7");
}

TEST(funnel_limits, bound_the_points_of_a_trend_and_its_groups) {
  const auto partition = partition_of_pairs(3'400);
  const auto view = partition.snapshot();
  test_executor threads{3};
  for (const bool is_shared : {false, true}) {
    scan_context context;
    context.executor = is_shared ? &threads : nullptr;
    auto question = pairs();
    question.has_trend = true;
    question.size = granularity::second;
    question.dimensions = {"k"}; // 3401 lines of 60 seconds: 204,060 points
    expect_refusal(view, question, error_code::query_too_large, "granularity", context);
    question.end_time = timestamp{plain::world_start_ms + 58'000};
    const auto found = answer(view, question, context);
    ASSERT_TRUE(found) << found.error().message;
    EXPECT_EQ(found->groups.size(), 3'400u);
    EXPECT_EQ(found->groups[0].figures.points.size(), 58u);
    EXPECT_EQ(found->all.points[0].converted, 3'400u);
  }
  auto long_one = pairs();
  long_one.has_trend = true;
  long_one.size = granularity::second;
  long_one.end_time = timestamp{plain::world_start_ms + 10'001'000};
  expect_refusal(view, long_one, error_code::query_too_large, "granularity");
  auto many = partition_of_pairs(answer_groups_max + 1);
  auto question = pairs();
  question.dimensions = {"k"};
  scan_context context;
  context.executor = &threads;
  expect_refusal(many.snapshot(), question, error_code::query_too_large, "dimensions", context);
}

TEST(funnel_limits, of_points_are_passed_before_the_memory_for_them_is_taken) {
  const auto partition = partition_of_pairs(2'000); // one part: nothing is checked before all of them are counted
  const auto view = partition.snapshot();
  auto question = pairs();
  question.dimensions = {"k"};
  question.has_trend = true;
  question.size = granularity::second;
  question.end_time = timestamp{plain::world_start_ms + 10'000'000}; // 10,000 buckets for each of 2,000 groups are 640 MB
  EXPECT_LT(peak_of([&] { expect_refusal(view, question, error_code::query_too_large, "granularity"); }), std::size_t{200} << 20);
}

TEST(funnel_limits, bound_the_memory_of_what_is_gathered) {
  const auto partition = partition_of_pairs(20'000);
  const auto view = partition.snapshot();
  const auto fits = [&](std::size_t memory, auto change) {
    auto question = pairs();
    change(question);
    scan_context context;
    context.memory_max = memory;
    const auto found = answer(view, question, context);
    EXPECT_TRUE(found || found.error().code == error_code::query_too_large);
    return found.has_value();
  };
  constexpr std::size_t least_of_events = 16 * 40'000;         // 16 bytes each, given back part by part
  constexpr std::size_t of_events = 2 * least_of_events;       // blocks of a part that are not full count too
  constexpr std::size_t of_times = 20'000 * 2 * 8 * 3;
  const auto plain = [](auto&) {};
  EXPECT_FALSE(fits(least_of_events - 1, plain));
  EXPECT_FALSE(fits(of_times - 1, plain));
  EXPECT_TRUE(fits(of_events + of_times, plain));
  EXPECT_FALSE(fits(of_events + of_times, [](auto& q) { q.hold_constant = {"k"}; }));
  EXPECT_FALSE(fits(of_events + 2 * of_times, [](auto& q) { q.dimensions = {"k"}; }));
  EXPECT_TRUE(fits(std::size_t{64} << 20, [](auto& q) { q.hold_constant = {"k"}; q.dimensions = {"k"}; }));
}

TEST(funnel_limits, bound_the_memory_of_the_ids_that_are_listed) {
  const auto partition = partition_of_pairs(20'000);
  const auto view = partition.snapshot();
  const auto fits = [&](std::size_t memory, std::int64_t users_listed) {
    auto question = pairs();
    question.users_listed = users_listed;
    scan_context context;
    context.memory_max = memory;
    return answer(view, question, context).has_value();
  };
  std::size_t too_little = 0;
  std::size_t enough = 16u << 20;
  while (enough - too_little > 1'000) {
    const auto middle = (enough + too_little) / 2;
    (fits(middle, 0) ? enough : too_little) = middle;
  }
  EXPECT_TRUE(fits(enough, 0));
  EXPECT_FALSE(fits(enough, 10'000));
}

/// `count` events of one user, "a" and "b" in turn, a second apart.
event_partition partition_of_one_user(std::size_t count) {
  event_partition out{1};
  event_block_builder builder;
  for (std::size_t i = 0; i < count; ++i) {
    builder.begin_event(timestamp{plain::world_start_ms});
    builder.set_timestamp({timestamp{plain::world_start_ms + static_cast<std::int64_t>(i) * 1'000}, 0});
    builder.set_field(event_field::event_type, i % 2 == 0 ? "a" : "b");
    builder.set_field(event_field::user_id, "all");
    builder.add_integer(property_scope::properties, "k", 1);
    builder.end_event();
  }
  static_cast<void>(out.stage(builder.finish()));
  out.commit_staged();
  return out;
}

TEST(funnel_limits, bound_the_memory_of_one_user_with_very_many_events) {
  constexpr std::size_t events = 50'000;
  const auto partition = partition_of_one_user(events);
  const auto view = partition.snapshot();
  auto question = pairs();
  question.end_time = timestamp_end;
  scan_context context;
  const auto fits = [&](std::size_t bytes_per_event) {
    context.memory_max = events * bytes_per_event;
    return answer(view, question, context).has_value();
  };
  EXPECT_FALSE(fits(36)) << "16 while they are gathered, 24 while he is followed";
  EXPECT_TRUE(fits(48));
  question.hold_constant = {"k"};
  EXPECT_FALSE(fits(60)) << "followed value by value he needs them twice";
  EXPECT_TRUE(fits(80));
}

TEST(funnel_limits, end_a_question_also_within_one_user) {
  const auto partition = partition_of_one_user(20'000);
  const auto view = partition.snapshot();
  count_funnel question;
  question.steps = {{.event_type = "a"}, {.event_type = "b"}, {.event_type = "never"}};
  question.order = funnel_order::any;
  std::size_t asked = 0;
  ASSERT_TRUE(answer(view, question, scan_context{[&asked] { return ++asked == 0; }}));
  EXPECT_GE(asked, 10u) << "times the matching of a window, his events may take minutes";
  for (std::size_t stops_at = 1; stops_at <= asked; ++stops_at) {
    std::size_t now = 0;
    const auto found = answer(view, question, scan_context{[&] { return ++now >= stops_at; }});
    ASSERT_FALSE(found) << stops_at << " of " << asked;
    EXPECT_EQ(found.error().code, error_code::cancelled);
  }
}

TEST(funnel_limits, end_a_question_where_it_is_stopped_whenever_that_is) {
  const auto partition = partition_of_pairs(10'000);
  const auto view = partition.snapshot();
  const auto check = [&view](const auto& question) {
    std::size_t asked = 0;
    ASSERT_TRUE(answer(view, question, scan_context{[&asked] { return ++asked == 0; }}));
    EXPECT_GE(asked, 6u);
    for (std::size_t stops_at = 1; stops_at <= asked; ++stops_at) {
      std::size_t now = 0;
      const auto found = answer(view, question, scan_context{[&] { return ++now >= stops_at; }});
      ASSERT_FALSE(found) << stops_at << " of " << asked;
      EXPECT_EQ(found.error().code, error_code::cancelled);
    }
  };
  auto question = pairs();
  question.hold_constant = {"k"};
  check(question);
  find_funnel_users users;
  users.funnel = pairs();
  check(users);
}

TEST(funnel_limits, of_time_are_reached_by_events) {
  event_partition partition{1};
  event_block_builder builder;
  for (const auto* type : {"a", "b"}) {
    builder.begin_event(timestamp{plain::world_start_ms});
    builder.set_timestamp({*type == 'a' ? timestamp_min : timestamp_max, 0});
    builder.set_field(event_field::event_type, type);
    builder.set_field(event_field::user_id, "u");
    builder.end_event();
  }
  ASSERT_TRUE(partition.stage(builder.finish()));
  partition.commit_staged();
  count_funnel question;
  question.steps = {{.event_type = "a"}, {.event_type = "b"}};
  const auto found = answer(partition.snapshot(), question, scan_context{});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->all.steps[1].count, 1u);
  EXPECT_EQ(found->all.to_convert.median_milliseconds, static_cast<double>(timestamp_max.milliseconds - timestamp_min.milliseconds));
}

/// Asked between runs of rows: holds each thread up until another has begun too, so that no single one takes all chunks.
class meeting_of_two {
public:
  bool operator()() {
    std::unique_lock lock{mutex_};
    here_.insert(std::this_thread::get_id());
    arrived_.notify_all();
    arrived_.wait_for(lock, std::chrono::seconds{20}, [this] { return here_.size() > 1; });
    return false;
  }

private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::set<std::thread::id> here_;
};

TEST(held_constants, are_equal_also_where_threads_number_them_in_another_order) {
  event_partition partition{1};
  event_block_builder builder;
  const auto users = static_cast<std::int64_t>(event_chunk_rows);
  for (const std::string type : {"a", "b"}) // a chunk each
    for (std::int64_t i = 0; i < users; ++i) {
      const auto user = type == "a" ? i : users - 1 - i;
      builder.begin_event(timestamp{plain::world_start_ms});
      builder.set_timestamp({timestamp{plain::world_start_ms + (type == "b") * 1'000}, 0});
      builder.set_field(event_field::event_type, type);
      builder.set_field(event_field::user_id, "u" + std::to_string(user));
      builder.add_integer(property_scope::properties, "k", type == "b" && user % 3 == 0 ? -1 : user % 100); // every third user has another one
      builder.end_event();
    }
  static_cast<void>(partition.stage(builder.finish()));
  partition.commit_staged();
  auto question = pairs();
  question.hold_constant = {"k"};
  test_executor threads{2};
  meeting_of_two meeting;
  scan_context context{[&meeting] { return meeting(); }};
  context.executor = &threads;
  const auto found = answer(partition.snapshot(), question, context);
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->all.steps[0].count, static_cast<std::uint64_t>(users));
  EXPECT_EQ(found->all.steps[1].count, static_cast<std::uint64_t>(users - (users + 2) / 3));
}

} // namespace
} // namespace dotmac
