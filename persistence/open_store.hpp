#pragma once

/// The one place that turns a DATABASE_URL into a store.
///
/// URLs     "postgresql://..." or "postgres://..." with all that libpq takes, "sqlite:///var/lib/file.db" (or
///          "sqlite:///./file.db" below the working directory), "memory:" or "memory:name" (one for the whole
///          process).
/// Errors   validation_failed, field DATABASE_URL: none of these. Nothing is connected before `open`, which
/// ends with
///          storage_unavailable where the database does not answer and with unknown_schema_version where it
///          has no schema.
/// Bounds   every call of a store ends: connecting by connect_timeout (whole seconds, two at least), a
/// statement, and
///          waiting for other writers of a SQLite file, by statement_timeout.

#include "persistence/ports/migrations.hpp"
#include "persistence/ports/store.hpp"

#include <chrono>
#include <memory>
#include <string>

namespace dotmac {

struct store_options {
  std::string url;
  std::chrono::milliseconds connect_timeout{5'000};
  std::chrono::milliseconds statement_timeout{30'000};
};

result<std::unique_ptr<store_factory>> make_store_factory(const store_options& options);
result<std::unique_ptr<migrator>> make_migrator(const store_options& options);

} // namespace dotmac
