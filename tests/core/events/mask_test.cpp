// What stands behind filters, row by row beside plain loops: positions of ones, and values that are a certain one.

#include "core/events/mask_positions.hpp"
#include "core/events/packed_equal.hpp"
#include "core/events/packed_gather.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <random>

namespace dotmac {
namespace {

TEST(mask_positions, are_those_of_the_ones_whatever_the_length) {
  std::mt19937_64 random{3};
  for (std::size_t size = 0; size < 200; ++size)
    for (const unsigned in_hundred : {0u, 3u, 50u, 97u, 100u}) {
      std::vector<std::uint8_t> mask(size);
      std::vector<std::uint16_t> wanted;
      for (std::size_t i = 0; i < size; ++i) {
        mask[i] = random() % 100 < in_hundred;
        if (mask[i] != 0)
          wanted.push_back(static_cast<std::uint16_t>(i));
      }
      std::vector<std::uint16_t> found(size + mask_positions_slack);
      found.resize(find_positions(mask, found.data()));
      EXPECT_EQ(found, wanted) << size << " bytes, " << in_hundred << " %";
    }
}

TEST(packed_equal, finds_a_value_in_columns_of_any_width) {
  std::mt19937_64 random{4};
  constexpr auto least = std::numeric_limits<std::int64_t>::min();
  constexpr auto greatest = std::numeric_limits<std::int64_t>::max();
  const std::vector<std::vector<std::int64_t>> sets{{5}, {0, 1, 2, 255}, {-1, 254}, {7, 300, 65'542}, {-5, 70'000, 4'000'000'000}, {least, greatest, 0}};
  for (const auto& from : sets) {
    std::vector<std::int64_t> values;
    for (int i = 0; i < 100; ++i)
      values.push_back(from[random() % from.size()]);
    bytes packed;
    const auto layout = pack_values(packed, values, values.size());
    const packed_integers column{packed.data(), layout.width, layout.base, static_cast<std::uint32_t>(values.size())};
    auto wanted = from;
    wanted.insert(wanted.end(), {6, -2, 256, 65'536, least, greatest, from.back() - 256});
    for (const auto each : wanted)
      for (const std::size_t first : {0u, 1u, 37u}) {
        std::vector<std::uint8_t> found(values.size() - first, 7);
        find_equal(column, first, each, found);
        for (std::size_t i = 0; i < found.size(); ++i)
          EXPECT_EQ(found[i], values[first + i] == each ? 1 : 0) << each << " among width " << int{layout.width};
      }
  }
}

struct packed_numbers {
  explicit packed_numbers(const std::vector<std::int64_t>& values) : layout{pack_values(data, values, values.size())}, count{static_cast<std::uint32_t>(values.size())} {}
  packed_integers view() const { return {data.data(), layout.width, layout.base, count}; }
  bytes data;
  packed_layout layout;
  std::uint32_t count;
};

TEST(packed_equal, tells_whether_rows_are_the_same) {
  std::mt19937_64 random{5};
  for (int round = 0; round < 2'000; ++round) {
    std::vector<std::int64_t> rows;
    const auto step = 1 + random() % (round % 3 == 0 ? 1 : 40);
    for (auto row = static_cast<std::int64_t>(random() % (round % 2 == 0 ? 10 : 70'000)); rows.size() < random() % 80; row += 1 + static_cast<std::int64_t>(random() % step))
      rows.push_back(row);
    const packed_numbers column{rows};
    const auto first = rows.empty() ? 0 : random() % rows.size();
    const auto base = rows.empty() ? 0 : rows[first] - static_cast<std::int64_t>(random() % 3);
    std::vector<std::uint16_t> asked;
    for (auto i = first; i < rows.size(); ++i)
      asked.push_back(static_cast<std::uint16_t>(rows[i] - base));
    EXPECT_TRUE(have_equal(column.view(), first, base, asked)) << "round " << round;
    if (asked.empty())
      continue;
    ++asked.back();
    EXPECT_FALSE(have_equal(column.view(), first, base, asked)) << "round " << round;
    --asked.back();
    EXPECT_FALSE(have_equal(column.view(), first, base + 65'536, asked)) << "round " << round;
    EXPECT_FALSE(have_equal(column.view(), first, base - 256, asked)) << "round " << round;
  }
}

TEST(packed_gather, reads_and_looks_up_what_stands_at_rows) {
  std::mt19937_64 random{6};
  for (const std::int64_t span : {1, 200, 60'000, 100'000}) {
    std::vector<std::int64_t> values;
    std::vector<std::uint32_t> table(100'100);
    for (auto& each : table)
      each = static_cast<std::uint32_t>(random());
    for (int i = 0; i < 1'000; ++i)
      values.push_back(40 + static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(span)));
    const packed_numbers column{values};
    std::vector<std::uint16_t> rows(300);
    for (auto& each : rows)
      each = static_cast<std::uint16_t>(random() % 700);
    std::vector<std::int64_t> found(rows.size());
    gather(column.view(), 300, std::span<const std::uint16_t>{rows}, found.data());
    std::vector<std::uint32_t> looked_up(500);
    look_up(column.view(), 300, table, looked_up);
    for (std::size_t i = 0; i < rows.size(); ++i)
      EXPECT_EQ(found[i], values[300 + rows[i]]);
    for (std::size_t i = 0; i < looked_up.size(); ++i)
      EXPECT_EQ(looked_up[i], table[static_cast<std::size_t>(values[300 + i])]);
  }
}

TEST(only_true, is_the_one_code_of_a_table) {
  EXPECT_EQ(only_true({0, 0, 1, 0}), 2u);
  EXPECT_FALSE(only_true({0, 1, 1}));
  EXPECT_FALSE(only_true({0, 0}));
  EXPECT_FALSE(only_true({}));
}

} // namespace
} // namespace dotmac
