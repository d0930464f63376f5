// Stickiness and lifecycle over random events beside a computation from the plain list, their limits and their end before time.

#include "tests/core/events/plain_retention.hpp"
#include "tests/core/events/random_cases.hpp"
#include "tests/core/events/test_executor.hpp"

#include <gtest/gtest.h>

namespace dotmac {
namespace {

using namespace plain;

/// What both questions have.
template <class Question> Question random_habit(generator& random, const events& all) {
  Question out;
  if (chance(random, 40))
    out.event.event_type = std::string(1, static_cast<char>('a' + random() % 5));
  if (chance(random, 30))
    out.event.filters = random_filter(random, all, 1);
  out.start_time = random_time(random, all);
  out.end_time = random_time(random, all);
  if (out.end_time < out.start_time)
    std::swap(out.start_time, out.end_time);
  const granularity sizes[] = {granularity::hour, granularity::day, granularity::week, granularity::month};
  out.size = one_of(random, sizes);
  if (chance(random, 50))
    out.zone = berlin_autumn();
  if (buckets_of(out.start_time, out.end_time, out.size, out.zone).size() > 1'000)
    out.size = granularity::day;
  const event_field users[] = {event_field::user_id, event_field::session_id, event_field::customer_id};
  out.user_id_field = one_of(random, users);
  return out;
}

using users_by_periods = std::map<std::size_t, std::uint64_t>; ///< by number of periods

void expect_group(const stickiness_group& found, const users_by_periods& wanted, std::size_t periods) {
  ASSERT_EQ(found.users_by_periods.size(), periods);
  std::uint64_t users = 0;
  for (std::size_t n = 1; n <= periods; ++n) {
    const auto known = wanted.find(n);
    EXPECT_EQ(found.users_by_periods[n - 1], known == wanted.end() ? 0 : known->second) << n << " periods";
  }
  for (const auto& [n, count] : wanted)
    users += count;
  EXPECT_EQ(found.users, users);
}

void check_stickiness(const world& w, generator& random, const scan_context& context) {
  auto question = random_habit<measure_stickiness>(random, w.all);
  if (chance(random, 60))
    for (auto i = 1 + random() % 3; i > 0; --i)
      question.dimensions.push_back(random_dimension(random));
  question.groups_answered = static_cast<std::int64_t>(1 + random() % 4);
  const auto found = answer(w.view(), question, context);
  ASSERT_TRUE(found) << found.error().message;
  users_by_periods all;
  std::map<std::vector<scalar>, users_by_periods> groups;
  for (const auto& [user, own] : events_by_user(w.all, question.event, question.user_id_field, question.start_time, question.end_time)) {
    std::set<timestamp> periods;
    std::map<std::vector<scalar>, std::set<timestamp>> by_group;
    for (const auto* e : own) {
      std::vector<scalar> group;
      for (const auto& each : question.dimensions)
        group.push_back(group_value(*e, each));
      by_group[group].insert(bucket_start(e->at.at, question.size, question.zone));
      periods.insert(bucket_start(e->at.at, question.size, question.zone));
    }
    ++all[periods.size()];
    for (const auto& [group, each] : by_group)
      ++groups[group][each.size()];
  }
  const auto periods = buckets_of(question.start_time, question.end_time, question.size, question.zone).size();
  expect_group(found->all, all, periods);
  if (question.dimensions.empty())
    groups.clear();
  EXPECT_EQ(found->group_count, groups.size());
  std::vector<std::pair<std::int64_t, std::vector<scalar>>> ranked;
  for (const auto& [values, counts] : groups) {
    std::int64_t users = 0;
    for (const auto& [n, count] : counts)
      users += static_cast<std::int64_t>(count);
    ranked.emplace_back(-users, values);
  }
  std::sort(ranked.begin(), ranked.end());
  ranked.resize(std::min(ranked.size(), static_cast<std::size_t>(question.groups_answered)));
  ASSERT_EQ(found->groups.size(), ranked.size());
  for (std::size_t g = 0; g < ranked.size(); ++g) {
    ASSERT_EQ(found->groups[g].dimensions, ranked[g].second);
    expect_group(found->groups[g], groups[ranked[g].second], periods);
  }
}

void check_lifecycle(const world& w, generator& random, const scan_context& context) {
  const auto question = random_habit<measure_lifecycle>(random, w.all);
  const auto found = answer(w.view(), question, context);
  ASSERT_TRUE(found) << found.error().message;
  const auto periods = buckets_of(question.start_time, question.end_time, question.size, question.zone);
  ASSERT_EQ(found->periods.size(), periods.size());
  const auto users = events_by_user(w.all, question.event, question.user_id_field, timestamp_min, question.end_time);
  for (std::size_t p = 0; p < periods.size(); ++p) {
    const auto start = periods[p];
    const auto end = next_bucket_start(start, question.size, question.zone);
    const auto before = bucket_start(timestamp{start.milliseconds - 1}, question.size, question.zone);
    lifecycle_period wanted;
    for (const auto& [user, own] : users) {
      const auto was_active = [&, mine = &own](timestamp from, timestamp until) { return std::any_of(mine->begin(), mine->end(), [&](const event* e) { return e->at.at >= from && e->at.at < until; }); };
      const bool now = was_active(start, end), previous = was_active(before, start), ever = was_active(timestamp_min, start);
      wanted.new_users += now && !ever;
      wanted.returning += now && previous;
      wanted.resurrecting += now && ever && !previous;
      wanted.dormant += !now && previous;
    }
    EXPECT_EQ(found->periods[p].time_bucket, start);
    EXPECT_EQ(found->periods[p].new_users, wanted.new_users) << "period " << p;
    EXPECT_EQ(found->periods[p].returning, wanted.returning) << "period " << p;
    EXPECT_EQ(found->periods[p].resurrecting, wanted.resurrecting) << "period " << p;
    EXPECT_EQ(found->periods[p].dormant, wanted.dormant) << "period " << p;
  }
}

TEST(random_habits, equal_a_plain_computation_over_random_events) {
  const auto first = from_environment("DOTMAC_TEST_SEED", 1);
  const auto worlds = from_environment("DOTMAC_TEST_CASES", 400);
  test_executor threads{3};
  std::size_t cases = 0;
  for (auto seed = first; seed < first + worlds; ++seed) {
    SCOPED_TRACE("DOTMAC_TEST_SEED=" + std::to_string(seed));
    generator random{seed};
    const auto w = random_world(random, random_size(random, seed));
    for (int i = 0; i < (w.all.size() > 1'000 ? 2 : 8); ++i, cases += 2) {
      SCOPED_TRACE("question " + std::to_string(i));
      scan_context context;
      context.executor = chance(random, 50) ? &threads : nullptr;
      check_stickiness(w, random, context);
      check_lifecycle(w, random, context);
      ASSERT_FALSE(::testing::Test::HasFailure());
    }
  }
  std::printf("%zu questions, seeds %llu to %llu\n", cases, static_cast<unsigned long long>(first), static_cast<unsigned long long>(first + worlds - 1));
}

/// `users` users with an event of their own number at each of `days` days.
event_partition partition_of_days(std::size_t users, std::size_t days) {
  event_partition out{1};
  event_block_builder builder;
  for (std::size_t day = 0; day < days; ++day)
    for (std::size_t user = 0; user < users; ++user) {
      builder.begin_event(timestamp{world_start_ms});
      builder.set_timestamp({timestamp{world_start_ms + static_cast<std::int64_t>(day) * 86'400'000}, 0});
      builder.set_field(event_field::user_id, "u" + std::to_string(user));
      builder.add_integer(property_scope::properties, "number", static_cast<std::int64_t>(user));
      builder.end_event();
    }
  static_cast<void>(out.stage(builder.finish()));
  out.commit_staged();
  return out;
}

template <class Question> Question over_whole_days(std::size_t days) {
  Question out;
  out.start_time = timestamp{world_start_ms};
  out.end_time = timestamp{world_start_ms + static_cast<std::int64_t>(days) * 86'400'000};
  return out;
}

template <class Question> void expect_ends_where_stopped(const event_view& view, const Question& question) {
  std::size_t asked = 0;
  ASSERT_TRUE(answer(view, question, scan_context{[&asked] { return ++asked == 0; }}));
  EXPECT_GE(asked, 3u);
  for (std::size_t stops_at = 1; stops_at <= asked; ++stops_at) {
    std::size_t now = 0;
    const auto found = answer(view, question, scan_context{[&] { return ++now >= stops_at; }});
    ASSERT_FALSE(found) << stops_at << " of " << asked;
    EXPECT_EQ(found.error().code, error_code::cancelled);
  }
  scan_context little;
  little.memory_max = 10'000;
  const auto refused = answer(view, question, little);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, error_code::query_too_large);
}

TEST(habits, end_where_they_are_stopped_or_their_memory_does_not_do) {
  const auto partition = partition_of_days(2'000, 20);
  auto groups = over_whole_days<measure_stickiness>(20);
  expect_ends_where_stopped(partition.snapshot(), groups);
  expect_ends_where_stopped(partition.snapshot(), over_whole_days<measure_lifecycle>(20));
  groups.dimensions = {"number"};
  expect_ends_where_stopped(partition.snapshot(), groups);
}

TEST(habits, name_the_limit_that_is_passed) {
  const auto partition = partition_of_days(1'000, 2);
  const auto stickiness = [&](auto change) {
    auto question = over_whole_days<measure_stickiness>(200);
    change(question);
    const auto found = answer(partition.snapshot(), question, scan_context{});
    EXPECT_FALSE(found);
    return found ? failure{} : found.error();
  };
  EXPECT_EQ(stickiness([](auto& q) { q.dimensions = {"a", "b", "c", "d"}; }).field, "dimensions");
  EXPECT_EQ(stickiness([](auto& q) { q.groups_answered = 0; }).field, "limit");
  EXPECT_EQ(stickiness([](auto& q) { q.groups_answered = 1'001; }).field, "limit");
  EXPECT_EQ(stickiness([](auto& q) { q.user_id_field = event_field::event_id; }).field, "user_id_field");
  EXPECT_EQ(stickiness([](auto& q) { q.size = granularity::all; }).field, "granularity");
  EXPECT_EQ(stickiness([](auto& q) { q.size = granularity::minute; }).field, "granularity");
  const auto points = stickiness([](auto& q) { q.dimensions = {"number"}; q.groups_answered = 1'000; });
  EXPECT_EQ(points.field, "limit");
  EXPECT_NE(points.message.find("stickiness_points_max"), std::string::npos);
  const auto lifecycle = [&](auto change) {
    auto question = over_whole_days<measure_lifecycle>(200);
    change(question);
    const auto found = answer(partition.snapshot(), question, scan_context{});
    return found ? std::string{} : found.error().field;
  };
  EXPECT_EQ(lifecycle([](auto& q) { q.user_id_field = event_field::event_id; }), "user_id_field");
  EXPECT_EQ(lifecycle([](auto& q) { q.size = granularity::all; }), "granularity");
  EXPECT_EQ(lifecycle([](auto& q) { q.size = granularity::second; }), "granularity");
  auto groups = over_whole_days<measure_stickiness>(1);
  groups.dimensions = {"number"};
  EXPECT_EQ(answer(partition_of_days(stickiness_groups_max, 1).snapshot(), groups, scan_context{})->group_count, stickiness_groups_max);
  EXPECT_EQ(answer(partition_of_days(stickiness_groups_max + 1, 1).snapshot(), groups, scan_context{}).error().field, "dimensions");
}

} // namespace
} // namespace dotmac
