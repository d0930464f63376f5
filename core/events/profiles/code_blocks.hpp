#pragma once

/// Numbers by code, of which an older state stays readable while newer ones are written.
///
/// Promise   a copy never changes: whoever wrote the original first calls `next_generation`, and from then on writes into copies of the blocks it touches.
/// Threads   one writer; copies may be read anywhere.
/// Cost      a read: two loads. Copying: a pointer per block_entries entries. The first write into a block after a copy: 16 KiB.

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

namespace dotmac {

class code_blocks {
public:
  static constexpr std::uint32_t block_entries = 4'096;

  /// 0 where nothing was set.
  std::uint32_t operator[](std::uint32_t code) const noexcept {
    const auto number = code / block_entries;
    return number < blocks_.size() && blocks_[number] != nullptr ? blocks_[number]->entries[code % block_entries] : 0;
  }
  void set(std::uint32_t code, std::uint32_t value) {
    const auto number = code / block_entries;
    if (number >= blocks_.size())
      blocks_.resize(number + 1);
    auto& block = blocks_[number];
    if (block == nullptr)
      block = std::make_shared<entry_block>();
    else if (block->generation != generation_)
      block = std::make_shared<entry_block>(*block);
    block->generation = generation_;
    used_ += (value != 0) - (block->entries[code % block_entries] != 0);
    block->entries[code % block_entries] = value;
  }
  void next_generation() noexcept { ++generation_; }

  std::uint32_t used() const noexcept { return static_cast<std::uint32_t>(used_); } ///< that are not 0
  std::uint32_t end() const noexcept { return static_cast<std::uint32_t>(blocks_.size() * block_entries); } ///< of the codes that may be set
  std::size_t memory_bytes() const noexcept { return blocks_.size() * (sizeof(entry_block) + sizeof(blocks_[0])); }

private:
  struct entry_block {
    std::uint64_t generation = 0;
    std::array<std::uint32_t, block_entries> entries{};
  };
  std::vector<std::shared_ptr<entry_block>> blocks_;
  std::uint64_t generation_ = 0;
  std::int64_t used_ = 0;
};

} // namespace dotmac
