#include "core/supervision/poison_ledger.hpp"

#include <gtest/gtest.h>

namespace dotmac {
namespace {

TEST(poison_ledger, refuses_what_was_put_aside_for_that_entity_alone) {
  poison_ledger subject;
  EXPECT_FALSE(subject.is_suspicious("a"));
  subject.note_failure("a");
  EXPECT_TRUE(subject.is_suspicious("a"));
  EXPECT_FALSE(subject.is_poison("a", 1));
  EXPECT_TRUE(subject.put_aside("a", 1));
  EXPECT_TRUE(subject.is_poison("a", 1));
  EXPECT_FALSE(subject.is_poison("b", 1));
  EXPECT_FALSE(subject.is_poison("a", 2));
}

TEST(poison_ledger, lets_what_was_allowed_again_through_until_it_does_harm_again) {
  poison_ledger subject;
  subject.note_failure("a");
  subject.put_aside("a", 1);
  subject.allow_again("a", 1);
  EXPECT_FALSE(subject.is_poison("a", 1));
  EXPECT_FALSE(subject.put_aside("a", 1)) << "it is a letter already";
  EXPECT_TRUE(subject.is_poison("a", 1));
  subject.allow_again("a", 1);
  subject.forget("a", 1);
  EXPECT_FALSE(subject.is_poison("a", 1));
  EXPECT_TRUE(subject.put_aside("a", 1)) << "a new one";
}

TEST(poison_ledger, knows_a_letter_of_an_earlier_process_once_it_was_allowed_again) {
  poison_ledger subject;
  subject.allow_again("a", 1);
  EXPECT_TRUE(subject.is_suspicious("a")) << "so that its next failure is put aside at once";
  EXPECT_FALSE(subject.is_poison("a", 1));
  EXPECT_FALSE(subject.put_aside("a", 1));
}

TEST(poison_ledger, forgets_the_oldest_past_its_limit) {
  poison_ledger subject;
  for (std::uint64_t i = 0; i <= poison_entries_max; ++i) {
    subject.note_failure(std::to_string(i));
    subject.put_aside("a", i);
  }
  EXPECT_FALSE(subject.is_suspicious("0"));
  EXPECT_TRUE(subject.is_suspicious("1"));
  EXPECT_FALSE(subject.is_poison("a", 0));
  EXPECT_TRUE(subject.is_poison("a", 1));
}

} // namespace
} // namespace dotmac
