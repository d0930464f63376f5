#include "core/events/event_id_index.hpp"
#include "tests/core/events/random_cases.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace dotmac {
namespace {

std::set<std::uint64_t> remembered_rows(const event_id_index& index, std::uint64_t hash) {
  std::set<std::uint64_t> out;
  index.visit(hash, [&](std::uint64_t row) {
    EXPECT_TRUE(out.insert(row).second) << "told twice";
    return false;
  });
  return out;
}

/// Random lives of an index beside a plain map: what is kept is found, what was discarded is not.
TEST(event_id_index, finds_every_row_within_the_window_and_none_that_was_discarded) {
  std::mt19937_64 random{plain::from_environment("DOTMAC_TEST_SEED", 11)};
  for (int life = 0; life < 40; ++life) {
    event_id_index index;
    std::map<std::uint64_t, std::set<std::uint64_t>> plain;
    std::uint64_t row = 0;
    std::uint64_t settled = 0;
    std::uint64_t first_kept = 0;
    const std::uint64_t hashes = 1 + random() % 5'000;
    const auto remember = [&](std::uint64_t count) {
      for (std::uint64_t i = 0; i < count; ++i, row += 1 + random() % 3) {
        if (index.is_full())
          index.make_room(first_kept);
        const auto hash = (random() % hashes) * 0x9e3779b97f4a7c15u;
        index.remember(hash, row);
        plain[hash].insert(row);
      }
    };
    for (int step = 0; step < 40; ++step) {
      switch (random() % 4) {
      case 0: {
        const auto from = settled + random() % (row - settled + 1);
        index.forget_from(from);
        for (auto& [hash, rows] : plain)
          rows.erase(rows.lower_bound(from), rows.end());
        row = from;
        break;
      }
      case 1:
        first_kept = std::max(first_kept, row < 500 ? 0 : row - random() % 500);
        index.settle(first_kept);
        settled = row;
        break;
      default: remember(random() % 400);
      }
      for (int i = 0; i < 50; ++i) {
        const auto hash = (random() % (hashes + 10)) * 0x9e3779b97f4a7c15u;
        const auto found = remembered_rows(index, hash);
        const auto& all = plain[hash];
        ASSERT_TRUE(std::includes(all.begin(), all.end(), found.begin(), found.end()));
        ASSERT_TRUE(std::includes(found.begin(), found.end(), all.lower_bound(first_kept), all.end()));
      }
    }
  }
}

TEST(event_id_index, lets_go_of_what_is_older_than_the_window) {
  std::mt19937_64 random{plain::from_environment("DOTMAC_TEST_SEED", 11)};
  event_id_index index;
  std::size_t largest = 0;
  for (std::uint64_t row = 0; row < 3'000'000; ++row) {
    const auto first_kept = row < 100'000 ? 0 : row - 100'000;
    if (index.is_full())
      index.make_room(first_kept);
    index.remember(random(), row);
    if (row % 1'000 == 0 && index.wants_settling())
      index.settle(first_kept);
    largest = std::max(largest, index.memory_bytes());
  }
  EXPECT_LT(largest, 200'000 * (sizeof(hashed_number) * 2 + 16)) << "as if all were kept";
}

} // namespace
} // namespace dotmac
