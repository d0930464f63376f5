#pragma once

/// The commands that talk to a node, with their options.

#include <functional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace dotmac {

/// Adds them to `app`. After parsing, `chosen` holds what to run where one of them was chosen (it gives the exit code).
void add_client_commands(CLI::App& app, std::function<int()>& chosen);

} // namespace dotmac
