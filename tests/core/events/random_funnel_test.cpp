// Funnels and who is in them, over random events beside a computation that tries everything.

#include "tests/core/events/plain_funnel.hpp"
#include "tests/core/events/random_cases.hpp"
#include "tests/core/events/test_executor.hpp"

#include <gtest/gtest.h>

#include <numeric>

namespace dotmac {
namespace {

using namespace plain;

funnel_step random_step(generator& random, const events& all) {
  funnel_step out;
  if (chance(random, 60))
    out.text = std::string(1, static_cast<char>('a' + random() % 9));
  else if (chance(random, 60))
    out.event_type = std::string(1, static_cast<char>('a' + random() % 5));
  else
    out.event_name = std::string(1, static_cast<char>('d' + random() % 5));
  if (chance(random, 20))
    out.filters = random_filter(random, all, 1);
  return out;
}

count_funnel random_funnel(generator& random, const events& all) {
  const std::int64_t windows[] = {0, 1, 1'000, 60'000, 3'600'000, 86'400'000};
  count_funnel out;
  for (auto i = 1 + random() % 4; i > 0; --i)
    out.steps.push_back(!out.steps.empty() && chance(random, 20) ? out.steps.back() : random_step(random, all));
  out.order = static_cast<funnel_order>(random() % 3);
  if (chance(random, 70))
    out.window_milliseconds = one_of(random, windows);
  if (out.order != funnel_order::any && chance(random, 30))
    out.start = funnel_start::first;
  if (chance(random, 30))
    out.exclusions.push_back(random_step(random, all));
  if (chance(random, 15))
    out.user_id_field = chance(random, 50) ? event_field::session_id : event_field::customer_id;
  for (auto i = chance(random, 50) ? 1 + random() % 2 : 0; i > 0; --i)
    out.dimensions.push_back(random_dimension(random));
  out.attribution = static_cast<funnel_attribution>(random() % 3);
  out.attribution_step = static_cast<std::int64_t>(1 + random() % out.steps.size());
  if (chance(random, 30)) {
    const char* constants[] = {"session_id", "plan", "mixed", "source", "price", "timestamp", "never_sent"};
    for (auto i = 1 + random() % 2; i > 0; --i)
      out.hold_constant.push_back(one_of(random, constants));
  }
  if (chance(random, 30)) {
    out.start_time = random_time(random, all);
    out.end_time = random_time(random, all);
  }
  return out;
}

/// The plain computation tries everything: cubic in the events of one user where the order is free, quadratic else.
void keep_feasible(count_funnel& question, const events& all) {
  std::map<std::string, std::size_t> own;
  std::size_t most = 0;
  for (const auto& each : all)
    if (const auto& user = each.texts[static_cast<std::size_t>(question.user_id_field)]; !user.empty())
      most = std::max(most, ++own[user]);
  if (question.order == funnel_order::any && most > 60)
    question.order = funnel_order::ordered;
  if (most > 2'000)
    question.user_id_field = event_field::user_id;
}

/// What only a count is asked for.
void ask_for_more(count_funnel& question, generator& random) {
  question.users_listed = static_cast<std::int64_t>(funnel_users_listed_max);
  question.histogram_bins = static_cast<std::int64_t>(random() % 8);
  if (question.order != funnel_order::any && question.start == funnel_start::any && chance(random, 40))
    question.unit = funnel_unit::attempts;
  const granularity sizes[] = {granularity::day, granularity::week, granularity::month, granularity::quarter, granularity::year};
  question.has_trend = chance(random, 50);
  question.size = one_of(random, sizes);
  if (chance(random, 50))
    question.zone = berlin_autumn();
}

void expect_bins(const std::vector<funnel_bin>& bins, const std::vector<double>& wanted, std::int64_t bins_max) {
  ASSERT_EQ(bins.empty(), wanted.empty() || bins_max == 0);
  ASSERT_LE(std::ssize(bins), bins_max);
  for (std::size_t b = 0; b < bins.size(); ++b) {
    const auto from = static_cast<double>(bins[b].from_milliseconds), to = static_cast<double>(bins[b].to_milliseconds);
    EXPECT_EQ(to - from, static_cast<double>(bins[0].to_milliseconds - bins[0].from_milliseconds));
    EXPECT_EQ(bins[b].from_milliseconds, b == 0 ? static_cast<std::int64_t>(*std::min_element(wanted.begin(), wanted.end())) : bins[b - 1].to_milliseconds);
    EXPECT_EQ(bins[b].count, static_cast<std::uint64_t>(std::count_if(wanted.begin(), wanted.end(), [&](double each) { return each >= from && each < to; })));
  }
  if (!bins.empty()) {
    const auto most = static_cast<std::int64_t>(*std::max_element(wanted.begin(), wanted.end()));
    EXPECT_TRUE(bins.back().from_milliseconds <= most && most < bins.back().to_milliseconds);
  }
}

void expect_durations(const funnel_durations& found, const std::vector<double>& wanted, std::int64_t bins_max) {
  EXPECT_EQ(found.median_milliseconds, percentile(wanted, 0.5));
  EXPECT_EQ(found.p90_milliseconds, percentile(wanted, 0.9));
  ASSERT_EQ(found.average_milliseconds.has_value(), !wanted.empty());
  if (!wanted.empty()) {
    const long double sum = std::accumulate(wanted.begin(), wanted.end(), 0.0L); // exact below 2^64
    EXPECT_DOUBLE_EQ(*found.average_milliseconds, static_cast<double>(sum / static_cast<long double>(wanted.size())));
  }
  expect_bins(found.histogram, wanted, bins_max);
}

void expect_figures(const funnel_figures& found, const funnel_counts& wanted, const count_funnel& question, std::int64_t bins_max) {
  ASSERT_EQ(found.steps.size(), wanted.counts.size());
  for (std::size_t k = 0; k < found.steps.size(); ++k) {
    SCOPED_TRACE("step " + std::to_string(k));
    EXPECT_EQ(found.steps[k].count, wanted.counts[k]);
    expect_durations(found.steps[k].from_before, wanted.durations[k], bins_max);
  }
  expect_durations(found.to_convert, wanted.in_all, bins_max);
  if (!question.has_trend) {
    EXPECT_TRUE(found.points.empty());
    return;
  }
  std::size_t told = 0;
  for (std::size_t p = 0; p < found.points.size(); ++p) {
    const auto& each = found.points[p];
    if (p > 0) {
      EXPECT_EQ(each.time_bucket, next_bucket_start(found.points[p - 1].time_bucket, question.size, question.zone));
    }
    const auto point = wanted.points.find(each.time_bucket);
    const auto there = point == wanted.points.end() ? plain_point{} : point->second;
    told += point != wanted.points.end();
    EXPECT_EQ(each.entered, there.entered);
    EXPECT_EQ(each.converted, there.took.size());
    EXPECT_EQ(each.median_milliseconds, percentile(there.took, 0.5));
  }
  EXPECT_EQ(told, wanted.points.size());
}

void check_counts(const world& w, count_funnel question, const scan_context& context, generator& random) {
  ask_for_more(question, random);
  const auto expected = funnel(w.all, question);
  const auto found = answer(w.view(), question, context);
  ASSERT_TRUE(found) << found.error().message;
  expect_figures(found->all, expected.all, question, question.histogram_bins);
  for (std::size_t k = 0; k < found->all.steps.size(); ++k) {
    const auto& users = found->all.steps[k].users;
    EXPECT_EQ(std::set<std::string>(users.begin(), users.end()), expected.all.users[k]);
    EXPECT_EQ(users.size(), expected.all.users[k].size());
  }
  ASSERT_EQ(found->groups.size(), expected.groups.size());
  for (const auto& each : found->groups) {
    ASSERT_TRUE(expected.groups.contains(each.dimensions));
    expect_figures(each.figures, expected.groups.at(each.dimensions), question, 0);
  }
}

struct plain_user {
  std::vector<timestamp> reached;
  std::vector<scalar> group;
};

std::map<std::string, plain_user> plain_funnel_users(const std::vector<counted_attempt>& attempts, const find_funnel_users& question) {
  std::map<std::string, plain_user> out;
  const auto step = static_cast<std::size_t>(question.step);
  for (const auto& each : attempts) {
    const auto depth = each.by.size();
    plain_user user{{}, group_of(each, question.funnel)};
    if ((question.outcome == funnel_outcome::converted ? depth >= step : depth + 1 == step) && (!question.group || *question.group == user.group)) {
      for (const auto* by : each.by)
        user.reached.push_back(by->at.at);
      out[each.user] = std::move(user);
    }
  }
  return out;
}

/// All pages, one behind the other.
void expect_pages(const event_view& view, find_funnel_users question, const scan_context& context, const std::map<std::string, plain_user>& wanted) {
  for (auto next = wanted.begin();;) {
    const auto found = answer(view, question, context);
    ASSERT_TRUE(found) << found.error().message;
    EXPECT_EQ(found->total, wanted.size());
    ASSERT_EQ(found->users.size(), std::min<std::size_t>(static_cast<std::size_t>(question.limit), static_cast<std::size_t>(std::distance(next, wanted.end()))));
    for (const auto& each : found->users) {
      EXPECT_EQ(each.id, next->first);
      EXPECT_EQ(each.reached, next->second.reached);
      EXPECT_EQ(each.dimensions, next->second.group);
      ++next;
    }
    ASSERT_EQ(found->has_more, next != wanted.end());
    if (!found->has_more || question.limit == 0)
      return;
    question.after = found->users.back().id;
  }
}

void check_users(const world& w, const count_funnel& funnel, const scan_context& context, generator& random) {
  const std::int64_t limits[] = {0, 1, 3, 1'000};
  find_funnel_users question;
  question.funnel = funnel;
  question.step = static_cast<std::int64_t>(1 + random() % funnel.steps.size());
  if (question.step > 1 && chance(random, 50))
    question.outcome = funnel_outcome::dropped;
  const auto attempts = counted_attempts(w.all, funnel);
  if (chance(random, 50) && !attempts.empty())
    question.group = group_of(attempts[random() % attempts.size()], funnel);
  const auto wanted = plain_funnel_users(attempts, question);
  question.limit = wanted.size() > 60 ? 1'000 : one_of(random, limits);
  if (question.limit == 0 && !wanted.empty()) {
    const auto found = answer(w.view(), question, context);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->total, wanted.size());
    EXPECT_TRUE(found->users.empty());
    return;
  }
  expect_pages(w.view(), question, context, wanted);
}

TEST(random_funnels, equal_a_plain_computation_over_random_events) {
  const auto first = from_environment("DOTMAC_TEST_SEED", 1);
  const auto worlds = from_environment("DOTMAC_TEST_CASES", 600);
  test_executor threads{3};
  std::size_t cases = 0;
  for (auto seed = first; seed < first + worlds; ++seed) {
    SCOPED_TRACE("DOTMAC_TEST_SEED=" + std::to_string(seed));
    generator random{seed};
    const auto w = random_world(random, random_size(random, seed));
    for (int i = 0; i < (w.all.size() > 1'000 ? 4 : 12); ++i, ++cases) {
      SCOPED_TRACE("question " + std::to_string(i));
      auto question = random_funnel(random, w.all);
      keep_feasible(question, w.all);
      scan_context context;
      context.executor = chance(random, 50) ? &threads : nullptr;
      check_counts(w, question, context, random);
      check_users(w, question, context, random);
      ASSERT_FALSE(::testing::Test::HasFailure());
    }
  }
  std::printf("%zu funnels, each counted and listed, seeds %llu to %llu\n", cases, static_cast<unsigned long long>(first), static_cast<unsigned long long>(first + worlds - 1));
}

} // namespace
} // namespace dotmac
