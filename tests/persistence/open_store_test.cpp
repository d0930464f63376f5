#include "persistence/open_store.hpp"

#include <gtest/gtest.h>

namespace dotmac {
namespace {

TEST(open_store, knows_its_vendors_by_the_url) {
  EXPECT_EQ((*make_store_factory({.url = "sqlite:///tmp/x.db"}))->vendor(), "sqlite");
  EXPECT_EQ((*make_store_factory({.url = "sqlite:///./x.db"}))->vendor(), "sqlite");
  EXPECT_EQ((*make_store_factory({.url = "memory:"}))->vendor(), "memory");
  EXPECT_EQ((*make_store_factory({.url = "postgresql://host/db"}))->vendor(), "postgresql");
  EXPECT_EQ((*make_store_factory({.url = "postgres://host/db"}))->vendor(), "postgresql");
}

TEST(open_store, refuses_every_other_url_and_names_the_setting) {
  for (const std::string url :
       {"", "mysql://host/db", "sqlite://relative.db", "sqlite:///", "sqlite:///folder/", "postgre"}) {
    const auto refused = make_store_factory({.url = url});
    ASSERT_FALSE(refused.has_value()) << url;
    EXPECT_EQ(refused.error().code, error_code::validation_failed);
    EXPECT_EQ(refused.error().field, "DATABASE_URL");
    EXPECT_FALSE(make_migrator({.url = url}).has_value());
  }
}

TEST(open_store, shares_a_memory_database_among_those_who_name_it_alike) {
  const auto first = *(*make_store_factory({.url = "memory:shared"}))->open();
  const auto second = *(*make_store_factory({.url = "memory:shared"}))->open();
  const auto other = *(*make_store_factory({.url = "memory:other"}))->open();
  const shard_id shards[] = {shard_id{1}};
  EXPECT_EQ(first->leases().claim_shards("n1", shards, std::chrono::minutes{1})->size(), 1u);
  EXPECT_EQ(second->leases().claim_shards("n2", shards, std::chrono::minutes{1})->size(), 0u);
  EXPECT_EQ(other->leases().claim_shards("n2", shards, std::chrono::minutes{1})->size(), 1u);
}

TEST(open_store, has_nothing_to_migrate_in_memory) {
  const auto migrations = *make_migrator({.url = "memory:"});
  EXPECT_TRUE(migrations->check().has_value());
  EXPECT_TRUE(migrations->up()->empty());
}

} // namespace
} // namespace dotmac
