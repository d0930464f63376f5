#include "core/events/hash_runs.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace dotmac {
namespace {

/// How many places hashes are apart if they are spread evenly.
std::int64_t even_distance(std::int64_t hashes_apart, std::int64_t count) { return (hashes_apart >> 32) * count >> 32; }

} // namespace

/// The uppermost bits decide nearly always; where they are equal, the rest does.
void sort_by_hash(std::vector<hashed_number>& entries) {
  constexpr unsigned bits = 10;
  constexpr std::uint64_t mask = (std::uint64_t{1} << bits) - 1;
  std::vector<hashed_number> other(entries.size());
  for (const unsigned shift : {64 - 2 * bits, 64 - bits}) {
    std::array<std::size_t, std::size_t{1} << bits> ends{};
    for (const auto& each : entries)
      ++ends[each.hash >> shift & mask];
    std::size_t sum = 0;
    for (auto& each : ends)
      each = std::exchange(sum, sum + each);
    for (const auto& each : entries)
      other[ends[each.hash >> shift & mask]++] = each;
    entries.swap(other);
  }
  const auto upper = [](const hashed_number& of) { return of.hash >> (64 - 2 * bits); };
  for (auto start = entries.begin(); start != entries.end();) {
    auto end = start + 1;
    while (end != entries.end() && upper(*end) == upper(*start))
      ++end;
    if (end - start > 1)
      std::sort(start, end, [](const auto& left, const auto& right) { return left.hash < right.hash; });
    start = end;
  }
}

hash_runs::run::run(std::size_t size, std::pmr::memory_resource* memory) : hashes{memory}, numbers{memory}, filter{size} {
  hashes.reserve(size);
  numbers.reserve(size);
}

void hash_runs::run::append(std::uint64_t hash, std::uint32_t number) {
  hashes.push_back(hash);
  numbers.push_back(number);
  filter.add(hash);
  largest = std::max(largest, number);
}

std::size_t hash_runs::run::first_at_least(std::uint64_t hash) const noexcept {
  const auto count = static_cast<std::int64_t>(hashes.size());
  if (count == 0)
    return 0;
  auto at = static_cast<std::int64_t>((hash >> 32) * hashes.size() >> 32);
  for (int guess = 0; guess < 2; ++guess)
    at = std::clamp<std::int64_t>(at + even_distance(static_cast<std::int64_t>(hash - hashes[static_cast<std::size_t>(at)]), count), 0, count - 1);
  // Hashes that somebody chose need not be spread evenly: from the guess on in doubling steps, then by halves.
  std::int64_t low = at;
  std::int64_t high = at;
  for (std::int64_t step = 1; low > 0 && hashes[static_cast<std::size_t>(low)] >= hash; step *= 2)
    low = std::max<std::int64_t>(0, low - step);
  for (std::int64_t step = 1; high < count && hashes[static_cast<std::size_t>(high)] < hash; step *= 2)
    high = std::min(count, high + step);
  return static_cast<std::size_t>(std::lower_bound(hashes.begin() + low, hashes.begin() + high, hash) - hashes.begin());
}

hash_runs::run hash_runs::merge(const run& older, const run& newer, const std::function<bool(std::uint32_t)>& is_dropped) const {
  run out{older.hashes.size() + newer.hashes.size(), memory_};
  const auto take = [&](std::uint64_t hash, std::uint32_t number) {
    if (!is_dropped || !is_dropped(number))
      out.append(hash, number);
  };
  std::size_t left = 0;
  std::size_t right = 0;
  while (left < older.hashes.size() && right < newer.hashes.size()) {
    // Which comes first is as good as random: selected, not branched to.
    const bool is_newer = newer.hashes[right] < older.hashes[left];
    take(is_newer ? newer.hashes[right] : older.hashes[left], is_newer ? newer.numbers[right] : older.numbers[left]);
    right += is_newer;
    left += !is_newer;
  }
  for (; left < older.hashes.size(); ++left)
    take(older.hashes[left], older.numbers[left]);
  for (; right < newer.hashes.size(); ++right)
    take(newer.hashes[right], newer.numbers[right]);
  return out;
}

void hash_runs::add(std::span<const hashed_number> entries, const std::function<bool(std::uint32_t)>& is_dropped) {
  run fresh{entries.size(), memory_};
  for (const auto& each : entries)
    fresh.append(each.hash, each.number);
  runs_.push_back(std::move(fresh));
  while (runs_.size() > 1) {
    const auto& newer = runs_.back();
    const auto& older = runs_[runs_.size() - 2];
    if (older.hashes.size() > newer.hashes.size() * 3 / 2 || older.hashes.size() + newer.hashes.size() > run_entries_max)
      return;
    auto merged = merge(older, newer, is_dropped);
    runs_.pop_back();
    runs_.back() = std::move(merged);
  }
}

void hash_runs::drop_below(std::uint64_t number) {
  std::erase_if(runs_, [&](const run& each) { return each.largest < number; });
}

std::size_t hash_runs::memory_bytes() const noexcept {
  std::size_t total = 0;
  for (const auto& each : runs_)
    total += each.hashes.capacity() * sizeof(std::uint64_t) + each.numbers.capacity() * sizeof(std::uint32_t) + each.filter.memory_bytes();
  return total;
}

} // namespace dotmac
