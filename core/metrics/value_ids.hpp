#pragma once

/// The ids of values that clients gave, for as long as the dedupe window remembers them.
///
/// Promise  an id is known from its commit until `window` after its receipt. Ids are told apart by 128 bits of a hash keyed with
///          the metric's own secret.
/// Limits   ids of the window; about 100 bytes each.
/// Threads  one owner.

#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>
#include <unordered_map>

namespace dotmac {

struct known_value {
  std::uint64_t row = 0;
  std::uint64_t fingerprint = 0; ///< of its content
};

class value_ids {
public:
  struct key {
    std::uint64_t low = 0;
    std::uint64_t high = 0;
    friend bool operator==(const key&, const key&) = default;
  };
  static key key_of(std::string_view id, std::uint64_t secret) noexcept;

  explicit value_ids(std::int64_t window_milliseconds) : window_{window_milliseconds} {}

  std::optional<known_value> find(const key& id) const;
  void remember(const key& id, known_value value, std::int64_t recorded_ms);
  /// Forgets what was received more than the window before `now_ms`.
  void forget_before(std::int64_t now_ms);
  std::size_t size() const noexcept { return known_.size(); }
  std::size_t memory_bytes() const noexcept { return known_.size() * 100; }

private:
  struct hash {
    std::size_t operator()(const key& id) const noexcept { return id.low; }
  };
  struct arrival {
    std::int64_t recorded_ms;
    key id;
  };
  std::int64_t window_;
  std::unordered_map<key, known_value, hash> known_;
  std::deque<arrival> arrivals_;
};

} // namespace dotmac
