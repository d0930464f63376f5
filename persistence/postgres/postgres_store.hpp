#pragma once

/// The store in PostgreSQL, for any number of nodes. Each session is one connection; see postgres_session.hpp
/// for what happens when it breaks. Not through a pooler that shares sessions between transactions.

#include "persistence/ports/migrations.hpp"
#include "persistence/ports/store.hpp"

#include <chrono>
#include <memory>
#include <string>

namespace dotmac {

std::unique_ptr<store_factory> make_postgres_store_factory(const std::string& url,
                                                           std::chrono::milliseconds connect_timeout,
                                                           std::chrono::milliseconds statement_timeout);
std::unique_ptr<migrator> make_postgres_migrator(const std::string& url,
                                                 std::chrono::milliseconds connect_timeout);

} // namespace dotmac
