#pragma once

/// What the contract tests stand on: a database of each vendor, made anew for every test.

#include "persistence/open_store.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>

namespace dotmac {

/// A database of one vendor with its schema, for one test.
class test_database {
public:
  virtual ~test_database() = default;
  virtual std::unique_ptr<store_factory> make_factory() = 0;

  /// Flip a bit of what is stored, behind the store's back.
  virtual void damage_journal_row(const entity_id& entity, journal_sequence sequence) = 0;
  virtual void damage_snapshot(const entity_id& entity, journal_sequence sequence) = 0;
  virtual void damage_segment(const entity_id& entity, segment_number number) = 0;
  /// Of an entity that has one segment with such a part.
  virtual void damage_part(const entity_id& entity, segment_number number, std::uint32_t part) = 0;
  /// Let `by` go by for the leases.
  virtual void pass_time(std::chrono::milliseconds by) = 0;
};

std::unique_ptr<test_database> make_test_database(const std::string& vendor);
std::vector<std::string> tested_vendors();

/// A test that runs on every vendor, with one session open and the shard of `acme` owned by "node-a".
class store_contract : public testing::TestWithParam<std::string> {
protected:
  void SetUp() override;

  std::unique_ptr<store> open();
  shard_claim claim(const std::string& tenant, const std::string& owner = "node-a");
  journal_row row(std::uint64_t sequence, bytes payload) const {
    return {metric_, journal_sequence{sequence}, payload};
  }
  /// All rows after `after`, as (sequence, payload).
  std::vector<std::pair<std::uint64_t, bytes>> read(const entity_id& entity, std::uint64_t after = 0);
  void append(std::uint64_t first, std::uint64_t last);
  bytes random_bytes(std::size_t size);

  std::unique_ptr<test_database> database_;
  std::unique_ptr<store_factory> factory_;
  std::unique_ptr<store> store_;
  shard_claim acme_;
  entity_id metric_{"acme", entity_kind::metric, "m_1"};
  std::uint64_t seed_ = std::random_device{}();
  std::mt19937_64 random_{seed_};
};

template <class T> error_code code_of(const result<T>& answer) {
  return answer ? error_code::none : answer.error().code;
}

#define DOTMAC_CONTRACT(suite)                                                                               \
  INSTANTIATE_TEST_SUITE_P(vendors, suite, testing::ValuesIn(tested_vendors()),                              \
                           [](const auto& vendor) { return vendor.param; })

template <class T> testing::AssertionResult succeeded(const result<T>& answer) {
  if (answer)
    return testing::AssertionSuccess();
  return testing::AssertionFailure() << describe(answer.error().code).name << ": " << text_for_log(answer.error());
}

#define ASSERT_OK(answer) ASSERT_TRUE(succeeded(answer))

} // namespace dotmac
