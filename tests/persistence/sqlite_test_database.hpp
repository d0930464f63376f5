#pragma once

#include "tests/persistence/store_contract.hpp"

#include <filesystem>

namespace dotmac {

/// A SQLite file in a folder of its own, removed at the end.
class sqlite_test_database final : public test_database {
public:
  sqlite_test_database();
  ~sqlite_test_database() override;
  std::unique_ptr<store_factory> make_factory() override;
  void damage_journal_row(const entity_id& entity, journal_sequence sequence) override;
  void damage_snapshot(const entity_id& entity, journal_sequence sequence) override;
  void damage_segment(const entity_id& entity, segment_number number) override;
  void damage_part(const entity_id& entity, segment_number number, std::uint32_t part) override;
  void pass_time(std::chrono::milliseconds by) override;

  std::string url() const { return "sqlite://" + path(); }
  std::string path() const { return (folder_ / "store.db").string(); }
  /// Runs SQL on a connection of its own; the first column of the first row, or "".
  std::string query(const std::string& sql);

private:
  void damage(const std::string& table, const entity_id& entity, const std::string& key,
              std::uint64_t number);

  std::filesystem::path folder_;
};

} // namespace dotmac
