#include "runtime/actor/segment_cache.hpp"

#include "core/events/event_segment.hpp"

#include <chrono>

namespace dotmac {
namespace {

/// Spreads the bits of a number: the finalizer of SplitMix64 (Steele, Lea, Flood 2014).
std::uint64_t spread(std::uint64_t value) noexcept {
  value += 0x9e3779b97f4a7c15u;
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9u;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebu;
  return value ^ (value >> 31);
}

} // namespace

template <class Act> auto segment_cache::with_session(Act act) -> decltype(act(std::declval<store&>())) {
  std::unique_ptr<store> session;
  {
    const std::lock_guard lock{mutex_};
    if (!idle_sessions_.empty()) {
      session = std::move(idle_sessions_.back());
      idle_sessions_.pop_back();
    }
  }
  if (session == nullptr) {
    auto opened = stores_->open();
    if (!opened)
      return opened.error();
    session = std::move(*opened);
  }
  auto outcome = act(*session);
  const std::lock_guard lock{mutex_};
  idle_sessions_.push_back(std::move(session));
  return outcome;
}

class segment_cache::entity_source final : public segment_source {
public:
  entity_source(std::shared_ptr<segment_cache> cache, entity_id entity, std::uint64_t number) : cache_{std::move(cache)}, entity_{std::move(entity)}, number_{number} {}
  ~entity_source() override { cache_->forget(number_); }
  entity_source(const entity_source&) = delete;
  entity_source& operator=(const entity_source&) = delete;

  result<std::shared_ptr<const segment_column>> column(const segment_directory& of, std::uint32_t part) override {
    const column_key key{number_, of.number, part};
    if (auto found = cache_->find(key, counting::yes))
      return std::static_pointer_cast<const segment_column>(std::move(found));
    return cache_->read_and_keep(key, entity_, of);
  }
  result<std::vector<stored_sizes>> sizes(std::span<const std::uint64_t> segments) override {
    std::vector<stored_sizes> out;
    auto measured = cache_->with_session([&](store& session) { return session.snapshots().measure_segments(entity_, segments); });
    if (!measured)
      return measured.error();
    for (auto& each : *measured)
      out.push_back({each.payload_bytes, std::move(each.part_bytes)});
    return out;
  }
  std::shared_ptr<const coded_rows> find_rows(const segment_directory& of, const coded_rows_key& rows) override {
    return std::static_pointer_cast<const coded_rows>(cache_->find({number_, of.number, number_of(rows)}, counting::no));
  }
  void keep_rows(const segment_directory& of, const coded_rows_key& rows, std::shared_ptr<const coded_rows> list) override {
    const auto memory_bytes = list->memory_bytes();
    cache_->keep({number_, of.number, number_of(rows)}, std::move(list), memory_bytes);
  }
  std::shared_ptr<std::pmr::memory_resource> large_memory() override { return cache_->large_memory_; }

private:
  /// Above those of parts.
  static std::uint64_t number_of(const coded_rows_key& rows) noexcept {
    static_assert(event_segment_rows / event_chunk_rows <= 256 && event_field_count < 255);
    return (std::uint64_t{static_cast<std::uint8_t>(rows.field)} + 1) << 48 | std::uint64_t{static_cast<std::uint8_t>(rows.user_field)} << 40 | std::uint64_t{rows.chunk} << 32 | rows.code;
  }

