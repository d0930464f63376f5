// Who did something how often, over random events beside a computation from the plain list; pages, limits and the end before time.

#include "tests/core/events/plain_retention.hpp"
#include "tests/core/events/random_cases.hpp"
#include "tests/core/events/test_executor.hpp"

#include <gtest/gtest.h>

namespace dotmac {
namespace {

using namespace plain;

funnel_step random_event_asked_for(generator& random, const events& all) {
  funnel_step out;
  if (chance(random, 40))
    out.event_type = std::string(1, static_cast<char>('a' + random() % 5));
  if (chance(random, 20))
    out.text = std::string(1, static_cast<char>('a' + random() % 9));
  if (chance(random, 40))
    out.filters = random_filter(random, all, 2);
  return out;
}

find_users random_users(generator& random, const events& all) {
  find_users out;
  out.event = random_event_asked_for(random, all);
  out.start_time = random_time(random, all);
  out.end_time = random_time(random, all);
  if (out.end_time < out.start_time)
    std::swap(out.start_time, out.end_time);
  out.min_count = static_cast<std::int64_t>(1 + (chance(random, 50) ? 0 : random() % 4));
  if (chance(random, 40))
    out.max_count = out.min_count + static_cast<std::int64_t>(random() % 5);
  const event_field users[] = {event_field::user_id, event_field::session_id, event_field::customer_id};
  out.user_id_field = one_of(random, users);
  const std::int64_t limits[] = {0, 1, 2, 7, 1'000};
  out.limit = one_of(random, limits);
  return out;
}

std::vector<found_user> plain_users(const events& all, const find_users& question) {
  std::vector<found_user> out;
  for (const auto& [user, own] : events_by_user(all, question.event, question.user_id_field, question.start_time, question.end_time))
    if (std::ssize(own) >= question.min_count && std::ssize(own) <= question.max_count.value_or(INT64_MAX))
      out.push_back({user, own.size(), own.front()->at.at, own.back()->at.at});
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.count != b.count ? a.count > b.count : a.id < b.id; });
  return out;
}

/// All pages of the question, one after the other, by `limit` each.
void expect_pages(const event_view& view, find_users question, const scan_context& context, const std::vector<found_user>& wanted) {
  for (std::size_t at = 0;;) {
    const auto found = answer(view, question, context);
    ASSERT_TRUE(found) << found.error().message;
    EXPECT_EQ(found->total, wanted.size());
    const auto size = std::min(wanted.size() - at, static_cast<std::size_t>(question.limit));
    ASSERT_EQ(found->users.size(), size);
    for (std::size_t i = 0; i < size; ++i, ++at) {
      EXPECT_EQ(found->users[i].id, wanted[at].id);
      EXPECT_EQ(found->users[i].count, wanted[at].count);
      EXPECT_EQ(found->users[i].first_time, wanted[at].first_time);
      EXPECT_EQ(found->users[i].last_time, wanted[at].last_time);
    }
    if (question.limit == 0) {
      EXPECT_FALSE(found->has_more);
      return;
    }
    ASSERT_EQ(found->has_more, at < wanted.size());
    if (!found->has_more)
      return;
    question.after = user_position{found->users.back().count, found->users.back().id};
  }
}

TEST(random_users, equal_a_plain_computation_over_random_events) {
  const auto first = from_environment("DOTMAC_TEST_SEED", 1);
  const auto worlds = from_environment("DOTMAC_TEST_CASES", 500);
  test_executor threads{3};
  std::size_t cases = 0;
  for (auto seed = first; seed < first + worlds; ++seed) {
    SCOPED_TRACE("DOTMAC_TEST_SEED=" + std::to_string(seed));
    generator random{seed};
    const auto w = random_world(random, random_size(random, seed));
    for (int i = 0; i < 8; ++i, ++cases) {
      SCOPED_TRACE("question " + std::to_string(i));
      auto question = random_users(random, w.all);
      const auto wanted = plain_users(w.all, question);
      if (question.limit > 0 && wanted.size() > 100)
        question.limit = 1'000;
      scan_context context;
      context.executor = chance(random, 50) ? &threads : nullptr;
      expect_pages(w.view(), question, context, wanted);
      ASSERT_FALSE(::testing::Test::HasFailure());
    }
  }
  std::printf("%zu questions, seeds %llu to %llu\n", cases, static_cast<unsigned long long>(first), static_cast<unsigned long long>(first + worlds - 1));
}

event_partition partition_of_users(std::size_t users) {
  event_partition out{1};
  event_block_builder builder;
  for (std::size_t user = 0; user < users; ++user) {
    builder.begin_event(timestamp{world_start_ms});
    builder.set_field(event_field::event_type, "a");
    builder.set_field(event_field::user_id, "u" + std::to_string(user));
    builder.end_event();
  }
  static_cast<void>(out.stage(builder.finish()));
  out.commit_staged();
  return out;
}

TEST(find_users, ends_where_it_is_stopped_whenever_that_is) {
  const auto partition = partition_of_users(20'000);
  std::size_t asked = 0;
  ASSERT_TRUE(answer(partition.snapshot(), find_users{}, scan_context{[&asked] { return ++asked == 0; }}));
  EXPECT_GE(asked, 6u);
  for (std::size_t stops_at = 1; stops_at <= asked; ++stops_at) {
    std::size_t now = 0;
    const auto found = answer(partition.snapshot(), find_users{}, scan_context{[&] { return ++now >= stops_at; }});
    ASSERT_FALSE(found) << stops_at << " of " << asked;
    EXPECT_EQ(found.error().code, error_code::cancelled);
  }
}

TEST(find_users, names_the_limit_that_is_passed) {
  const auto partition = partition_of_users(20'000);
  const auto refusal = [&](auto change) {
    find_users question;
    change(question);
    const auto found = answer(partition.snapshot(), question, scan_context{});
    EXPECT_FALSE(found);
    return found ? std::string{} : found.error().field;
  };
  EXPECT_EQ(refusal([](auto& q) { q.min_count = 0; }), "min_count");
  EXPECT_EQ(refusal([](auto& q) { q.min_count = 3; q.max_count = 2; }), "max_count");
  EXPECT_EQ(refusal([](auto& q) { q.limit = -1; }), "limit");
  EXPECT_EQ(refusal([](auto& q) { q.limit = users_found_max + 1; }), "limit");
  EXPECT_EQ(refusal([](auto& q) { q.user_id_field = event_field::event_id; }), "user_id_field");
  find_users most;
  most.limit = users_found_max;
  EXPECT_EQ(answer(partition.snapshot(), most, scan_context{})->users.size(), static_cast<std::size_t>(users_found_max));
  scan_context little;
  little.memory_max = 200'000; // of a number per user, not of his times
  EXPECT_EQ(answer(partition.snapshot(), most, little).error().code, error_code::query_too_large);
  most.limit = 0;
  EXPECT_EQ(answer(partition.snapshot(), most, little)->total, 20'000u);
}

} // namespace
} // namespace dotmac
