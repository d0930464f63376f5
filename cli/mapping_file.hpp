#pragma once

/// The options of `import` as they are given: on the command line, in a mapping file, or both (the command line wins).

#include "cli/commands.hpp"

#include <optional>

namespace dotmac {

struct import_options {
  std::string file, mapping_file, format, separator = ",";
  std::optional<std::string> kind, time_format, timezone;
  std::vector<std::string> fields, metrics, dimensions, properties, texts, required, conditions, joins;
  std::string import_id, create_metrics, state_path, rejected_path;
  int retention_days = 90, batch_size = 1'000, connections = 2, retry_seconds = 120;
  bool restart = false, allow_rejected = false;
};

/// Errors   validation_failed naming the option or the member of the mapping file.
result<import_command> to_import_command(import_options options);

} // namespace dotmac
