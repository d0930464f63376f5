// Retention over random events beside a computation from the plain list, its limits and its end before time.

#include "tests/core/events/plain_retention.hpp"
#include "tests/core/events/random_cases.hpp"
#include "tests/core/events/test_executor.hpp"

#include <gtest/gtest.h>

namespace dotmac {
namespace {

using namespace plain;

funnel_step random_step(generator& random, const events& all) {
  funnel_step out;
  switch (random() % 4) {
  case 0: out.text = std::string(1, static_cast<char>('a' + random() % 9)); break;
  case 1: out.event_type = std::string(1, static_cast<char>('a' + random() % 5)); break;
  case 2: out.event_name = std::string(1, static_cast<char>('d' + random() % 5)); break;
  default: break; // any event
  }
  if (chance(random, 25))
    out.filters = random_filter(random, all, 1);
  return out;
}

measure_retention random_retention(generator& random, const events& all) {
  measure_retention out;
  out.start_event = random_step(random, all);
  out.return_event = chance(random, 40) ? out.start_event : random_step(random, all);
  out.start_time = random_time(random, all);
  out.end_time = random_time(random, all);
  if (out.end_time < out.start_time)
    std::swap(out.start_time, out.end_time);
  const granularity sizes[] = {granularity::hour, granularity::day, granularity::week, granularity::month};
  out.size = one_of(random, sizes);
  if (chance(random, 50))
    out.zone = berlin_autumn();
  const std::int64_t periods[] = {1, 2, 7, 30, 366};
  out.periods = one_of(random, periods);
  const auto buckets = std::ssize(buckets_of(out.start_time, out.end_time, out.size, out.zone));
  if (buckets > 600)
    out.size = granularity::day;
  if (buckets * (out.periods + 1) > 49'000)
    out.periods = 30;
  out.kind = chance(random, 50) ? retention_kind::on : retention_kind::on_or_after;
  out.cohorts = chance(random, 50) ? retention_cohorts::first : retention_cohorts::recurring;
  const event_field users[] = {event_field::user_id, event_field::session_id, event_field::customer_id};
  out.user_id_field = one_of(random, users);
  if (chance(random, 50))
    for (auto i = 1 + random() % 3; i > 0; --i)
      out.dimensions.push_back(random_dimension(random));
  out.groups_answered = static_cast<std::int64_t>(1 + random() % 4);
  return out;
}

void expect_cohort(const retention_cohort& found, const cohort_figures& wanted, std::size_t bucket, std::size_t buckets) {
  EXPECT_EQ(found.size, wanted.size);
  for (std::size_t n = 0; n < found.retained.size(); ++n) {
    ASSERT_EQ(found.retained[n].has_value(), bucket + n < buckets) << "period " << n;
    if (found.retained[n]) {
      const auto known = wanted.retained.find(n);
      EXPECT_EQ(*found.retained[n], known == wanted.retained.end() ? 0u : known->second) << "period " << n << " of bucket " << bucket;
    }
  }
}

void expect_summary(const measure_retention& question, const retention_measured& found, const retention_answer& wanted) {
  ASSERT_EQ(found.summary.size(), static_cast<std::size_t>(question.periods) + 1);
  for (std::size_t n = 0; n < found.summary.size(); ++n) {
    retention_period sum;
    for (const auto& [key, each] : wanted.cohorts) {
      auto period = key.second;
      for (std::size_t i = 0; i <= n; ++i)
        period = next_bucket_start(period, question.size, question.zone);
      if (period > question.end_time)
        continue;
      sum.users += each.size;
      const auto known = each.retained.find(n);
      sum.retained += known == each.retained.end() ? 0 : known->second;
    }
    EXPECT_EQ(found.summary[n].users, sum.users) << "period " << n;
    EXPECT_EQ(found.summary[n].retained, sum.retained) << "period " << n;
  }
}

void expect_retention(const measure_retention& question, const retention_measured& found, const retention_answer& wanted) {
  std::map<std::vector<scalar>, std::uint64_t> groups;
  if (question.dimensions.empty())
    groups[{}];
  for (const auto& [key, each] : wanted.cohorts)
    groups[key.first] += each.size;
  EXPECT_EQ(found.groups, groups.size());
  std::vector<std::pair<std::int64_t, std::vector<scalar>>> ranked;
  for (const auto& [values, users] : groups)
    ranked.emplace_back(-static_cast<std::int64_t>(users), values);
  std::sort(ranked.begin(), ranked.end());
  ranked.resize(std::min(ranked.size(), static_cast<std::size_t>(question.groups_answered)));
  ASSERT_EQ(found.cohorts.size(), ranked.size() * wanted.buckets.size());
  for (std::size_t i = 0; i < found.cohorts.size(); ++i) {
    const auto bucket = i % wanted.buckets.size();
    const auto& values = ranked[i / wanted.buckets.size()].second;
    ASSERT_EQ(found.cohorts[i].time_bucket, wanted.buckets[bucket]);
    ASSERT_EQ(found.cohorts[i].dimensions, values);
    const auto known = wanted.cohorts.find({values, wanted.buckets[bucket]});
    expect_cohort(found.cohorts[i], known == wanted.cohorts.end() ? cohort_figures{} : known->second, bucket, wanted.buckets.size());
  }
  expect_summary(question, found, wanted);
}

TEST(random_retention, equals_a_plain_computation_over_random_events) {
  const auto first = from_environment("DOTMAC_TEST_SEED", 1);
  const auto worlds = from_environment("DOTMAC_TEST_CASES", 1'000);
  test_executor threads{3};
  std::size_t cases = 0;
  std::uint64_t counted = 0;
  for (auto seed = first; seed < first + worlds; ++seed) {
    SCOPED_TRACE("DOTMAC_TEST_SEED=" + std::to_string(seed));
    generator random{seed};
    const auto w = random_world(random, random_size(random, seed));
    for (int i = 0; i < (w.all.size() > 1'000 ? 4 : 10); ++i) {
      SCOPED_TRACE("question " + std::to_string(i));
      const auto question = random_retention(random, w.all);
      scan_context context;
      context.executor = chance(random, 50) ? &threads : nullptr;
      const auto found = answer(w.view(), question, context);
      ASSERT_TRUE(found) << found.error().message;
      expect_retention(question, *found, retention(w.all, question));
      for (const auto& each : found->summary)
        counted += each.retained;
      ++cases;
      ASSERT_FALSE(::testing::Test::HasFailure());
    }
  }
  EXPECT_GT(counted, worlds < 100 ? 0u : 10'000u) << "the questions find something";
  std::printf("%zu questions, seeds %llu to %llu\n", cases, static_cast<unsigned long long>(first), static_cast<unsigned long long>(first + worlds - 1));
}

/// `users` users with an event at each of `days` days.
event_partition daily_partition(std::size_t users, std::size_t days) {
  event_partition out{1};
  event_block_builder builder;
  for (std::size_t day = 0; day < days; ++day)
    for (std::size_t user = 0; user < users; ++user) {
      builder.begin_event(timestamp{world_start_ms});
      builder.set_timestamp({timestamp{world_start_ms + static_cast<std::int64_t>(day) * 86'400'000}, 0});
      builder.set_field(event_field::event_type, day % 2 == 0 ? "even" : "odd");
      builder.set_field(event_field::user_id, "u" + std::to_string(user));
      builder.add_integer(property_scope::properties, "number", static_cast<std::int64_t>(user));
      builder.end_event();
    }
  static_cast<void>(out.stage(builder.finish()));
  out.commit_staged();
  return out;
}

measure_retention over_days(std::size_t days) {
  measure_retention out;
  out.start_time = timestamp{world_start_ms};
  out.end_time = timestamp{world_start_ms + static_cast<std::int64_t>(days) * 86'400'000};
  return out;
}

/// Every way through the computation: bitmaps of one event, of two, and events put in order.
std::vector<measure_retention> ways(std::size_t days) {
  std::vector<measure_retention> out(4, over_days(days));
  out[1].return_event.event_type = "odd";
  out[2].return_event.event_type = "odd";
  out[2].cohorts = retention_cohorts::recurring;
  out[3].dimensions = {"event_type"};
  return out;
}

TEST(retention, ends_where_it_is_stopped_whenever_that_is) {
  const auto partition = daily_partition(500, 60);
  for (const auto& question : ways(60)) {
    std::size_t asked = 0;
    scan_context counting{[&asked] { return ++asked == 0; }};
    ASSERT_TRUE(answer(partition.snapshot(), question, counting));
    EXPECT_GE(asked, 3u);
    for (std::size_t stops_at = 1; stops_at <= asked; ++stops_at) {
      std::size_t now = 0;
      scan_context stopping{[&] { return ++now >= stops_at; }};
      const auto found = answer(partition.snapshot(), question, stopping);
      ASSERT_FALSE(found) << stops_at << " of " << asked;
      EXPECT_EQ(found.error().code, error_code::cancelled);
    }
  }
}

TEST(retention, is_refused_where_its_memory_does_not_do) {
  const auto partition = daily_partition(3'000, 40);
  for (const auto& question : ways(40)) {
    scan_context context;
    context.memory_max = 8u << 20;
    ASSERT_TRUE(answer(partition.snapshot(), question, context));
    context.memory_max = 20'000;
    const auto found = answer(partition.snapshot(), question, context);
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().code, error_code::query_too_large);
  }
}

TEST(retention, names_the_limit_that_is_passed) {
  const auto partition = daily_partition(3, 2);
  const auto refusal = [&](auto change) {
    auto question = over_days(10);
    change(question);
    const auto found = answer(partition.snapshot(), question, scan_context{});
    EXPECT_FALSE(found);
    return found ? failure{} : found.error();
  };
  EXPECT_EQ(refusal([](auto& q) { q.periods = 0; }).field, "periods");
  EXPECT_EQ(refusal([](auto& q) { q.periods = retention_periods_max + 1; }).field, "periods");
  EXPECT_EQ(refusal([](auto& q) { q.dimensions = {"a", "b", "c", "d"}; }).field, "dimensions");
  EXPECT_EQ(refusal([](auto& q) { q.groups_answered = 0; }).field, "limit");
  EXPECT_EQ(refusal([](auto& q) { q.groups_answered = 1'001; }).field, "limit");
  EXPECT_EQ(refusal([](auto& q) { q.user_id_field = event_field::event_id; }).field, "user_id_field");
  EXPECT_EQ(refusal([](auto& q) { q.size = granularity::all; }).field, "granularity");
  EXPECT_EQ(refusal([](auto& q) { q.size = granularity::second; }).code, error_code::query_too_large);
  const auto cells = refusal([](auto& q) { q.size = granularity::hour; q.periods = 366; q.end_time.milliseconds += 20 * 86'400'000ll; });
  EXPECT_EQ(cells.code, error_code::query_too_large);
  EXPECT_NE(cells.message.find("retention_cells_max"), std::string::npos);
}

TEST(retention, refuses_more_groups_than_its_limit) {
  const auto question = [] {
    auto out = over_days(1);
    out.dimensions = {"number"};
    return out;
  }();
  const auto at_limit = answer(daily_partition(retention_groups_max, 1).snapshot(), question, scan_context{});
  ASSERT_TRUE(at_limit);
  EXPECT_EQ(at_limit->groups, retention_groups_max);
  EXPECT_EQ(at_limit->cohorts.size(), 2 * 10u);
  EXPECT_EQ(at_limit->summary[0].users, retention_groups_max) << "the groups that are not told count as well";
  const auto beyond = answer(daily_partition(retention_groups_max + 1, 1).snapshot(), question, scan_context{});
  ASSERT_FALSE(beyond);
  EXPECT_EQ(beyond.error().field, "dimensions");
}

} // namespace
} // namespace dotmac
