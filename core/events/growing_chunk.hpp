#pragma once

/// A chunk of events that still takes rows, and what becomes of it when it is full. Part of event_columns.
///
/// Threads    one owner appends; views taken below the present row count stay valid beside it, see event_columns.hpp.

#include "core/events/event_columns.hpp"

#include <algorithm>
#include <map>
#include <memory>

namespace dotmac {

/// An array whose filled part never moves under a reader: growing makes a new one and leaves the old to its owners.
template <class T> class growing_array {
public:
  void push_back(T value) {
    if (size_ == capacity_)
      grow();
    data_[size_++] = value;
  }
  void append(const T* from, std::uint32_t count) {
    while (capacity_ - size_ < count)
      grow();
    std::copy(from, from + count, data_.get() + size_);
    size_ += count;
  }
  T operator[](std::size_t i) const { return data_[i]; }
  std::uint32_t size() const { return size_; }
  void truncate(std::uint32_t size) { size_ = size; }
  const T* data() const { return data_.get(); }
  std::shared_ptr<const void> owner() const { return data_; }
  std::size_t memory_bytes() const { return std::size_t{capacity_} * sizeof(T); }
  packed_integers packed(std::uint32_t count) const { return {data_.get(), sizeof(T), 0, count}; }

private:
  void grow() {
    const std::uint32_t wanted = std::max<std::uint32_t>(16, capacity_ * 2);
    std::shared_ptr<T[]> larger{new T[wanted]};
    if (size_ != 0)
      std::copy(data_.get(), data_.get() + size_, larger.get());
    data_ = std::move(larger);
    capacity_ = wanted;
  }
  std::shared_ptr<T[]> data_;
  std::uint32_t size_ = 0;
  std::uint32_t capacity_ = 0;
};

struct growing_slice {
  growing_array<std::uint32_t> rows;
  growing_array<std::int64_t> values;
};

struct growing_chunk {
  std::uint64_t first_row = 0;
  growing_array<std::int64_t> at, received;
  growing_array<std::uint32_t> finer_rows, finer_nanoseconds, id_references, id_text_ends;
  std::array<growing_array<std::uint32_t>, event_field_count> codes;
  growing_array<uuid_bytes> uuids;
  growing_array<char> id_texts;
  std::map<std::uint32_t, growing_slice> properties;
  bool has_gaps = false; ///< events were removed
  growing_array<std::uint32_t> row_numbers; ///< of each row, relative to first_row, where there are gaps

  /// How many rows have a number below `span`, relative to first_row.
  std::uint32_t rows_below(std::uint32_t span) const;
  /// The rows below `span` as a chunk whose times are not bounded yet, and with bounds: that takes a pass over the times.
  chunk_columns columns(std::uint32_t span) const;
  chunk_columns view(std::uint32_t span) const;
};

/// One that goes on growing behind these rows.
growing_chunk reopened(const chunk_columns& from);

/// How many of the rising numbers are less than `bound`.
std::uint32_t count_below(const growing_array<std::uint32_t>& rows, std::uint32_t bound);

/// The same chunk in as few bytes as its values need, in one piece.
chunk_columns narrow(const chunk_columns& wide, std::uint32_t uuid_count, std::uint32_t id_text_bytes);

} // namespace dotmac
