// Sessions over random events beside a computation from the plain list, their limits and their end before time.

#include "tests/core/events/plain_sessions.hpp"
#include "tests/core/events/random_cases.hpp"
#include "tests/core/events/test_executor.hpp"

#include <gtest/gtest.h>

namespace dotmac {
namespace {

using namespace plain;

measure_sessions random_sessions(generator& random, const events& all) {
  measure_sessions out;
  if (chance(random, 40))
    out.event.event_type = std::string(1, static_cast<char>('a' + random() % 5));
  if (chance(random, 25))
    out.event.filters = random_filter(random, all, 1);
  out.start_time = random_time(random, all);
  out.end_time = random_time(random, all);
  if (out.end_time < out.start_time)
    std::swap(out.start_time, out.end_time);
  if (chance(random, 30)) {
    out.start_time = timestamp{world_start_ms - 86'400'000};
    out.end_time = timestamp{world_start_ms + 101 * 86'400'000ll};
  }
  if (chance(random, 30))
    out.rule = session_rule::session_id;
  const std::int64_t gaps[] = {1, 2, 30, 60, 1'440};
  if (out.rule == session_rule::gap && chance(random, 80))
    out.gap_minutes = one_of(random, gaps);
  const granularity sizes[] = {granularity::hour, granularity::day, granularity::week, granularity::month};
  out.size = one_of(random, sizes);
  if (chance(random, 50))
    out.zone = berlin_autumn();
  const event_field users[] = {event_field::user_id, event_field::session_id, event_field::customer_id};
  out.user_id_field = one_of(random, users);
  if (chance(random, 50))
    for (auto i = 1 + random() % 2; i > 0; --i)
      out.dimensions.push_back(random_dimension(random));
  out.groups_answered = static_cast<std::int64_t>(1 + random() % 4);
  if (chance(random, 60))
    out.edge_field = random_dimension(random);
  out.edge_values_answered = static_cast<std::int64_t>(1 + random() % 4);
  return out;
}

void expect_figures(const session_figures& found, const plain_figures& wanted) {
  EXPECT_EQ(found.sessions, wanted.sessions);
  EXPECT_EQ(found.users, wanted.users.size());
  EXPECT_EQ(found.bounces, wanted.bounces);
  EXPECT_EQ(found.events, wanted.events);
  ASSERT_EQ(found.average_milliseconds.has_value(), wanted.sessions > 0);
  if (wanted.sessions > 0) {
    EXPECT_DOUBLE_EQ(*found.average_milliseconds, static_cast<double>(wanted.milliseconds) / static_cast<double>(wanted.sessions));
  }
  EXPECT_EQ(found.median_milliseconds, percentile(wanted.lengths, 0.5));
  EXPECT_EQ(found.p90_milliseconds, percentile(wanted.lengths, 0.9));
}

void expect_line(const session_line& found, const plain_line& wanted, const std::vector<timestamp>& buckets) {
  SCOPED_TRACE("total");
  expect_figures(found.total, wanted.total);
  ASSERT_EQ(found.points.size(), buckets.size());
  for (std::size_t b = 0; b < buckets.size(); ++b) {
    SCOPED_TRACE("bucket " + std::to_string(b));
    const auto known = wanted.points.find(buckets[b]);
    expect_figures(found.points[b], known == wanted.points.end() ? plain_figures{} : known->second);
  }
}

void expect_values(const session_values& found, const std::map<scalar, std::pair<std::uint64_t, std::uint64_t>>& wanted, std::size_t most) {
  std::vector<std::tuple<std::int64_t, scalar, std::uint64_t>> ranked;
  for (const auto& [each, counts] : wanted)
    ranked.emplace_back(-static_cast<std::int64_t>(counts.first), each, counts.second);
  std::sort(ranked.begin(), ranked.end());
  EXPECT_EQ(found.found, ranked.size());
  ranked.resize(std::min(ranked.size(), most));
  ASSERT_EQ(found.values.size(), ranked.size());
  for (std::size_t i = 0; i < ranked.size(); ++i)
    EXPECT_EQ(std::tuple(-static_cast<std::int64_t>(found.values[i].sessions), found.values[i].value, found.values[i].bounces), ranked[i]);
}

void expect_sessions(const measure_sessions& question, const sessions_measured& found, const std::vector<plain_session>& sessions) {
  const auto buckets = buckets_of(question.start_time, question.end_time, question.size, question.zone);
  ASSERT_EQ(found.buckets, buckets);
  plain_line all;
  std::map<std::vector<scalar>, plain_line> groups;
  std::map<scalar, std::pair<std::uint64_t, std::uint64_t>> entries, exits;
  const auto put = [&](plain_line& into, const plain_session& each) {
    into.total.add(each);
    into.points[bucket_start(each.events.front()->at.at, question.size, question.zone)].add(each);
  };
  const auto group_of = [&](const plain_session& each) { return values_of(*each.events.front(), question.dimensions); };
  for (const auto& each : sessions) {
    put(all, each);
    if (!question.dimensions.empty())
      put(groups[group_of(each)], each);
    if (question.edge_field.empty())
      continue;
    const auto count = [&](auto& into, const event& e) {
      auto& counts = into[group_value(e, question.edge_field)];
      ++counts.first;
      counts.second += each.events.size() == 1;
    };
    count(entries, *each.events.front());
    count(exits, *each.events.back());
  }
  expect_line(found.all, all, buckets);
  expect_values(found.entries, entries, static_cast<std::size_t>(question.edge_values_answered));
  expect_values(found.exits, exits, static_cast<std::size_t>(question.edge_values_answered));
  std::vector<std::pair<std::int64_t, std::vector<scalar>>> ranked;
  for (const auto& [values, line] : groups)
    ranked.emplace_back(-static_cast<std::int64_t>(line.total.sessions), values);
  std::sort(ranked.begin(), ranked.end());
  EXPECT_EQ(found.group_count, question.dimensions.empty() ? 1 : ranked.size());
  const bool has_other = ranked.size() > static_cast<std::size_t>(question.groups_answered);
  ranked.resize(std::min(ranked.size(), static_cast<std::size_t>(question.groups_answered)));
  ASSERT_EQ(found.groups.size(), ranked.size() + (has_other ? 1 : 0));
  plain_line other;
  for (const auto& each : sessions)
    if (const auto values = group_of(each); std::none_of(ranked.begin(), ranked.end(), [&](const auto& one) { return one.second == values; }))
      put(other, each);
  for (std::size_t i = 0; i < ranked.size(); ++i) {
    EXPECT_EQ(found.groups[i].dimensions, ranked[i].second);
    EXPECT_FALSE(found.groups[i].is_other);
    expect_line(found.groups[i], groups[ranked[i].second], buckets);
  }
  if (has_other) {
    EXPECT_TRUE(found.groups.back().is_other);
    expect_line(found.groups.back(), other, buckets);
  }
}

TEST(random_sessions, equal_a_plain_computation_over_random_events) {
  const auto first = from_environment("DOTMAC_TEST_SEED", 1);
  const auto worlds = from_environment("DOTMAC_TEST_CASES", 500);
  test_executor threads{3};
  std::size_t cases = 0;
  std::uint64_t longer = 0;
  for (auto seed = first; seed < first + worlds; ++seed) {
    SCOPED_TRACE("DOTMAC_TEST_SEED=" + std::to_string(seed));
    generator random{seed};
    const auto w = random_world(random, random_size(random, seed));
    for (int i = 0; i < (w.all.size() > 1'000 ? 4 : 10); ++i) {
      SCOPED_TRACE("question " + std::to_string(i));
      const auto question = random_sessions(random, w.all);
      scan_context context;
      context.executor = chance(random, 50) ? &threads : nullptr;
      const auto found = answer(w.view(), question, context);
      ASSERT_TRUE(found) << found.error().message;
      expect_sessions(question, *found, sessions_of(w.all, question));
      longer += found->all.total.sessions - found->all.total.bounces;
      ++cases;
      ASSERT_FALSE(::testing::Test::HasFailure());
    }
  }
  EXPECT_GT(longer, worlds < 100 ? 0u : 5'000u) << "the questions find sessions of more than one event";
  std::printf("%zu questions, seeds %llu to %llu\n", cases, static_cast<unsigned long long>(first), static_cast<unsigned long long>(first + worlds - 1));
}

TEST(sessions, of_neighbouring_intervals_add_up) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(seed);
    generator random{seed};
    const auto w = random_world(random, 250);
    measure_sessions question;
    question.size = granularity::all;
    question.gap_minutes = 1 + static_cast<std::int64_t>(random() % 1'440);
    question.start_time = timestamp{world_start_ms - 86'400'000};
    question.end_time = timestamp{world_start_ms + 300 * 86'400'000ll};
    const auto whole = answer(w.view(), question, scan_context{});
    auto left = question;
    auto right = question;
    left.end_time = right.start_time = random_time(random, w.all);
    const auto before = answer(w.view(), left, scan_context{});
    const auto behind = answer(w.view(), right, scan_context{});
    ASSERT_TRUE(whole && before && behind);
    EXPECT_EQ(before->all.total.sessions + behind->all.total.sessions, whole->all.total.sessions);
  }
}

/// `users` users with two events a minute apart on each of `days` days.
event_partition daily_sessions(std::size_t users, std::size_t days) {
  event_partition out{1};
  event_block_builder builder;
  for (std::size_t day = 0; day < days; ++day)
    for (std::size_t user = 0; user < users; ++user)
      for (std::int64_t minute = 0; minute < 2; ++minute) {
        builder.begin_event(timestamp{world_start_ms});
        builder.set_timestamp({timestamp{world_start_ms + static_cast<std::int64_t>(day) * 86'400'000 + minute * 60'000}, 0});
        builder.set_field(event_field::event_type, minute == 0 ? "first" : "last");
        builder.set_field(event_field::user_id, "u" + std::to_string(user));
        builder.set_field(event_field::session_id, "s" + std::to_string(user) + "/" + std::to_string(day));
        builder.add_integer(property_scope::properties, "number", static_cast<std::int64_t>(user));
        builder.end_event();
      }
  static_cast<void>(out.stage(builder.finish()));
  out.commit_staged();
  return out;
}

measure_sessions sessions_over_days(std::size_t days) {
  measure_sessions out;
  out.start_time = timestamp{world_start_ms};
  out.end_time = timestamp{world_start_ms + static_cast<std::int64_t>(days) * 86'400'000};
  return out;
}

/// Every way through the computation.
std::vector<measure_sessions> session_ways(std::size_t days) {
  std::vector<measure_sessions> out(3, sessions_over_days(days));
  out[1].dimensions = {"number"};
  out[1].edge_field = "event_type";
  out[2].rule = session_rule::session_id;
  return out;
}

TEST(sessions, end_where_they_are_stopped_whenever_that_is) {
  const auto partition = daily_sessions(500, 30);
  for (const auto& question : session_ways(30)) {
    std::size_t asked = 0;
    scan_context counting{[&asked] { return ++asked == 0; }};
    ASSERT_TRUE(answer(partition.snapshot(), question, counting));
    EXPECT_GE(asked, 5u);
    for (std::size_t stops_at = 1; stops_at <= asked; stops_at += 1 + asked / 200) {
      std::size_t now = 0;
      scan_context stopping{[&] { return ++now >= stops_at; }};
      const auto found = answer(partition.snapshot(), question, stopping);
      ASSERT_FALSE(found) << stops_at << " of " << asked;
      EXPECT_EQ(found.error().code, error_code::cancelled);
    }
  }
}

TEST(sessions, are_refused_wherever_their_memory_ends) {
  const auto partition = daily_sessions(2'000, 20);
  for (const auto& question : session_ways(20)) {
    scan_context context;
    context.memory_max = 16u << 20;
    ASSERT_TRUE(answer(partition.snapshot(), question, context));
    for (std::size_t memory = 10'000; memory < 1'300'000; memory += 100'000) { // the events alone are 16 bytes each
      context.memory_max = memory;
      const auto found = answer(partition.snapshot(), question, context);
      ASSERT_FALSE(found) << memory;
      EXPECT_EQ(found.error().code, error_code::query_too_large);
    }
  }
}

TEST(sessions, name_the_limit_that_is_passed) {
  const auto partition = daily_sessions(3, 2);
  const auto refusal = [&](auto change) {
    auto question = sessions_over_days(10);
    change(question);
    const auto found = answer(partition.snapshot(), question, scan_context{});
    EXPECT_FALSE(found);
    return found ? failure{} : found.error();
  };
  EXPECT_EQ(refusal([](auto& q) { q.gap_minutes = 0; }).field, "gap");
  EXPECT_EQ(refusal([](auto& q) { q.gap_minutes = session_gap_minutes_max + 1; }).field, "gap");
  EXPECT_EQ(refusal([](auto& q) { q.gap_minutes = 5; q.rule = session_rule::session_id; }).field, "gap");
  EXPECT_EQ(refusal([](auto& q) { q.dimensions = {"a", "b", "c", "d"}; }).field, "dimensions");
  EXPECT_EQ(refusal([](auto& q) { q.groups_answered = 0; }).field, "limit");
  EXPECT_EQ(refusal([](auto& q) { q.groups_answered = 1'001; }).field, "limit");
  EXPECT_EQ(refusal([](auto& q) { q.edge_values_answered = 1'001; }).field, "edge_limit");
  EXPECT_EQ(refusal([](auto& q) { q.user_id_field = event_field::event_id; }).field, "user_id_field");
  EXPECT_EQ(refusal([](auto& q) { q.size = granularity::second; }).code, error_code::query_too_large);
}

TEST(sessions, refuse_more_groups_and_points_than_their_limits) {
  auto question = sessions_over_days(1);
  question.dimensions = {"number"};
  const auto at_limit = answer(daily_sessions(session_groups_max, 1).snapshot(), question, scan_context{});
  ASSERT_TRUE(at_limit) << at_limit.error().message;
  EXPECT_EQ(at_limit->group_count, session_groups_max);
  EXPECT_EQ(at_limit->groups.size(), 11u);
  EXPECT_EQ(at_limit->groups.back().total.users, session_groups_max - 10);
  const auto beyond = answer(daily_sessions(session_groups_max + 1, 1).snapshot(), question, scan_context{});
  ASSERT_FALSE(beyond);
  EXPECT_EQ(beyond.error().field, "dimensions");

  const auto partition = daily_sessions(102, 1);
  question = sessions_over_days(41); // 1000 hours, as the interval begins and ends within them
  question.size = granularity::hour;
  question.end_time = timestamp{question.start_time.milliseconds + 1'000 * 3'600'000ll};
  question.dimensions = {"number"};
  question.groups_answered = 98;
  const auto all_points = answer(partition.snapshot(), question, scan_context{});
  ASSERT_TRUE(all_points) << all_points.error().message;
  EXPECT_EQ((all_points->groups.size() + 1) * all_points->buckets.size(), session_points_max);
  question.groups_answered = 99;
  const auto too_many = answer(partition.snapshot(), question, scan_context{});
  ASSERT_FALSE(too_many);
  EXPECT_EQ(too_many.error().field, "limit");
  EXPECT_NE(too_many.error().message.find("session_points_max"), std::string::npos);
}

} // namespace
} // namespace dotmac
