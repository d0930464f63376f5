#pragma once

#include "tests/persistence/store_contract.hpp"
#include "tests/support/postgres_fixture.hpp"

namespace dotmac {

/// The one PostgreSQL server of this test program, started by the first test that needs it.
postgres_fixture& shared_postgres();

/// A database of its own in the shared server, with the schema.
class postgres_test_database final : public test_database {
public:
  postgres_test_database();
  std::unique_ptr<store_factory> make_factory() override;
  void damage_journal_row(const entity_id& entity, journal_sequence sequence) override;
  void damage_snapshot(const entity_id& entity, journal_sequence sequence) override;
  void damage_segment(const entity_id& entity, segment_number number) override;
  void damage_part(const entity_id& entity, segment_number number, std::uint32_t part) override;
  void pass_time(std::chrono::milliseconds by) override;

  const std::string& url() const { return url_; }
  std::string query(const std::string& sql) { return run_sql(url_, sql); }

private:
  void damage(const std::string& table, const entity_id& entity, const std::string& key,
              std::uint64_t number);

  std::string url_;
};

} // namespace dotmac
