#include "persistence/migrations/migration_step.hpp"

#include <gtest/gtest.h>

#include <array>

namespace dotmac {
namespace {

constexpr std::array known{migration_step{1, "one", "CREATE a", "DROP a"},
                           migration_step{2, "two", "CREATE b", "DROP b"},
                           migration_step{3, "three", "CREATE c", "DROP c"}};

std::vector<applied_migration> history(std::size_t count) {
  std::vector<applied_migration> applied;
  for (std::size_t i = 0; i < count; ++i)
    applied.push_back(
        {known[i].number, std::string{known[i].name}, checksum_of(known[i]), "2026-01-01T00:00:00.000Z", works_from(known[i])});
  return applied;
}

error_code code(const result<void>& answer) {
  return answer ? error_code::none : answer.error().code;
}

TEST(migration_step, accepts_every_beginning_of_what_it_knows) {
  for (std::size_t count = 0; count <= known.size(); ++count)
    EXPECT_EQ(code(check_history(known, history(count))), error_code::none);
}

TEST(migration_step, is_complete_only_with_every_step) {
  EXPECT_EQ(code(check_schema(known, history(2))), error_code::unknown_schema_version);
  EXPECT_EQ(code(check_schema(known, history(3))), error_code::none);
}

TEST(migration_step, refuses_a_step_it_does_not_know) {
  auto applied = history(3);
  applied.push_back({4, "from the future", "0", ""});
  const auto refused = check_history(known, applied);
  EXPECT_EQ(code(refused), error_code::unknown_schema_version);
  EXPECT_NE(refused.error().message.find("migration 4 (from the future)"), std::string::npos);
}

TEST(migration_step, works_with_later_steps_that_say_so) {
  auto applied = history(3);
  applied.push_back({4, "it adds", "0", "", 3});
  applied.push_back({5, "it adds too", "0", "", 2});
  EXPECT_EQ(code(check_history(known, applied)), error_code::none);
  EXPECT_EQ(code(check_schema(known, applied)), error_code::none);
  EXPECT_TRUE(steps_up(known, applied).empty());
  EXPECT_EQ(code(check_way_down(known, applied)), error_code::unknown_schema_version);
  EXPECT_EQ(code(check_way_down(known, history(3))), error_code::none);
  applied.push_back({6, "it needs the ones before", "0", "", 5});
  EXPECT_EQ(code(check_history(known, applied)), error_code::unknown_schema_version);
}

TEST(migration_step, ends_the_work_of_programs_that_do_not_know_it_unless_it_says_otherwise) {
  constexpr std::array adding{known[0], known[1], migration_step{3, "three", "CREATE c", "DROP c", 2}, migration_step{4, "four", "CREATE d", "DROP d", 3}};
  EXPECT_FALSE(must_be_unused(adding, {})) << "there is nobody";
  EXPECT_TRUE(must_be_unused(adding, history(1)));
  EXPECT_TRUE(must_be_unused(adding, history(2))) << "the fourth needs the third";
  EXPECT_FALSE(must_be_unused(std::span{adding}.first(3), history(2)));
  EXPECT_FALSE(must_be_unused(adding, history(3)));
  EXPECT_EQ(works_from(known[1]), 2u);
  EXPECT_EQ(works_from(adding[2]), 2u);
}

TEST(migration_step, refuses_a_step_whose_text_has_changed) {
  auto applied = history(2);
  applied[0].checksum.back() ^= 1;
  EXPECT_EQ(code(check_history(known, applied)), error_code::unknown_schema_version);
}

TEST(migration_step, refuses_a_history_with_a_gap) {
  auto applied = history(3);
  applied.erase(applied.begin() + 1);
  EXPECT_EQ(code(check_history(known, applied)), error_code::unknown_schema_version);
}

TEST(migration_step, has_another_checksum_for_every_other_text) {
  const auto base = checksum_of(known[0]);
  EXPECT_NE(base, checksum_of({1, "one", "CREATE a ", "DROP a"}));
  EXPECT_NE(base, checksum_of({1, "one", "CREATE a", "DROP a "}));
  EXPECT_NE(base, checksum_of({1, "one", "CREATE aD", "ROP a"}));
  EXPECT_EQ(base.size(), 16u);
}

TEST(migration_step, goes_up_over_what_is_missing_and_down_from_the_newest) {
  const auto up = steps_up(known, history(1));
  ASSERT_EQ(up.size(), 2u);
  EXPECT_EQ(up[0].number, 2u);
  const auto down = steps_down(known, history(3), 2);
  ASSERT_EQ(down.size(), 2u);
  EXPECT_EQ(down[0].number, 3u);
  EXPECT_EQ(down[1].number, 2u);
  EXPECT_EQ(steps_down(known, history(1), 9).size(), 1u);
}

TEST(migration_step, of_every_vendor_rises_from_one_and_can_be_taken_back) {
  for (const auto steps : {sqlite_migrations(), postgres_migrations()})
    for (std::size_t i = 0; i < steps.size(); ++i) {
      EXPECT_EQ(steps[i].number, i + 1);
      EXPECT_LE(works_from(steps[i]), steps[i].number);
      EXPECT_FALSE(steps[i].name.empty());
      EXPECT_FALSE(steps[i].up.empty());
      EXPECT_FALSE(steps[i].down.empty());
    }
}

} // namespace
} // namespace dotmac
