// One commit for all, and one entity's fault for itself: the writer before a store that refuses what a test says.

#include "persistence/memory/memory_store.hpp"
#include "runtime/actor/journal_writer.hpp"

#include <gtest/gtest.h>

#include <future>
#include <map>
#include <mutex>

namespace dotmac {
namespace {

/// Holds up the first append, and tells that it has come.
struct append_gate {
  std::once_flag once;
  std::promise<void> has_come;
  std::promise<void> may_go;
  std::shared_future<void> opened = may_go.get_future().share();
  std::vector<std::string> groups; ///< the writer's, until it has stopped
  void pass() {
    std::call_once(once, [this] { has_come.set_value(); });
    opened.wait();
  }
};

/// A session of the memory store whose appends fail as a whole when a tenant named `poison` is among the rows. The first append waits
/// until it is let go, so that what comes meanwhile makes one group.
class choosy_store final : public store, journal {
public:
  choosy_store(std::unique_ptr<store> inner, error_code refusal, std::shared_ptr<append_gate> gate)
      : inner_{std::move(inner)}, refusal_{refusal}, gate_{std::move(gate)} {}
  journal& entries() override { return *this; }
  snapshot_store& snapshots() override { return inner_->snapshots(); }
  lease_table& leases() override { return inner_->leases(); }
  dead_letter_table& dead_letters() override { return inner_->dead_letters(); }
  audit_log& audit() override { return inner_->audit(); }
  cluster_table* cluster() override { return inner_->cluster(); }
  result<std::vector<std::string>> list_tenants() override { return inner_->list_tenants(); }
  result<void> ping() override { return inner_->ping(); }

  result<void> append_entries(std::span<const journal_row> rows, std::span<const shard_claim> claims) override {
    gate_->pass();
    auto& group = gate_->groups.emplace_back();
    for (const auto& row : rows)
      group += (group.empty() ? "" : ",") + row.entity.tenant;
    for (const auto& row : rows)
      if (row.entity.tenant == "poison")
        return failure{refusal_, "a row of this group", {}};
    return inner_->entries().append_entries(rows, claims);
  }
  result<commit_outcome> resolve(std::span<const journal_row> rows) override { return inner_->entries().resolve(rows); }
  result<void> read_entries(const entity_id& entity, journal_sequence after, const journal_visitor& visit) override {
    return inner_->entries().read_entries(entity, after, visit);
  }
  result<journal_sequence> last_sequence(const entity_id& entity) override { return inner_->entries().last_sequence(entity); }

private:
  std::unique_ptr<store> inner_;
  error_code refusal_;
  std::shared_ptr<append_gate> gate_;
};

class choosy_factory final : public store_factory {
public:
  choosy_factory(std::shared_ptr<memory_database> database, error_code refusal, std::shared_ptr<append_gate> gate)
      : inner_{make_memory_store_factory(std::move(database))}, refusal_{refusal}, gate_{std::move(gate)} {}
  result<std::unique_ptr<store>> open() override {
    auto opened = inner_->open();
    if (!opened)
      return opened.error();
    return std::unique_ptr<store>{std::make_unique<choosy_store>(std::move(*opened), refusal_, gate_)};
  }
  std::string_view vendor() const noexcept override { return "memory"; }

private:
  std::unique_ptr<store_factory> inner_;
  error_code refusal_;
  std::shared_ptr<append_gate> gate_;
};

class journal_writer_test : public ::testing::Test {
protected:
  /// The answers of a group of which one row is refused with `refusal`.
  std::map<std::string, error_code> answers_where_one_is_refused(error_code refusal) {
    auto database = std::make_shared<memory_database>();
    const auto gate = std::make_shared<append_gate>();
    auto factory = std::make_shared<choosy_factory>(database, refusal, gate);
    const auto session = *factory->open();
    std::map<std::string, error_code> answers;
    {
      journal_writer writer{factory, {}};
      for (const auto* tenant : {"first", "acme", "poison", "zeta"}) {
        const std::vector shards{shard_of_tenant(tenant)};
        const auto claim = session->leases().claim_shards("me", shards, std::chrono::hours{1})->front();
        writer.append({{tenant, entity_kind::tenant, {}}, journal_sequence{1}, "x"}, claim, [&answers, tenant](result<void> outcome) {
          answers[tenant] = outcome ? error_code::none : outcome.error().code;
        });
        if (tenant == std::string_view{"first"})
          gate->has_come.get_future().wait();
      }
      gate->may_go.set_value();
      writer.stop();
      has_outage = writer.outage().has_value();
    }
    stored = database->journal_row_count();
    return answers;
  }

