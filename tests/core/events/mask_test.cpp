// What stands behind filters, row by row beside plain loops: positions of ones, and values that are a certain one.

#include "core/events/mask_positions.hpp"
#include "core/events/packed_equal.hpp"

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

TEST(only_true, is_the_one_code_of_a_table) {
  EXPECT_EQ(only_true({0, 0, 1, 0}), 2u);
  EXPECT_FALSE(only_true({0, 1, 1}));
  EXPECT_FALSE(only_true({0, 0}));
  EXPECT_FALSE(only_true({}));
}

} // namespace
} // namespace dotmac
