#include "core/events/event_answers.hpp"
#include "core/events/export_events.hpp"
#include "tests/core/events/random_events.hpp"

#include <gtest/gtest.h>

#include <set>

namespace dotmac {
namespace {

using plain::partition_keeper;

constexpr std::size_t user_count = 40;
constexpr std::size_t event_total = 2 * event_segment_rows + 20'000;
constexpr std::int64_t base_ms = plain::world_start_ms;

std::string user_id(std::size_t user) { return "subscriber-" + std::to_string(1'000 + user); }

/// What an event of the test has, by its number.
struct told {
  std::size_t user = 0;
  std::string type, event_id, mail;
  std::int64_t at = 0;
};
told event_of(std::size_t number) {
  told out;
  out.user = number * 7 % user_count;
  out.type = number % 3 == 0 ? "usage" : "login";
  out.at = base_ms + static_cast<std::int64_t>(number) * 1'000;
  if (number % 4 == 0)
    out.event_id = "id-of-" + user_id(out.user) + "-" + std::to_string(number);
  if (number % 5 == 0)
    out.mail = "mail-of-" + user_id(out.user) + "@example.net";
  return out;
}

bytes block_of(std::size_t first, std::size_t end) {
  event_block_builder builder;
  for (auto number = first; number < end; ++number) {
    const auto e = event_of(number);
    builder.begin_event({e.at + 5});
    builder.set_timestamp({{e.at}, 0});
    builder.set_field(event_field::event_type, e.type);
    builder.set_field(event_field::event_name, "x");
    builder.set_field(event_field::user_id, user_id(e.user));
    builder.set_field(event_field::session_id, "session-of-" + user_id(e.user) + "-" + std::to_string(number / 10'000));
    if (!e.event_id.empty())
      builder.set_field(event_field::event_id, e.event_id);
    if (!e.mail.empty())
      builder.add_text(property_scope::properties, "mail", e.mail);
    builder.add_integer(property_scope::properties, "bytes", static_cast<std::int64_t>(number));
    builder.end_event();
  }
  return builder.finish();
}

const std::string& text_of(const found_event& e, event_field which) { return e.texts[static_cast<std::size_t>(which)]; }

struct removal_test : ::testing::Test {
  std::shared_ptr<held_segments> segments = std::make_shared<held_segments>();
  event_partition partition{7, dedupe_window_milliseconds_default, segments};
  partition_keeper keeper{partition, segments, {}, {}};
  std::map<std::size_t, std::string> ids; ///< by number, as first told

  void take_events(std::size_t end = event_total) {
    for (auto first = partition.row_count(); first < end; first += 30'000) {
      ASSERT_TRUE(partition.stage(block_of(first, std::min<std::size_t>(first + 30'000, end))));
      keeper.commit();
      if (first == 150'000)
        keeper.write_snapshot();
    }
    keeper.write_snapshot();
    for (std::size_t number = 0; number < end; number += 97)
      ids[number] = *partition.event_id_text(number);
  }
  void request(removal_kind kind, const std::string& id) {
    removal_change change;
    change.request = {kind, id, "digest", {base_ms}};
    ASSERT_TRUE(partition.stage(change));
    keeper.commit();
  }
  void finish() {
    for (int i = 0; keeper.go_on_removing(); ++i)
      ASSERT_LT(i, 100);
  }
  void recover() {
    auto recovered = event_partition::restore(keeper.image.version, keeper.image.payload, segments->payloads(), segments);
    ASSERT_TRUE(recovered) << recovered.error().message;
    for (const auto& each : keeper.journal)
      ASSERT_TRUE(recovered->apply(each));
    partition = std::move(*recovered);
  }
  /// All events, one after the other.
  std::vector<found_event> all_events() {
    std::vector<found_event> out;
    export_events question;
    const auto view = partition.snapshot();
    for (;;) {
      auto page = answer(view, question, stop_check{});
      EXPECT_TRUE(page) << page.error().message;
      if (!page)
        return out;
      std::move(page->events.begin(), page->events.end(), std::back_inserter(out));
      if (page->next_row >= page->end_row)
        return out;
      question.first_row = page->next_row;
    }
  }
  template <class Stays> void expect_left(Stays&& stays, std::size_t end = event_total) {
    const auto found = all_events();
    std::size_t i = 0;
    for (std::size_t number = 0; number < end; ++number) {
      const auto wanted = event_of(number);
      if (!stays(wanted))
        continue;
      ASSERT_LT(i, found.size());
      const auto& e = found[i++];
      ASSERT_EQ(e.row, number);
      ASSERT_EQ(e.at.milliseconds, wanted.at);
      ASSERT_EQ(text_of(e, event_field::user_id), user_id(wanted.user));
      ASSERT_EQ(text_of(e, event_field::event_type), wanted.type);
      if (!wanted.event_id.empty()) {
        ASSERT_EQ(text_of(e, event_field::event_id), wanted.event_id);
      }
      if (const auto known = ids.find(number); known != ids.end()) {
        ASSERT_EQ(text_of(e, event_field::event_id), known->second) << "ids stay";
      }
      ASSERT_EQ(e.properties.size(), wanted.mail.empty() ? 1u : 2u);
    }
    EXPECT_EQ(i, found.size());
    EXPECT_EQ(partition.snapshot().event_count(), i);
  }
  /// In any segment that the store has not dropped.
  bool is_listed(const std::string& text) const {
    return std::any_of(segments->all().begin(), segments->all().end(), [&](const auto& each) {
      const auto& parts = each.second.parts;
      return each.second.payload.find(text) != bytes::npos || std::any_of(parts.begin(), parts.end(), [&](const auto& part) { return part.find(text) != bytes::npos; });
    });
  }
  /// In what a store has after its last snapshot, which dropped what that does not need.
  bool is_stored(const std::string& text) const {
    if (keeper.image.payload.find(text) != bytes::npos)
      return true;
    for (const auto& row : keeper.journal)
      if (row.find(text) != bytes::npos)
        return true;
    for (const auto& live : keeper.image.live_segments) {
      const auto& held = segments->all().at(live.number);
      if (held.payload.find(text) != bytes::npos)
        return true;
      for (const auto& part : held.parts)
        if (part.find(text) != bytes::npos)
          return true;
    }
    return false;
  }
};

TEST_F(removal_test, takes_a_user_out_of_memory_and_of_every_segment_and_leaves_no_text_of_him) {
  take_events();
  ASSERT_TRUE(is_stored(user_id(20)));
  ASSERT_TRUE(is_stored("mail-of-" + user_id(20)));
  request(removal_kind::user, user_id(20));
  EXPECT_FALSE(partition.tell_removals().removals.front().done_at);
  finish();
  expect_left([](const told& e) { return e.user != 20; });
  EXPECT_FALSE(is_stored(user_id(20))) << "id, session ids, event ids, mail";
  EXPECT_FALSE(is_listed(user_id(20))) << "in no segment of the snapshot before, either";
  EXPECT_TRUE(is_stored(user_id(4)));
  const auto told_now = partition.tell_removals().removals;
  ASSERT_EQ(told_now.size(), 1u);
  EXPECT_TRUE(told_now[0].done_at);
  EXPECT_EQ(told_now[0].removed_events, (event_total + user_count - 1) / user_count);
  EXPECT_EQ(told_now[0].digest, "digest");
  keeper.write_snapshot();
  recover();
  expect_left([](const told& e) { return e.user != 20; });
  EXPECT_EQ(partition.tell_removals().removals.size(), 1u);
}

TEST_F(removal_test, goes_on_after_a_crash_at_every_step) {
  for (int crash_after = 0; crash_after < 12; ++crash_after) {
    SCOPED_TRACE(crash_after);
    keeper.segments = segments = std::make_shared<held_segments>();
    partition = event_partition{7, dedupe_window_milliseconds_default, segments};
    keeper.image = {};
    keeper.listed.clear();
    keeper.journal.clear();
    take_events();
    request(removal_kind::user, user_id(5));
    request(removal_kind::user, user_id(6));
    for (int i = 0; i < crash_after; ++i)
      keeper.go_on_removing();
    recover();
    finish();
    expect_left([](const told& e) { return e.user != 5 && e.user != 6; });
    EXPECT_FALSE(is_stored(user_id(5)));
    EXPECT_FALSE(is_stored(user_id(6)));
    const auto told_now = partition.tell_removals().removals;
    ASSERT_EQ(told_now.size(), 2u);
    for (const auto& each : told_now)
      EXPECT_TRUE(each.done_at);
    EXPECT_EQ(told_now[0].removed_events + told_now[1].removed_events, 2 * ((event_total + user_count - 1) / user_count) - (event_total % user_count != 0 ? 1 : 0));
  }
}

TEST_F(removal_test, leaves_what_a_question_reads_until_it_ends) {
  take_events();
  recover(); // nothing is decoded yet
  std::optional<event_view> asked = partition.snapshot();
  request(removal_kind::user, user_id(20));
  for (int i = 0; i < 20; ++i)
    keeper.go_on_removing();
  EXPECT_EQ(partition.next_removal_step(), removal_step::wait);
  EXPECT_EQ(partition.snapshot().event_count(), event_total - (event_total + user_count - 1) / user_count);
  EXPECT_TRUE(is_listed(user_id(20)));
  find_events question;
  question.selection.user_id = user_id(20);
  const auto found = answer(*asked, question, {});
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->total, (event_total + user_count - 1) / user_count) << "of the moment when it was asked";
  asked.reset();
  finish();
  EXPECT_TRUE(partition.tell_removals().removals.front().done_at);
  EXPECT_FALSE(is_listed(user_id(20)));
}

TEST_F(removal_test, lets_a_removed_user_come_back_as_a_new_one) {
  take_events();
  request(removal_kind::user, user_id(20));
  finish();
  event_block_builder builder;
  builder.begin_event({base_ms});
  builder.set_field(event_field::event_type, "login");
  builder.set_field(event_field::event_name, "x");
  builder.set_field(event_field::user_id, user_id(20));
  builder.set_field(event_field::event_id, event_of(0).event_id.empty() ? "id" : "id-of-" + user_id(20) + "-again");
  builder.end_event();
  ASSERT_TRUE(partition.stage(builder.finish()));
  keeper.commit();
  find_events question;
  question.selection.user_id = user_id(20);
  for (int i = 0; i < 2; ++i) {
    const auto found = answer(partition.snapshot(), question, {});
    ASSERT_TRUE(found);
    EXPECT_EQ(found->total, 1u);
    EXPECT_EQ(answer(partition.snapshot(), summarize_events{}, {})->user_count, user_count);
    keeper.write_snapshot();
    recover();
  }
}

TEST_F(removal_test, keeps_texts_that_others_still_have_and_what_came_while_it_went_on) {
  take_events();
  request(removal_kind::user, user_id(20));
  for (int i = 0; partition.next_removal_step() != removal_step::find_unused_texts; ++i) {
    ASSERT_LT(i, 20);
    keeper.go_on_removing();
  }
  const auto usage = find_used_texts(partition.snapshot(), {});
  ASSERT_TRUE(usage);
  event_block_builder builder; // between the look at the texts and their end: he comes back
  builder.begin_event({base_ms});
  builder.set_field(event_field::event_type, "login");
  builder.set_field(event_field::event_name, "x");
  builder.set_field(event_field::user_id, user_id(20));
  builder.end_event();
  ASSERT_TRUE(partition.stage(builder.finish()));
  ASSERT_TRUE(partition.forget_unused(*usage));
  keeper.commit();
  finish();
  EXPECT_TRUE(is_stored(user_id(20)));
  EXPECT_FALSE(is_stored("mail-of-" + user_id(20)));
  recover();
  find_events question;
  question.selection.user_id = user_id(20);
  EXPECT_EQ(answer(partition.snapshot(), question, {})->total, 1u);
}

TEST_F(removal_test, of_events_past_their_days_is_by_type_and_leaves_the_others) {
  take_events();
  removal_change change;
  change.what = removal_change::kind::retention;
  change.retention = {2, {{"usage", std::nullopt}}};
  ASSERT_TRUE(partition.stage(change));
  keeper.commit();
  const timestamp now{base_ms + 5 * 86'400'000ll};
  ASSERT_TRUE(partition.has_expired_events(now));
  change = {};
  change.what = removal_change::kind::expire;
  change.at = now;
  ASSERT_TRUE(partition.stage(change));
  keeper.commit();
  EXPECT_FALSE(partition.has_expired_events(now)) << "not before tomorrow";
  finish();
  const auto cutoff = start_of_day(now).milliseconds - 2 * 86'400'000ll;
  expect_left([&](const told& e) { return e.type == "usage" || e.at >= cutoff; });
  EXPECT_LT(answer(partition.snapshot(), summarize_events{}, {})->event_count, event_total * 9 / 10);
  keeper.write_snapshot();
  recover();
  expect_left([&](const told& e) { return e.type == "usage" || e.at >= cutoff; });
  EXPECT_FALSE(partition.has_expired_events(now));
  EXPECT_TRUE(partition.has_expired_events({now.milliseconds + 86'400'000}));
}

TEST_F(removal_test, that_comes_while_a_snapshot_is_written_is_not_undone_by_it) {
  take_events(event_segment_rows - 1);
  ASSERT_TRUE(partition.stage(block_of(event_segment_rows - 1, event_segment_rows + 10)));
  keeper.commit();
  auto plan = partition.prepare_snapshot(); // has the full segment, with his rows
  request(removal_kind::user, user_id(20));
  auto journal = keeper.journal;
  keeper.write(plan.encode());
  keeper.journal = {journal.back()};
  const auto stays = [](const told& e) { return e.user != 20; };
  expect_left(stays, event_segment_rows + 10);
  recover();
  finish();
  expect_left(stays, event_segment_rows + 10);
  EXPECT_FALSE(is_stored(user_id(20)));
}

TEST_F(removal_test, that_cannot_read_a_segment_says_why_and_goes_on_when_it_can) {
  take_events();
  request(removal_kind::user, user_id(20));
  recover(); // nothing is decoded yet
  segments->reads = 0;
  segments->fails_from = 1;
  for (int i = 0; i < 5; ++i)
    keeper.go_on_removing();
  EXPECT_EQ(partition.tell_removals().problem, "the store is away");
  EXPECT_FALSE(partition.tell_removals().removals.front().done_at);
  segments->fails_from.reset();
  finish();
  EXPECT_EQ(partition.tell_removals().problem, "");
  expect_left([](const told& e) { return e.user != 20; });
  EXPECT_FALSE(is_stored(user_id(20)));
}

TEST_F(removal_test, ends_whatever_comes_in_between_and_takes_no_more_than_its_limit) {
  take_events(1'000);
  for (std::size_t i = 0; i < removals_pending_max; ++i)
    request(removal_kind::user, "nobody " + std::to_string(i));
  removal_change change;
  const auto refused = partition.stage(change);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, error_code::too_many_requests);
  for (int i = 0; i < 5; ++i)
    keeper.go_on_removing();
  for (int i = 0; i < 10; ++i) {
    keeper.go_on_removing();
    if (partition.stage(change))
      keeper.commit(); // another one, always
  }
  EXPECT_TRUE(partition.tell_removals().removals.back().done_at) << "the first ones are done";
  finish();
  const auto told_now = partition.tell_removals().removals;
  EXPECT_EQ(told_now.size(), removals_told_max);
  EXPECT_EQ(told_now.front().number, partition.last_removal());
}

TEST_F(removal_test, of_everything_leaves_an_empty_partition_that_goes_on) {
  take_events();
  for (std::size_t user = 0; user < user_count; ++user)
    request(removal_kind::user, user_id(user));
  finish();
  expect_left([](const told&) { return false; });
  EXPECT_FALSE(partition.snapshot().newest());
  EXPECT_EQ(answer(partition.snapshot(), summarize_events{}, {})->user_count, 0u);
  ASSERT_TRUE(partition.stage(block_of(event_total, event_total + 70'000)));
  keeper.commit();
  keeper.write_snapshot();
  recover();
  EXPECT_EQ(partition.snapshot().event_count(), 70'000u);
  EXPECT_EQ(all_events().front().row, event_total);
}

} // namespace
} // namespace dotmac
