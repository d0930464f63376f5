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
constexpr std::size_t arena_part_max = 8 << 20;
constexpr std::size_t large_block_min = 1 << 20;
std::uint64_t hash_of(std::string_view text) { return XXH3_64bits(text.data(), text.size()); }
} // namespace

string_dictionary::~string_dictionary() {
  for (const auto& each : blocks_)
    each.from->deallocate(each.start, each.size);
}

void string_dictionary::use_for_large(std::pmr::memory_resource* memory) {
  assert(count_ == 0);
  large_memory_ = memory;
  settled_runs_ = hash_runs{memory};
}

void* string_dictionary::take(std::size_t size) {
  auto* const from = size >= large_block_min ? large_memory_ : std::pmr::new_delete_resource();
  void* const start = from->allocate(size);
  blocks_.push_back({from, start, size});
  memory_ += size;
  return start;
}

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
    arena_next_ = static_cast<char*>(take(arena_left_));
  }
  char* start = arena_next_;
  arena_next_ += size;
  arena_left_ -= size;
  return start;
}

std::uint32_t string_dictionary::find(std::string_view text) const {
  assert(indexed_ == count_);
  return count_ == 0 ? 0 : find(text, hash_of(text));
}

std::uint32_t string_dictionary::find(std::string_view text, std::uint64_t hash) const {
  const auto tag = static_cast<std::uint32_t>(hash);
  if (!slots_.empty()) {
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t at = tag & mask; slots_[at] != 0; at = (at + 1) & mask)
      if (const auto code = static_cast<std::uint32_t>(slots_[at]); slots_[at] >> 32 == tag && this->text(code) == text && !is_forgotten(code))
        return code;
  }
  std::uint32_t found = 0;
  settled_runs_.visit(hash, [&](std::uint32_t code) {
    const bool is_it = this->text(code) == text && !is_forgotten(code);
    found = is_it ? code : 0;
    return is_it;
  });
  return found;
}

/// Whether another entry of the same text is settled.
bool string_dictionary::has_settled(const hashed_number& entry) const {
  return settled_runs_.visit(entry.hash, [&](std::uint32_t code) { return text(code) == text(entry.number) && !is_forgotten(code); });
}

std::uint32_t string_dictionary::insert(std::string_view text) { return insert(text, hash_of(text)); }

void string_dictionary::insert(std::span<const std::string_view> texts, std::span<std::uint32_t> codes) {
  constexpr std::size_t at_once = 32;
  std::array<std::uint64_t, at_once> hashes;
  std::array<std::uint32_t, at_once> likely;
  for (std::size_t first = 0; first < texts.size(); first += at_once) {
    const auto count = std::min(at_once, texts.size() - first);
    const std::size_t mask = slots_.empty() ? 0 : slots_.size() - 1;
    for (std::size_t i = 0; i < count; ++i) {
      hashes[i] = hash_of(texts[first + i]);
      settled_runs_.prefetch(hashes[i]);
      if (mask != 0)
        __builtin_prefetch(&slots_[hashes[i] & mask]);
    }
    likely.fill(0);
    for (std::size_t i = 0; mask != 0 && i < count; ++i) {
      const auto tag = static_cast<std::uint32_t>(hashes[i]);
      for (std::size_t at = tag & mask; slots_[at] != 0 && likely[i] == 0; at = (at + 1) & mask)
        likely[i] = slots_[at] >> 32 == tag ? static_cast<std::uint32_t>(slots_[at]) : 0;
      if (likely[i] != 0)
        __builtin_prefetch(entry(likely[i] - 1));
    }
    for (std::size_t i = 0; i < count; ++i)
      if (likely[i] != 0)
        __builtin_prefetch(*entry(likely[i] - 1));
    for (std::size_t i = 0; i < count; ++i)
      codes[first + i] = insert(texts[first + i], hashes[i]);
  }
}

std::uint32_t string_dictionary::insert(std::string_view text, std::uint64_t hash) {
  if (const std::uint32_t known = find(text, hash))
    return known;
  if ((std::size_t{count_ - settled_} + 1) * 3 > slots_.size() * 2)
    grow();
  add(text);
  indexed_ = count_;
  put(hash, count_);
  return count_;
}

