#include "persistence/open_store.hpp"

#include "persistence/memory/memory_store.hpp"
#include "persistence/postgres/postgres_store.hpp"
#include "persistence/sqlite/sqlite_store.hpp"

#include <optional>
#include <string_view>

namespace dotmac {
namespace {

constexpr std::string_view sqlite_prefix = "sqlite://";

/// "sqlite:///var/lib/x.db" names /var/lib/x.db, "sqlite:///./x.db" the file x.db of the working directory.
std::optional<std::string> sqlite_path(std::string_view url) {
  if (!url.starts_with(sqlite_prefix))
    return std::nullopt;
  auto path = url.substr(sqlite_prefix.size());
  if (path.starts_with("/./"))
    path.remove_prefix(1);
  else if (!path.starts_with('/'))
    return std::nullopt;
  if (path.size() < 2 || path.ends_with('/'))
    return std::nullopt;
  return std::string{path};
}

bool is_memory(std::string_view url) {
  return url.starts_with("memory:");
}

bool is_postgres(std::string_view url) {
  return url.starts_with("postgresql://") || url.starts_with("postgres://");
}

failure unknown_url() {
  return {
      error_code::validation_failed,
      "a database URL begins with postgresql://, postgres://, sqlite:/// (and a path to a file) or memory:",
      "DATABASE_URL"};
}

} // namespace

result<std::unique_ptr<store_factory>> make_store_factory(const store_options& options) {
  if (const auto path = sqlite_path(options.url))
    return make_sqlite_store_factory(*path, options.statement_timeout);
  if (is_memory(options.url))
    return make_memory_store_factory(named_memory_database(options.url));
  if (is_postgres(options.url))
    return make_postgres_store_factory(options.url, options.connect_timeout, options.statement_timeout);
  return unknown_url();
}

result<std::unique_ptr<migrator>> make_migrator(const store_options& options) {
  if (const auto path = sqlite_path(options.url))
    return make_sqlite_migrator(*path, options.statement_timeout);
  if (is_memory(options.url))
    return make_memory_migrator();
  if (is_postgres(options.url))
    return make_postgres_migrator(options.url, options.connect_timeout);
  return unknown_url();
}

} // namespace dotmac
