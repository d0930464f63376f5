#pragma once

/// Numbers written bit by bit, and read back. Most significant bit first within a number; bytes in order.
///
/// Errors   a reader past the end gives zeros and remembers it in `failed()`.

#include "core/bytes.hpp"

#include <cstdint>

namespace dotmac {

class bit_writer {
public:
  /// The lowest `count` bits of `value`; count 0 to 64.
  void write(std::uint64_t value, unsigned count) {
    while (count > 0) {
      const unsigned room = 8 - used_;
      const unsigned now = count < room ? count : room;
      const auto part = static_cast<std::uint8_t>(value >> (count - now) & ((1u << now) - 1));
      if (used_ == 0)
        out_.push_back(0);
      out_.back() = static_cast<char>(static_cast<std::uint8_t>(out_.back()) | part << (room - now));
      used_ = (used_ + now) % 8;
      count -= now;
    }
  }
  bytes take() { return std::move(out_); }

private:
  bytes out_;
  unsigned used_ = 0; ///< bits of the last byte; 0: full or none
};

class bit_reader {
public:
  explicit bit_reader(bytes_view from) : from_{from} {}

  std::uint64_t read(unsigned count) {
    if (count <= 56)
      return read_word(count);
    const std::uint64_t upper = read_word(count - 32);
    return upper << 32 | read_word(32);
  }
  bool failed() const noexcept { return failed_; }

private:
  std::uint64_t read_word(unsigned count) {
    while (held_count_ < count) {
      if (at_ == from_.size()) {
        failed_ = true;
        return 0;
      }
      held_ = held_ << 8 | static_cast<std::uint8_t>(from_[at_++]);
      held_count_ += 8;
    }
    held_count_ -= count;
    return held_ >> held_count_ & (count == 0 ? 0 : ~std::uint64_t{0} >> (64 - count));
  }

  bytes_view from_;
  std::size_t at_ = 0;
  std::uint64_t held_ = 0;
  unsigned held_count_ = 0;
  bool failed_ = false;
};

} // namespace dotmac
