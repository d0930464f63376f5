// The order of journal, state and answers, with a store that fails on demand and a pure domain small enough to see through.

#include "persistence/memory/memory_store.hpp"
#include "runtime/actor/journaled_entity.hpp"
#include "tests/runtime/mailbox.hpp"

#include <gtest/gtest.h>

#include <charconv>

namespace dotmac {
namespace {

constexpr std::int64_t poison = 666;

/// A sum: a command adds to it.
struct counter_domain {
  using segment_reader = std::function<result<bytes>(segment_number)>;
  std::int64_t total = 0;
  std::vector<std::int64_t> staged;

  result<void> stage(std::int64_t add) {
    if (add < 0)
      return failure{error_code::validation_failed, "must not be negative", "add"};
    if (add == poison)
      throw std::length_error{"a mistake of ours"};
    staged.push_back(add);
    return {};
  }
  bytes staged_payload() const {
    std::int64_t sum = 0;
    for (const auto each : staged)
      sum += each;
    return sum == 0 ? bytes{} : std::to_string(sum);
  }
  void commit_staged() {
    for (const auto each : staged)
      total += each;
    staged.clear();
  }
  void discard_staged() { staged.clear(); }
  bool takes_more_staged() const { return true; }
  result<void> apply(bytes_view payload) {
    std::int64_t add = 0;
    std::from_chars(payload.data(), payload.data() + payload.size(), add);
    total += add;
    return {};
  }
  result<void> restore(std::uint32_t, bytes_view payload, const segment_reader&) { return apply(payload); }
};

} // namespace

template <> struct snapshot_of<counter_domain> {
  static std::function<encoded_snapshot()> prepare(counter_domain& domain) {
    return [total = domain.total] {
      encoded_snapshot encoded;
      encoded.payload = std::to_string(total);
      return encoded;
    };
  }
  static void written(counter_domain&, const encoded_snapshot&) {}
};

namespace {

class journaled_entity_test : public ::testing::Test {
protected:
  using entity = journaled_entity<counter_domain>;
  const entity_id id{"acme", entity_kind::tenant, {}};

