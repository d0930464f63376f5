#include "tests/core/events/random_cases.hpp"
#include "tests/core/events/test_executor.hpp"

#include <gtest/gtest.h>

// Every answer beside one that is computed from the plain list of events, in another way.

namespace dotmac {
namespace {

using namespace plain;

event_selection random_selection(generator& random, const events& all) {
  event_selection out;
  const auto some = [&](event_field which) -> std::optional<std::string> {
    if (all.empty() || !chance(random, 8))
      return std::nullopt;
    const auto& text = all[random() % all.size()].texts[static_cast<std::size_t>(which)];
    return text.empty() ? std::nullopt : std::optional{text};
  };
  out.event_type = some(event_field::event_type);
  out.event_name = some(event_field::event_name);
  out.user_id = some(event_field::user_id);
  out.session_id = some(event_field::session_id);
  out.customer_id = some(event_field::customer_id);
  if (chance(random, 50)) {
    out.start_time = random_time(random, all);
    out.end_time = random_time(random, all);
    if (out.end_time < out.start_time)
      std::swap(out.start_time, out.end_time);
  }
  if (chance(random, 60))
    out.filters = random_filter(random, all);
  return out;
}

void expect_same(const found_event& found, const event& sent) {
  auto texts = sent.texts;
  texts[static_cast<std::size_t>(event_field::user_id)] = sent.sent_user; // it reads back as it was sent
  EXPECT_EQ(found.texts, texts);
  EXPECT_EQ(found.at, sent.at.at);
  EXPECT_EQ(found.nanoseconds_below, sent.at.nanoseconds_below);
  EXPECT_EQ(found.received_at, sent.received_at);
  EXPECT_EQ(found.properties.size(), sent.properties.size());
  for (const auto& each : found.properties) {
    const auto& held = sent.properties.at({each.scope, each.key});
    if (const auto* inner = std::get_if<nested>(&held)) {
      EXPECT_EQ(each.json, inner->json);
      continue;
    }
    EXPECT_TRUE(each.json.empty());
    EXPECT_EQ(each.value, as_scalar(held)) << each.key;
    if (const auto* number = std::get_if<double>(&each.value)) {
      EXPECT_EQ(std::signbit(*number), std::signbit(std::get<double>(held)));
    }
  }
}

/// One thread or three.
scan_context some_threads(generator& random) {
  static test_executor threads{3};
  scan_context out;
  out.executor = chance(random, 50) ? &threads : nullptr;
  return out;
}

void check_find(const world& w, generator& random) {
  find_events question{random_selection(random, w.all), 1 + static_cast<std::int64_t>(random() % 30), static_cast<std::int64_t>(random() % 20), {}, chance(random, 40)};
  if (chance(random, 30) && !w.all.empty()) {
    const auto& last = w.all[random() % w.all.size()];
    question.before = event_position{last.at.at, last.row};
  }
  std::vector<const event*> wanted;
  std::uint64_t total = 0;
  for (const auto& each : w.all) {
    if (!is_selected(each, question.selection))
      continue;
    ++total;
    const auto place = std::pair{each.at.at, each.row};
    const auto last = question.before ? std::pair{question.before->at, question.before->row} : place;
    if (!question.before || (question.oldest_first ? place > last : place < last))
      wanted.push_back(&each);
  }
  std::sort(wanted.begin(), wanted.end(), [&](const event* a, const event* b) {
    return question.oldest_first ? std::pair{a->at.at, a->row} < std::pair{b->at.at, b->row} : std::pair{a->at.at, a->row} > std::pair{b->at.at, b->row};
  });
  wanted.erase(wanted.begin(), wanted.begin() + std::min<std::ptrdiff_t>(question.offset, std::ssize(wanted)));
  wanted.resize(std::min(wanted.size(), static_cast<std::size_t>(question.limit)));
  const auto found = answer(w.view(), question, some_threads(random));
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->total, total);
  ASSERT_EQ(found->events.size(), wanted.size());
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    ASSERT_EQ(found->events[i].row, wanted[i]->row);
    expect_same(found->events[i], *wanted[i]);
  }
}

void check_aggregate(const world& w, generator& random) {
  aggregate_events question;
  question.selection = random_selection(random, w.all);
  question.size = static_cast<granularity>(random() % 9);
  if (chance(random, 50))
    question.zone = berlin_autumn();
  for (auto i = random() % 4; i > 0; --i)
    question.dimensions.push_back(random_dimension(random));
  const auto reach = question.selection.end_time.milliseconds - question.selection.start_time.milliseconds;
  question.fill_zero = chance(random, 40) && reach < 200 * 86'400'000ll && question.size >= (question.dimensions.empty() ? granularity::hour : granularity::week) && question.size != granularity::all;
  const auto expected = aggregate(w.all, question);
  const auto found = answer(w.view(), question, some_threads(random));
  ASSERT_TRUE(found) << found.error().message;
  ASSERT_EQ(found->aggregates.size(), expected.size());
  auto wanted = expected.begin();
  for (const auto& each : found->aggregates) {
    EXPECT_EQ(each.time_bucket, wanted->first.first);
    EXPECT_EQ(each.dimensions, wanted->first.second);
    EXPECT_EQ(each.event_count, wanted->second.count);
    EXPECT_EQ(each.unique_users, wanted->second.ids[0].size());
    EXPECT_EQ(each.unique_sessions, wanted->second.ids[1].size());
    EXPECT_EQ(each.unique_customers, wanted->second.ids[2].size());
    ++wanted;
  }
}

void check_summary(const world& w, generator& random) {
  const auto found = answer(w.view(), summarize_events{}, some_threads(random));
  ASSERT_TRUE(found);
  std::map<std::pair<std::string, std::string>, std::uint64_t> kinds;
  std::set<std::string> users;
  for (const auto& each : w.all) {
    ++kinds[{each.texts[0], each.texts[1]}];
    if (!each.texts[3].empty())
      users.insert(each.texts[3]);
  }
  EXPECT_EQ(found->event_count, w.all.size());
  EXPECT_EQ(found->user_count, users.size());
  ASSERT_EQ(found->kinds.size(), kinds.size());
  for (const auto& each : found->kinds)
    EXPECT_EQ(each.count, (kinds[{each.event_type, each.event_name}]));
}

TEST(random_event_questions, equal_a_plain_computation_over_random_events) {
  const auto first = from_environment("DOTMAC_TEST_SEED", 1);
  const auto worlds = from_environment("DOTMAC_TEST_CASES", 600);
  std::size_t cases = 0;
  for (auto seed = first; seed < first + worlds; ++seed) {
    SCOPED_TRACE("DOTMAC_TEST_SEED=" + std::to_string(seed));
    generator random{seed};
    const auto w = random_world(random, random_size(random, seed));
    ASSERT_EQ(w.partition.snapshot().event_count(), w.all.size());
    check_summary(w, random);
    for (int i = 0; i < (w.all.size() > 1'000 ? 3 : 10) && !::testing::Test::HasFailure(); ++i) {
      SCOPED_TRACE("question " + std::to_string(i));
      check_find(w, random);
      check_aggregate(w, random);
      cases += 2;
    }
    ASSERT_FALSE(::testing::Test::HasFailure());
  }
  std::printf("%zu questions, seeds %llu to %llu\n", cases, static_cast<unsigned long long>(first), static_cast<unsigned long long>(first + worlds - 1));
}

} // namespace
} // namespace dotmac
