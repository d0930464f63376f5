#pragma once

/// An array that only grows, read by others while its owner appends.
///
/// Promise  a view sees the entries that were there when it was taken, for as long as it lives; appending never moves or changes
///          them: a full array is copied into one of twice the size, and the views keep the old one.
/// Threads  one owner appends and takes views; a view may be read by any thread that received it after it was taken.
/// Cost     amortized constant per entry, at most twice the memory of the entries (three times while views hold the old array).

#include <cstddef>
#include <memory>
#include <span>
#include <utility>

namespace dotmac {

template <class T> class append_only_view {
public:
  append_only_view() = default;
  append_only_view(std::shared_ptr<const T[]> entries, std::size_t size) : entries_{std::move(entries)}, size_{size} {}
  std::size_t size() const noexcept { return size_; }
  const T& operator[](std::size_t at) const { return entries_[at]; }
  std::span<const T> span() const { return {entries_.get(), size_}; }

private:
  std::shared_ptr<const T[]> entries_;
  std::size_t size_ = 0;
};

template <class T> class append_only {
public:
  void push_back(T entry) {
    if (size_ == capacity_)
      grow();
    entries_[size_++] = std::move(entry);
  }
  append_only_view<T> view() const { return {entries_, size_}; }
  std::size_t size() const noexcept { return size_; }
  std::size_t memory_bytes() const noexcept { return capacity_ * sizeof(T); }
  const T& operator[](std::size_t at) const { return entries_[at]; }
  std::span<const T> span() const { return {entries_.get(), size_}; }

private:
  static constexpr std::size_t first_capacity = 16;

  void grow() {
    const std::size_t capacity = capacity_ == 0 ? first_capacity : capacity_ * 2;
    auto larger = std::make_shared<T[]>(capacity);
    for (std::size_t i = 0; i < size_; ++i)
      larger[i] = entries_[i];
    entries_ = std::move(larger);
    capacity_ = capacity;
  }

  std::shared_ptr<T[]> entries_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

} // namespace dotmac
