// Values at ranks beside a sorted copy: of any spread, with equal ones, and so far apart that their distance is no number.

#include "core/events/select_rank.hpp"
#include "tests/core/events/random_event.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace dotmac {
namespace {

using namespace plain;

template <class T> void expect_ranks(std::vector<T> values, generator& random) {
  auto sorted = values;
  std::sort(sorted.begin(), sorted.end());
  std::vector<T> room;
  const auto given = values;
  for (int i = 0; i < 6; ++i) {
    const std::size_t rank = i == 0 ? 0 : i == 1 ? values.size() - 1 : random() % values.size();
    const auto found = select_rank(std::span<const T>{values}, rank, room);
    ASSERT_EQ(found.first, sorted[rank]) << values.size() << " values, rank " << rank;
    ASSERT_EQ(found.second, sorted[std::min(rank + 1, sorted.size() - 1)]) << values.size() << " values, rank " << rank;
  }
  ASSERT_EQ(values, given);
}

std::size_t some_size(generator& random) { return 1 + random() % one_of<std::uint64_t>(random, {3, 60, 900, 20'000}); }

TEST(select_rank, finds_what_sorting_finds_among_integers) {
  generator random{21};
  for (int round = 0; round < 400; ++round) {
    std::vector<std::int64_t> values(some_size(random));
    const auto shift = random() % 64;
    for (auto& each : values)
      each = static_cast<std::int64_t>(random() >> shift);
    expect_ranks(values, random);
  }
  expect_ranks<std::int64_t>({std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max(), 0, -1}, random);
  std::vector<std::int64_t> ends(500, std::numeric_limits<std::int64_t>::min());
  ends.resize(1'000, std::numeric_limits<std::int64_t>::max());
  expect_ranks(ends, random);
}

TEST(select_rank, finds_what_sorting_finds_among_numbers) {
  generator random{22};
  for (int round = 0; round < 400; ++round) {
    std::vector<double> values(some_size(random));
    const auto kind = random() % 4;
    for (auto& each : values) {
      const auto part = static_cast<double>(random() % 1'000'003) / 1'000'003;
      each = kind == 0 ? part : kind == 1 ? std::exp(part * 700) : kind == 2 ? static_cast<double>(random() % 7) : (part - 0.5) * 1e-300;
    }
    expect_ranks(values, random);
  }
  std::vector<double> far_apart(300, -1.7e308);
  far_apart.resize(700, 1.7e308);
  far_apart.push_back(3);
  expect_ranks(far_apart, random);
  expect_ranks(std::vector<double>(1'000, 4.5), random);
  std::vector<double> tiny(100, 0.0);
  tiny.push_back(5e-324);
  expect_ranks(tiny, random);
}

} // namespace
} // namespace dotmac
