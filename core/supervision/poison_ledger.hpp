#pragma once

/// Remembers which entities failed at a command and which commands were put aside for it, so that a poisonous command does not fail its
/// entity for ever. Pure.
///
/// Promise   The first command that makes an entity fail is forgiven: the entity may have been the culprit, and to keep a copy of every command
///           just in case would cost more than it saves. From then on the entity is suspicious, and a command at which it fails again is poison.
/// Limits    poison_entries_max of each are remembered; past that the oldest is forgotten.
/// Threads   one owner.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <utility>

namespace dotmac {

inline constexpr std::size_t poison_entries_max = 1'000;

class poison_ledger {
public:
  void note_failure(const std::string& entity) {
    if (!is_suspicious(entity))
      add(suspicious_, entity);
  }
  bool is_suspicious(const std::string& entity) const { return std::find(suspicious_.begin(), suspicious_.end(), entity) != suspicious_.end(); }

  void put_aside(const std::string& entity, std::uint64_t fingerprint) {
    if (!is_poison(entity, fingerprint))
      add(poison_, std::pair{fingerprint, entity});
  }
  bool is_poison(const std::string& entity, std::uint64_t fingerprint) const {
    return std::find(poison_.begin(), poison_.end(), std::pair{fingerprint, entity}) != poison_.end();
  }

private:
  template <class Entry> static void add(std::deque<Entry>& to, Entry entry) {
    to.push_back(std::move(entry));
    if (to.size() > poison_entries_max)
      to.pop_front();
  }
  std::deque<std::string> suspicious_;
  std::deque<std::pair<std::uint64_t, std::string>> poison_;
};

} // namespace dotmac
