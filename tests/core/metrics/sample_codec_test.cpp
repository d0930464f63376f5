#include "core/metrics/sample_codec.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <limits>
#include <random>

namespace dotmac {
namespace {

sample_buffers random_samples(std::mt19937_64& random, std::size_t rows, std::uint32_t series_count) {
  sample_buffers out;
  std::int64_t time = 1'700'000'000'000;
  const auto pick = [&](std::uint64_t below) { return random() % below; };
  for (std::size_t row = 0; row < rows; ++row) {
    out.series.push_back(static_cast<std::uint32_t>(pick(series_count)));
    time += pick(10) == 0 ? static_cast<std::int64_t>(pick(1'000'000'000'000)) - 500'000'000'000 : 60'000;
    out.at.push_back(pick(50) == 0 ? std::numeric_limits<std::int64_t>::min() + static_cast<std::int64_t>(pick(100)) : time);
    switch (pick(4)) {
    case 0: out.value.push_back(std::bit_cast<double>(random())); break;
    case 1: out.value.push_back(static_cast<double>(pick(100))); break;
    case 2: out.value.push_back(-0.0); break;
    default: out.value.push_back(out.value.empty() ? 1.5 : out.value.back()); break;
    }
    out.recorded_at.push_back(static_cast<std::int64_t>(random()));
    if (pick(7) == 0)
      out.texts.push_back({static_cast<std::uint32_t>(row), std::string(pick(20), 'i'), std::string(pick(40), '{')});
  }
  return out;
}

sample_spans spans_of(const sample_buffers& rows) { return {rows.series, rows.at, rows.value, rows.recorded_at, rows.texts}; }

result<sample_buffers> decode_all(bytes_view encoded, std::size_t series_count) {
  sample_buffers rows;
  if (auto decoded = decode_numbers(encoded, series_count, rows); !decoded)
    return decoded.error();
  if (auto decoded = decode_receipt(encoded, rows); !decoded)
    return decoded.error();
  if (auto decoded = decode_texts(encoded, rows); !decoded)
    return decoded.error();
  return rows;
}

TEST(sample_codec, gives_back_every_bit_of_what_it_was_given) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    std::mt19937_64 random{seed};
    const std::size_t series = 1 + random() % 50;
    const auto rows = random_samples(random, random() % 600, static_cast<std::uint32_t>(series));
    const auto back = decode_all(encode_samples(spans_of(rows)), series);
    ASSERT_TRUE(back) << "seed " << seed << ": " << back.error().message;
    EXPECT_EQ(back->series, rows.series) << "seed " << seed;
    EXPECT_EQ(back->at, rows.at) << "seed " << seed;
    EXPECT_EQ(back->recorded_at, rows.recorded_at) << "seed " << seed;
    ASSERT_EQ(back->value.size(), rows.value.size());
    for (std::size_t i = 0; i < rows.value.size(); ++i)
      ASSERT_EQ(std::bit_cast<std::uint64_t>(back->value[i]), std::bit_cast<std::uint64_t>(rows.value[i])) << "seed " << seed << " row " << i;
    ASSERT_EQ(back->texts.size(), rows.texts.size());
    for (std::size_t i = 0; i < rows.texts.size(); ++i)
      EXPECT_TRUE(back->texts[i].row == rows.texts[i].row && back->texts[i].value_id == rows.texts[i].value_id
                  && back->texts[i].context == rows.texts[i].context);
  }
}

TEST(sample_codec, keeps_a_regular_gauge_of_many_series_below_four_bytes_a_sample) {
  sample_buffers rows;
  for (std::size_t row = 0; row < 20'000; ++row) {
    rows.series.push_back(static_cast<std::uint32_t>(row % 100));
    rows.at.push_back(1'700'000'000'000 + static_cast<std::int64_t>(row / 100) * 60'000);
    rows.value.push_back(static_cast<double>(20 + (row % 100 + row / 1000) % 7));
    rows.recorded_at.push_back(rows.at.back() + 15);
  }
  EXPECT_LT(encode_samples(spans_of(rows)).size(), rows.at.size() * 4);
}

TEST(sample_codec, refuses_bytes_that_break_off_anywhere_and_survives_flipped_bits) {
  std::mt19937_64 random{7};
  const auto rows = random_samples(random, 60, 5);
  const auto encoded = encode_samples(spans_of(rows));
  for (std::size_t length = 0; length < encoded.size(); ++length)
    EXPECT_FALSE(decode_all(bytes_view{encoded}.substr(0, length), 5)) << length;
  for (int round = 0; round < 5'000; ++round) {
    auto damaged = encoded;
    damaged[random() % damaged.size()] ^= static_cast<char>(1 << random() % 8);
    const auto back = decode_all(damaged, 5);
    if (!back)
      continue;
    for (const auto each : back->series)
      ASSERT_LT(each, 5u);
  }
}

TEST(sample_codec, refuses_series_that_are_not_known) {
  std::mt19937_64 random{8};
  const auto rows = random_samples(random, 100, 9);
  EXPECT_EQ(decode_all(encode_samples(spans_of(rows)), 3).error().code, error_code::corrupt_data);
}

} // namespace
} // namespace dotmac