  const std::shared_ptr<segment_cache> cache_;
  const entity_id entity_;
  const std::uint64_t number_;
};

std::size_t segment_cache::key_hash::operator()(const column_key& of) const noexcept {
  return spread(spread(spread(of.source) ^ of.segment) ^ of.part);
}

std::shared_ptr<segment_source> segment_cache::source_of(entity_id entity) {
  const std::lock_guard lock{mutex_};
  return std::make_shared<entity_source>(shared_from_this(), std::move(entity), ++sources_);
}

segment_cache::figures segment_cache::read_figures() const {
  const std::lock_guard lock{mutex_};
  auto out = counted_;
  out.bytes = bytes_;
  out.bytes_max = bytes_max_;
  out.columns = entries_.size();
  out.damaged_count = damaged_.size();
  for (const auto& [key, why] : damaged_)
    if (out.damaged.size() < damaged_columns_told_max)
      out.damaged.push_back(why);
  return out;
}

std::shared_ptr<const void> segment_cache::find(const column_key& key, counting uses) {
  const std::lock_guard lock{mutex_};
  const auto at = places_.find(key);
  const std::uint64_t one = uses == counting::yes ? 1 : 0;
  if (at == places_.end()) {
    counted_.misses += one;
    return nullptr;
  }
  counted_.hits += one;
  entries_[at->second].used_at = ++clock_;
  return entries_[at->second].what;
}

result<std::shared_ptr<const segment_column>> segment_cache::read_and_keep(const column_key& key, const entity_id& entity, const segment_directory& of) {
  const auto began = std::chrono::steady_clock::now();
  const auto part = static_cast<std::uint32_t>(key.part);
  const auto stored = read(entity, key.segment, part);
  auto decoded = stored ? decode_part(*stored, of, part) : result<segment_column>{stored.error()};
  if (!decoded) {
    const auto what = describe_column(of.columns[part]) + " of segment " + std::to_string(key.segment) + " of " + to_string(entity);
    const failure why{decoded.error().code, what + " cannot be read: " + decoded.error().message, {}, decoded.error().cause};
    note_failure(key, why);
    return why;
  }
  auto column = std::make_shared<const segment_column>(std::move(*decoded));
  keep(key, column, column->memory_bytes);
  const auto took = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - began);
  const std::lock_guard lock{mutex_};
  counted_.reading_microseconds += static_cast<std::uint64_t>(took.count());
  damaged_.erase(key);
  return column;
}

void segment_cache::note_failure(const column_key& key, const failure& why) {
  {
    const std::lock_guard lock{mutex_};
    ++counted_.failures;
    if (why.code != error_code::corrupt_data || damaged_.size() >= damaged_columns_kept_max || !damaged_.emplace(key, why.message).second)
      return;
  }
  log_(why);
}

void segment_cache::keep(const column_key& key, std::shared_ptr<const void> what, std::size_t memory_bytes) {
  std::vector<std::shared_ptr<const void>> dropped; // freed outside of the lock
  const std::lock_guard lock{mutex_};
  if (memory_bytes > bytes_max_ || places_.contains(key))
    return;
  while (bytes_ + memory_bytes > bytes_max_) {
    const auto victim = pick_victim();
    dropped.push_back(entries_[victim].what);
    drop(victim);
  }
  bytes_ += memory_bytes;
  places_.emplace(key, entries_.size());
  entries_.push_back({key, std::move(what), memory_bytes, ++clock_});
}

std::size_t segment_cache::pick_victim() {
  constexpr int picked = 2; // more come closer to the least recently used of all, which is the worst choice for a scan that goes round
  std::size_t victim = 0;
  for (int i = 0; i < picked; ++i)
    if (const auto at = spread(++picks_) % entries_.size(); i == 0 || entries_[at].used_at < entries_[victim].used_at)
      victim = at;
  return victim;
}

void segment_cache::drop(std::size_t at) {
  bytes_ -= entries_[at].memory_bytes;
  places_.erase(entries_[at].key);
  if (at + 1 != entries_.size()) {
    entries_[at] = std::move(entries_.back());
    places_[entries_[at].key] = at;
  }
  entries_.pop_back();
}

void segment_cache::forget(std::uint64_t source) {
  const std::lock_guard lock{mutex_};
  for (std::size_t at = entries_.size(); at-- > 0;)
    if (entries_[at].key.source == source)
      drop(at);
  std::erase_if(damaged_, [source](const auto& each) { return each.first.source == source; });
}

result<bytes> segment_cache::read(const entity_id& entity, std::uint64_t segment, std::uint32_t part) {
  auto parts = with_session([&](store& session) { return session.snapshots().read_segment_parts(entity, segment, std::span{&part, 1}); });
  if (parts)
    return std::move(parts->front());
  if (parts.error().code == error_code::not_found)
    return failure{error_code::corrupt_data, parts.error().message, {}};
  return parts.error();
}

} // namespace dotmac
