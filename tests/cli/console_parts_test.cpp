#include "cli/console/listing.hpp"
#include "cli/console/look_pace.hpp"
#include "cli/console/short_numbers.hpp"
#include "cli/console/text_cells.hpp"

#include <gtest/gtest.h>

namespace dotmac::console {
namespace {

TEST(text_cells, are_counted_as_a_terminal_shows_them) {
  EXPECT_EQ(cells_of("abc"), 3u);
  EXPECT_EQ(cells_of("Zürich"), 6u);
  EXPECT_EQ(cells_of("日本"), 4u);
  EXPECT_EQ(cells_of("e\u0301"), 1u) << "an accent stands on its letter";
  EXPECT_EQ(to_left("日本語", 4), "日~ ") << "half a letter is not shown";
  EXPECT_EQ(to_left("ab", 4), "ab  ");
  EXPECT_EQ(to_right("ab", 4), "  ab");
  EXPECT_EQ(to_right("abcdef", 4), "abc~");
  EXPECT_EQ(to_left("abc", 0), "");
  EXPECT_EQ(end_of("cluster > node > 日本", 6), "~ 日本");
  EXPECT_EQ(end_of("abc", 0), "");
}

TEST(text_cells, of_others_move_no_cursor_and_turn_no_direction) {
  EXPECT_EQ(shown_text("a\033[2Jb\r\n\x7f"), "a?[2Jb???");
  EXPECT_EQ(shown_text("\u009b5m"), "?5m") << "an escape of one character";
  EXPECT_EQ(shown_text("a\u202eb\u2066"), "a?b?");
  EXPECT_EQ(shown_text("\xff\xc3"), "??");
  EXPECT_EQ(shown_text(std::string_view{"\0x", 2}), "?x");
  EXPECT_EQ(shown_text("Zürich 日本"), "Zürich 日本");
}

TEST(text_cells, are_wrapped_at_blanks_where_there_are_any) {
  EXPECT_EQ(wrapped("one two three", 8), (std::vector<std::string>{"one two", "three"}));
  EXPECT_EQ(wrapped("abcdefgh", 3), (std::vector<std::string>{"abc", "def", "gh"}));
  EXPECT_EQ(wrapped("日本語", 0), (std::vector<std::string>{"日", "本", "語"})) << "never narrower than a letter";
  EXPECT_EQ(wrapped("", 5), (std::vector<std::string>{""}));
}

TEST(short_numbers, fit_into_five_cells_whatever_they_are) {
  EXPECT_EQ(short_count(99'999), "99999");
  EXPECT_EQ(short_count(123'456), "123k");
  EXPECT_EQ(short_count(1'250'000), "1.2M");
  EXPECT_EQ(short_rate(0), "0");
  EXPECT_EQ(short_rate(0.25), "0.25");
  EXPECT_EQ(short_rate(12.54), "12.5");
  EXPECT_EQ(short_bytes(1'536), "1.5K");
  EXPECT_EQ(short_time(15), "15us");
  EXPECT_EQ(short_time(1'500), "1.5ms");
  EXPECT_EQ(short_age(150'000), "2m");
  for (double value = 0.001; value < 1e21; value *= 1.37)
    for (const auto& text : {short_count(value), short_rate(value), short_bytes(value), short_time(std::min(value, 1e15)), short_age(static_cast<std::int64_t>(std::min(value, 8e14)))})
      EXPECT_LE(text.size(), 5u) << value << " is " << text;
}

row row_of(const std::string& key, std::optional<double> mailbox = std::nullopt) {
  row made{key, key, "metric", "acme", std::vector<figure>(actor_columns.size()), {}, {}, 0};
  made.figures[1].number = mailbox;
  return made;
}

std::string keys_of(const listing& of) {
  std::string text;
  for (const auto* each : of.shown())
    text += (text.empty() ? "" : " ") + each->key;
  return text;
}

TEST(listing, keeps_the_selection_on_its_row_while_others_come_go_and_change_places) {
  listing rows{actor_columns};
  rows.take({row_of("a-10", 1), row_of("a-9", 2), row_of("b", 3)}, 0);
  EXPECT_EQ(keys_of(rows), "a-9 a-10 b") << "numbers in names count as numbers";
  rows.move(1);
  ASSERT_EQ(rows.selected()->key, "a-10");
  rows.sort_by_next({1});
  EXPECT_EQ(keys_of(rows), "b a-9 a-10") << "the largest first";
  EXPECT_EQ(rows.selected()->key, "a-10");
  rows.end_round();
  rows.take({row_of("a-10", 9), row_of("c")}, 1);
  rows.end_round();
  EXPECT_EQ(keys_of(rows), "a-10 c") << "what is in no part of a round is gone, what is unknown comes last";
  EXPECT_EQ(rows.selected()->key, "a-10");
  rows.reverse();
  EXPECT_EQ(keys_of(rows), "a-10 c");
  rows.take({row_of("c")}, 2);
  rows.end_round();
  EXPECT_EQ(rows.selected()->key, "c") << "its row went";
  rows.end_round();
  EXPECT_EQ(rows.selected(), nullptr);
}

TEST(listing, filters_by_a_part_of_the_name_or_of_a_text) {
  listing rows{actor_columns};
  auto pinned = row_of("x");
  pinned.figures[10].text = "Node-B";
  rows.take({row_of("Berlin"), row_of("paris"), pinned}, 0);
  rows.set_filter("BER");
  EXPECT_EQ(keys_of(rows), "Berlin");
  rows.set_filter("node-b");
  EXPECT_EQ(keys_of(rows), "x");
  rows.set_filter("none");
  EXPECT_EQ(rows.selected(), nullptr);
  rows.move(1);
  rows.set_filter("");
  EXPECT_EQ(rows.shown().size(), 3u);
}

TEST(listing, takes_no_more_rows_than_its_limit) {
  listing rows{actor_columns};
  std::vector<row> many;
  for (std::size_t i = 0; i < rows_max + 10; ++i)
    many.push_back(row_of("r-" + std::to_string(i)));
  rows.take(many, 0);
  EXPECT_EQ(rows.size(), rows_max);
  rows.take({row_of("r-0", 5)}, 1);
  EXPECT_EQ(rows.size(), rows_max);
  EXPECT_EQ(rows.shown().front()->figures[1].number, 5) << "those that are there go on";
}

TEST(listing, scrolls_so_that_the_selected_row_is_in_sight) {
  listing rows{actor_columns};
  std::vector<row> many;
  for (std::size_t i = 0; i < 100; ++i)
    many.push_back(row_of("r-" + std::to_string(i)));
  rows.take(many, 0);
  EXPECT_EQ(rows.scrolled_to(10), 0u);
  rows.move(9);
  EXPECT_EQ(rows.scrolled_to(10), 0u);
  rows.move(1);
  EXPECT_EQ(rows.scrolled_to(10), 1u);
  rows.select_last();
  EXPECT_EQ(rows.scrolled_to(10), 90u);
  rows.move(-5);
  EXPECT_EQ(rows.scrolled_to(10), 90u);
  EXPECT_EQ(rows.scrolled_to(200), 0u) << "a taller screen shows all";
  rows.select_first();
  EXPECT_EQ(rows.scrolled_to(0), 0u);
}

TEST(figures, of_counters_follow_from_two_looks_and_are_absent_before) {
  listing rows{actor_columns};
  const auto look = [&](double messages, double busy, std::int64_t at_ms) {
    auto now = row_of("a");
    now.messages = messages;
    now.busy = busy;
    rows.take({now}, at_ms);
    const auto& has = rows.shown().front()->figures;
    return std::pair{has[0].number, has[6].number};
  };
  using both = std::pair<std::optional<double>, std::optional<double>>;
  EXPECT_EQ(look(100, 1'000, 0), (both{std::nullopt, 10})) << "one look: no rate, and the time of all messages";
  EXPECT_EQ(look(150, 3'000, 2'000), (both{25, 40}));
  EXPECT_EQ(look(150, 3'000, 3'000), (both{0, 20}));
  EXPECT_EQ(look(5, 10, 4'000), (both{std::nullopt, 2})) << "it was started anew";
  EXPECT_EQ(look(0, 0, 5'000), (both{std::nullopt, std::nullopt}));
}

TEST(look_pace, waits_twice_as_long_after_each_failure_up_to_its_limit) {
  look_pace pace{200};
  moment now{5'000, 0};
  std::vector<std::int64_t> waits;
  for (int i = 0; i < 6; ++i) {
    pace.failed(now, "gone", 0);
    waits.push_back(pace.next_at_ms() - now.steady_ms);
    now.steady_ms = pace.next_at_ms();
    EXPECT_TRUE(pace.is_due(now));
  }
  EXPECT_EQ(waits, (std::vector<std::int64_t>{1'000, 2'000, 4'000, 8'000, retry_ms_max, retry_ms_max}));
  EXPECT_EQ(pace.failing_since()->steady_ms, 5'000);
  pace.failed(now, "busy", 3'600);
  EXPECT_EQ(pace.next_at_ms() - now.steady_ms, retry_ms_max) << "whatever a node asks for";
  pace.succeeded(now);
  EXPECT_FALSE(pace.failing_since());
  pace.failed(now, "busy", 5);
  EXPECT_EQ(pace.next_at_ms() - now.steady_ms, 5'000) << "a node says when";
}

} // namespace
} // namespace dotmac::console