  void SetUp() override {
    auto session = *factory->open();
    const std::vector shards{shard_of_tenant(id.tenant)};
    claim = session->leases().claim_shards("me", shards, std::chrono::hours{1})->front();
    environment.writer = std::make_shared<journal_writer>(factory, journal_writer_limits{});
    environment.stores = std::make_shared<store_pool>(factory, 1, 100);
    environment.background = std::make_shared<worker_pool>(1, 1'000, worker_pool::threads_of{});
    environment.log = [](const entity_id&, std::string_view, const std::string&) {};
    environment.limits.resolve_every = std::chrono::milliseconds{1};
  }

  /// Their threads post into the mailbox.
  void TearDown() override {
    environment.stores->stop();
    environment.writer->stop();
  }

  std::shared_ptr<entity> start() {
    entity::owner_hooks owner;
    owner.post = [this](std::function<void()> run) { box.post(std::move(run)); };
    owner.after = [this](std::chrono::milliseconds, std::function<void()> run) { box.post(std::move(run)); };
    owner.on_fatal = [this](const failure& why) { fatal = why; };
    auto subject = std::make_shared<entity>(id, claim, environment, owner, [] { return std::make_unique<counter_domain>(); },
                                            std::make_shared<actor_figures>());
    subject->start();
    return subject;
  }

  /// Submits without waiting; the answer lands in `answers`.
  void submit(entity& subject, std::int64_t add) {
    subject.submit({1, [add](counter_domain& domain) { return domain.stage(add); },
                    [this](result<void> outcome) { answers.push_back(outcome ? error_code::none : outcome.error().code); },
                    [add] { return command_content{"add", std::to_string(add)}; }});
  }
  error_code add(entity& subject, std::int64_t value) {
    const auto before = answers.size();
    submit(subject, value);
    EXPECT_TRUE(box.run_until([&] { return answers.size() > before; }));
    return answers.back();
  }
  std::int64_t total(entity& subject) {
    std::optional<std::int64_t> seen;
    subject.read([&](result<counter_domain*> domain) { seen = domain ? (*domain)->total : -1; });
    EXPECT_TRUE(box.run_until([&] { return seen.has_value(); }));
    return *seen;
  }
  void stop(entity& subject, bool is_handed_over = false) {
    bool stopped = false;
    subject.stop(is_handed_over, [&] { stopped = true; });
    ASSERT_TRUE(box.run_until([&] { return stopped; }));
  }

  std::shared_ptr<memory_database> database = std::make_shared<memory_database>();
  std::shared_ptr<store_factory> factory{make_memory_store_factory(database)};
  entity_environment environment;
  shard_claim claim;
  mailbox box;
  std::vector<error_code> answers;
  std::optional<failure> fatal;
};

TEST_F(journaled_entity_test, acknowledges_after_the_commit_and_comes_back_after_a_crash) {
  {
    auto subject = start();
    EXPECT_EQ(add(*subject, 5), error_code::none);
    EXPECT_EQ(add(*subject, 7), error_code::none);
    EXPECT_EQ(total(*subject), 12);
  }
  auto recovered = start();
  EXPECT_EQ(total(*recovered), 12);
}

TEST_F(journaled_entity_test, commits_everything_that_waited_as_one_entry) {
  auto subject = start();
  ASSERT_EQ(total(*subject), 0);
  const auto commits = database->append_count();
  for (int i = 1; i <= 100; ++i)
    submit(*subject, i);
  ASSERT_TRUE(box.run_until([&] { return answers.size() == 100; }));
  EXPECT_EQ(total(*subject), 5'050);
  EXPECT_EQ(database->append_count() - commits, 2u) << "the first goes at once, the other 99 wait for its commit";
}

TEST_F(journaled_entity_test, answers_a_refusal_at_once_and_leaves_it_out) {
  auto subject = start();
  submit(*subject, 1);
  submit(*subject, -1);
  submit(*subject, 2);
  ASSERT_TRUE(box.run_until([&] { return answers.size() == 3; }));
  EXPECT_EQ(std::count(answers.begin(), answers.end(), error_code::validation_failed), 1);
  EXPECT_EQ(total(*subject), 3);
}

TEST_F(journaled_entity_test, applies_nothing_when_the_store_refuses_and_goes_on_when_it_is_back) {
  auto subject = start();
  ASSERT_EQ(add(*subject, 1), error_code::none);
  database->go_down();
  EXPECT_EQ(add(*subject, 10), error_code::storage_unavailable);
  EXPECT_EQ(total(*subject), 1) << "reads from memory go on";
  EXPECT_TRUE(environment.writer->outage().has_value());
  database->come_up();
  EXPECT_EQ(add(*subject, 100), error_code::none);
  EXPECT_FALSE(environment.writer->outage().has_value());
  EXPECT_EQ(total(*subject), 101);
}

TEST_F(journaled_entity_test, resolves_an_uncertain_commit_by_looking) {
  for (const auto outcome : {commit_outcome::committed, commit_outcome::absent}) {
    auto subject = start();
    const auto before = total(*subject);
    database->fail_next_append({error_code::commit_uncertain, "cut off", {}}, outcome);
    EXPECT_EQ(add(*subject, 10), error_code::commit_uncertain);
    const auto expected = before + (outcome == commit_outcome::committed ? 10 : 0);
    error_code next = error_code::storage_unavailable;
    while (next != error_code::none) {
      next = add(*subject, 1);
      ASSERT_TRUE(next == error_code::none || next == error_code::storage_unavailable);
      if (next != error_code::none)
        box.run_until([&, polled = 0]() mutable { return polled++ > 0; });
    }
    EXPECT_EQ(total(*subject), expected + 1);
    EXPECT_EQ(total(*start()), expected + 1) << "what the journal says is what memory says";
  }
}

TEST_F(journaled_entity_test, gives_up_when_another_owner_has_the_shard) {
  auto subject = start();
  ASSERT_EQ(add(*subject, 1), error_code::none);
  auto session = *factory->open();
  database->advance_clock(std::chrono::hours{2});
  const std::vector shards{claim.shard};
  ASSERT_EQ(session->leases().claim_shards("other", shards, std::chrono::hours{1})->size(), 1u);
  EXPECT_EQ(add(*subject, 10), error_code::ownership_lost);
  ASSERT_TRUE(fatal);
  EXPECT_EQ(fatal->code, error_code::ownership_lost);
}

TEST_F(journaled_entity_test, snapshots_every_so_many_entries_and_when_it_stops) {
  environment.limits.snapshot_entries = 3;
  auto subject = start();
  for (int i = 0; i < 7; ++i)
    ASSERT_EQ(add(*subject, 1), error_code::none);
  stop(*subject);
  auto session = *factory->open();
  const auto kept = session->snapshots().read_snapshots(id);
  ASSERT_EQ(kept->snapshots.size(), 2u);
  EXPECT_EQ(kept->snapshots.front().sequence, journal_sequence{7});
  EXPECT_EQ(kept->snapshots.front().payload, "7");
  EXPECT_EQ(total(*start()), 7);
}

TEST_F(journaled_entity_test, leaves_a_short_tail_to_the_next_owner_and_writes_a_long_one_down) {
  environment.limits.tail_entries_left_max = 3;
  auto session = *factory->open();
  const auto newest = [&] {
    const auto kept = session->snapshots().read_snapshots(id);
    return kept->snapshots.empty() ? 0 : to_number(kept->snapshots.front().sequence);
  };
  auto subject = start();
  for (int i = 1; i <= 3; ++i)
    add(*subject, 1);
  stop(*subject, true);
  EXPECT_EQ(newest(), 0u);
  subject = start();
  EXPECT_EQ(add(*subject, 1), error_code::none);
  stop(*subject, true);
  EXPECT_EQ(newest(), 4u) << "the tail of the owner before counts too";
  subject = start();
  add(*subject, 1);
  stop(*subject, true);
  EXPECT_EQ(newest(), 4u);
  environment.limits.tail_bytes_left_max = 1;
  subject = start();
  EXPECT_EQ(total(*subject), 5);
  stop(*subject, true);
  EXPECT_EQ(newest(), 4u) << "the tail of one entry has one byte";
  environment.limits.tail_bytes_left_max = 0;
  subject = start();
  EXPECT_EQ(total(*subject), 5);
  stop(*subject, true);
  EXPECT_EQ(newest(), 5u);
  EXPECT_EQ(total(*start()), 5);
}

TEST_F(journaled_entity_test, writes_a_long_tail_down_before_it_is_handed_over_and_goes_on_meanwhile) {
  environment.limits.tail_entries_left_max = 3;
  auto session = *factory->open();
  const auto is_over = [](const std::weak_ptr<void>& told) { return told.expired(); };
  const auto prepare = [&](entity& subject) {
    const auto told = std::make_shared<int>();
    subject.shorten_tail(told);
    return std::weak_ptr<void>{told};
  };
  auto subject = start();
  EXPECT_TRUE(is_over(prepare(*subject))) << "what is not there yet has written nothing";
  for (int i = 1; i <= 3; ++i)
    add(*subject, 1);
  EXPECT_TRUE(is_over(prepare(*subject)));
  add(*subject, 1);
  const auto written = prepare(*subject);
  const auto too = prepare(*subject);
  EXPECT_FALSE(is_over(written));
  EXPECT_EQ(add(*subject, 1), error_code::none);
  ASSERT_TRUE(box.run_until([&] { return is_over(written) && is_over(too); }));
  const auto kept = session->snapshots().read_snapshots(id);
  ASSERT_EQ(kept->snapshots.size(), 1u);
  EXPECT_EQ(kept->snapshots.front().sequence, journal_sequence{4});

  for (int i = 1; i <= 3; ++i)
    add(*subject, 1);
  submit(*subject, 1);
  const auto behind_a_commit = prepare(*subject);
  ASSERT_TRUE(box.run_until([&] { return is_over(behind_a_commit); }));
  EXPECT_EQ(to_number(session->snapshots().read_snapshots(id)->snapshots.front().sequence), 9u);

  for (int i = 1; i <= 4; ++i)
    add(*subject, 1);
  environment.stores->stop();
  const auto refused = prepare(*subject);
  EXPECT_TRUE(box.run_until([&] { return is_over(refused); })) << "nobody waits for what cannot be written";
}

TEST_F(journaled_entity_test, falls_back_to_the_older_snapshot_when_the_newest_is_damaged) {
  environment.limits.snapshot_entries = 3;
  auto subject = start();
  for (int i = 0; i < 7; ++i)
    ASSERT_EQ(add(*subject, 1), error_code::none);
  stop(*subject);
  ASSERT_TRUE(database->damage_snapshot(id, journal_sequence{7}));
  EXPECT_EQ(total(*start()), 7);
}

TEST_F(journaled_entity_test, refuses_writes_beyond_the_limit_of_waiting_ones) {
  environment.limits.waiting_commands_max = 5;
  auto subject = start(); // not recovered yet: everything waits
  for (int i = 0; i < 7; ++i)
    submit(*subject, 1);
  EXPECT_EQ(answers, (std::vector{error_code::too_many_requests, error_code::too_many_requests}));
  EXPECT_EQ(total(*subject), 0);
  ASSERT_TRUE(box.run_until([&] { return answers.size() == 7; }));
  EXPECT_EQ(total(*subject), 5);
}

TEST_F(journaled_entity_test, puts_a_command_aside_that_makes_it_fail_again_and_lives_on) {
  auto subject = start();
  ASSERT_EQ(add(*subject, 1), error_code::none);
  EXPECT_EQ(add(*subject, poison), error_code::actor_unavailable) << "forgiven once";
  ASSERT_TRUE(fatal);
  subject = start();
  EXPECT_EQ(add(*subject, 2), error_code::none);
  EXPECT_EQ(add(*subject, poison), error_code::internal_error) << "no use to try again";
  subject = start();
  fatal.reset();
  EXPECT_EQ(add(*subject, poison), error_code::internal_error);
  EXPECT_FALSE(fatal) << "known by now";
  EXPECT_EQ(add(*subject, 3), error_code::none);
  EXPECT_EQ(total(*subject), 6);

  environment.poison->ledger.allow_again(to_string(subject->id()), poison_guard::fingerprint_of("666"));
  EXPECT_EQ(add(*subject, poison), error_code::internal_error) << "it is tried, and fails";
  EXPECT_TRUE(fatal);
  subject = start();
  fatal.reset();
  EXPECT_EQ(add(*subject, poison), error_code::internal_error);
  EXPECT_FALSE(fatal) << "put aside again";

  environment.stores->stop(); // the letter is written by then
  auto session = *factory->open();
  const auto letters = session->dead_letters().list_dead_letters("acme", 10);
  ASSERT_TRUE(letters);
  ASSERT_EQ(letters->size(), 1u) << "one letter, though it failed at it twice";
  EXPECT_EQ(session->dead_letters().read_dead_letter(letters->front().id)->payload, "666");
  EXPECT_EQ(letters->front().message_type, "add");
  EXPECT_NE(letters->front().reason.find("a mistake of ours"), std::string::npos);
}

TEST_F(journaled_entity_test, recovers_by_itself_when_the_store_is_back) {
  database->go_down();
  auto subject = start();
  EXPECT_EQ(add(*subject, 1), error_code::storage_unavailable);
  EXPECT_FALSE(fatal);
  database->come_up();
  error_code outcome = error_code::storage_unavailable;
  ASSERT_TRUE(box.run_until([&] {
    if (outcome != error_code::none)
      subject->read([&](result<counter_domain*> domain) { outcome = domain ? error_code::none : domain.error().code; });
    return outcome == error_code::none;
  }));
  outcome = add(*subject, 1);
  EXPECT_EQ(outcome, error_code::none);
  EXPECT_EQ(total(*subject), 1);
}

TEST_F(journaled_entity_test, stops_at_once_in_doubt_while_the_store_is_away) {
  auto subject = start();
  ASSERT_EQ(add(*subject, 1), error_code::none);
  database->fail_next_append({error_code::commit_uncertain, "cut off", {}}, commit_outcome::committed);
  EXPECT_EQ(add(*subject, 10), error_code::commit_uncertain);
  database->go_down();
  stop(*subject);
  database->come_up();
  EXPECT_EQ(total(*start()), 11);
}

TEST_F(journaled_entity_test, answers_whoever_waits_when_it_is_abandoned) {
  auto subject = start(); // not recovered yet: everything waits
  submit(*subject, 1);
  bool read_failed = false;
  subject->read([&](result<counter_domain*> domain) { read_failed = !domain; });
  subject->abandon({error_code::actor_unavailable, "gone", {}});
  EXPECT_EQ(answers, (std::vector{error_code::actor_unavailable}));
  EXPECT_TRUE(read_failed);
}

} // namespace
} // namespace dotmac
