#include "tests/persistence/store_contract.hpp"

namespace dotmac {
namespace {

class dead_letter_contract : public store_contract {
protected:
  dead_letter letter(const std::string& tenant, const std::string& reason) {
    return {
        0, {tenant, entity_kind::metric, "m_1"}, 1'700'000'000'123, "record_value", reason, bytes("a\0b", 3)};
  }
  std::vector<std::string> reasons(const std::string& tenant, std::size_t limit = 100) {
    std::vector<std::string> found;
    const auto letters = store_->dead_letters().list_dead_letters(tenant, limit);
    for (const auto& held : *letters)
      found.push_back(held.reason);
    return found;
  }
};
DOTMAC_CONTRACT(dead_letter_contract);

using texts = std::vector<std::string>;

TEST_P(dead_letter_contract, reads_a_letter_back) {
  ASSERT_OK(store_->dead_letters().add_dead_letter(letter("acme", "another")));
  ASSERT_OK(store_->dead_letters().add_dead_letter(letter("acme", "divided by zero")));
  const auto listed = store_->dead_letters().list_dead_letters("acme", 1);
  ASSERT_OK(listed);
  ASSERT_EQ(listed->size(), 1u);
  const auto id = (*listed)[0].id;
  EXPECT_GT(id, 0u);
  EXPECT_EQ((*listed)[0].entity, metric_);
  EXPECT_EQ((*listed)[0].recorded_at_ms, 1'700'000'000'123);
  EXPECT_EQ((*listed)[0].message_type, "record_value");
  EXPECT_EQ((*listed)[0].reason, "divided by zero");
  EXPECT_GE((*listed)[0].stored_bytes, 3u);
  const auto whole = store_->dead_letters().read_dead_letter(id);
  ASSERT_OK(whole);
  EXPECT_EQ(whole->id, id);
  EXPECT_EQ(whole->entity, metric_);
  EXPECT_EQ(whole->recorded_at_ms, 1'700'000'000'123);
  EXPECT_EQ(whole->message_type, "record_value");
  EXPECT_EQ(whole->reason, "divided by zero");
  EXPECT_EQ(whole->payload, bytes("a\0b", 3));
  const auto found = store_->dead_letters().find_dead_letter(id);
  ASSERT_OK(found);
  EXPECT_EQ(found->id, id);
  EXPECT_EQ(found->entity, metric_);
  EXPECT_EQ(found->message_type, "record_value");
  EXPECT_EQ(found->stored_bytes, (*listed)[0].stored_bytes);
  EXPECT_EQ(code_of(store_->dead_letters().read_dead_letter(id + 1)), error_code::not_found);
  EXPECT_EQ(code_of(store_->dead_letters().find_dead_letter(id + 1)), error_code::not_found);
}

TEST_P(dead_letter_contract, reads_the_newest_first_of_one_tenant_or_of_all) {
  for (const std::string tenant : {"acme", "acme-2", "acme"})
    for (const std::string reason : {" one", " two"})
      ASSERT_OK(store_->dead_letters().add_dead_letter(letter(tenant, tenant + reason)));
  EXPECT_EQ(reasons("acme"), (texts{"acme two", "acme one", "acme two", "acme one"}));
  EXPECT_EQ(reasons("acme", 1), (texts{"acme two"}));
  EXPECT_EQ(reasons("acme-2"), (texts{"acme-2 two", "acme-2 one"}));
  EXPECT_EQ(reasons("").size(), 6u);
  EXPECT_TRUE(reasons("acm").empty());
}

TEST_P(dead_letter_contract, removes_a_letter_once) {
  ASSERT_OK(store_->dead_letters().add_dead_letter(letter("acme", "one")));
  ASSERT_OK(store_->dead_letters().add_dead_letter(letter("acme", "two")));
  const auto id = store_->dead_letters().list_dead_letters("acme", 1)->at(0).id;
  ASSERT_OK(store_->dead_letters().remove_dead_letter(id));
  EXPECT_EQ(reasons("acme"), (texts{"one"}));
  EXPECT_EQ(code_of(store_->dead_letters().remove_dead_letter(id)), error_code::not_found);
  EXPECT_EQ(code_of(store_->dead_letters().read_dead_letter(id)), error_code::not_found);
}

TEST_P(dead_letter_contract, keeps_any_reason_as_printable_text_of_bounded_length) {
  ASSERT_OK(store_->dead_letters().add_dead_letter(letter("acme", std::string("bad \xff\0 byte", 11))));
  EXPECT_EQ(reasons("acme"), (texts{"bad ?? byte"}));
  ASSERT_OK(store_->dead_letters().add_dead_letter(
      letter("acme", std::string(dead_letter_text_bytes_max + 1, 'r'))));
  EXPECT_EQ(reasons("acme").at(0).size(), dead_letter_text_bytes_max);
}

TEST_P(dead_letter_contract, drops_the_oldest_of_a_tenant_beyond_the_limit) {
  ASSERT_OK(store_->dead_letters().add_dead_letter(letter("globex", "of another tenant")));
  for (std::size_t i = 0; i <= dead_letters_per_tenant_max; ++i)
    ASSERT_OK(store_->dead_letters().add_dead_letter(letter("acme", std::to_string(i))));
  const auto found = reasons("acme", dead_letters_per_tenant_max + 10);
  ASSERT_EQ(found.size(), dead_letters_per_tenant_max);
  EXPECT_EQ(found.front(), std::to_string(dead_letters_per_tenant_max));
  EXPECT_EQ(found.back(), "1");
  EXPECT_EQ(reasons("globex").size(), 1u);
}

TEST_P(dead_letter_contract, refuses_a_payload_over_the_limit) {
  auto large = letter("acme", "large");
  large.payload.assign(payload_bytes_max + 1, 'x');
  EXPECT_EQ(code_of(store_->dead_letters().add_dead_letter(large)), error_code::payload_too_large);
}

} // namespace
} // namespace dotmac
