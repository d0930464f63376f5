#include "core/metrics/metric_answers.hpp"
#include "core/metrics/metric_series.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace dotmac {
namespace {

constexpr std::int64_t base_ms = 1'711'800'000'000;
constexpr std::int64_t hour_ms = 3'600'000;

/// Values and times drawn at random over two days.
metric_series random_gauge(std::size_t rows) {
  std::mt19937_64 random{5};
  metric_series metric{{}, 1};
  record_values values;
  for (std::size_t i = 0; i < rows; ++i) {
    metric_sample each;
    each.value = static_cast<double>(random() % 4'000'000) / 1'000 - 2'000;
    each.at = {base_ms + static_cast<std::int64_t>(random() % (48 * hour_ms))};
    each.recorded_at = {base_ms};
    values.values.push_back(each);
  }
  metric.stage(values);
  metric.commit_staged();
  return metric;
}

aggregate_values whole(aggregation_method method, granularity size = granularity::all) {
  aggregate_values question;
  question.method = method;
  question.size = size;
  question.start_time = {base_ms};
  question.end_time = {base_ms + 48 * hour_ms};
  return question;
}

TEST(metric_answers, go_over_to_a_sketch_within_one_percent_and_say_so) {
  const auto metric = random_gauge(30'000);
  for (const double p : {0.0, 1.0, 25.0, 50.0, 90.0, 99.0, 99.9, 100.0}) {
    auto question = whole(aggregation_method::percentile);
    question.percentile = p;
    const auto exact = answer(metric.view({base_ms}), question, {});
    const auto sketched = answer(metric.view({base_ms}), question, {}, {100, 5'000});
    ASSERT_TRUE(exact && sketched);
    EXPECT_TRUE(exact->exact);
    EXPECT_FALSE(sketched->exact);
    const double truth = *exact->aggregates[0].value;
    EXPECT_NEAR(*sketched->aggregates[0].value, truth, 0.0101 * std::abs(truth) + 1e-9) << p;
  }
}

TEST(metric_answers, name_the_limit_that_a_question_goes_over) {
  const auto metric = random_gauge(30'000);
  const auto view = metric.view({base_ms});
  EXPECT_EQ(answer(view, whole(aggregation_method::sum, granularity::second), {}, {100, 5'000}).error().code, error_code::query_too_large);
  EXPECT_NE(answer(view, whole(aggregation_method::distinct_count), {}, {100, 5'000}).error().message.find("metric_gathered_values_max = 2500"), std::string::npos);
  auto filled = whole(aggregation_method::sum, granularity::hour);
  filled.fill_zero = true;
  EXPECT_EQ(answer(view, filled, {}, {47, 5'000}).error().code, error_code::query_too_large);
  filled.dimensions = {"site"};
  EXPECT_EQ(answer(random_gauge(1).view({base_ms}), filled, {}, {47, 5'000}).error().field, "fill") << "one group in 48 hours";
  find_values far;
  far.offset = metric_page_reach_max;
  EXPECT_NE(answer(view, far, {}).error().message.find("metric_page_reach_max = 1000000"), std::string::npos);
}

TEST(metric_answers, stop_when_nobody_wants_them_any_more) {
  const auto metric = random_gauge(100);
  const auto view = metric.view({base_ms});
  EXPECT_EQ(answer(view, whole(aggregation_method::avg), [] { return true; }).error().code, error_code::cancelled);
  EXPECT_EQ(answer(view, find_values{}, [] { return true; }).error().code, error_code::cancelled);
}

TEST(metric_answers, name_empty_buckets_where_they_are_asked_to) {
  metric_series metric{{}, 1};
  metric_sample each;
  each.value = 3;
  each.at = {base_ms + 2 * hour_ms + 1};
  metric.stage({{each}});
  metric.commit_staged();
  auto question = whole(aggregation_method::sum, granularity::hour);
  question.end_time = {base_ms + 4 * hour_ms};
  question.fill_zero = true;
  const auto sums = answer(metric.view({0}), question, {});
  ASSERT_EQ(sums->aggregates.size(), 4u);
  EXPECT_EQ(sums->aggregates[0].value, 0.0);
  EXPECT_EQ(sums->aggregates[2].value, 3.0);
  question.method = aggregation_method::max;
  const auto maxima = answer(metric.view({0}), question, {});
  EXPECT_EQ(maxima->aggregates[0].value, std::nullopt);
}

TEST(metric_answers, define_rate_and_increase_for_counters_alone) {
  const auto metric = random_gauge(10);
  EXPECT_EQ(answer(metric.view({base_ms}), whole(aggregation_method::rate), {}).error().field, "aggregation_method");
}

compare_periods two_hours() {
  return {{base_ms + hour_ms}, {base_ms + 2 * hour_ms}, {base_ms}, {base_ms + hour_ms}};
}

void add(metric_series& metric, double value, std::int64_t at_ms) {
  metric_sample each;
  each.value = value;
  each.at = {base_ms + at_ms};
  metric.stage({{each}});
  metric.commit_staged();
}

TEST(metric_answers, compare_two_periods_by_what_the_metric_means) {
  metric_series gauge{{}, 1};
  add(gauge, 10, 0);
  add(gauge, 20, 1);
  add(gauge, 18, hour_ms);
  const auto averages = answer(gauge.view({0}), two_hours(), {});
  EXPECT_EQ(averages->comparison.average, 15.0);
  EXPECT_EQ(averages->absolute_change, 3.0);
  EXPECT_EQ(averages->change_percent, 20.0);
  EXPECT_EQ(averages->direction, trend_direction::up);
  metric_series counter{{metric_type::counter, true}, 1};
  add(counter, 100, -5);
  add(counter, 110, 0);
  add(counter, 130, 10);
  add(counter, 7, hour_ms); // began anew
  const auto totals = answer(counter.view({0}), two_hours(), {});
  EXPECT_EQ(totals->comparison.total, 30.0);
  EXPECT_EQ(totals->current.total, 7.0);
  EXPECT_EQ(totals->direction, trend_direction::down);
}

TEST(metric_answers, leave_a_change_undefined_where_a_period_is_empty_or_zero) {
  metric_series gauge{{}, 1};
  add(gauge, 5, hour_ms);
  EXPECT_EQ(answer(gauge.view({0}), two_hours(), {})->absolute_change, std::nullopt);
  add(gauge, 0, 0);
  const auto from_zero = answer(gauge.view({0}), two_hours(), {});
  EXPECT_EQ(from_zero->absolute_change, 5.0);
  EXPECT_EQ(from_zero->change_percent, std::nullopt);
}

} // namespace
} // namespace dotmac
