#include "persistence/migrations/migration_step.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <cstdio>

namespace dotmac {

std::string checksum_of(const migration_step& step) {
  // The separator keeps a text that moved from `up` to `down` from looking the same.
  const auto text = std::string{step.name} + '\0' + std::string{step.up} + '\0' + std::string{step.down};
  char digits[17];
  std::snprintf(digits, sizeof digits, "%016llx",
                static_cast<unsigned long long>(XXH3_64bits(text.data(), text.size())));
  return digits;
}

result<void> check_history(std::span<const migration_step> known,
                           std::span<const applied_migration> applied) {
  const auto refuse = [](std::uint32_t number, const std::string& why) {
    return failure{error_code::unknown_schema_version, "migration " + std::to_string(number) + ' ' + why,
                   "schema_migrations"};
  };
  for (std::size_t i = 0; i < applied.size(); ++i) {
    if (i >= known.size()) {
      const auto needed = applied[i].works_from == 0 ? applied[i].number : applied[i].works_from;
      if (needed > known.size())
        return refuse(applied[i].number, "(" + applied[i].name + ") of the store is not known to this program, which cannot work with it");
      continue;
    }
    if (applied[i].number != known[i].number)
      return refuse(known[i].number, "is missing in the store, where a later one is applied");
    if (applied[i].checksum != checksum_of(known[i]))
      return refuse(known[i].number, "was applied to the store with another text than this program has");
  }
  return {};
}

result<void> check_schema(std::span<const migration_step> known, std::span<const applied_migration> applied) {
  if (auto valid = check_history(known, applied); !valid)
    return valid;
  if (applied.size() < known.size())
    return failure{error_code::unknown_schema_version,
                   "the store lacks migration " + std::to_string(known[applied.size()].number) + " (" +
                       std::string{known[applied.size()].name} + "): run `migrate up`",
                   "schema_migrations"};
  return {};
}

result<void> check_way_down(std::span<const migration_step> known, std::span<const applied_migration> applied) {
  if (applied.size() > known.size())
    return failure{error_code::unknown_schema_version,
                   "migration " + std::to_string(applied.back().number) + " (" + applied.back().name + ") was applied by a later release, which alone can take it back", "schema_migrations"};
  return {};
}

bool must_be_unused(std::span<const migration_step> known, std::span<const applied_migration> applied) noexcept {
  const auto missing = steps_up(known, applied);
  return !applied.empty() && std::any_of(missing.begin(), missing.end(), [&](const migration_step& step) { return works_from(step) > applied.size(); });
}

std::vector<migration_state> states_of(std::span<const migration_step> known,
                                       std::span<const applied_migration> applied) {
  std::vector<migration_state> states;
  for (const auto& row : applied)
    states.push_back({row.number, row.name, true, row.applied_at});
  for (const auto& step : known)
    if (std::none_of(applied.begin(), applied.end(),
                     [&](const auto& row) { return row.number == step.number; }))
      states.push_back({step.number, std::string{step.name}, false, ""});
  std::sort(states.begin(), states.end(), [](const auto& a, const auto& b) { return a.number < b.number; });
  return states;
}

std::span<const migration_step> steps_up(std::span<const migration_step> known,
                                         std::span<const applied_migration> applied) noexcept {
  return known.subspan(std::min(applied.size(), known.size()));
}

std::vector<migration_step> steps_down(std::span<const migration_step> known,
                                       std::span<const applied_migration> applied, std::uint32_t steps) {
  const auto count = std::min<std::size_t>(steps, applied.size());
  const auto newest = known.subspan(applied.size() - count, count);
  return {newest.rbegin(), newest.rend()};
}

} // namespace dotmac
