#pragma once

/// `dotmac-analytics console`: the nodes, shards, tenants and actors of a cluster on a terminal (docs/console.md).
///
/// Returns  as commands.hpp; 128 and the signal's number where one ended it.

#include "cli/commands.hpp"

namespace dotmac {

struct console_request {
  double interval_seconds = 1;
};

int run_console(const command_context& context, const console_request& asked);

} // namespace dotmac
