// Trends over random events beside a computation from the plain list.

#include "tests/core/events/random_cases.hpp"
#include "tests/core/events/test_executor.hpp"

#include <gtest/gtest.h>

namespace dotmac {
namespace {

using namespace plain;
__extension__ using quad = __float128;
__extension__ using wide = __int128;

using rows = std::vector<const event*>;

/// The numbers that the rows have under a name.
std::vector<scalar> numbers_of(const rows& of, const std::string& property) {
  std::vector<scalar> out;
  for (const auto* each : of)
    if (const auto found = as_scalar(look_up(*each, property)); number_of(found))
      out.push_back(found);
  return out;
}

std::int64_t distinct(const rows& of, const std::string& name) {
  std::set<scalar> found;
  for (const auto* each : of)
    if (auto value = group_value(*each, name); value.index() != 0)
      found.insert(std::move(value));
  return std::ssize(found);
}

scalar sum_of(const std::vector<scalar>& values) {
  const bool are_whole = std::all_of(values.begin(), values.end(), [](const auto& each) { return std::holds_alternative<std::int64_t>(each); });
  wide whole = 0;
  quad sum = 0;
  for (const auto& each : values) {
    if (are_whole)
      whole += std::get<std::int64_t>(each);
    sum += static_cast<quad>(*number_of(each));
  }
  return are_whole && whole <= INT64_MAX && whole >= INT64_MIN ? scalar{static_cast<std::int64_t>(whole)} : scalar{static_cast<double>(sum)};
}

scalar percentile_of(std::vector<scalar> values, double part) {
  if (values.empty())
    return {};
  std::vector<double> sorted;
  for (const auto& each : values)
    sorted.push_back(static_cast<double>(*number_of(each)));
  std::sort(sorted.begin(), sorted.end());
  const double position = part / 100 * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(std::floor(position));
  return sorted[below] + (sorted[std::min(below + 1, sorted.size() - 1)] - sorted[below]) * (position - std::floor(position));
}

scalar measured(const rows& of, const trend_series& series) {
  const auto numbers = numbers_of(of, series.property);
  const auto extreme = [&](auto better) {
    scalar best;
    for (const auto& each : numbers)
      if (best.index() == 0 || better(*number_of(each), *number_of(best)))
        best = each;
    return best;
  };
  switch (series.measure) {
  case trend_measure::count: return std::ssize(of);
  case trend_measure::unique_users: return distinct(of, "user_id");
  case trend_measure::unique_sessions: return distinct(of, "session_id");
  case trend_measure::unique_customers: return distinct(of, "customer_id");
  case trend_measure::events_per_user: {
    const auto with_user = std::count_if(of.begin(), of.end(), [](const auto* each) { return !is_absent(look_up(*each, "user_id")); });
    return with_user == 0 ? scalar{} : scalar{static_cast<double>(with_user) / static_cast<double>(distinct(of, "user_id"))};
  }
  case trend_measure::sum: return sum_of(numbers);
  case trend_measure::avg: {
    quad sum = 0;
    for (const auto& each : numbers)
      sum += static_cast<quad>(*number_of(each));
    return numbers.empty() ? scalar{} : scalar{static_cast<double>(sum / static_cast<quad>(numbers.size()))};
  }
  case trend_measure::min: return extreme([](auto a, auto b) { return a < b; });
  case trend_measure::max: return extreme([](auto a, auto b) { return a > b; });
  case trend_measure::percentile: return percentile_of(numbers, series.percentile);
  case trend_measure::distinct_values: return distinct(of, series.property);
  }
  return {};
}

/// Whole numbers exactly; decimals within the rounding of a sum of these parts.
bool is_same(const scalar& found, const scalar& wanted, long double parts) {
  if (found.index() == 0 || wanted.index() == 0)
    return found.index() == wanted.index();
  if (std::holds_alternative<std::int64_t>(found) && std::holds_alternative<std::int64_t>(wanted))
    return found == wanted;
  return std::abs(*number_of(found) - *number_of(wanted)) <= parts * 1e-15L;
}

long double parts_of(const rows& of, const trend_series& series) {
  long double sum = 1;
  for (const auto& each : numbers_of(of, series.property))
    sum += std::abs(*number_of(each));
  return sum;
}

trend_series random_series(generator& random, const events& all) {
  trend_series out;
  if (chance(random, 30))
    out.event_type = std::string(1, static_cast<char>('a' + random() % 5));
  if (chance(random, 20))
    out.event_name = std::string(1, static_cast<char>('d' + random() % 5));
  if (chance(random, 25))
    out.filters = random_filter(random, all, 1);
  out.measure = static_cast<trend_measure>(random() % 11);
  if (out.measure >= trend_measure::sum)
    out.property = out.measure == trend_measure::distinct_values ? random_field(random) : chance(random, 50) ? "price" : "mixed";
  const double percentiles[] = {0, 10, 50, 95, 99.9, 100};
  out.percentile = one_of(random, percentiles);
  return out;
}

measure_trends random_trends(generator& random, const events& all) {
  measure_trends out;
  for (auto i = 1 + random() % 3; i > 0; --i)
    out.series.push_back(random_series(random, all));
  if (chance(random, 30))
    out.filters = random_filter(random, all, 2);
  out.start_time = random_time(random, all);
  out.end_time = random_time(random, all);
  if (out.end_time < out.start_time)
    std::swap(out.start_time, out.end_time);
  out.size = static_cast<granularity>(random() % 9);
  if (chance(random, 50))
    out.zone = berlin_autumn();
  for (auto i = random() % 4; i > 0; --i)
    out.dimensions.push_back(random_dimension(random));
  out.groups_answered = static_cast<std::int64_t>(1 + random() % 6);
  out.is_cumulative = chance(random, 25)
                      && std::all_of(out.series.begin(), out.series.end(), [](const auto& each) { return each.measure <= trend_measure::unique_customers || each.measure == trend_measure::sum; });
  out.groups_of_first = chance(random, 25);
  out.compares = chance(random, 25) && out.end_time > out.start_time;
  return out;
}

measure_trends interval_before(const measure_trends& question) {
  auto out = question;
  out.start_time.milliseconds -= question.end_time.milliseconds - question.start_time.milliseconds;
  out.end_time = question.start_time;
  return out;
}

class expected_trends {
public:
  expected_trends(const events& all, const measure_trends& question) : question_{question} {
    if (question.size == granularity::all)
      buckets.push_back(timestamp_min);
    else
      for (auto at = bucket_start(question.start_time, question.size, question.zone); at < question.end_time; at = next_bucket_start(at, question.size, question.zone))
        buckets.push_back(at);
    for (const auto& series : question.series) {
      auto& mine = groups.emplace_back();
      if (question.dimensions.empty())
        mine[{}];
      for (const auto& e : all) {
        const event_selection by{series.event_type, series.event_name, {}, {}, {}, question.start_time, question.end_time, series.filters};
        if (!is_selected(e, by) || !holds(e, question.filters))
          continue;
        std::vector<scalar> key;
        for (const auto& each : question.dimensions)
          key.push_back(group_value(e, each));
        mine[key].push_back(&e);
      }
    }
  }

