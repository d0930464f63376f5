#include "persistence/memory/memory_session.hpp"

namespace dotmac {

result<std::vector<std::string>> memory_store::list_tenants() {
  return locked([](memory_database& database) -> result<std::vector<std::string>> {
    std::set<std::string> tenants;
    for (const auto& [entity, data] : database.entities_)
      if (!data.rows.empty() || !data.snapshots.empty())
        tenants.insert(entity.tenant);
    return std::vector<std::string>(tenants.begin(), tenants.end());
  });
}

result<void> memory_store::ping() {
  return locked([](memory_database&) { return result<void>{}; });
}

namespace {

class memory_store_factory final : public store_factory {
public:
  explicit memory_store_factory(std::shared_ptr<memory_database> database) : database_{std::move(database)} {}
  result<std::unique_ptr<store>> open() override {
    auto opened = std::make_unique<memory_store>(database_);
    if (auto up = opened->ping(); !up)
      return up.error();
    return std::unique_ptr<store>{std::move(opened)};
  }
  std::string_view vendor() const noexcept override { return "memory"; }

private:
  std::shared_ptr<memory_database> database_;
};

} // namespace

std::unique_ptr<store_factory> make_memory_store_factory(std::shared_ptr<memory_database> database) {
  return std::make_unique<memory_store_factory>(std::move(database));
}

} // namespace dotmac
