#pragma once

/// The store in one SQLite file: one node, any number of sessions (writers wait for each other, at most the
/// busy timeout). The clock of leases is the host's, as SQLite reads it.

#include "persistence/ports/migrations.hpp"
#include "persistence/ports/store.hpp"

#include <chrono>
#include <memory>
#include <string>

namespace dotmac {

std::unique_ptr<store_factory> make_sqlite_store_factory(const std::string& path,
                                                         std::chrono::milliseconds busy_timeout);
std::unique_ptr<migrator> make_sqlite_migrator(const std::string& path,
                                               std::chrono::milliseconds busy_timeout);

} // namespace dotmac