  void expect_line(const trend_line& found, const rows& of) const {
    const auto& series = question_.series[found.series];
    const auto parts = parts_of(of, series);
    EXPECT_TRUE(is_same(found.total, measured(of, series), parts)) << "total of series " << found.series;
    ASSERT_EQ(found.values.size(), buckets.size());
    for (std::size_t b = 0; b < buckets.size(); ++b) {
      rows mine;
      for (const auto* each : of) {
        const auto at = question_.size == granularity::all ? timestamp_min : bucket_start(each->at.at, question_.size, question_.zone);
        if (at == buckets[b] || (question_.is_cumulative && at < buckets[b]))
          mine.push_back(each);
      }
      EXPECT_TRUE(is_same(found.values[b], measured(mine, series), parts)) << "bucket " << b << " of series " << found.series << " measure " << name_of(series.measure);
    }
  }

  /// Groups without a line of their own, in this interval or the one it is compared with.
  bool needs_other(const trends_measured& found, std::size_t series, const expected_trends* earlier) const {
    const auto has_line = [&](std::size_t s, const std::vector<scalar>& key) {
      return std::any_of(found.lines.begin(), found.lines.end(), [&](const auto& each) { return each.series == s && !each.is_other && each.dimensions == key; });
    };
    for (std::size_t s = 0; s < groups.size(); ++s) {
      if (s != series && !question_.groups_of_first)
        continue;
      for (const auto* each : {this, earlier})
        if (each != nullptr && std::any_of(each->groups[s].begin(), each->groups[s].end(), [&](const auto& group) { return !has_line(s, group.first); }))
          return true;
    }
    return false;
  }

