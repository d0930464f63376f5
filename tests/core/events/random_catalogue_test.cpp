// The catalogue of random events beside plain lists, what is read of stored segments for it, its limits and its end before time.

#include "tests/core/events/plain_catalogue.hpp"
#include "tests/core/events/random_cases.hpp"
#include "tests/core/events/test_executor.hpp"

#include <gtest/gtest.h>

namespace dotmac {

inline bool operator==(const catalogue_event& a, const catalogue_event& b) {
  return std::tie(a.event_type, a.event_name, a.count, a.first_time, a.last_time) == std::tie(b.event_type, b.event_name, b.count, b.first_time, b.last_time);
}
inline bool operator==(const catalogue_field& a, const catalogue_field& b) { return std::tie(a.name, a.kind, a.count) == std::tie(b.name, b.kind, b.count); }
inline bool operator==(const catalogue_property& a, const catalogue_property& b) { return std::tie(a.scope, a.key, a.count, a.kinds) == std::tie(b.scope, b.key, b.count, b.kinds); }
inline bool operator==(const catalogue_value& a, const catalogue_value& b) { return a.kind == b.kind && a.count == b.count && a.value == b.value; }

namespace {

using namespace plain;

event_selection random_selection(generator& random, const events& all) {
  event_selection out;
  if (chance(random, 20))
    out.event_type = std::string(1, static_cast<char>('a' + random() % 5));
  if (chance(random, 10))
    out.event_name = std::string(1, static_cast<char>('d' + random() % 5));
  if (chance(random, 5))
    out.customer_id = "c1";
  if (chance(random, 30))
    out.start_time = random_time(random, all);
  if (chance(random, 30))
    out.end_time = random_time(random, all);
  if (chance(random, 35))
    out.filters = random_filter(random, all, 2);
  return out;
}

std::string random_search(generator& random) {
  const char* pieces[] = {"a", "FI", "Öst", "ö", "p", "PLAN", "I", "context.", "Context.p", "properties.", "1", "7", "-", "e", "2024-1", "T", "id ", ".5", "[", "user", "e+", "tru"};
  return chance(random, 50) ? "" : one_of(random, pieces);
}

list_event_catalogue random_catalogue(generator& random, const events& all) {
  list_event_catalogue out;
  out.selection = random_selection(random, all);
  out.search = random_search(random);
  out.match = chance(random, 50) ? text_match::prefix : text_match::contains;
  for (std::uint8_t each = 0; each < 4; ++each)
    if (chance(random, 40))
      out.lists.push_back(static_cast<catalogue_list>(each));
  if (chance(random, 40)) {
    out.limit = 1 + static_cast<std::int64_t>(random() % 6);
    out.offset = static_cast<std::int64_t>(random() % 6);
  }
  return out;
}

list_event_values random_values(generator& random, const events& all) {
  list_event_values out;
  out.selection = random_selection(random, all);
  out.field = chance(random, 10) ? chance(random, 50) ? "timestamp" : "received_at" : random_field(random);
  out.match = chance(random, 50) ? text_match::prefix : text_match::contains;
  out.search = random_search(random);
  if (!all.empty() && chance(random, 40))
    if (const auto seen = group_value(all[random() % all.size()], out.field); seen.index() != 0) {
      const auto text = plain::text_of(seen);
      const auto first = out.match == text_match::prefix || text.empty() ? 0 : random() % text.size();
      out.search = text.substr(first, 1 + random() % 4);
      for (auto& each : out.search)
        each = chance(random, 50) && each >= 'a' && each <= 'z' ? static_cast<char>(each - 32) : each;
    }
  out.limit = chance(random, 50) ? 1 + static_cast<std::int64_t>(random() % 5) : 20;
  return out;
}

std::optional<timestamp> newest_of(const events& all) {
  std::optional<timestamp> out;
  for (const auto& e : all)
    out = std::max(out.value_or(e.at.at), e.at.at);
  return out;
}

template <class Entry> std::size_t expect_page(const std::optional<catalogue_page<Entry>>& found, const list_event_catalogue& question, catalogue_list which, std::vector<Entry> wanted) {
  const bool is_wanted = question.lists.empty() || std::count(question.lists.begin(), question.lists.end(), which) > 0;
  EXPECT_EQ(found.has_value(), is_wanted);
  if (!is_wanted || !found)
    return 0;
  const auto page = plain_page(std::move(wanted), question);
  EXPECT_EQ(found->total, page.total);
  EXPECT_TRUE(found->entries == page.entries) << "list " << static_cast<int>(which);
  return page.entries.size();
}

std::size_t expect_catalogue(const world& w, const list_event_catalogue& question, const scan_context& context) {
  const auto found = answer(w.view(), question, context);
  EXPECT_TRUE(found) << found.error().message;
  if (!found)
    return 0;
  EXPECT_EQ(found->event_count, static_cast<std::uint64_t>(std::count_if(w.all.begin(), w.all.end(), [&](const event& e) { return is_selected(e, question.selection); })));
  EXPECT_EQ(found->scope.as_of, newest_of(w.all));
  EXPECT_LE(found->scope.rows_scanned, w.all.size());
  return expect_page(found->event_types, question, catalogue_list::event_types, kinds_of_events(w.all, question, false))
         + expect_page(found->event_names, question, catalogue_list::event_names, kinds_of_events(w.all, question, true))
         + expect_page(found->fields, question, catalogue_list::fields, plain_fields(w.all, question))
         + expect_page(found->properties, question, catalogue_list::properties, plain_properties(w.all, question));
}

std::size_t expect_values(const world& w, const list_event_values& question, const scan_context& context) {
  const auto found = answer(w.view(), question, context);
  EXPECT_TRUE(found) << found.error().message;
  if (!found)
    return 0;
  const auto wanted = values_of(w.all, question);
  EXPECT_EQ(std::tie(found->event_count, found->value_events, found->value_count, found->other_values, found->other_events),
            std::tie(wanted.event_count, wanted.value_events, wanted.value_count, wanted.other_values, wanted.other_events))
      << question.field << " " << question.search;
  EXPECT_TRUE(found->values == wanted.values) << question.field << " " << question.search;
  EXPECT_TRUE(found->min == wanted.min && found->max == wanted.max) << question.field;
  EXPECT_EQ(found->scope.as_of, newest_of(w.all));
  return wanted.values.size();
}

TEST(random_catalogue, equals_plain_lists_over_random_events) {
  const auto first = from_environment("DOTMAC_TEST_SEED", 1);
  const auto worlds = from_environment("DOTMAC_TEST_CASES", 500);
  test_executor threads{3};
  std::size_t cases = 0, entries = 0, listed = 0, found_by_search = 0;
  for (auto seed = first; seed < first + worlds; ++seed) {
    SCOPED_TRACE("DOTMAC_TEST_SEED=" + std::to_string(seed));
    generator random{seed};
    const auto w = random_world(random, random_size(random, seed));
    for (int i = 0; i < (w.all.size() > 1'000 ? 4 : 10); ++i) {
      SCOPED_TRACE("question " + std::to_string(i));
      scan_context context;
      context.executor = chance(random, 50) ? &threads : nullptr;
      entries += expect_catalogue(w, random_catalogue(random, w.all), context);
      const auto of_values = random_values(random, w.all);
      const auto values_listed = expect_values(w, of_values, context);
      listed += values_listed;
      found_by_search += !of_values.search.empty() && values_listed > 0;
      cases += 2;
      ASSERT_FALSE(::testing::Test::HasFailure());
    }
  }
  EXPECT_GT(entries, worlds < 100 ? 0u : 5'000u);
  EXPECT_GT(listed, worlds < 100 ? 0u : 3'000u);
  EXPECT_GT(found_by_search, worlds < 100 ? 0u : 200u);
  std::printf("%zu questions, seeds %llu to %llu\n", cases, static_cast<unsigned long long>(first), static_cast<unsigned long long>(first + worlds - 1));
}

/// Events of which `fill` says what each has.
template <class Fill> event_partition events_with(std::size_t count, Fill&& fill) {
  event_partition out{1};
  event_block_builder builder;
  for (std::size_t i = 0; i < count; ++i) {
    builder.begin_event(timestamp{world_start_ms});
    builder.set_timestamp({timestamp{world_start_ms + static_cast<std::int64_t>(i)}, 0});
    builder.set_field(event_field::event_type, "t");
    fill(builder, i);
    builder.end_event();
  }
  static_cast<void>(out.stage(builder.finish()));
  out.commit_staged();
  return out;
}

event_partition shop(std::size_t count) {
  return events_with(count, [](event_block_builder& to, std::size_t i) {
    to.set_field(event_field::event_name, i % 3 == 0 ? "buy" : "look");
    to.set_field(event_field::user_id, "u" + std::to_string(i % 100));
    to.add_text(property_scope::properties, "page", "/" + std::to_string(i % 7));
    to.add_integer(property_scope::context, "build", static_cast<std::int64_t>(i % 5));
    if (i % 2 == 0)
      to.add_number(property_scope::properties, "price", static_cast<double>(i % 11) / 2);
  });
}

TEST(catalogue, reads_nothing_for_the_properties_of_all_events) {
  const std::size_t count = 2 * event_segment_rows;
  const auto segments = std::make_shared<held_segments>();
  const auto view = cold_view(shop(count).snapshot(), segments);
  list_event_catalogue question;
  question.lists = {catalogue_list::properties};
  const auto whole = answer(view, question, scan_context{});
  ASSERT_TRUE(whole);
  EXPECT_EQ(segments->reads, 0u);
  EXPECT_EQ(whole->scope.rows_scanned, 0u);
  EXPECT_EQ(whole->event_count, count);
  ASSERT_EQ(whole->properties->entries.size(), 3u);
  EXPECT_EQ(whole->properties->entries[0].key, "build");
  EXPECT_EQ(whole->properties->entries[0].count, count);
  EXPECT_EQ(whole->properties->entries[2].count, count / 2);

  // An interval that holds the first segment and one event more: of it all times, and the one column of which not every event has a value.
  question.selection.end_time = timestamp{world_start_ms + event_segment_rows + 1};
  const auto part = answer(view, question, scan_context{});
  ASSERT_TRUE(part);
  EXPECT_EQ(segments->reads, 2u);
  EXPECT_EQ(part->scope.rows_scanned, event_chunk_rows);
  EXPECT_EQ(part->properties->entries[0].count, event_segment_rows + 1);
  EXPECT_EQ(part->properties->entries[2].count, event_segment_rows / 2 + 1);
  question.search = "build";
  segments->reads = 0;
  ASSERT_TRUE(answer(view, question, scan_context{}));
  EXPECT_EQ(segments->reads, 1u) << "what is not looked for is not read";

  // Of values: the one column, of each segment.
  list_event_values of_field;
  of_field.field = "context.build";
  segments->reads = 0;
  const auto builds = answer(view, of_field, scan_context{});
  ASSERT_TRUE(builds);
  EXPECT_EQ(builds->values.size(), 5u);
  EXPECT_EQ(segments->reads, 4u) << "two segments of two chunks each";
}

TEST(catalogue, ends_where_it_is_stopped_whenever_that_is) {
  const auto partition = shop(event_chunk_rows + 20'000);
  const auto view = cold_view(partition.snapshot(), std::make_shared<held_segments>());
  const auto stop_everywhere = [&](const auto& question) {
    std::size_t asked = 0;
    scan_context counting{[&asked] { return ++asked == 0; }};
    EXPECT_TRUE(answer(view, question, counting));
    EXPECT_GE(asked, 10u);
    for (std::size_t stops_at = 1; stops_at <= asked; ++stops_at) {
      std::size_t now = 0;
      scan_context stopping{[&] { return ++now >= stops_at; }};
      const auto found = answer(view, question, stopping);
      ASSERT_FALSE(found) << stops_at << " of " << asked;
      EXPECT_EQ(found.error().code, error_code::cancelled);
    }
  };
  list_event_catalogue catalogue;
  catalogue.selection.user_id = "u7";
  stop_everywhere(catalogue);
  list_event_values of_field;
  for (const char* field : {"timestamp", "user_id", "price", "page"}) {
    of_field.field = field;
    stop_everywhere(of_field);
  }
}

TEST(catalogue, is_refused_where_its_memory_does_not_do) {
  const auto partition = events_with(20'000, [](event_block_builder& to, std::size_t i) {
    to.set_field(event_field::event_name, "n" + std::to_string(i));
    to.set_field(event_field::user_id, "u" + std::to_string(i));
    to.add_integer(property_scope::properties, "n", static_cast<std::int64_t>(i));
    to.add_text(property_scope::properties, "text", "x" + std::to_string(i));
  });
  const auto refuse_below = [&](const auto& question, std::size_t enough, std::size_t too_little) {
    scan_context context;
    context.memory_max = enough;
    const auto found = answer(partition.snapshot(), question, context);
    EXPECT_TRUE(found) << found.error().message;
    context.memory_max = too_little;
    const auto refused = answer(partition.snapshot(), question, context);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, error_code::query_too_large);
  };
  list_event_catalogue catalogue;
  refuse_below(catalogue, 4u << 20, 1'300'000);
  list_event_values of_field;
  for (const char* field : {"user_id", "n", "text", "event_id", "timestamp"}) {
    of_field.field = field;
    SCOPED_TRACE(field);
    refuse_below(of_field, 16u << 20, 150'000);
  }
  of_field.field = "event_id";
  of_field.search = "no id has this";
  scan_context little;
  little.memory_max = 1'000;
  EXPECT_TRUE(answer(partition.snapshot(), of_field, little)) << "ids that do not fit are not kept";
}

TEST(catalogue, tells_of_its_limits) {
  const auto partition = shop(10);
  const auto field_of_refusal = [&](auto question, auto change) {
    change(question);
    const auto found = answer(partition.snapshot(), question, scan_context{});
    EXPECT_FALSE(found);
    return found ? std::string{} : found.error().field;
  };
  const list_event_catalogue names;
  EXPECT_EQ(field_of_refusal(names, [](auto& q) { q.limit = 0; }), "limit");
  EXPECT_EQ(field_of_refusal(names, [](auto& q) { q.limit = catalogue_entries_max + 1; }), "limit");
  EXPECT_EQ(field_of_refusal(names, [](auto& q) { q.offset = -1; }), "offset");
  EXPECT_EQ(field_of_refusal(names, [](auto& q) { q.offset = catalogue_offset_max + 1; }), "offset");
  EXPECT_EQ(field_of_refusal(names, [](auto& q) { q.search = std::string(catalogue_search_size_max + 1, 'a'); }), "search");
  list_event_values of_field;
  EXPECT_EQ(field_of_refusal(of_field, [](auto&) {}), "field");
  of_field.field = "page";
  EXPECT_EQ(field_of_refusal(of_field, [](auto& q) { q.field = std::string(catalogue_field_size_max + 1, 'a'); }), "field");
  EXPECT_EQ(field_of_refusal(of_field, [](auto& q) { q.limit = 0; }), "limit");
  EXPECT_EQ(field_of_refusal(of_field, [](auto& q) { q.limit = catalogue_values_max + 1; }), "limit");
  EXPECT_EQ(field_of_refusal(of_field, [](auto& q) { q.search = std::string(catalogue_search_size_max + 1, 'a'); }), "search");
}

TEST(catalogue, lists_as_many_as_its_limit_and_goes_on_behind_them) {
  const std::size_t count = catalogue_entries_max + 5;
  const auto partition = events_with(count, [](event_block_builder& to, std::size_t i) {
    to.set_field(event_field::event_name, "n" + std::to_string(i));
    to.add_integer(property_scope::properties, "p" + std::to_string(i), 1);
    to.add_integer(property_scope::context, "number", static_cast<std::int64_t>(i));
  });
  list_event_catalogue question;
  question.limit = catalogue_entries_max;
  std::set<std::string> names, keys;
  for (question.offset = 0; question.offset < 3'000; question.offset += question.limit) {
    const auto found = answer(partition.snapshot(), question, scan_context{});
    ASSERT_TRUE(found);
    EXPECT_EQ(found->event_names->total, count);
    EXPECT_EQ(found->event_names->entries.size(), question.offset == 0 ? 1'000u : question.offset == 1'000 ? 5u : 0u);
    EXPECT_EQ(found->properties->total, count + 1);
    for (const auto& each : found->event_names->entries)
      names.insert(each.event_name);
    for (const auto& each : found->properties->entries)
      keys.insert(each.key);
  }
  EXPECT_EQ(names.size(), count);
  EXPECT_EQ(keys.size(), count + 1);
  list_event_values of_field;
  of_field.field = "context.number";
  of_field.limit = catalogue_values_max;
  const auto found = answer(partition.snapshot(), of_field, scan_context{});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->values.size(), 1'000u);
  EXPECT_EQ(found->other_values, 5u);
  EXPECT_EQ(found->other_events, 5u);
}

TEST(catalogue, ends_its_values_early_where_they_are_long) {
  const std::size_t fitting = catalogue_value_bytes_max / property_text_size_max;
  const auto partition = events_with(fitting + 3, [](event_block_builder& to, std::size_t i) {
    to.set_field(event_field::event_name, "n");
    to.add_text(property_scope::properties, "text", std::string(property_text_size_max - 3, 'x') + std::to_string(100 + i));
  });
  list_event_values question;
  question.field = "text";
  question.limit = catalogue_values_max;
  const auto found = answer(partition.snapshot(), question, scan_context{});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->values.size(), fitting);
  EXPECT_EQ(found->value_count, fitting + 3);
  EXPECT_EQ(found->other_values, 3u);
  EXPECT_EQ(found->other_events, 3u);
}

} // namespace
} // namespace dotmac
