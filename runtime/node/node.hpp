#pragma once

/// One running node: store, actors and gateway, started and stopped in order.
///
/// Promise   `start` opens the port first, so that probes hear "not ready", and returns once requests are taken. `ask_to_leave` says "draining" to
///           probes, while requests are still taken. `stop` drains: no new connection, requests under way finish, every actor
///           writes its snapshot, the journal ends last. What was acknowledged is durable in any case.
/// Errors    start: the schema is unknown, the store is away, the port is taken; the message says which.
/// Threads   start and stop from one thread.

#include "config/settings.hpp"

#include <functional>
#include <memory>
#include <string_view>

namespace dotmac {

class node {
public:
  /// `on_lost` is called, once and from a thread of the node's own, when another node has taken over: this one must be stopped then, and
  /// answers nothing any more.
  node(settings given, std::function<void()> on_lost);
  ~node();

  result<std::uint16_t> start();
  void ask_to_leave();
  void stop();

private:
  struct implementation;
  std::unique_ptr<implementation> implementation_;
};

/// The store that these settings mean, as a URL; its folder is made where it is the embedded one.
result<std::string> store_url_of(const settings& given);

} // namespace dotmac
