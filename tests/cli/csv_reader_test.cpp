#include "cli/import/csv_reader.hpp"

#include <gtest/gtest.h>

#include <random>
#include <sstream>

namespace dotmac {
namespace {

using rows = std::vector<std::vector<std::string>>;

std::vector<csv_record> read_all(const std::string& text, std::size_t limit = import_record_bytes_max, char separator = ',') {
  std::istringstream in{text};
  csv_reader reader{in, separator, limit};
  std::vector<csv_record> records;
  while (auto record = reader.next())
    records.push_back(std::move(*record));
  return records;
}

rows fields_of(const std::vector<csv_record>& records) {
  rows out;
  for (const auto& each : records)
    out.push_back(each.fields);
  return out;
}

TEST(csv_reader, reads_quotes_line_breaks_in_them_and_both_ends_of_lines) {
  EXPECT_EQ(fields_of(read_all("a,b\r\n1,\"x, \"\"y\"\"\nz\"\n,\n")), (rows{{"a", "b"}, {"1", "x, \"y\"\nz"}, {"", ""}}));
}

TEST(csv_reader, passes_over_a_byte_order_mark_and_empty_lines) {
  EXPECT_EQ(fields_of(read_all("\xef\xbb\xbf" "a\n\n\r\nb")), (rows{{"a"}, {"b"}}));
}

TEST(csv_reader, takes_quotes_within_a_field_as_they_are) {
  EXPECT_EQ(fields_of(read_all("5\" pipe,b\n")), (rows{{"5\" pipe", "b"}}));
}

TEST(csv_reader, tells_the_line_on_which_a_record_begins) {
  const auto records = read_all("a\n\"1\n2\"\n\nb\n");
  ASSERT_EQ(records.size(), 3u);
  EXPECT_EQ(records[1].line, 2u);
  EXPECT_EQ(records[2].line, 5u);
}

TEST(csv_reader, says_that_a_quote_is_not_closed) { EXPECT_EQ(read_all("a\n\"b,c\n").back().fault, "a quote is not closed"); }

TEST(csv_reader, refuses_a_record_beyond_its_limit_and_reads_on_behind_it) {
  for (const auto& middle : {std::string(500, 'x'), "\"" + std::string(500, 'x') + "\""}) {
    const auto records = read_all("a\n" + middle + "\nb\n", 100);
    ASSERT_EQ(records.size(), 3u);
    EXPECT_EQ(records[1].fault, "longer than 100 bytes");
    EXPECT_LE(records[1].raw.size(), 100u);
    EXPECT_EQ(records[2].fields[0], "b");
  }
}

TEST(csv_reader, gives_back_what_was_written_whatever_stands_at_the_borders_of_its_buffer) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    std::mt19937_64 random{seed};
    rows wanted;
    std::string text;
    const std::string letters = "ab,\"\n\r \xc3\xa4";
    // Long first fields move what follows over the border of the reader's buffer, one byte at a time.
    for (int row = 0; row < 40; ++row) {
      std::vector<std::string> fields;
      const std::size_t count = 1 + random() % 4;
      for (std::size_t i = 0; i < count; ++i) {
        std::string field(i == 0 ? 65'536 / 20 + random() % 50 : 0, 'f');
        for (std::size_t n = random() % 8; n > 0; --n)
          field.push_back(letters[random() % letters.size()]);
        text += i == 0 ? "\"" : ",\"";
        for (const char c : field)
          text += c == '"' ? "\"\"" : std::string(1, c);
        text += "\"";
        fields.push_back(std::move(field));
      }
      text += random() % 2 == 0 ? "\n" : "\r\n";
      wanted.push_back(std::move(fields));
    }
    ASSERT_EQ(fields_of(read_all(text)), wanted) << "seed " << seed;
  }
}

} // namespace
} // namespace dotmac
