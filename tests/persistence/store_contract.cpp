#include "tests/persistence/store_contract.hpp"

#include "persistence/memory/memory_store.hpp"
#include "tests/persistence/postgres_test_database.hpp"
#include "tests/persistence/sqlite_test_database.hpp"

#include <stdexcept>

namespace dotmac {
namespace {

class memory_test_database final : public test_database {
public:
  std::unique_ptr<store_factory> make_factory() override { return make_memory_store_factory(database_); }
  void damage_journal_row(const entity_id& entity, journal_sequence sequence) override {
    ASSERT_TRUE(database_->damage_journal_row(entity, sequence));
  }
  void damage_snapshot(const entity_id& entity, journal_sequence sequence) override {
    ASSERT_TRUE(database_->damage_snapshot(entity, sequence));
  }
  void damage_segment(const entity_id& entity, segment_number number) override {
    ASSERT_TRUE(database_->damage_segment(entity, number));
  }
  void damage_part(const entity_id& entity, segment_number number, std::uint32_t part) override {
    ASSERT_TRUE(database_->damage_part(entity, number, part));
  }
  void pass_time(std::chrono::milliseconds by) override { database_->advance_clock(by); }

private:
  std::shared_ptr<memory_database> database_ = std::make_shared<memory_database>();
};

} // namespace

std::vector<std::string> tested_vendors() {
  return {"memory", "sqlite", "postgresql"};
}

std::unique_ptr<test_database> make_test_database(const std::string& vendor) {
  if (vendor == "memory")
    return std::make_unique<memory_test_database>();
  if (vendor == "sqlite")
    return std::make_unique<sqlite_test_database>();
  if (vendor == "postgresql")
    return std::make_unique<postgres_test_database>();
  throw std::invalid_argument{"no test database for " + vendor};
}

void store_contract::SetUp() {
  RecordProperty("seed", std::to_string(seed_));
  database_ = make_test_database(GetParam());
  factory_ = database_->make_factory();
  ASSERT_EQ(factory_->vendor(), GetParam());
  store_ = open();
  acme_ = claim("acme");
}

std::unique_ptr<store> store_contract::open() {
  auto opened = factory_->open();
  if (!opened)
    throw std::runtime_error{opened.error().message};
  return *std::move(opened);
}

shard_claim store_contract::claim(const std::string& tenant, const std::string& owner) {
  const shard_id shards[] = {shard_of_tenant(tenant)};
  const auto claims = store_->leases().claim_shards(owner, shards, std::chrono::minutes{1});
  if (!claims)
    throw std::runtime_error{claims.error().message};
  return claims->at(0);
}

std::vector<std::pair<std::uint64_t, bytes>> store_contract::read(const entity_id& entity,
                                                                  std::uint64_t after) {
  std::vector<std::pair<std::uint64_t, bytes>> rows;
  const auto done =
      store_->entries().read_entries(entity, journal_sequence{after}, [&](auto sequence, auto payload) {
        rows.emplace_back(to_number(sequence), payload);
        return result<void>{};
      });
  EXPECT_TRUE(done.has_value()) << done.error().message;
  return rows;
}

void store_contract::append(std::uint64_t first, std::uint64_t last) {
  for (auto sequence = first; sequence <= last; ++sequence) {
    const journal_row rows[] = {row(sequence, "row " + std::to_string(sequence))};
    const auto appended = store_->entries().append_entries(rows, {&acme_, 1});
    ASSERT_OK(appended);
  }
}

bytes store_contract::random_bytes(std::size_t size) {
  bytes payload(size, '\0');
  for (auto& byte : payload)
    byte = static_cast<char>(random_());
  return payload;
}

} // namespace dotmac
