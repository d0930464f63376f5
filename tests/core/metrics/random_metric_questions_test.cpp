#include "core/metrics/metric_answers.hpp"
#include "core/metrics/metric_series.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <random>
#include <set>

// Every answer beside one that is computed from the plain list of samples, in another way.

namespace dotmac {
namespace {

constexpr std::int64_t base_ms = 1'711'800'000'000; // 2024-03-30T12:00:00Z, the day before clocks change in Europe
constexpr std::int64_t hour_ms = 3'600'000;

zone_rules berlin_spring() {
  return {"Europe/Berlin", {{timestamp_min, 3'600}, {timestamp{1'711'846'800'000}, 7'200}}}; // 2024-03-31T01:00:00Z
}

struct plain {
  metric_sample sample;
  std::uint64_t row = 0;
};

struct world {
  std::unique_ptr<metric_series> metric;
  std::vector<plain> samples;
};

world make_world(std::mt19937_64& random, metric_semantics semantics, std::size_t rows) {
  world out;
  out.metric = std::make_unique<metric_series>(semantics, random());
  std::map<std::pair<std::string, std::string>, double> totals;
  std::vector<metric_sample> batch;
  const auto flush = [&] {
    out.metric->stage({batch});
    if (!out.metric->staged_payload().empty())
      out.metric->commit_staged();
    batch.clear();
  };
  for (std::size_t row = 0; row < rows; ++row) {
    metric_sample each;
    if (random() % 5 != 0)
      each.dimensions["site"] = std::string(1, static_cast<char>('a' + random() % 4));
    if (random() % 3 != 0)
      each.dimensions["link"] = std::to_string(random() % 3);
    each.at = {base_ms + static_cast<std::int64_t>(random() % (48 * hour_ms / 1'000)) * (random() % 4 == 0 ? 1 : 1'000)};
    each.recorded_at = {base_ms + 100 * hour_ms};
    each.value = random() % 3 == 0 ? static_cast<double>(random() % 10) : static_cast<double>(random() % 2'000'000) / 1'000;
    if (allows_negative(semantics.type) && random() % 2 == 0)
      each.value = -each.value;
    out.samples.push_back({each, row});
    batch.push_back(std::move(each));
    if (random() % 200 == 0)
      flush();
  }
  flush();
  return out;
}

// -- the independent computation ---------------------------------------------------------------------------------------------

bool holds(const filter_node& filter, const metric_sample& sample) {
  if (filter.kind == filter_kind::all)
    return std::all_of(filter.children.begin(), filter.children.end(), [&](const auto& each) { return holds(each, sample); });
  if (filter.kind == filter_kind::any)
    return std::any_of(filter.children.begin(), filter.children.end(), [&](const auto& each) { return holds(each, sample); });
  if (filter.kind == filter_kind::negation)
    return !holds(filter.children[0], sample);
  if (filter.field == "value") {
    const double wanted = std::get<double>(filter.values[0]);
    return filter.operation == filter_operator::greater_than ? sample.value > wanted : sample.value <= wanted;
  }
  const auto found = sample.dimensions.find(filter.field);
  const bool equal = found != sample.dimensions.end() && found->second == std::get<std::string>(filter.values[0]);
  return filter.operation == filter_operator::equals ? equal : !equal;
}

filter_node random_filter(std::mt19937_64& random, int depth) {
  if (depth == 0 || random() % 2 == 0) {
    if (random() % 2 == 0)
      return condition("value", random() % 2 == 0 ? filter_operator::greater_than : filter_operator::less_equal, static_cast<double>(random() % 500));
    return condition(random() % 2 == 0 ? "site" : "link", random() % 2 == 0 ? filter_operator::equals : filter_operator::not_equals,
                     random() % 2 == 0 ? std::string{"a"} : std::string{"1"});
  }
  filter_node node;
  node.kind = static_cast<filter_kind>(random() % 3);
  const std::size_t count = node.kind == filter_kind::negation ? 1 : 1 + random() % 3;
  for (std::size_t i = 0; i < count; ++i)
    node.children.push_back(random_filter(random, depth - 1));
  return node;
}

/// By plain counting from the borders of the calendar.
std::int64_t plain_bucket(std::int64_t at, granularity size, bool is_berlin, std::int64_t start) {
  const std::int64_t offset = is_berlin ? (at >= 1'711'846'800'000 ? 2 * hour_ms : hour_ms) : 0;
  const auto to_utc = [&](std::int64_t local) {
    const auto winter = local - hour_ms;
    return !is_berlin ? local : winter < 1'711'846'800'000 ? winter : local - 2 * hour_ms;
  };
  const std::int64_t local = at + offset;
  const auto down = [&](std::int64_t step) { return local - (local % step + step) % step; };
  switch (size) {
  case granularity::second: return down(1'000) - offset;
  case granularity::minute: return down(60'000) - offset;
  case granularity::hour: return down(hour_ms) - offset;
  case granularity::day: return to_utc(down(24 * hour_ms));
  case granularity::month: return to_utc(local < 1'711'929'600'000 ? 1'709'251'200'000 : 1'711'929'600'000); // March, April 2024 on the wall
  case granularity::all: return start;
  default: ADD_FAILURE(); return 0;
  }
}

struct plain_cell {
  std::vector<plain> samples;
};
using plain_key = std::pair<std::int64_t, std::vector<std::optional<std::string>>>;

/// Per sample of a cumulative counter what it added; none for a first reading.
std::map<std::uint64_t, std::optional<double>> plain_increments(std::vector<plain> samples, const filter_node& filter) {
  std::stable_sort(samples.begin(), samples.end(), [](const plain& a, const plain& b) { return a.sample.at < b.sample.at; });
  std::map<dimension_map, double> last;
  std::map<std::uint64_t, std::optional<double>> out;
  for (const auto& each : samples) {
    if (!holds(filter, each.sample))
      continue;
    const auto known = last.find(each.sample.dimensions);
    if (known == last.end())
      out[each.row] = std::nullopt;
    else
      out[each.row] = each.sample.value >= known->second ? each.sample.value - known->second : each.sample.value;
    last[each.sample.dimensions] = each.sample.value;
  }
  return out;
}

double plain_percentile(std::vector<double> values, double p) {
  std::sort(values.begin(), values.end());
  const double place = p / 100 * static_cast<double>(values.size() - 1);
  const auto low = static_cast<std::size_t>(place);
  const auto high = std::min(low + 1, values.size() - 1);
  return values[low] * (1 - (place - static_cast<double>(low))) + values[high] * (place - static_cast<double>(low));
}

std::optional<double> plain_value(const aggregate_values& question, const std::vector<plain>& cell, bool is_cumulative, double seconds,
                                  const std::map<std::uint64_t, std::optional<double>>& increments) {
  std::vector<double> values;
  const bool of_increments = is_cumulative && (question.method == aggregation_method::sum || question.method == aggregation_method::rate
                                               || question.method == aggregation_method::increase);
  for (const auto& each : cell) {
    if (!of_increments)
      values.push_back(each.sample.value);
    else if (increments.at(each.row))
      values.push_back(*increments.at(each.row));
  }
  long double sum = 0;
  for (const double each : values)
    sum += each;
  const auto ordered = [&] {
    auto copy = cell;
    std::stable_sort(copy.begin(), copy.end(), [](const plain& a, const plain& b) { return a.sample.at < b.sample.at; });
    return copy;
  };
  const auto n = static_cast<long double>(values.size());
  if (question.method == aggregation_method::count)
    return static_cast<double>(cell.size());
  if (values.empty())
    return std::nullopt;
  switch (question.method) {
  case aggregation_method::sum:
  case aggregation_method::increase: return static_cast<double>(sum);
  case aggregation_method::rate: return static_cast<double>(sum / static_cast<long double>(seconds));
  case aggregation_method::avg: return static_cast<double>(sum / n);
  case aggregation_method::min: return *std::min_element(values.begin(), values.end());
  case aggregation_method::max: return *std::max_element(values.begin(), values.end());
  case aggregation_method::distinct_count: return static_cast<double>(std::set<double>(values.begin(), values.end()).size());
  case aggregation_method::median: return plain_percentile(values, 50);
  case aggregation_method::percentile: return plain_percentile(values, question.percentile);
  case aggregation_method::first: return ordered().front().sample.value;
  case aggregation_method::last: return ordered().back().sample.value;
  case aggregation_method::stddev: {
    if (values.size() < 2)
      return std::nullopt;
    long double squares = 0;
    for (const double each : values)
      squares += (each - sum / n) * (each - sum / n);
    return static_cast<double>(std::sqrt(squares / (n - 1)));
  }
  default: ADD_FAILURE(); return std::nullopt;
  }
}

std::size_t case_count(std::size_t usual) {
  const char* asked = std::getenv("DOTMAC_TEST_CASES");
  return asked == nullptr ? usual : static_cast<std::size_t>(std::atoll(asked));
}

aggregate_values random_question(std::mt19937_64& random, bool is_counter) {
  constexpr std::array sizes{granularity::second, granularity::minute, granularity::hour, granularity::day, granularity::month, granularity::all};
  aggregate_values question;
  do
    question.method = static_cast<aggregation_method>(random() % 13);
  while (!is_counter && (question.method == aggregation_method::rate || question.method == aggregation_method::increase));
  question.percentile = static_cast<double>(random() % 1'001) / 10;
  question.size = sizes[random() % sizes.size()];
  question.start_time = {base_ms + static_cast<std::int64_t>(random() % (30 * hour_ms))};
  question.end_time = {question.start_time.milliseconds + 1 + static_cast<std::int64_t>(random() % (20 * hour_ms))};
  if (random() % 2 == 0)
    question.zone = berlin_spring();
  for (const auto* name : {"site", "link", "unknown"})
    if (random() % 3 == 0)
      question.dimensions.emplace_back(name);
  if (random() % 2 == 0)
    question.filters = random_filter(random, 3);
  question.fill_zero = question.size >= granularity::hour && random() % 3 == 0;
  return question;
}

/// Every bucket of the interval for every group that has a sample in any of them.
void add_empty_cells(std::map<plain_key, std::vector<plain>>& cells, const aggregate_values& question, bool is_berlin) {
  std::set<std::vector<std::optional<std::string>>> groups;
  if (question.dimensions.empty())
    groups.insert(std::vector<std::optional<std::string>>{});
  for (const auto& [key, samples] : cells)
    groups.insert(key.second);
  for (auto at = question.start_time.milliseconds; at < question.end_time.milliseconds; at += hour_ms / 2)
    for (const auto& each : groups)
      cells[{plain_bucket(at, question.size, is_berlin, question.start_time.milliseconds), each}];
  for (const auto& each : groups)
    cells[{plain_bucket(question.end_time.milliseconds - 1, question.size, is_berlin, question.start_time.milliseconds), each}];
}

std::optional<double> value_of_nothing(aggregation_method method) {
  const std::set zero{aggregation_method::sum, aggregation_method::count, aggregation_method::distinct_count, aggregation_method::rate, aggregation_method::increase};
  return zero.contains(method) ? std::optional{0.0} : std::nullopt;
}

void check_aggregate(const world& w, const aggregate_values& question, const std::string& seed) {
  const auto semantics = w.metric->semantics();
  const auto increments = semantics.is_cumulative ? plain_increments(w.samples, question.filters) : std::map<std::uint64_t, std::optional<double>>{};
  const bool is_berlin = question.zone.name != "UTC";
  std::map<plain_key, std::vector<plain>> cells;
  for (const auto& each : w.samples) {
    if (each.sample.at < question.start_time || each.sample.at >= question.end_time || !holds(question.filters, each.sample))
      continue;
    std::vector<std::optional<std::string>> group;
    for (const auto& name : question.dimensions) {
      const auto found = each.sample.dimensions.find(name);
      group.push_back(found == each.sample.dimensions.end() ? std::nullopt : std::optional{found->second});
    }
    cells[{plain_bucket(each.sample.at.milliseconds, question.size, is_berlin, question.start_time.milliseconds), group}].push_back(each);
  }
  if (question.fill_zero)
    add_empty_cells(cells, question, is_berlin);
  const auto found = answer(w.metric->view({base_ms}), question, {});
  ASSERT_TRUE(found) << seed << found.error().message;
  ASSERT_EQ(found->aggregates.size(), cells.size()) << seed;
  auto row = found->aggregates.begin();
  for (const auto& [key, samples] : cells) {
    EXPECT_EQ(row->time_bucket.milliseconds, key.first) << seed;
    EXPECT_EQ(row->dimensions, key.second) << seed;
    EXPECT_EQ(row->sample_count, samples.size()) << seed;
    const auto border = question.size == granularity::all ? question.end_time : next_bucket_start({key.first}, question.size, question.zone);
    const auto seconds = static_cast<double>(std::min(border, question.end_time).milliseconds - std::max(timestamp{key.first}, question.start_time).milliseconds) / 1'000;
    const auto expected = samples.empty() ? value_of_nothing(question.method) : plain_value(question, samples, semantics.is_cumulative, seconds, increments);
    ASSERT_EQ(row->value.has_value(), expected.has_value()) << seed << name_of(question.method);
    if (expected) {
      ASSERT_NEAR(*row->value, *expected, 1e-9 * std::max(1.0, std::abs(*expected))) << seed << name_of(question.method);
    }
    ++row;
  }
}

void check_page(const world& w, std::mt19937_64& random, const std::string& seed) {
  find_values question;
  question.start_time = {base_ms + static_cast<std::int64_t>(random() % (30 * hour_ms))};
  question.end_time = {question.start_time.milliseconds + static_cast<std::int64_t>(random() % (30 * hour_ms))};
  if (random() % 2 == 0)
    question.dimensions["site"] = "b";
  question.limit = 1 + static_cast<std::int64_t>(random() % 50);
  question.offset = static_cast<std::int64_t>(random() % 60);
  std::vector<plain> wanted;
  for (const auto& each : w.samples)
    if (each.sample.at >= question.start_time && each.sample.at < question.end_time
        && (question.dimensions.empty() || (each.sample.dimensions.contains("site") && each.sample.dimensions.at("site") == "b")))
      wanted.push_back(each);
  std::sort(wanted.begin(), wanted.end(), [](const plain& a, const plain& b) { return std::pair{a.sample.at, a.row} > std::pair{b.sample.at, b.row}; });
  const auto found = answer(w.metric->view({base_ms}), question, {});
  ASSERT_TRUE(found) << seed;
  EXPECT_EQ(found->total, wanted.size()) << seed;
  const auto from = std::min<std::size_t>(wanted.size(), static_cast<std::size_t>(question.offset));
  const auto count = std::min<std::size_t>(wanted.size() - from, static_cast<std::size_t>(question.limit));
  ASSERT_EQ(found->values.size(), count) << seed;
  for (std::size_t i = 0; i < count; ++i) {
    EXPECT_EQ(found->values[i].at, wanted[from + i].sample.at) << seed;
    EXPECT_EQ(found->values[i].value, wanted[from + i].sample.value) << seed;
    EXPECT_EQ(found->values[i].dimensions, wanted[from + i].sample.dimensions) << seed;
  }
  EXPECT_EQ(found->last.has_value(), count > 0 && from + count < wanted.size()) << seed;
  if (!found->last)
    return;
  question.before = found->last;
  question.offset = 0;
  const auto next = answer(w.metric->view({base_ms}), question, {});
  ASSERT_TRUE(next) << seed;
  EXPECT_EQ(next->total, wanted.size()) << seed;
  ASSERT_EQ(next->values.size(), std::min<std::size_t>(wanted.size() - from - count, static_cast<std::size_t>(question.limit))) << seed;
  for (std::size_t i = 0; i < next->values.size(); ++i)
    EXPECT_EQ(next->values[i].at, wanted[from + count + i].sample.at) << seed;
}

TEST(random_metric_questions, equal_a_plain_computation_over_random_samples) {
  const char* given = std::getenv("DOTMAC_TEST_SEED");
  const std::uint64_t first = given == nullptr ? 1 : static_cast<std::uint64_t>(std::atoll(given));
  const auto worlds = case_count(60);
  std::size_t cases = 0;
  for (std::uint64_t seed = first; seed < first + worlds; ++seed) {
    std::mt19937_64 random{seed};
    const bool is_counter = seed % 3 != 0;
    const metric_semantics semantics{is_counter ? metric_type::counter : metric_type::gauge, seed % 3 == 1};
    const auto w = make_world(random, semantics, seed % 20 == 0 ? 70'000 : random() % 1'500);
    for (int i = 0; i < 50 && !::testing::Test::HasFatalFailure(); ++i) {
      const auto text = "DOTMAC_TEST_SEED=" + std::to_string(seed) + " question " + std::to_string(i) + ": ";
      check_aggregate(w, random_question(random, is_counter), text);
      check_page(w, random, text);
      cases += 2;
    }
    ASSERT_FALSE(::testing::Test::HasFailure());
  }
  RecordProperty("cases", static_cast<int>(cases));
}

} // namespace
} // namespace dotmac
