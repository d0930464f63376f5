// Snapshots of events and metrics on a store that loses, damages and leaves in doubt: what was acknowledged is there after every restart,
// snapshots go on, and the journal is cut again.

#include "actors/event_domain.hpp"
#include "runtime/actor/segment_cache.hpp"
#include "actors/metric_domain.hpp"
#include "core/events/event_answers.hpp"
#include "core/events/event_block.hpp"
#include "core/metrics/metric_answers.hpp"
#include "persistence/memory/memory_store.hpp"
#include "tests/runtime/mailbox.hpp"

#include <gtest/gtest.h>

#include <set>

namespace dotmac {
namespace {

constexpr timestamp noon{1'700'000'000'000};

struct event_kind {
  using domain = event_domain;
  static constexpr auto kind = entity_kind::events;
  static std::unique_ptr<domain> make(std::shared_ptr<segment_source> segments) { return std::make_unique<domain>(7, 86'400'000, std::move(segments)); }
  static result<void> stage(domain& into, const std::string& id) {
    event_block_builder builder;
    builder.begin_event(noon);
    builder.set_timestamp({noon, 0});
    builder.set_field(event_field::event_type, "click");
    builder.set_field(event_field::event_id, id);
    builder.end_event();
    auto staged = into.partition().stage(builder.finish());
    return staged ? result<void>{} : staged.error();
  }
  static std::multiset<std::string> ids(domain& of) {
    std::multiset<std::string> found;
    for (std::uint64_t row = 0; row < of.partition().row_count(); ++row)
      found.insert((*of.partition().event_id_text(row)));
    return found;
  }
};

struct metric_kind {
  using domain = metric_domain;
  static constexpr auto kind = entity_kind::metric;
  static std::unique_ptr<domain> make(const std::shared_ptr<segment_source>&) {
    return std::make_unique<domain>(metric_semantics{}, 7, metric_limits{}, [] { return noon; });
  }
  static result<void> stage(domain& into, const std::string& id) {
    metric_sample sample;
    sample.value_id = id;
    sample.value = 1;
    sample.at = sample.recorded_at = noon;
    (void)into.stage({{sample}});
    return {};
  }
  static std::multiset<std::string> ids(domain& of) {
    find_values everything;
    everything.limit = 10'000;
    const auto values = answer(of.view(noon), everything, {});
    std::multiset<std::string> found;
    for (const auto& each : values->values)
      found.insert(each.value_id);
    return found;
  }
};

template <class Kind> class snapshot_faults : public ::testing::Test {
protected:
  using domain = typename Kind::domain;
  using entity = journaled_entity<domain>;
  const entity_id id{"acme", Kind::kind, "0"};
  static constexpr std::uint64_t snapshot_entries = 4;

  void SetUp() override {
    session = *factory->open();
    const std::vector shards{shard_of_tenant(id.tenant)};
    environment.writer = std::make_shared<journal_writer>(factory, journal_writer_limits{});
    environment.stores = std::make_shared<store_pool>(factory, 1, 100);
    environment.background = std::make_shared<worker_pool>(1, 1'000, worker_pool::threads_of{});
    environment.log = [this](const entity_id&, std::string_view event, const std::string& detail) {
      log += std::string{event} + " " + detail + "\n";
    };
    environment.limits.snapshot_entries = snapshot_entries;
    claim = session->leases().claim_shards("me", shards, std::chrono::hours{1})->front();
    start();
  }

  void start() {
    typename entity::owner_hooks owner;
    owner.post = [this](std::function<void()> run) { box.post(std::move(run)); };
    owner.after = [this](std::chrono::milliseconds, std::function<void()> run) { box.post(std::move(run)); };
    owner.on_fatal = [this](const failure& why) { fatal = why; };
    subject = std::make_shared<entity>(id, claim, environment, owner, [this] { return Kind::make(segments->source_of(id)); }, std::make_shared<actor_figures>());
    subject->start();
  }
  void stop() {
    bool stopped = false;
    subject->stop(false, [&] { stopped = true; });
    ASSERT_TRUE(box.run_until([&] { return stopped; }));
  }
  void crash_and_start() {
    subject.reset();
    start();
  }

  /// Writes and waits for the acknowledgement and for the snapshot that it brings about, where one comes.
  void write(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      const auto name = "id-" + std::to_string(written.size());
      bool answered = false;
      subject->submit({1, [name](domain& into) { return Kind::stage(into, name); },
                       [&answered](result<void> outcome) {
                         EXPECT_TRUE(outcome);
                         answered = true;
                       }});
      ASSERT_TRUE(box.run_until([&] { return answered && subject->is_idle(); }));
      written.insert(name);
    }
  }
  /// Of the recovered entity; empty when it could not be recovered.
  std::multiset<std::string> ids() {
    std::optional<std::multiset<std::string>> seen;
    subject->read([&](result<domain*> state) { seen = state ? Kind::ids(**state) : std::multiset<std::string>{}; });
    EXPECT_TRUE(box.run_until([&] { return seen.has_value(); }));
    return *seen;
  }
  std::vector<std::uint64_t> kept() {
    std::vector<std::uint64_t> sequences;
    const auto stored = session->snapshots().read_snapshots(id);
    for (const auto& each : stored->snapshots)
      sequences.push_back(to_number(each.sequence));
    return sequences;
  }
  segment_number newest_segment() { return session->snapshots().list_segments(id)->back().number; }

  /// Why it answers nothing; none: it does. The entity lives on and says so to everybody.
  std::optional<failure> refusal() {
    std::optional<failure> why;
    subject->read([&why](const auto& found) {
      if (!found)
        why = found.error();
    });
    return why;
  }

  std::shared_ptr<memory_database> database = std::make_shared<memory_database>();
  std::shared_ptr<store_factory> factory{make_memory_store_factory(database)};
  std::shared_ptr<segment_cache> segments = std::make_shared<segment_cache>(factory, 16u << 20);
  std::unique_ptr<store> session;
  entity_environment environment;
  shard_claim claim;
  mailbox box;
  std::string log;
  std::optional<failure> fatal;
  std::multiset<std::string> written;
  std::shared_ptr<entity> subject;
};

using kinds = ::testing::Types<event_kind, metric_kind>;
TYPED_TEST_SUITE(snapshot_faults, kinds);

TYPED_TEST(snapshot_faults, go_on_after_a_commit_in_doubt_whatever_became_of_it) {
  for (const auto truth : {commit_outcome::committed, commit_outcome::absent}) {
    this->write(5);
    this->database->fail_next_snapshot({error_code::commit_uncertain, "cut off", {}}, truth);
    this->write(9);
    ASSERT_NE(this->log.find("snapshot_failed"), std::string::npos);
    this->log.clear();
    this->write(4);
    EXPECT_EQ(this->log.find("snapshot_failed"), std::string::npos) << this->log;
    EXPECT_LE(this->database->journal_row_count(), 2 * this->snapshot_entries + 1) << "the journal is cut again";
    this->crash_and_start();
    EXPECT_EQ(this->ids(), this->written);
  }
}

TYPED_TEST(snapshot_faults, in_doubt_several_times_over_end_with_everything_stored) {
  this->write(3);
  for (int i = 0; i < 5; ++i)
    this->database->fail_next_snapshot({error_code::commit_uncertain, "cut off", {}}, i % 2 == 0 ? commit_outcome::committed : commit_outcome::absent);
  this->write(1);
  ASSERT_TRUE(this->box.run_until([&] { return this->log.find("snapshot_written") != std::string::npos; })) << this->log;
  EXPECT_EQ(this->kept(), (std::vector<std::uint64_t>{4}));
  this->crash_and_start();
  EXPECT_EQ(this->ids(), this->written);
}

TYPED_TEST(snapshot_faults, in_doubt_at_the_stop_are_written_before_it_ends) {
  for (const auto truth : {commit_outcome::committed, commit_outcome::absent}) {
    this->write(1);
    this->database->fail_next_snapshot({error_code::commit_uncertain, "cut off", {}}, truth);
    this->log.clear();
    this->stop();
    EXPECT_NE(this->log.find("snapshot_written"), std::string::npos) << this->log;
    EXPECT_EQ(this->kept().front(), this->written.size());
    this->crash_and_start();
    EXPECT_EQ(this->ids(), this->written);
  }
}

TYPED_TEST(snapshot_faults, end_a_stop_after_so_many_commits_in_doubt) {
  this->write(1);
  for (std::uint32_t i = 0; i < this->environment.limits.snapshot_retry.attempts_at_stop; ++i)
    this->database->fail_next_snapshot({error_code::commit_uncertain, "cut off", {}}, commit_outcome::absent);
  this->stop();
  EXPECT_TRUE(this->kept().empty());
  this->crash_and_start();
  EXPECT_EQ(this->ids(), this->written);
}

TYPED_TEST(snapshot_faults, that_were_damaged_are_never_kept_as_the_older_one) {
  this->write(10); // snapshots at 4 and 8
  ASSERT_EQ(this->kept(), (std::vector<std::uint64_t>{8, 4}));
  ASSERT_TRUE(this->database->damage_snapshot(this->id, journal_sequence{8}));
  this->crash_and_start();
  EXPECT_EQ(this->ids(), this->written);
  EXPECT_NE(this->log.find("snapshot_damaged snapshot 8 of acme/"), std::string::npos) << this->log;
  this->write(4); // the next one
  ASSERT_EQ(this->kept().size(), 2u);
  const auto newest = this->kept().front();
  EXPECT_EQ(this->kept().back(), 4u);
  ASSERT_TRUE(this->database->damage_snapshot(this->id, journal_sequence{newest}));
  this->crash_and_start();
  EXPECT_EQ(this->ids(), this->written) << "snapshot 4 and the journal behind it are still there";
}

TYPED_TEST(snapshot_faults, that_are_all_damaged_make_the_entity_refuse_rather_than_forget) {
  this->write(10);
  for (const auto sequence : this->kept())
    ASSERT_TRUE(this->database->damage_snapshot(this->id, journal_sequence{sequence}));
  this->crash_and_start();
  EXPECT_TRUE(this->ids().empty());
  EXPECT_FALSE(this->fatal);
  ASSERT_TRUE(this->refusal());
  EXPECT_EQ(this->refusal()->code, error_code::corrupt_data);
}

TYPED_TEST(snapshot_faults, of_which_the_only_one_is_damaged_are_replaced_by_the_whole_journal) {
  this->write(6);
  ASSERT_TRUE(this->database->damage_snapshot(this->id, journal_sequence{4}));
  this->crash_and_start();
  EXPECT_EQ(this->ids(), this->written);
  this->write(4);
  this->crash_and_start();
  EXPECT_EQ(this->ids(), this->written);
}

class segment_faults : public snapshot_faults<event_kind> {
protected:
  void lose(bool is_damaged) {
    ASSERT_TRUE(is_damaged ? database->damage_segment(id, newest_segment()) : database->lose_segment(id, newest_segment()));
  }
};

TEST_F(segment_faults, fall_back_to_the_older_snapshot_and_its_journal) {
  for (const bool is_damaged : {true, false}) {
    write(10);
    const auto last = kept().front();
    lose(is_damaged);
    crash_and_start();
    EXPECT_EQ(ids(), written);
    EXPECT_NE(log.find("snapshot_damaged snapshot " + std::to_string(last) + " of acme/events/0: segment"), std::string::npos) << log;
    write(9); // uses the number of the lost segment again
    EXPECT_EQ(kept().size(), 2u);
    crash_and_start();
    EXPECT_EQ(ids(), written);
  }
}

TEST_F(segment_faults, are_corrupt_data_and_not_a_404_where_nothing_older_is_left) {
  write(10);
  const auto summaries = session->snapshots().list_segments(id);
  for (const auto& each : *summaries)
    ASSERT_TRUE(database->lose_segment(id, each.number));
  crash_and_start();
  EXPECT_TRUE(ids().empty());
  EXPECT_FALSE(fatal);
  ASSERT_TRUE(refusal());
  EXPECT_EQ(refusal()->code, error_code::corrupt_data);
  EXPECT_NE(refusal()->message.find("segment"), std::string::npos) << refusal()->message;
}

} // namespace
} // namespace dotmac
