#include "core/events/trends/distinct_accumulator.hpp"

#include "core/events/dimension_codes.hpp"
#include "core/events/packed_gather.hpp"

#include <algorithm>
#include <bit>

namespace dotmac {
namespace {

constexpr std::size_t bitmap_bytes_max = 32u << 20; ///< of one accumulator

/// Pairs of a cell and an id, each kept once.
class id_pairs {
public:
  explicit id_pairs(memory_allowance& memory) : memory_{memory} {}

  void put(std::uint32_t cell, std::uint32_t id) { pairs_.push_back(std::uint64_t{cell} << 32 | id); }
  /// After a number of puts.
  result<void> settle() {
    if (pairs_.size() > 2 * settled_ + settle_at_least)
      sort();
    const auto before = std::exchange(charged_, pairs_.size());
    if (charged_ > before)
      return memory_.take((charged_ - before) * sizeof(std::uint64_t));
    memory_.give_back((before - charged_) * sizeof(std::uint64_t));
    return {};
  }
  void merge(const id_pairs& other, std::span<const std::uint32_t> cells, const std::function<std::uint32_t(std::uint32_t)>& translate) {
    for (const auto each : other.pairs_) {
      const auto id = static_cast<std::uint32_t>(each);
      put(cells[each >> 32], translate ? translate(id) : id);
    }
  }
  std::int64_t count(std::span<const std::uint32_t> cells) {
    if (settled_ != pairs_.size())
      sort();
    if (cells.size() == 1)
      return range(cells[0]).second - range(cells[0]).first;
    ids_.clear();
    for (const auto cell : cells)
      visit(cell, [this](std::uint32_t id) { ids_.push_back(id); });
    std::sort(ids_.begin(), ids_.end());
    return std::unique(ids_.begin(), ids_.end()) - ids_.begin();
  }

  /// After a count.
  template <class Take> void visit(std::uint32_t cell, Take&& take) const {
    for (auto [at, end] = range(cell); at != end; ++at)
      take(static_cast<std::uint32_t>(*at));
  }

private:
  static constexpr std::size_t settle_at_least = 1u << 17;
  using position = std::vector<std::uint64_t>::const_iterator;

  std::pair<position, position> range(std::uint32_t cell) const {
    const auto begin = std::lower_bound(pairs_.begin(), pairs_.end(), std::uint64_t{cell} << 32);
    return {begin, std::lower_bound(begin, pairs_.end(), (std::uint64_t{cell} + 1) << 32)};
  }
  void sort() {
    std::sort(pairs_.begin(), pairs_.end());
    pairs_.erase(std::unique(pairs_.begin(), pairs_.end()), pairs_.end());
    settled_ = pairs_.size();
  }

  memory_allowance& memory_;
  std::vector<std::uint64_t> pairs_;
  std::size_t settled_ = 0;
  std::size_t charged_ = 0;
  std::vector<std::uint32_t> ids_;
};

class distinct_ids final : public measure_accumulator {
public:
  distinct_ids(const event_view& view, event_field field, memory_allowance& memory)
      : field_{static_cast<std::size_t>(field)}, words_{view.dictionary_size(field) / 64 + 1}, memory_{memory}, pairs_{memory} {}

  result<void> grow(std::size_t cells) override {
    cell_count_ = cells;
    if (!uses_bitmaps_)
      return {};
    const auto size = cells * words_ * sizeof(std::uint64_t);
    if (size <= bitmap_bytes_max) {
      if (auto taken = memory_.take(size - bits_.size() * sizeof(std::uint64_t)); !taken)
        return taken;
      bits_.resize(cells * words_);
      return {};
    }
    return leave_bitmaps();
  }

  result<void> add(const measured_rows& rows) override {
    const auto selected = rows.selection->rows();
    gather(rows.chunk->codes(static_cast<event_field>(field_)), rows.selection->first(), selected, ids_.data());
    if (!uses_bitmaps_) {
      for (std::size_t i = 0; i < selected.size(); ++i)
        if (ids_[i] != 0)
          pairs_.put(rows.cells[i], ids_[i]);
      return pairs_.settle();
    }
    for (std::size_t i = 0; i < selected.size(); ++i) {
      const auto id = ids_[i]; // bit 0, of no id, is not counted
      bits_[rows.cells[i] * words_ + id / 64] |= std::uint64_t{1} << id % 64;
    }
    return {};
  }

