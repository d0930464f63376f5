#pragma once

/// Numbers the combinations of values that all events of an attempt must share. 0: one of the values is absent.
///
/// Threads  one owner; others have numberings of their own, which `take_in` brings together by value.
/// Cost     per row what dimension_codes says, and a look-up of the combination.

#include "core/events/funnel/funnel_questions.hpp"
#include "core/events/trends/trend_cells.hpp"

namespace dotmac {

class held_constants {
public:
  held_constants(const event_view& view, const std::vector<std::string>& names) {
    for (const auto& each : names)
      dimensions_.emplace_back(view, each);
  }

  /// One number per row of the run; those of rows that the mask leaves out are 0.
  std::span<const std::uint32_t> of(const event_chunk& chunk, std::uint32_t first, std::span<const std::uint8_t> mask) {
    for (std::size_t d = 0; d < dimensions_.size(); ++d)
      dimensions_[d].fill(chunk, first, mask, std::span{codes_[d]}.first(mask.size()));
    for (std::size_t i = 0; i < mask.size(); ++i) {
      numbers_[i] = 0;
      dimension_combination key;
      bool has_all = mask[i] != 0;
      for (std::size_t d = 0; d < dimensions_.size() && has_all; ++d) {
        key.codes[d] = codes_[d][i];
        has_all = key.codes[d] != 0;
      }
      if (has_all)
        numbers_[i] = combinations_.insert(key).number + 1;
    }
    return std::span{numbers_}.first(mask.size());
  }

  /// For each number of `other` the number here.
  std::vector<std::uint32_t> take_in(const held_constants& other) {
    std::vector<std::uint32_t> out{0};
    for (auto key : other.combinations_.keys()) {
      for (std::size_t d = 0; d < dimensions_.size(); ++d)
        if (!dimensions_[d].is_field())
          key.codes[d] = dimensions_[d].code_of(other.dimensions_[d].value(key.codes[d]));
      out.push_back(combinations_.insert(key).number + 1);
    }
    return out;
  }

  /// Takes the memory of what was numbered since the last time.
  result<void> charge(memory_allowance& memory) {
    for (auto& each : dimensions_)
      if (auto taken = each.charge(memory); !taken)
        return taken;
    constexpr std::size_t entry_bytes = 2 * (sizeof(dimension_combination) + 2 * sizeof(std::uint32_t)); // arrays that grow
    const auto grown = combinations_.size() - std::exchange(charged_, combinations_.size());
    return memory.take(grown * entry_bytes);
  }

private:
  std::vector<dimension_codes> dimensions_;
  dense_index<dimension_combination, combination_hash> combinations_;
  std::size_t charged_ = 0;
  std::array<std::array<std::uint32_t, scan_rows>, question_dimensions_max> codes_;
  std::array<std::uint32_t, scan_rows> numbers_;
};
static_assert(funnel_constants_max <= question_dimensions_max);

} // namespace dotmac