  bool has_outage = false;
  std::size_t stored = 0;
};

TEST_F(journal_writer_test, lets_one_rows_certain_fault_hit_its_own_entity_only) {
  for (const auto refusal : {error_code::ownership_lost, error_code::sequence_conflict, error_code::payload_too_large, error_code::validation_failed,
                             error_code::internal_error, error_code::corrupt_data}) {
    const auto answers = answers_where_one_is_refused(refusal);
    const std::map<std::string, error_code> expected{
        {"first", error_code::none}, {"acme", error_code::none}, {"poison", refusal}, {"zeta", error_code::none}};
    EXPECT_EQ(answers, expected) << describe(refusal).name;
    EXPECT_EQ(stored, 3u);
    EXPECT_FALSE(has_outage);
  }
}

TEST_F(journal_writer_test, does_not_try_row_by_row_while_the_store_is_out_or_in_doubt) {
  for (const auto refusal : {error_code::storage_unavailable, error_code::commit_uncertain}) {
    const auto answers = answers_where_one_is_refused(refusal);
    EXPECT_EQ(answers.at("acme"), refusal);
    EXPECT_EQ(answers.at("zeta"), refusal);
    EXPECT_TRUE(has_outage);
  }
}

/// What each commit held, by tenant, when `flood` had `rows` rows waiting before `modest` came with one.
std::vector<std::string> commits_of_a_flood(std::size_t rows, journal_writer_limits limits, std::map<std::string, std::vector<error_code>>& answers) {
  const auto gate = std::make_shared<append_gate>();
  auto factory = std::make_shared<choosy_factory>(std::make_shared<memory_database>(), error_code::internal_error, gate);
  const auto session = *factory->open();
  journal_writer writer{factory, limits};
  std::uint64_t sequence = 0;
  const auto append = [&](const std::string& tenant, std::uint64_t number) {
    const std::vector shards{shard_of_tenant(tenant)};
    writer.append({{tenant, entity_kind::tenant, {}}, journal_sequence{number}, bytes(100, 'x')}, session->leases().claim_shards("me", shards, std::chrono::hours{1})->front(),
                  [&answers, tenant](const result<void>& outcome) { answers[tenant].push_back(outcome ? error_code::none : outcome.error().code); });
  };
  append("flood", ++sequence);
  gate->has_come.get_future().wait();
  for (std::size_t i = 1; i < rows; ++i)
    append("flood", ++sequence);
  append("modest", 1);
  gate->may_go.set_value();
  writer.stop();
  return gate->groups;
}

TEST(journal_writer, lets_a_modest_tenants_row_go_with_the_next_commit_whatever_another_has_waiting) {
  std::map<std::string, std::vector<error_code>> answers;
  const auto groups = commits_of_a_flood(20, {.group_bytes_max = 500}, answers);
  EXPECT_EQ(groups, (std::vector<std::string>{"flood", "flood,modest,flood,flood,flood", "flood,flood,flood,flood,flood", "flood,flood,flood,flood,flood", "flood,flood,flood,flood,flood"}));
  EXPECT_EQ(answers["flood"], std::vector<error_code>(20, error_code::none));
  EXPECT_EQ(answers["modest"], std::vector{error_code::none});
}

TEST(journal_writer, refuses_the_rows_of_who_fills_it) {
  std::map<std::string, std::vector<error_code>> answers;
  commits_of_a_flood(12, {.waiting_rows_max = 8}, answers);
  EXPECT_EQ(std::count(answers["flood"].begin(), answers["flood"].end(), error_code::too_many_requests), 3) << "one is in flight, eight wait";
  EXPECT_EQ(answers["modest"], std::vector{error_code::none});
}

TEST(journal_writer, shows_an_outage_that_somebody_else_found_and_logs_its_beginning_and_end_once_each_in_one_line) {
  std::vector<std::string> lines;
  journal_writer writer{make_memory_store_factory(std::make_shared<memory_database>()), {}, [&](const std::string& line) { lines.push_back(line); }};
  const failure gone{error_code::storage_unavailable, "the store cannot be reached", {}, "connection to db.internal:5432\nrefused"};
  writer.note_store(gone);
  writer.note_store(gone);
  ASSERT_TRUE(writer.outage());
  writer.note_store(failure{error_code::sequence_conflict, "a row's fault is no outage", {}});
  writer.note_store({});
  writer.note_store({});
  EXPECT_FALSE(writer.outage());
  EXPECT_EQ(lines, (std::vector<std::string>{"the store is out: the store cannot be reached: connection to db.internal:5432 refused",
                                             "the store takes writes again"}));
}

} // namespace
} // namespace dotmac
