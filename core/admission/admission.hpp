#pragma once

/// Decides whether one more call may come in: bounded bytes and calls in flight, per tenant and for the whole node.
///
/// Promise   A tenant is refused when it is over its own limit, or when the node is full and it holds more than an equal share
///           of what is in flight: the refusals of a flood fall on who floods. While the node is full, a tenant below its share is
///           still admitted, up to `reserve` beyond the node's limit, so that memory stays bounded.
/// Errors    too_many_requests, naming the limit.
/// A call may hold more while it is under way (a body that comes piece by piece, or is decompressed): `grow` decides by the same rules.
/// Threads   one owner; wrap it in a lock to share it.
/// Cost      constant per call; tenants with nothing in flight are forgotten.

#include "core/result.hpp"

#include <cstdint>
#include <optional>
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
  /// `more` bytes for a call that was admitted; where they are refused the call holds what it held.
  result<void> grow(const std::string& tenant, std::size_t more);
  /// Gives back part of what an admitted call holds.
  void shrink(const std::string& tenant, std::size_t fewer);
  /// Ends a call that holds `bytes`.
  void release(const std::string& tenant, std::size_t bytes);

  std::size_t bytes_in_flight() const noexcept { return total_.bytes; }
  std::size_t calls_in_flight() const noexcept { return total_.calls; }
  std::size_t active_tenants() const noexcept { return tenants_.size(); }

private:
  struct held {
    std::size_t bytes = 0;
    std::size_t calls = 0;
  };
  std::optional<failure> why_not_bytes(const std::string& tenant, const held& mine, std::size_t more, std::size_t other_calls_of_tenant, std::size_t other_calls) const;

  admission_limits limits_;
  held total_;
  std::unordered_map<std::string, held> tenants_;
};

} // namespace dotmac
