#include "core/dashboards/dashboard_index.hpp"

#include <gtest/gtest.h>

namespace dotmac {
namespace {

class dashboard_index_test : public testing::Test {
protected:
  error_code name(const std::string& id, const std::string& called) {
    const dashboard_named fact{id, called};
    if (auto checked = index.check(fact, [this](const std::string& other) { return other == being_made; }); !checked)
      return checked.error().code;
    index.make_true(fact);
    return error_code::none;
  }
  error_code describe(const std::string& id, const std::string& called, std::uint64_t revision, bool removed = false) {
    dashboard_summary summary;
    summary.dashboard_id = id;
    summary.name = called;
    summary.display_name = "The " + called + " Dashboard";
    summary.revision = revision;
    summary.removed = removed;
    summary.favorite = revision % 2 == 0;
    summary.category = called.substr(0, 1);
    summary.updated_at = timestamp{static_cast<std::int64_t>(++clock)};
    if (auto checked = index.check(dashboard_described{summary}); !checked)
      return checked.error().code;
    index.make_true(dashboard_described{summary});
    return error_code::none;
  }
  error_code make(const std::string& id, const std::string& called) {
    const auto named = name(id, called);
    return named == error_code::none ? describe(id, called, 1) : named;
  }
  std::vector<std::string> names(const list_dashboards& asked = {}) const {
    std::vector<std::string> found;
    for (const auto& each : index.list(asked).dashboards)
      found.push_back(each.name);
    return found;
  }

  dashboard_index index;
  std::string being_made;
  std::uint64_t clock = 0;
};

using texts = std::vector<std::string>;

TEST_F(dashboard_index_test, gives_a_name_to_one_dashboard) {
  EXPECT_EQ(make("d1", "noc"), error_code::none);
  EXPECT_EQ(name("d2", "noc"), error_code::already_exists);
  EXPECT_EQ(name("d2", "d1"), error_code::already_exists) << "ids work wherever names do";
  EXPECT_EQ(name("d1", "noc"), error_code::none) << "it is its own";
  EXPECT_FALSE(index.is_news(dashboard_named{"d1", "noc"}));
  EXPECT_EQ(index.find("noc"), "d1");
  EXPECT_EQ(index.find("d1"), "d1");
  EXPECT_EQ(index.find("finance"), "");
}

TEST_F(dashboard_index_test, frees_the_former_name_once_the_new_one_is_used_and_the_new_one_where_it_is_not) {
  make("d1", "noc");
  EXPECT_EQ(name("d1", "network"), error_code::none);
  EXPECT_EQ(name("d2", "noc"), error_code::already_exists) << "it may stay with it";
  EXPECT_EQ(describe("d1", "network", 2), error_code::none);
  EXPECT_EQ(index.find("noc"), "");
  EXPECT_EQ(make("d2", "noc"), error_code::none);
  EXPECT_EQ(name("d1", "finance"), error_code::none);
  EXPECT_EQ(describe("d1", "network", 2), error_code::none) << "the edit was refused";
  EXPECT_EQ(make("d3", "finance"), error_code::none);
  EXPECT_EQ(names(), (texts{"finance", "network", "noc"}));
}

TEST_F(dashboard_index_test, gives_the_name_of_one_that_was_never_made_to_the_next) {
  name("d1", "noc");
  being_made = "d1";
  EXPECT_EQ(name("d2", "noc"), error_code::already_exists);
  being_made.clear();
  EXPECT_EQ(index.find("noc"), "") << "nobody sees what was not made";
  EXPECT_EQ(make("d2", "noc"), error_code::none);
  EXPECT_EQ(describe("d1", "noc", 1), error_code::conflict) << "its maker comes too late";
  EXPECT_EQ(index.find("noc"), "d2");
}

TEST_F(dashboard_index_test, keeps_what_was_told_last) {
  make("d1", "noc");
  EXPECT_EQ(describe("d1", "noc", 5), error_code::none);
  EXPECT_EQ(describe("d1", "noc", 4), error_code::none);
  EXPECT_EQ(index.list({}).dashboards.at(0).revision, 5u);
}

TEST_F(dashboard_index_test, finds_a_removed_one_by_its_id_and_frees_its_name) {
  make("d1", "noc");
  EXPECT_EQ(describe("d1", "noc", 2, true), error_code::none);
  EXPECT_EQ(index.count(), 0u);
  EXPECT_EQ(index.find("noc"), "");
  EXPECT_EQ(index.find("d1"), "d1");
  EXPECT_EQ(names(), texts{});
  EXPECT_EQ(names({.removed = true}), texts{"noc"});
  EXPECT_EQ(make("d2", "noc"), error_code::none);
  EXPECT_EQ(name("d1", "noc"), error_code::already_exists) << "it cannot come back under it";
  EXPECT_EQ(describe("d2", "noc", 2, true), error_code::none);
  EXPECT_EQ(names({.removed = true}), (texts{"noc", "noc"}));
  EXPECT_EQ(name("d1", "noc"), error_code::none);
  EXPECT_EQ(describe("d1", "noc", 3), error_code::none);
  EXPECT_EQ(index.count(), 1u);
}

TEST_F(dashboard_index_test, lists_by_name_in_pages_and_by_what_is_asked) {
  for (const auto* each : {"c", "a", "bb", "b"})
    make(std::string{"d-"} + each, each);
  describe("d-b", "b", 2);
  EXPECT_EQ(names(), (texts{"a", "b", "bb", "c"}));
  EXPECT_EQ(names({.limit = 2}), (texts{"a", "b"}));
  EXPECT_EQ(names({.limit = 2, .offset = 1}), (texts{"b", "bb"}));
  EXPECT_EQ(names({.limit = 2, .after = "b"}), (texts{"bb", "c"}));
  EXPECT_TRUE(index.list({.limit = 3}).has_more);
  EXPECT_FALSE(index.list({.limit = 4}).has_more);
  EXPECT_EQ(index.list({.limit = 1}).total, 4u);
  EXPECT_EQ(names({.category = "b"}), (texts{"b", "bb"}));
  EXPECT_EQ(names({.favorite = true}), texts{"b"});
  EXPECT_EQ(names({.search = "the BB dash"}), texts{"bb"});
}

TEST_F(dashboard_index_test, has_limits_that_are_reached) {
  for (std::size_t i = 0; i < dashboards_per_tenant_max; ++i)
    ASSERT_EQ(make("d" + std::to_string(i), "n" + std::to_string(i)), error_code::none);
  EXPECT_EQ(make("more", "more"), error_code::validation_failed);
  EXPECT_EQ(name("d0", "other"), error_code::none) << "one that is there may have another name";
  describe("d0", "other", 2, true);
  EXPECT_EQ(make("more", "more"), error_code::none);
  EXPECT_EQ(name("d0", "other"), error_code::validation_failed) << "it cannot come back";
  describe("more", "more", 2, true);
  for (std::size_t i = 0; i < removed_dashboards_per_tenant_max; ++i) {
    const auto id = "gone" + std::to_string(i);
    ASSERT_EQ(make(id, "gone"), error_code::none);
    describe(id, "gone", 2, true);
  }
  EXPECT_EQ(index.find("d0"), "") << "forgotten first";
  EXPECT_EQ(index.find("more"), "");
  EXPECT_EQ(index.find("gone0"), "gone0");
  EXPECT_EQ(index.list({.removed = true}).total, removed_dashboards_per_tenant_max);
}

} // namespace
} // namespace dotmac
