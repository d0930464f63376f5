#pragma once

/// A list that only grows, in blocks that never move: nothing is copied when it grows, and it takes at most one block more than it holds.
///
/// Threads  one owner.
/// Cost     blocks of 32 to 512 entries, doubling; a pointer each.

#include <algorithm>
#include <cstddef>
#include <memory>
#include <vector>

namespace dotmac {

template <class Entry> class entry_blocks {
public:
  void push_back(const Entry& entry) {
    if (next_ == end_)
      open();
    *next_++ = entry;
  }
  std::size_t size() const noexcept { return entries_ - static_cast<std::size_t>(end_ - next_); }
  std::size_t bytes() const noexcept { return entries_ * sizeof(Entry) + blocks_.capacity() * sizeof(blocks_[0]); }

  /// Forward, over all of it.
  class iterator {
  public:
    const Entry& operator*() const noexcept { return list_->blocks_[block_][at_]; }
    iterator& operator++() noexcept {
      --left_;
      if (++at_ == block_entries(block_)) {
        at_ = 0;
        ++block_;
      }
      return *this;
    }
    friend bool operator==(const iterator& a, const iterator& b) noexcept { return a.left_ == b.left_; }

  private:
    friend class entry_blocks;
    iterator(const entry_blocks* list, std::size_t left) : list_{list}, left_{left} {}
    const entry_blocks* list_;
    std::size_t left_;
    std::size_t block_ = 0, at_ = 0;
  };
  iterator begin() const noexcept { return {this, size()}; }
  iterator end() const noexcept { return {this, 0}; }

private:
  static std::size_t block_entries(std::size_t block) noexcept { return std::size_t{32} << std::min<std::size_t>(block, 4); }
  void open() {
    const auto count = block_entries(blocks_.size());
    blocks_.push_back(std::make_unique_for_overwrite<Entry[]>(count));
    next_ = blocks_.back().get();
    end_ = next_ + count;
    entries_ += count;
  }

  std::vector<std::unique_ptr<Entry[]>> blocks_;
  Entry* next_ = nullptr;
  Entry* end_ = nullptr;
  std::size_t entries_ = 0; ///< of all blocks, free ones too
};

} // namespace dotmac
