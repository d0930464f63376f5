#include "persistence/postgres/postgres_store.hpp"

#include "persistence/postgres/postgres_audit_log.hpp"
#include "persistence/postgres/postgres_cluster.hpp"
#include "persistence/postgres/postgres_dead_letters.hpp"
#include "persistence/postgres/postgres_journal.hpp"
#include "persistence/postgres/postgres_leases.hpp"
#include "persistence/postgres/postgres_snapshots.hpp"

#include <algorithm>

namespace dotmac {
namespace {

// From tenant to tenant by the index: '0' follows '/', so "tenant0" is behind all of its entities.
constexpr postgres_statement list_all_tenants{
    "list_tenants",
    "WITH RECURSIVE keys(entity) AS ("
    "SELECT least((SELECT min(entity) FROM journal), (SELECT min(entity) FROM snapshots)) UNION ALL "
    "SELECT least((SELECT min(entity) FROM journal WHERE entity >= split_part(k.entity, '/', 1) || '0'), "
    "(SELECT min(entity) FROM snapshots WHERE entity >= split_part(k.entity, '/', 1) || '0')) "
    "FROM keys k WHERE k.entity IS NOT NULL) "
    "SELECT split_part(entity, '/', 1) FROM keys WHERE entity IS NOT NULL",
    false};

constexpr postgres_statement answer{"ping", "SELECT epoch FROM shards WHERE id = 0", false};

class postgres_store final : public store {
public:
  explicit postgres_store(postgres_settings settings) : connection_{std::move(settings)} {}

  journal& entries() override { return journal_; }
  snapshot_store& snapshots() override { return snapshots_; }
  lease_table& leases() override { return leases_; }
  dead_letter_table& dead_letters() override { return dead_letters_; }
  audit_log& audit() override { return audit_; }
  cluster_table* cluster() override { return &cluster_; }

  result<std::vector<std::string>> list_tenants() override {
    return connection_.use([](postgres_session& session) -> result<std::vector<std::string>> {
      auto rows = session.execute(list_all_tenants);
      if (!rows)
        return rows.error();
      std::vector<std::string> tenants;
      for (int i = 0; i < rows->size(); ++i)
        tenants.emplace_back(rows->view(i, 0));
      std::sort(tenants.begin(), tenants.end());
      return tenants;
    });
  }

  result<void> ping() override {
    return connection_.use([](postgres_session& session) -> result<void> {
      auto answered = session.execute(answer);
      if (!answered)
        return answered.error();
      return {};
    });
  }

private:
  postgres_connection connection_;
  postgres_journal journal_{connection_};
  postgres_snapshots snapshots_{connection_};
  postgres_leases leases_{connection_};
  postgres_dead_letters dead_letters_{connection_};
  postgres_audit_log audit_{connection_};
  postgres_cluster cluster_{connection_};
};

class postgres_store_factory final : public store_factory {
public:
  explicit postgres_store_factory(postgres_settings settings) : settings_{std::move(settings)} {}
  result<std::unique_ptr<store>> open() override {
    auto opened = std::make_unique<postgres_store>(settings_);
    if (auto answered = opened->ping(); !answered)
      return answered.error();
    return std::unique_ptr<store>{std::move(opened)};
  }
  std::string_view vendor() const noexcept override { return "postgresql"; }

private:
  postgres_settings settings_;
};

} // namespace

std::unique_ptr<store_factory> make_postgres_store_factory(const std::string& url,
                                                           std::chrono::milliseconds connect_timeout,
                                                           std::chrono::milliseconds statement_timeout) {
  return std::make_unique<postgres_store_factory>(postgres_settings{url, connect_timeout, statement_timeout});
}

} // namespace dotmac
