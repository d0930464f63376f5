// Exports over random events, page by page while more come in, beside the plain list.

#include "core/events/export_events.hpp"
#include "tests/core/events/random_cases.hpp"

#include <gtest/gtest.h>

namespace dotmac {
namespace {

using namespace plain;

void append(world& to, std::size_t count, std::size_t text_size) {
  event_block_builder builder;
  for (std::size_t i = 0; i < count; ++i) {
    event e;
    e.texts[static_cast<std::size_t>(event_field::event_type)] = "late";
    e.texts[static_cast<std::size_t>(event_field::event_name)] = "late";
    e.received_at = e.at.at = {world_start_ms};
    e.properties[{property_scope::properties, "text"}] = std::string(text_size, 'x') + std::to_string(to.all.size());
    e.row = to.all.size();
    add(builder, e);
    to.all.push_back(std::move(e));
  }
  ASSERT_TRUE(to.partition.stage(builder.finish()));
  to.partition.commit_staged();
}

/// The rows of all pages; between them events come in that must not be among them.
std::vector<std::uint64_t> exported_rows(world& w, export_events question, std::size_t& pages) {
  std::vector<std::uint64_t> rows;
  for (;;) {
    const auto page = answer(w.view(), question, {});
    EXPECT_TRUE(page) << page.error().message;
    ++pages;
    std::size_t size = 0;
    for (const auto& each : page->events) {
      rows.push_back(each.row);
      size += answer_size(each);
    }
    EXPECT_TRUE(size <= export_page_bytes || page->events.size() == 1);
    if (page->next_row == page->end_row)
      return rows;
    EXPECT_GT(page->next_row, question.first_row);
    question.first_row = page->next_row;
    question.end_row = page->end_row;
    append(w, 1, 10);
  }
}

void check_export(world& w, generator& random, std::size_t& pages) {
  export_events question;
  if (chance(random, 50))
    question.selection.event_type = std::string(1, static_cast<char>('a' + random() % 5));
  if (chance(random, 50))
    question.selection.start_time = random_time(random, w.all);
  if (chance(random, 50))
    question.selection.end_time = random_time(random, w.all);
  if (chance(random, 60))
    question.selection.filters = random_condition(random, w.all);
  std::vector<std::uint64_t> wanted;
  for (const auto& each : w.all)
    if (is_selected(each, question.selection))
      wanted.push_back(each.row);
  EXPECT_EQ(exported_rows(w, question, pages), wanted);
}

TEST(export_events, random_selections_come_whole_and_once_while_more_come_in) {
  const auto first = from_environment("DOTMAC_TEST_SEED", 1);
  const auto worlds = from_environment("DOTMAC_TEST_CASES", 400);
  std::size_t pages = 0;
  for (auto seed = first; seed < first + worlds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    generator random{seed};
    auto w = random_world(random, random_size(random, seed));
    for (int i = 0; i < 3 && !testing::Test::HasFailure(); ++i)
      check_export(w, random, pages);
    ASSERT_FALSE(testing::Test::HasFailure());
  }
  std::printf("%zu pages of %zu exports, seeds %llu to %llu\n", pages, static_cast<std::size_t>(worlds) * 3, static_cast<unsigned long long>(first),
              static_cast<unsigned long long>(first + worlds - 1));
}

TEST(export_events, a_page_ends_at_its_size_and_holds_one_event_at_least) {
  world w;
  append(w, 3, export_page_bytes + 1);
  append(w, 5, export_page_bytes / 4);
  std::size_t pages = 0;
  EXPECT_EQ(exported_rows(w, {}, pages), (std::vector<std::uint64_t>{0, 1, 2, 3, 4, 5, 6, 7}));
  EXPECT_EQ(pages, 5u);
}

TEST(export_events, can_be_stopped) {
  world w;
  append(w, 3, 1);
  const auto stopped = answer(w.view(), export_events{}, [] { return true; });
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, error_code::cancelled);
}

} // namespace
} // namespace dotmac
