#pragma once

/// The columns of stored event segments that questions look at, decoded, and the lists of rows that they make of them, for all partitions of a node, within a bound.
///
/// Promise   what is given out is what the store has; it stays valid for whoever holds it, also when it is dropped here.
/// Limits    bytes_max of columns and lists are kept; those in use by a question beyond that are the question's (one segment's a thread). damaged_columns_kept_max damaged
///           ones are remembered.
/// Errors    those of the store; corrupt_data where a part is damaged or missing, which is told to `log` once an activation, and in the figures until it can be
///           read again or its partition leaves memory.
/// Threads   any. Who misses reads on his own thread, with a session that is kept for the next one: as many as read at once.
/// Source    which one goes: the least recently used of a few picked at random, as Redis does; a scan over more than fits then still finds a part of it.
/// Cost      a hit: a lock and a look-up. A miss: reading one part and decoding it.

#include "core/events/segment_parts.hpp"
#include "persistence/ports/store.hpp"

#include <functional>
#include <memory_resource>
#include <mutex>
#include <unordered_map>

namespace dotmac {

inline constexpr std::size_t damaged_columns_kept_max = 10'000;
inline constexpr std::size_t damaged_columns_told_max = 10;

class segment_cache : public std::enable_shared_from_this<segment_cache> {
public:
  /// `large_memory`: what the sources offer, see segment_source.
  segment_cache(std::shared_ptr<store_factory> stores, std::size_t bytes_max, std::function<void(const failure&)> log = [](const failure&) {},
                std::shared_ptr<std::pmr::memory_resource> large_memory = nullptr)
      : stores_{std::move(stores)}, bytes_max_{bytes_max}, log_{std::move(log)}, large_memory_{std::move(large_memory)} {}

  /// The columns of one activation of a partition; forgotten with it.
  std::shared_ptr<segment_source> source_of(entity_id entity);

  struct figures {
    std::uint64_t bytes = 0;
    std::uint64_t bytes_max = 0;
    std::uint64_t columns = 0; ///< and lists of rows
    std::uint64_t hits = 0;     ///< of columns, as are misses
    std::uint64_t misses = 0;
    std::uint64_t failures = 0;             ///< of the misses: the column could not be read
    std::uint64_t reading_microseconds = 0; ///< of the other misses
    std::uint64_t damaged_count = 0;        ///< columns found damaged or missing, and not readable since
    std::vector<std::string> damaged;       ///< of these, damaged_columns_told_max
  };
  figures read_figures() const;

private:
  class entity_source;

  struct column_key {
    std::uint64_t source = 0;
    std::uint64_t segment = 0;
    std::uint64_t part = 0; ///< of rows that are listed: what they have, above the numbers of parts
    friend bool operator==(const column_key&, const column_key&) = default;
  };
  struct key_hash {
    std::size_t operator()(const column_key& of) const noexcept;
  };
  struct entry {
    column_key key;
    std::shared_ptr<const void> what; ///< a segment_column, or coded_rows
    std::size_t memory_bytes = 0;
    std::uint64_t used_at = 0;
  };

  enum class counting : bool { no, yes };
  std::shared_ptr<const void> find(const column_key& key, counting uses);
  void keep(const column_key& key, std::shared_ptr<const void> what, std::size_t memory_bytes);
  void drop(std::size_t at);
  std::size_t pick_victim();
  void forget(std::uint64_t source);
  result<std::shared_ptr<const segment_column>> read_and_keep(const column_key& key, const entity_id& entity, const segment_directory& of);
  void note_failure(const column_key& key, const failure& why);
  template <class Act> auto with_session(Act act) -> decltype(act(std::declval<store&>()));
  result<bytes> read(const entity_id& entity, std::uint64_t segment, std::uint32_t part);

  const std::shared_ptr<store_factory> stores_;
  const std::size_t bytes_max_;
  const std::function<void(const failure&)> log_;
  const std::shared_ptr<std::pmr::memory_resource> large_memory_;
  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<store>> idle_sessions_;
  std::vector<entry> entries_;
  std::unordered_map<column_key, std::size_t, key_hash> places_;
  std::size_t bytes_ = 0;
  std::uint64_t clock_ = 0; ///< of uses
  std::uint64_t picks_ = 0;
  std::uint64_t sources_ = 0;
  figures counted_;
  std::unordered_map<column_key, std::string, key_hash> damaged_;
};

} // namespace dotmac
