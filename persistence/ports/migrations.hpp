#pragma once

/// The schema of a store: numbered steps with a way up and a way down, applied under a lock, recorded with a
/// checksum.
///
/// Each step says which programs work with it (migration_step::works_from): nodes of the release before go on, and start, with a store that has steps of
/// a later release which only added to it (docs/decisions/0014).
///
/// Errors   ownership_lost           while a node's leases run: `down`, and `up` over a step with which nodes of the release before do not work.
///          unknown_schema_version   the store has a step that this program does not know and cannot work with, or one whose text has changed; `down` from a
///                                   step that this program does not know.

#include "core/result.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace dotmac {

struct migration_state {
  std::uint32_t number = 0;
  std::string name;
  bool applied = false;
  std::string applied_at; ///< RFC 3339, empty where not applied
};

class migrator {
public:
  virtual ~migrator() = default;
  virtual result<std::vector<migration_state>> status() = 0;
  /// Applies all that is missing; returns the numbers applied. Safe when several processes do it at once.
  virtual result<std::vector<std::uint32_t>> up() = 0;
  /// Takes back the newest `steps`; returns the numbers taken back.
  virtual result<std::vector<std::uint32_t>> down(std::uint32_t steps) = 0;
  /// Is the schema one that this program works with?
  virtual result<void> check() = 0;
};

} // namespace dotmac
