#include "tests/persistence/postgres_test_database.hpp"

#include <stdexcept>

namespace dotmac {
namespace {

/// Ends the server at the end of the program, before statics go.
class server_environment final : public testing::Environment {
public:
  void TearDown() override { server.reset(); }
  std::unique_ptr<postgres_fixture> server;
};

server_environment& environment() {
  static auto* held =
      static_cast<server_environment*>(testing::AddGlobalTestEnvironment(new server_environment));
  return *held;
}

[[maybe_unused]] const auto& registered = environment(); // before the tests run: later ones are not torn down

} // namespace

postgres_fixture& shared_postgres() {
  auto& held = environment();
  if (!held.server)
    held.server = postgres_fixture::start();
  return *held.server;
}

postgres_test_database::postgres_test_database() : url_{shared_postgres().create_database()} {
  const auto migrated = (*make_migrator({.url = url_}))->up();
  if (!migrated)
    throw std::runtime_error{migrated.error().message};
}

std::unique_ptr<store_factory> postgres_test_database::make_factory() {
  return *make_store_factory({.url = url_});
}

void postgres_test_database::damage(const std::string& table, const entity_id& entity, const std::string& key,
                                    std::uint64_t number) {
  const auto where =
      " WHERE entity = '" + to_string(entity) + "' AND " + key + " = " + std::to_string(number);
  ASSERT_EQ(query("SELECT count(*) FROM " + table + where), "1");
  query("UPDATE " + table +
        " SET payload = set_byte(payload, length(payload) - 1, get_byte(payload, length(payload) - 1) # 1)" +
        where);
}

void postgres_test_database::damage_journal_row(const entity_id& entity, journal_sequence sequence) {
  damage("journal", entity, "seq", to_number(sequence));
}
void postgres_test_database::damage_snapshot(const entity_id& entity, journal_sequence sequence) {
  damage("snapshots", entity, "seq", to_number(sequence));
}
void postgres_test_database::damage_segment(const entity_id& entity, segment_number number) {
  damage("segments", entity, "number", number);
}

void postgres_test_database::damage_part(const entity_id& entity, segment_number, std::uint32_t part) {
  damage("segment_parts", entity, "part", part);
}

void postgres_test_database::pass_time(std::chrono::milliseconds by) {
  const auto span = "interval '" + std::to_string(by.count()) + " milliseconds'";
  query("UPDATE shards SET lease_until = lease_until - " + span);
  query("UPDATE coordination SET lease_until = lease_until - " + span);
  query("UPDATE nodes SET beat_at = beat_at - " + span);
}

} // namespace dotmac
