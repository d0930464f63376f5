#include "core/events/string_dictionary.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstring>

namespace dotmac {
namespace {
constexpr std::size_t arena_part_min = 256;
constexpr std::size_t arena_part_max = 1 << 20;
std::uint32_t hash_of(std::string_view text) { return static_cast<std::uint32_t>(XXH3_64bits(text.data(), text.size())); }
} // namespace

const char** string_dictionary::entry(std::uint32_t number) const noexcept {
  const std::uint64_t shifted = std::uint64_t{number} + 16;
  const int part = std::bit_width(shifted) - 5;
  return &directory_[static_cast<std::size_t>(part)][shifted - (std::uint64_t{16} << part)];
}

std::string_view string_dictionary::text(std::uint32_t code) const noexcept {
  if (code == 0)
    return {};
  const char* from = *entry(code - 1);
  std::uint32_t size = 0;
  std::memcpy(&size, from, 4);
  return {from + 4, size};
}

char* string_dictionary::allocate(std::size_t size) {
  if (size > arena_left_) {
    arena_left_ = std::max(size, std::clamp(memory_ / 4, arena_part_min, arena_part_max));
    arena_.push_back(std::make_unique<char[]>(arena_left_));
    arena_next_ = arena_.back().get();
    memory_ += arena_left_;
  }
  char* start = arena_next_;
  arena_next_ += size;
  arena_left_ -= size;
  return start;
}

std::uint32_t string_dictionary::find(std::string_view text) const {
  assert(indexed_ == count_);
  if (slots_.empty())
    return 0;
  const std::uint32_t hash = hash_of(text);
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t at = hash & mask; slots_[at] != 0; at = (at + 1) & mask)
    if (const auto code = static_cast<std::uint32_t>(slots_[at]); slots_[at] >> 32 == hash && this->text(code) == text && !is_forgotten(code))
      return code;
  return 0;
}

std::uint32_t string_dictionary::insert(std::string_view text) {
  if (const std::uint32_t known = find(text))
    return known;
  if ((std::size_t{count_} + 1) * 3 > slots_.size() * 2)
    grow();
  append(text);
  indexed_ = count_;
  const std::uint32_t hash = hash_of(text);
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = hash & mask;
  while (slots_[at] != 0)
    at = (at + 1) & mask;
  slots_[at] = std::uint64_t{hash} << 32 | count_;
  return count_;
}

std::uint32_t string_dictionary::append(std::string_view text) {
  const std::uint64_t shifted = std::uint64_t{count_} + 16;
  const int part = std::bit_width(shifted) - 5;
  auto& holder = directory_[static_cast<std::size_t>(part)];
  if (!holder) {
    holder = std::make_unique<const char*[]>(std::size_t{16} << part);
    memory_ += (std::size_t{16} << part) * sizeof(const char*);
  }
  char* to = allocate(text.size() + 4);
  const auto size = static_cast<std::uint32_t>(text.size());
  std::memcpy(to, &size, 4);
  if (size != 0)
    std::memcpy(to + 4, text.data(), size);
  *entry(count_++) = to;
  return count_;
}

void string_dictionary::forget(std::uint32_t code) {
  if (code >= forgotten_.size())
    forgotten_.resize(std::size_t{code} + 1);
  forgotten_[code] = true;
}

std::uint32_t string_dictionary::insert_forgotten() {
  const auto code = append({});
  forget(code);
  return code;
}

void string_dictionary::truncate(std::uint32_t count) {
  const std::size_t mask = slots_.size() - 1;
  while (count_ > count) {
    // The newest entry is the last of its probe run, so that nothing lies behind it.
    std::size_t at = hash_of(text(count_)) & mask;
    while (static_cast<std::uint32_t>(slots_[at]) != count_)
      at = (at + 1) & mask;
    slots_[at] = 0;
    indexed_ = --count_;
  }
}

void string_dictionary::grow() {
  resize_slots();
  // In the order of the codes, so that newer entries stand behind older ones.
  for (std::uint32_t code = 1; code <= count_; ++code) {
    if (is_forgotten(code))
      continue;
    const std::uint32_t hash = hash_of(text(code));
    std::size_t at = hash & (slots_.size() - 1);
    while (slots_[at] != 0)
      at = (at + 1) & (slots_.size() - 1);
    slots_[at] = std::uint64_t{hash} << 32 | code;
  }
}

void string_dictionary::resize_slots() {
  auto size = std::max<std::size_t>(16, slots_.size());
  while ((std::size_t{count_} + 1) * 3 > size * 2)
    size *= 2;
  memory_ += (size - slots_.size()) * sizeof(std::uint64_t);
  slots_.assign(size, 0);
}

bool string_dictionary::index() {
  if (indexed_ == count_)
    return true;
  resize_slots();
  const std::size_t mask = slots_.size() - 1;
  constexpr std::uint32_t ahead = 16; // the table is larger than the caches: its lines are on their way before they are needed
  std::array<std::uint32_t, ahead> hashes;
  for (std::uint32_t first = 1; first <= count_; first += ahead) {
    const auto end = std::min<std::uint32_t>(first + ahead, count_ + 1);
    for (auto code = first; code < end; ++code) {
      hashes[code - first] = hash_of(text(code));
      __builtin_prefetch(&slots_[hashes[code - first] & mask], 1);
    }
    for (auto code = first; code < end; ++code) {
      if (is_forgotten(code))
        continue;
      const auto hash = hashes[code - first];
      auto at = hash & mask;
      for (; slots_[at] != 0; at = (at + 1) & mask)
        if (slots_[at] >> 32 == hash && text(static_cast<std::uint32_t>(slots_[at])) == text(code))
          return false;
      slots_[at] = std::uint64_t{hash} << 32 | code;
    }
  }
  indexed_ = count_;
  return true;
}

} // namespace dotmac
