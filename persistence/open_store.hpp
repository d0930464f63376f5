#pragma once

/// The one place that turns a DATABASE_URL into a store: "postgresql://...", "sqlite:///path/file.db" or "memory:".

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
