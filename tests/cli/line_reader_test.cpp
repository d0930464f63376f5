#include "cli/import/line_reader.hpp"

#include <gtest/gtest.h>

#include <random>
#include <sstream>

namespace dotmac {
namespace {

std::vector<text_line> read_all(const std::string& text, std::size_t limit = 1u << 20) {
  std::istringstream in{text};
  line_reader reader{in, limit};
  std::vector<text_line> lines;
  while (auto line = reader.next())
    lines.push_back(std::move(*line));
  EXPECT_EQ(reader.position(), text.size());
  return lines;
}

std::vector<std::string> texts_of(const std::vector<text_line>& lines) {
  std::vector<std::string> out;
  for (const auto& each : lines)
    out.push_back(each.text);
  return out;
}

TEST(line_reader, takes_both_ends_of_lines_and_a_last_line_without_one) {
  EXPECT_EQ(texts_of(read_all("\xef\xbb\xbf" "a\r\n\nb\rc\n\r\nd")), (std::vector<std::string>{"a", "", "b\rc", "", "d"}));
  EXPECT_TRUE(read_all("").empty());
  EXPECT_EQ(texts_of(read_all("\n")), std::vector<std::string>{""});
}

TEST(line_reader, keeps_an_excerpt_of_a_line_beyond_its_limit_and_reads_on_behind_it) {
  const std::string longest(5'000, 'x');
  for (const std::size_t more : {std::size_t{0}, std::size_t{1}, std::size_t{200'000}}) {
    const auto lines = read_all("first\n" + longest + std::string(more, 'x') + "\nlast\n", longest.size());
    ASSERT_EQ(lines.size(), 3u);
    EXPECT_EQ(lines[1].is_too_long, more > 0);
    EXPECT_EQ(lines[1].text.size(), more > 0 ? line_reader::excerpt_bytes : longest.size());
    EXPECT_EQ(lines[2].number, 3u);
    EXPECT_EQ(lines[2].text, "last");
    EXPECT_FALSE(lines[2].is_too_long);
  }
}

TEST(line_reader, gives_back_random_lines_whatever_stands_at_the_borders_of_its_buffer) {
  const auto seed = std::random_device{}();
  std::cout << "seed " << seed << "\n";
  std::mt19937 chance{seed};
  for (int round = 0; round < 50; ++round) {
    std::vector<std::string> wanted;
    std::string text;
    for (std::size_t i = 0; i < 40; ++i) {
      wanted.emplace_back(chance() % 4 == 0 ? 65'530 + chance() % 12 : chance() % 50, static_cast<char>('a' + chance() % 26));
      text += wanted.back() + (chance() % 2 == 0 ? "\n" : "\r\n");
    }
    ASSERT_EQ(texts_of(read_all(text)), wanted) << "round " << round;
  }
}

} // namespace
} // namespace dotmac
