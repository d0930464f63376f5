#pragma once

/// What a node tells whoever started it (systemd, with Type=notify): one datagram to the socket that NOTIFY_SOCKET names, a path or, after '@', a name without a file.
///
/// Promise  Without NOTIFY_SOCKET nothing happens. Nothing is ever waited for: a full or dead socket is a failure at once.
/// Errors   storage_unavailable, with the system's reason: the node goes on, and whoever waits for the word gives up by his own limit.
/// Threads  any, as long as none changes the environment.

#include "core/result.hpp"

#include <string_view>

namespace dotmac {

namespace service_state {
inline constexpr std::string_view ready = "READY=1";
inline constexpr std::string_view stopping = "STOPPING=1";
} // namespace service_state

result<void> tell_service_manager(std::string_view state);

} // namespace dotmac
