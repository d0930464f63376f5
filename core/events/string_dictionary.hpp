#pragma once

/// Texts numbered from 1 in the order of their first appearance; 0 is the absent text. Entries never move, so that other
/// threads may read entries up to a count they were handed while the owner goes on adding.
///
/// Where there are many, texts and most of the index stand in memory that the system may page out: what is looked at again and again is the index of the newest
/// texts and the filters of the others (hash_runs.hpp).
///
/// Threads  one writer; `text` also from others for codes handed over before.
/// Limits   `recent_max` texts and those of one commit have an index in ordinary memory.
/// Cost     8 bytes, the text and 4 bytes for its length an entry, and 8 to 16 bytes of index; 14 of it behind the newest.

#include "core/events/hash_runs.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace dotmac {

inline constexpr std::uint32_t recent_texts_max = 4 << 20;

class string_dictionary {
public:
  /// `recent_max`: how many texts may have an index in ordinary memory.
  explicit string_dictionary(std::uint32_t recent_max = recent_texts_max) : recent_max_{recent_max} {}
  ~string_dictionary();
  string_dictionary(const string_dictionary&) = delete;
  string_dictionary& operator=(const string_dictionary&) = delete;

  /// For what is large and seldom looked at, before there is any; outlives this.
  void use_for_large(std::pmr::memory_resource* memory);
  std::uint32_t insert(std::string_view text);
  /// The same for each, in that order: as if one by one, and faster, because memory is waited for once for several of them.
  void insert(std::span<const std::string_view> texts, std::span<std::uint32_t> codes);
  /// For many at once: the caller says that the text is new. Nothing may be looked for before `index`.
  std::uint32_t append(std::string_view text);
  /// Makes what was appended known; false where a text is there twice. Cost: one pass over the newest; others are sorted as they come.
  bool index();
  /// Zero where there is none.
  std::uint32_t find(std::string_view text) const;
  std::string_view text(std::uint32_t code) const noexcept;
  std::uint32_t size() const noexcept { return count_; }
  /// Forgets the newest entries, none of them settled. No reader may have been handed their codes.
  void truncate(std::uint32_t count);
  /// What there is stays. Cost: nothing for most calls; one of `recent_max` texts sorts them, and merges runs.
  void settle();
  /// From now on the text is not known; inserted again, it gets another code. Its entry stays for those who read.
  void forget(std::uint32_t code);
  bool is_forgotten(std::uint32_t code) const noexcept { return code < forgotten_.size() && forgotten_[code]; }
  /// An entry that nobody finds, without a text: one that was forgotten before.
  std::uint32_t insert_forgotten();
  std::size_t memory_bytes() const noexcept { return memory_ + settled_runs_.memory_bytes(); }

private:
  std::uint32_t find(std::string_view text, std::uint64_t hash) const;
  std::uint32_t insert(std::string_view text, std::uint64_t hash);
  std::uint32_t add(std::string_view text);
  void resize_slots();
  void put(std::uint64_t hash, std::uint32_t code);
  bool settle_through(std::uint32_t code, bool may_repeat);
  bool has_settled(const hashed_number& entry) const;
  const char** entry(std::uint32_t number) const noexcept;
  char* allocate(std::size_t size);
  void grow();

  /// An array that never moves: of ordinary memory while it is small.
  struct block {
    std::pmr::memory_resource* from;
    void* start;
    std::size_t size;
  };
  void* take(std::size_t size);

  std::pmr::memory_resource* large_memory_ = std::pmr::new_delete_resource();
  std::array<const char**, 29> directory_{}; ///< part k holds 16 << k entries
  std::vector<block> blocks_;
  std::size_t arena_left_ = 0;
  char* arena_next_ = nullptr;
  std::vector<std::uint64_t> slots_; ///< of those behind settled_: lower half of the hash, code; zero: free
  hash_runs settled_runs_;           ///< of those up to settled_
  std::vector<bool> forgotten_; ///< by code, up to the last one
  std::uint32_t recent_max_;
  std::uint32_t settled_ = 0;
  std::uint32_t count_ = 0;
  std::uint32_t indexed_ = 0; ///< entries that can be found; those behind were appended
  bool has_repeated_ = false; ///< a text was appended twice
  std::size_t memory_ = 0;
};

} // namespace dotmac
