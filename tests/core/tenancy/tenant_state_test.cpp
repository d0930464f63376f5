#include "core/tenancy/tenant_state.hpp"

#include <gtest/gtest.h>

namespace dotmac {
namespace {

const tenant_state::segment_reader no_segments = [](std::uint64_t) -> result<bytes> {
  return failure{error_code::not_found, "none", {}};
};

metric_created metric(std::string id, std::string name) {
  metric_definition definition;
  definition.metric_id = std::move(id);
  definition.name = std::move(name);
  definition.display_name = "shown";
  definition.type = metric_type::counter;
  definition.tags = {{"team", "noc"}};
  return {definition};
}

void make(tenant_state& state, tenant_fact fact) {
  ASSERT_TRUE(state.stage(std::move(fact)));
  state.commit_staged();
}

TEST(tenant_state, shows_nothing_of_a_fact_before_it_is_durable) {
  tenant_state state;
  ASSERT_TRUE(state.stage(metric("m1", "calls")));
  EXPECT_FALSE(state.takes_more_staged());
  EXPECT_EQ(state.find_metric("calls"), nullptr);
  state.discard_staged();
  EXPECT_TRUE(state.staged_payload().empty());
  make(state, metric("m1", "calls"));
  ASSERT_NE(state.find_metric("calls"), nullptr);
  EXPECT_EQ(state.find_metric("m1"), state.find_metric("calls"));
}

TEST(tenant_state, refuses_names_and_ids_that_are_taken_and_changes_nothing) {
  tenant_state state;
  make(state, metric("m1", "calls"));
  for (const auto& taken : {metric("m2", "calls"), metric("m1", "other"), metric("m3", "m1")}) {
    const auto outcome = state.stage(taken);
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, error_code::already_exists);
    EXPECT_TRUE(state.staged_payload().empty());
  }
  make(state, api_key_created{{"k1", "hash", "label", {access_scope::read}, {}}});
  make(state, api_key_revoked{"k1"});
  EXPECT_EQ(state.stage(api_key_created{{"k1", "hash", "", {}, {}}}).error().code, error_code::already_exists);
  EXPECT_EQ(state.stage(api_key_revoked{"k1"}).error().code, error_code::not_found);
}

TEST(tenant_state, refuses_one_key_beyond_the_limit_and_names_it) {
  tenant_state state;
  for (std::size_t i = 0; i < api_keys_per_tenant_max; ++i)
    make(state, api_key_created{{"k" + std::to_string(i), "hash", "", {}, {}}});
  const auto outcome = state.stage(api_key_created{{"more", "hash", "", {}, {}}});
  ASSERT_FALSE(outcome);
  EXPECT_NE(outcome.error().message.find(std::to_string(api_keys_per_tenant_max)), std::string::npos);
}

TEST(tenant_state, comes_back_equal_from_its_journal_and_from_its_snapshot) {
  tenant_state state;
  tenant_state replayed;
  const std::vector<tenant_fact> facts{
      tenant_created{"Europe/Berlin"}, api_key_created{{"k1", "h1", "one", {access_scope::ingest, access_scope::admin}, {5}}},
      api_key_created{{"k2", "h2", "two", {}, {6}}}, api_key_revoked{"k1"},
      event_schema_created{{"s1", "click", "buy", R"({"required":["price"]})", "1.0", schema_mode::flag, {7}}}, metric("m1", "calls")};
  for (const auto& fact : facts) {
    ASSERT_TRUE(state.stage(fact));
    ASSERT_TRUE(replayed.apply(state.staged_payload()));
    state.commit_staged();
  }
  tenant_state restored;
  ASSERT_TRUE(restored.restore(tenant_snapshot_version, state.snapshot(), no_segments));
  for (const auto* other : {&replayed, &restored}) {
    EXPECT_EQ(other->snapshot(), state.snapshot());
    EXPECT_EQ(other->timezone(), "Europe/Berlin");
    EXPECT_TRUE(other->exists());
  }
  EXPECT_EQ(restored.stage(api_key_created{{"k1", "h", "", {}, {}}}).error().code, error_code::already_exists);
}

TEST(tenant_state, refuses_damaged_entries_and_snapshots) {
  tenant_state state;
  EXPECT_EQ(state.apply("nonsense").error().code, error_code::corrupt_data);
  EXPECT_EQ(state.restore(tenant_snapshot_version, "{\"exists\":", no_segments).error().code, error_code::corrupt_data);
  EXPECT_EQ(state.restore(99, "{}", no_segments).error().code, error_code::corrupt_data);
}

TEST(tenant_state, lists_metrics_by_name_with_type_and_tags) {
  tenant_state state;
  for (int i = 0; i < 25; ++i)
    make(state, metric("m" + std::to_string(i), "name" + std::to_string(100 + i)));
  const auto page = state.list_metrics(metric_type::counter, {{"team", "noc"}}, 10, 20);
  EXPECT_EQ(page.total, 25u);
  ASSERT_EQ(page.metrics.size(), 5u);
  EXPECT_EQ(page.metrics.front().name, "name120");
  EXPECT_EQ(state.list_metrics(metric_type::gauge, {}, 10, 0).total, 0u);
  EXPECT_EQ(state.list_metrics({}, {{"team", "x"}}, 10, 0).total, 0u);
}

TEST(tenant_state, goes_on_behind_a_name_whatever_comes_in_between) {
  tenant_state state;
  for (int i = 0; i < 6; ++i)
    make(state, metric("m" + std::to_string(i), "name" + std::to_string(i)));
  const auto first = state.list_metrics({}, {}, 3, 0);
  EXPECT_TRUE(first.has_more);
  make(state, metric("early", "a"));
  const auto second = state.list_metrics({}, {}, 3, 0, first.metrics.back().name);
  EXPECT_EQ(second.total, 7u);
  EXPECT_FALSE(second.has_more);
  ASSERT_EQ(second.metrics.size(), 3u);
  EXPECT_EQ(second.metrics.front().name, "name3");
  EXPECT_TRUE(state.list_metrics({}, {}, 3, 0, "name9").metrics.empty());
}

} // namespace
} // namespace dotmac
