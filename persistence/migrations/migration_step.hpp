#pragma once

/// The numbered steps of a schema as text, and the decision what of it is to do. Pure: no vendor in here.

#include "persistence/ports/migrations.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dotmac {

/// A step's text never changes once it was released: its checksum is in every store. Statements are separated
/// by ';'.
struct migration_step {
  std::uint32_t number = 0;
  std::string_view name;
  std::string_view up;
  std::string_view down;
  /// Programs that know the steps up to this one go on working with the store, and start with it, once this step is applied: it only adds what they do not
  /// look at. 0: none does but those that know it. Stored with the step, for programs of earlier releases to read.
  std::uint32_t works_from = 0;
};

inline std::uint32_t works_from(const migration_step& step) noexcept { return step.works_from == 0 ? step.number : step.works_from; }

/// Rising from 1 without a gap.
std::span<const migration_step> sqlite_migrations() noexcept;
std::span<const migration_step> postgres_migrations() noexcept;

/// A row of schema_migrations.
struct applied_migration {
  std::uint32_t number = 0;
  std::string name;
  std::string checksum;
  std::string applied_at;
  std::uint32_t works_from = 0; ///< as of a step
};

/// XXH3-64 over the texts of a step, in hexadecimal.
std::string checksum_of(const migration_step& step);

/// unknown_schema_version where `applied` is not a beginning of `known`, or all of it and steps of later releases with which a program that knows no more
/// than `known` works all the same. `applied` is sorted by number.
result<void> check_history(std::span<const migration_step> known, std::span<const applied_migration> applied);

/// As check_history, and nothing may be missing.
result<void> check_schema(std::span<const migration_step> known, std::span<const applied_migration> applied);

/// unknown_schema_version where a later release applied the newest step: that release alone knows the way back.
result<void> check_way_down(std::span<const migration_step> known, std::span<const applied_migration> applied);

/// Whether one of the steps to apply ends the work of programs that know no more than is applied.
bool must_be_unused(std::span<const migration_step> known, std::span<const applied_migration> applied) noexcept;

std::vector<migration_state> states_of(std::span<const migration_step> known,
                                       std::span<const applied_migration> applied);

/// The steps to apply, in order. Expects a history that was checked.
std::span<const migration_step> steps_up(std::span<const migration_step> known,
                                         std::span<const applied_migration> applied) noexcept;
/// The steps to take back, newest first. Expects a history and a way down that were checked.
std::vector<migration_step> steps_down(std::span<const migration_step> known,
                                       std::span<const applied_migration> applied, std::uint32_t steps);

} // namespace dotmac