  void expect(const trends_measured& found, const expected_trends* earlier) const {
    ASSERT_EQ(found.buckets, buckets);
    auto line = found.lines.begin();
    for (std::size_t s = 0; s < groups.size() && !buckets.empty(); ++s) {
      auto left = groups[s];
      std::optional<long double> before;
      const auto& ranked = question_.groups_of_first ? groups[0] : left;
      for (std::size_t n = std::min(ranked.size(), static_cast<std::size_t>(question_.groups_answered)); n > 0; --n, ++line) {
        ASSERT_TRUE(line != found.lines.end() && line->series == s && !line->is_other);
        if (question_.groups_of_first && s > 0) {
          EXPECT_EQ(line->dimensions, (found.lines.begin() + (line - std::find_if(found.lines.begin(), found.lines.end(), [&](const auto& each) { return each.series == s; })))->dimensions);
          left.try_emplace(line->dimensions);
        }
        ASSERT_TRUE(left.contains(line->dimensions));
        expect_line(*line, left.at(line->dimensions));
        left.erase(line->dimensions);
        if (s > 0 && question_.groups_of_first)
          continue;
        const auto total = number_of(line->total).value_or(-std::numeric_limits<long double>::infinity());
        EXPECT_LE(total, before.value_or(total));
        before = total;
      }
      if (!needs_other(found, s, earlier))
        continue;
      ASSERT_TRUE(line != found.lines.end() && line->series == s && line->is_other);
      rows others;
      for (const auto& [key, mine] : left) {
        others.insert(others.end(), mine.begin(), mine.end());
        const auto total = number_of(measured(mine, question_.series[s])).value_or(-std::numeric_limits<long double>::infinity());
        if (s == 0 || !question_.groups_of_first) {
          EXPECT_LE(total, *before + parts_of(mine, question_.series[s]) * 1e-15L);
        }
      }
      expect_line(*line, others);
      ++line;
    }
    EXPECT_TRUE(line == found.lines.end());
  }

  /// Of the interval before: the same groups as the lines found for the question's own.
  void expect_compared(const trends_measured& found) const {
    ASSERT_EQ(found.compared_buckets, buckets);
    for (const auto& line : found.lines) {
      rows mine;
      for (const auto& [key, own] : groups[line.series]) {
        const bool has_line = std::any_of(found.lines.begin(), found.lines.end(), [&](const auto& each) { return each.series == line.series && !each.is_other && each.dimensions == key; });
        if (line.is_other ? !has_line : key == line.dimensions)
          mine.insert(mine.end(), own.begin(), own.end());
      }
      auto compared = line;
      compared.total = line.compared_total;
      compared.values = line.compared_values;
      expect_line(compared, mine);
    }
  }

  std::vector<timestamp> buckets;
  std::vector<std::map<std::vector<scalar>, rows>> groups; ///< by series

private:
  const measure_trends& question_;
};

TEST(random_trends, equal_a_plain_computation_over_random_events) {
  const auto first = from_environment("DOTMAC_TEST_SEED", 1);
  const auto worlds = from_environment("DOTMAC_TEST_CASES", 400);
  test_executor threads{3};
  std::size_t cases = 0;
  for (auto seed = first; seed < first + worlds; ++seed) {
    SCOPED_TRACE("DOTMAC_TEST_SEED=" + std::to_string(seed));
    generator random{seed};
    const auto w = random_world(random, random_size(random, seed));
    for (int i = 0; i < (w.all.size() > 1'000 ? 2 : 8); ++i) {
      SCOPED_TRACE("question " + std::to_string(i));
      auto question = random_trends(random, w.all);
      const auto reach = question.end_time.milliseconds - question.start_time.milliseconds;
      while (question.size < granularity::week && reach / (question.size == granularity::second ? 1'000 : question.size == granularity::minute ? 60'000 : 3'600'000) > 300)
        question.size = static_cast<granularity>(static_cast<int>(question.size) + 1);
      scan_context context;
      context.executor = chance(random, 50) ? &threads : nullptr;
      const auto found = answer(w.view(), question, context);
      ASSERT_TRUE(found) << found.error().message;
      const auto question_before = interval_before(question);
      const expected_trends earlier{w.all, question_before};
      expected_trends{w.all, question}.expect(*found, question.compares ? &earlier : nullptr);
      if (question.compares)
        earlier.expect_compared(*found);
      ++cases;
      ASSERT_FALSE(::testing::Test::HasFailure());
    }
  }
  std::printf("%zu questions, seeds %llu to %llu\n", cases, static_cast<unsigned long long>(first), static_cast<unsigned long long>(first + worlds - 1));
}

} // namespace
} // namespace dotmac
