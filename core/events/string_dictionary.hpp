#pragma once

/// Texts numbered from 1 in the order of their first appearance; 0 is the absent text. Entries never move, so that other
/// threads may read entries up to a count they were handed while the owner goes on adding.
///
/// Threads  one writer; `text` also from others for codes handed over before.
/// Cost     8 bytes, the text and 4 bytes for its length an entry, and 8 to 16 bytes of index.

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace dotmac {

class string_dictionary {
public:
  std::uint32_t insert(std::string_view text);
  /// For many at once: the caller says that the text is new. Nothing may be looked for before `index`.
  std::uint32_t append(std::string_view text);
  /// Makes what was appended known; false where a text is there twice. Cost: one pass, about 30 ns an entry.
  bool index();
  /// Zero where there is none.
  std::uint32_t find(std::string_view text) const;
  std::string_view text(std::uint32_t code) const noexcept;
  std::uint32_t size() const noexcept { return count_; }
  /// Forgets the newest entries. No reader may have been handed their codes.
  void truncate(std::uint32_t count);
  /// From now on the text is not known; inserted again, it gets another code. Its entry stays for those who read.
  void forget(std::uint32_t code);
  bool is_forgotten(std::uint32_t code) const noexcept { return code < forgotten_.size() && forgotten_[code]; }
  /// An entry that nobody finds, without a text: one that was forgotten before.
  std::uint32_t insert_forgotten();
  std::size_t memory_bytes() const noexcept { return memory_; }

private:
  void resize_slots();
  const char** entry(std::uint32_t number) const noexcept;
  char* allocate(std::size_t size);
  void grow();

  std::array<std::unique_ptr<const char*[]>, 29> directory_; ///< part k holds 16 << k entries
  std::vector<std::unique_ptr<char[]>> arena_;
  std::size_t arena_left_ = 0;
  char* arena_next_ = nullptr;
  std::vector<std::uint64_t> slots_; ///< upper half of the hash, code; zero: free
  std::vector<bool> forgotten_; ///< by code, up to the last one
  std::uint32_t count_ = 0;
  std::uint32_t indexed_ = 0; ///< entries that can be found; those behind were appended
  std::size_t memory_ = 0;
};

} // namespace dotmac