void string_dictionary::put(std::uint64_t hash, std::uint32_t code) {
  const auto tag = static_cast<std::uint32_t>(hash);
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = tag & mask;
  while (slots_[at] != 0)
    at = (at + 1) & mask;
  slots_[at] = std::uint64_t{tag} << 32 | code;
}

std::uint32_t string_dictionary::append(std::string_view text) {
  add(text);
  // At once, while the texts are in the caches, and in memory at all.
  if (slots_.empty() && count_ - settled_ >= recent_max_)
    has_repeated_ |= !settle_through(count_, true);
  return count_;
}

std::uint32_t string_dictionary::add(std::string_view text) {
  const std::uint64_t shifted = std::uint64_t{count_} + 16;
  const int part = std::bit_width(shifted) - 5;
  if (auto& holder = directory_[static_cast<std::size_t>(part)]; holder == nullptr)
    holder = static_cast<const char**>(take((std::size_t{16} << part) * sizeof(const char*)));
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
  forget(count_ + 1);
  return append({});
}

void string_dictionary::truncate(std::uint32_t count) {
  assert(count >= settled_);
  const std::size_t mask = slots_.size() - 1;
  while (count_ > count) {
    // The newest entry is the last of its probe run, so that nothing lies behind it.
    std::size_t at = static_cast<std::uint32_t>(hash_of(text(count_))) & mask;
    while (static_cast<std::uint32_t>(slots_[at]) != count_)
      at = (at + 1) & mask;
    slots_[at] = 0;
    indexed_ = --count_;
  }
}

void string_dictionary::grow() {
  resize_slots();
  // In the order of the codes, so that newer entries stand behind older ones.
  for (std::uint32_t code = settled_ + 1; code <= count_; ++code)
    if (!is_forgotten(code))
      put(hash_of(text(code)), code);
}

void string_dictionary::resize_slots() {
  auto size = std::max<std::size_t>(16, slots_.size());
  while ((std::size_t{count_ - settled_} + 1) * 3 > size * 2)
    size *= 2;
  memory_ += (size - slots_.size()) * sizeof(std::uint64_t);
  slots_.assign(size, 0);
}

void string_dictionary::settle() {
  if (count_ - settled_ < recent_max_ || indexed_ != count_)
    return;
  settle_through(count_, false);
  std::fill(slots_.begin(), slots_.end(), 0);
}

/// False where a text is there twice, which is looked for only where it may be.
bool string_dictionary::settle_through(std::uint32_t code, bool may_repeat) {
  std::vector<hashed_number> entries;
  entries.reserve(code - settled_);
  for (auto each = settled_ + 1; each <= code; ++each)
    if (!is_forgotten(each))
      entries.push_back({hash_of(text(each)), each});
  sort_by_hash(entries);
  for (std::size_t i = 0; may_repeat && i < entries.size(); ++i) {
    if (has_settled(entries[i]))
      return false;
    for (auto next = i + 1; next < entries.size() && entries[next].hash == entries[i].hash; ++next)
      if (text(entries[next].number) == text(entries[i].number))
        return false;
  }
  settled_runs_.add(entries, forgotten_.empty() ? std::function<bool(std::uint32_t)>{} : [this](std::uint32_t each) { return is_forgotten(each); });
  settled_ = code;
  return true;
}

bool string_dictionary::index() {
  if (indexed_ == count_)
    return true;
  if (has_repeated_)
    return false;
  resize_slots();
  const std::size_t mask = slots_.size() - 1;
  constexpr std::uint32_t ahead = 16; // the table is larger than the caches: its lines are on their way before they are needed
  std::array<std::uint64_t, ahead> hashes;
  for (std::uint32_t first = settled_ + 1; first <= count_; first += ahead) {
    const auto end = std::min<std::uint32_t>(first + ahead, count_ + 1);
    for (auto code = first; code < end; ++code) {
      hashes[code - first] = hash_of(text(code));
      settled_runs_.prefetch(hashes[code - first]);
      __builtin_prefetch(&slots_[hashes[code - first] & mask], 1);
    }
    for (auto code = first; code < end; ++code) {
      if (is_forgotten(code))
        continue;
      const auto hash = hashes[code - first];
      if (find(text(code), hash) != 0)
        return false;
      put(hash, code);
    }
  }
  indexed_ = count_;
  return true;
}

} // namespace dotmac