  result<void> merge(measure_accumulator& other, std::span<const std::uint32_t> cells) override {
    auto& from = static_cast<distinct_ids&>(other);
    if (uses_bitmaps_ && from.uses_bitmaps_) {
      for (std::size_t i = 0; i < from.cell_count_; ++i)
        for (std::size_t w = 0; w < words_; ++w)
          bits_[cells[i] * words_ + w] |= from.bits_[i * words_ + w];
      return {};
    }
    if (uses_bitmaps_)
      if (auto left = leave_bitmaps(); !left)
        return left;
    if (from.uses_bitmaps_)
      if (auto left = from.leave_bitmaps(); !left)
        return left;
    pairs_.merge(from.pairs_, cells, {});
    return pairs_.settle();
  }

  scalar value_of(std::span<const std::uint32_t> cells) override {
    if (!uses_bitmaps_)
      return pairs_.count(cells);
    start_union();
    return with_union(cells);
  }
  void start_union() override {
    if (!uses_bitmaps_)
      static_cast<void>(pairs_.count({})); // puts them in order
    union_.assign(words_, 0);
    union_[0] = 1; // of no id: it never counts
    union_count_ = 0;
  }
  scalar with_union(std::span<const std::uint32_t> cells) override {
    for (const auto cell : cells) {
      if (uses_bitmaps_)
        for (std::size_t w = 0; w < words_; ++w)
          join(w, bits_[cell * words_ + w]);
      else
        pairs_.visit(cell, [this](std::uint32_t id) { join(id / 64, std::uint64_t{1} << id % 64); });
    }
    return union_count_;
  }

private:
  void join(std::size_t word, std::uint64_t bits) {
    union_count_ += std::popcount(bits & ~union_[word]);
    union_[word] |= bits;
  }
  result<void> leave_bitmaps() {
    uses_bitmaps_ = false;
    for (std::size_t at = 0; at < bits_.size(); ++at)
      for (auto word = bits_[at] & ~std::uint64_t{at % words_ == 0}; word != 0; word &= word - 1)
        pairs_.put(static_cast<std::uint32_t>(at / words_), static_cast<std::uint32_t>(at % words_ * 64 + static_cast<std::size_t>(std::countr_zero(word))));
    memory_.give_back(bits_.size() * sizeof(std::uint64_t));
    bits_ = {};
    return pairs_.settle();
  }

  const std::size_t field_;
  const std::size_t words_; ///< per cell
  memory_allowance& memory_;
  bool uses_bitmaps_ = true;
  std::size_t cell_count_ = 0;
  std::vector<std::uint64_t> bits_;
  std::vector<std::uint64_t> union_;
  std::int64_t union_count_ = 0;
  id_pairs pairs_;
  std::array<std::uint32_t, scan_rows> ids_;
};

class distinct_values final : public measure_accumulator {
public:
  distinct_values(const event_view& view, const std::string& property, memory_allowance& memory) : codes_{view, property}, pairs_{memory}, memory_{memory} {}

  result<void> grow(std::size_t) override { return {}; }
  result<void> add(const measured_rows& rows) override {
    const auto selected = rows.selection->rows();
    const std::span<std::uint32_t> ids = std::span{ids_}.first(rows.selection->run_rows());
    codes_.fill(*rows.chunk, rows.selection->first(), rows.selection->mask(), ids);
    for (std::size_t i = 0; i < selected.size(); ++i)
      if (ids[selected[i]] != 0)
        pairs_.put(rows.cells[i], ids[selected[i]]);
    if (auto taken = codes_.charge(memory_); !taken)
      return taken;
    return pairs_.settle();
  }
  result<void> merge(measure_accumulator& other, std::span<const std::uint32_t> cells) override {
    auto& from = static_cast<distinct_values&>(other);
    pairs_.merge(from.pairs_, cells, codes_.is_field() ? std::function<std::uint32_t(std::uint32_t)>{} : [&](std::uint32_t id) { return codes_.code_of(from.codes_.value(id)); });
    return pairs_.settle();
  }
  scalar value_of(std::span<const std::uint32_t> cells) override { return pairs_.count(cells); }

private:
  dimension_codes codes_;
  id_pairs pairs_;
  memory_allowance& memory_;
  std::array<std::uint32_t, scan_rows> ids_;
};

} // namespace

std::unique_ptr<measure_accumulator> make_distinct_ids(const event_view& view, event_field field, memory_allowance& memory) {
  return std::make_unique<distinct_ids>(view, field, memory);
}

std::unique_ptr<measure_accumulator> make_distinct_values(const event_view& view, const std::string& property, memory_allowance& memory) {
  return std::make_unique<distinct_values>(view, property, memory);
}

} // namespace dotmac
