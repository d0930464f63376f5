// The schema of a later release: that of this one, and a step that only adds to it.

#include "persistence/migrations/migration_step.hpp"

#define postgres_migrations postgres_migrations_of_this_release
#include "persistence/migrations/postgres_migrations.cpp"
#undef postgres_migrations

namespace dotmac {

std::span<const migration_step> postgres_migrations() noexcept {
  static const std::vector<migration_step> steps = [] {
    const auto before = postgres_migrations_of_this_release();
    std::vector<migration_step> all{before.begin(), before.end()};
    const auto last = all.back().number;
    all.push_back({last + 1, "of the next release", "ALTER TABLE nodes ADD COLUMN of_the_next_release text NOT NULL DEFAULT 'new';", "ALTER TABLE nodes DROP COLUMN of_the_next_release;", last});
    return all;
  }();
  return steps;
}

} // namespace dotmac
