#include "persistence/sqlite/sqlite_store.hpp"

#include "persistence/sqlite/sqlite_audit_log.hpp"
#include "persistence/sqlite/sqlite_dead_letters.hpp"
#include "persistence/sqlite/sqlite_journal.hpp"
#include "persistence/sqlite/sqlite_leases.hpp"
#include "persistence/sqlite/sqlite_snapshots.hpp"

#include <algorithm>

namespace dotmac {
namespace {

class sqlite_store final : public store {
public:
  explicit sqlite_store(sqlite_settings settings) : checkpointer_{settings.checkpointer}, connection_{std::move(settings)} {}

  journal& entries() override { return journal_; }
  snapshot_store& snapshots() override { return snapshots_; }
  lease_table& leases() override { return leases_; }
  dead_letter_table& dead_letters() override { return dead_letters_; }
  audit_log& audit() override { return audit_; }
  cluster_table* cluster() override { return nullptr; }

  result<std::vector<std::string>> list_tenants() override;
  result<void> ping() override;
  /// It can be read.
  result<void> look();

private:
  std::shared_ptr<sqlite_checkpointer> checkpointer_;
  sqlite_connection connection_;
  sqlite_journal journal_{connection_};
  sqlite_snapshots snapshots_{connection_};
  sqlite_leases leases_{connection_};
  sqlite_dead_letters dead_letters_{connection_};
  sqlite_audit_log audit_{connection_};
};

result<std::vector<std::string>> sqlite_store::list_tenants() {
  return connection_.use([](sqlite_session& session) -> result<std::vector<std::string>> {
    auto next_key = session.prepare(
        "SELECT min(entity) FROM (SELECT min(entity) AS entity FROM journal WHERE entity >= ?1 "
        "UNION ALL SELECT min(entity) FROM snapshots WHERE entity >= ?1)");
    if (!next_key)
      return next_key.error();
    // From tenant to tenant by the index: '0' follows '/', so "tenant0" is behind all of its entities.
    std::vector<std::string> tenants;
    for (std::string from;;) {
      if (auto stepped = next_key->bind_text(1, from).step(); !stepped)
        return stepped.error();
      const std::string key{next_key->view(0)};
      next_key->reset();
      if (key.empty())
        break;
      tenants.push_back(key.substr(0, key.find('/')));
      from = tenants.back() + '0';
    }
    std::sort(tenants.begin(), tenants.end());
    return tenants;
  });
}

result<void> sqlite_store::ping() {
  if (const auto copied = checkpointer_->outcome(); !copied) {
    checkpointer_->wake(); // the next look finds whether it still fails
    return copied;
  }
  return look();
}

result<void> sqlite_store::look() {
  return connection_.use([](sqlite_session& session) -> result<void> {
    auto look = session.prepare("SELECT epoch FROM shards WHERE id = 0");
    if (!look)
      return look.error();
    if (auto stepped = look->step(); !stepped)
      return stepped.error();
    return {};
  });
}

class sqlite_store_factory final : public store_factory {
public:
  explicit sqlite_store_factory(sqlite_settings settings) : settings_{std::move(settings)} {
    settings_.checkpointer = std::make_shared<sqlite_checkpointer>(settings_.path, settings_.busy_timeout, settings_.turns);
  }
  result<std::unique_ptr<store>> open() override {
    auto opened = std::make_unique<sqlite_store>(settings_);
    if (auto answered = opened->look(); !answered)
      return answered.error();
    return std::unique_ptr<store>{std::move(opened)};
  }
  std::string_view vendor() const noexcept override { return "sqlite"; }

private:
  sqlite_settings settings_;
};

} // namespace

std::unique_ptr<store_factory> make_sqlite_store_factory(const std::string& path,
                                                         std::chrono::milliseconds busy_timeout) {
  return std::make_unique<sqlite_store_factory>(sqlite_settings{path, busy_timeout});
}

} // namespace dotmac
