#pragma once

/// Decides whether one more call may come in: bounded bytes and calls in flight, per tenant and for the whole node.
///
/// Promise   A tenant is refused when it is over its own limit, or when the node is full and it holds more than an equal share
///           of what is in flight: the refusals of a flood fall on who floods. While the node is full, a tenant below its share is
///           still admitted, up to `reserve` beyond the node's limit, so that memory stays bounded.
/// Errors    too_many_requests, naming the limit.
/// Threads   one owner; wrap it in a lock to share it.
/// Cost      constant per call; tenants with nothing in flight are forgotten.

#include "core/result.hpp"

#include <cstdint>
#include <string>
#include <unordered_map>

namespace dotmac {

struct admission_limits {
  std::size_t tenant_bytes_max = 64u << 20;
  std::size_t tenant_calls_max = 10'000;
  std::size_t node_bytes_max = 256u << 20;
  std::size_t node_calls_max = 50'000;
  /// Part of the node's limits, in percent, kept for tenants below their share.
  std::size_t reserve_percent = 25;
};

class admission {
public:
  explicit admission(admission_limits limits) : limits_{limits} {}

  result<void> admit(const std::string& tenant, std::size_t bytes);
  void release(const std::string& tenant, std::size_t bytes);

  std::size_t bytes_in_flight() const noexcept { return total_.bytes; }
  std::size_t calls_in_flight() const noexcept { return total_.calls; }
  std::size_t active_tenants() const noexcept { return tenants_.size(); }

private:
  struct held {
    std::size_t bytes = 0;
    std::size_t calls = 0;
  };
  admission_limits limits_;
  held total_;
  std::unordered_map<std::string, held> tenants_;
};

} // namespace dotmac
