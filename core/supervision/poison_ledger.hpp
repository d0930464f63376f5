#pragma once

/// Remembers which entities failed at a command and which commands were put aside for it, so that a poisonous command does not fail its
/// entity for ever. Pure.
///
/// Promise   The first command that makes an entity fail is forgiven: the entity may have been the culprit, and to keep a copy of every command
///           just in case would cost more than it saves. From then on the entity is suspicious, and a command at which it fails again is poison.
///           Whoever wants it tried once more allows it again: then it is refused only after it has made the entity fail again.
/// Limits    poison_entries_max of each are remembered; past that the oldest is forgotten.
/// Threads   one owner.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>

namespace dotmac {

inline constexpr std::size_t poison_entries_max = 1'000;

class poison_ledger {
public:
  void note_failure(const std::string& entity) {
    if (!is_suspicious(entity))
      add(suspicious_, entity);
  }
  bool is_suspicious(const std::string& entity) const { return std::find(suspicious_.begin(), suspicious_.end(), entity) != suspicious_.end(); }

  /// False where it had been put aside before and was allowed again since.
  bool put_aside(const std::string& entity, std::uint64_t fingerprint) {
    if (const auto known = find(entity, fingerprint); known != poison_.end()) {
      known->is_allowed = false;
      return false;
    }
    add(poison_, poison{entity, fingerprint, false});
    return true;
  }
  bool is_poison(const std::string& entity, std::uint64_t fingerprint) const {
    return std::any_of(poison_.begin(), poison_.end(), [&](const poison& each) { return each.fingerprint == fingerprint && each.entity == entity && !each.is_allowed; });
  }

  /// Also where nothing is known of it: it was put aside by an earlier process.
  void allow_again(const std::string& entity, std::uint64_t fingerprint) {
    note_failure(entity);
    put_aside(entity, fingerprint);
    find(entity, fingerprint)->is_allowed = true;
  }
  /// It did no harm.
  void forget(const std::string& entity, std::uint64_t fingerprint) {
    if (const auto known = find(entity, fingerprint); known != poison_.end())
      poison_.erase(known);
  }

private:
  struct poison {
    std::string entity;
    std::uint64_t fingerprint = 0;
    bool is_allowed = false;
  };
  std::deque<poison>::iterator find(const std::string& entity, std::uint64_t fingerprint) {
    return std::find_if(poison_.begin(), poison_.end(), [&](const poison& each) { return each.fingerprint == fingerprint && each.entity == entity; });
  }
  template <class Entry> static void add(std::deque<Entry>& to, Entry entry) {
    to.push_back(std::move(entry));
    if (to.size() > poison_entries_max)
      to.pop_front();
  }
  std::deque<std::string> suspicious_;
  std::deque<poison> poison_;
};

} // namespace dotmac
