#pragma once

/// Numbers the combinations of dimension values that the first events of sessions have.
///
/// Threads  one owner each; `take_in` takes what another one numbered.
/// Limits   session_groups_max and the question's memory: query_too_large.
/// Cost     a look-up per dimension and session.

#include "core/events/dense_index.hpp"
#include "core/events/dimension_codes.hpp"
#include "core/events/sessions/session_questions.hpp"
#include "core/events/trends/trend_cells.hpp"

namespace dotmac {

class session_groups {
public:
  session_groups(const event_view& view, const std::vector<std::string>& dimensions, memory_allowance& memory) : memory_{memory} {
    for (const auto& each : dimensions)
      dimensions_.emplace_back(view, each);
  }

  /// 0 without dimensions.
  std::uint32_t number_of(std::uint64_t row) {
    if (dimensions_.empty())
      return 0;
    dimension_combination key;
    for (std::size_t d = 0; d < dimensions_.size(); ++d)
      key.codes[d] = dimensions_[d].code_at(row);
    return combinations_.insert(key).number;
  }
  std::size_t size() const noexcept { return dimensions_.empty() ? 1 : combinations_.size(); }
  std::vector<scalar> values_of(std::size_t number) const {
    std::vector<scalar> out;
    for (std::size_t d = 0; d < dimensions_.size(); ++d)
      out.push_back(dimensions_[d].value(combinations_[number].codes[d]));
    return out;
  }

  /// Takes the memory of what came since the last time.
  result<void> charge() {
    if (size() > session_groups_max)
      return failure{error_code::query_too_large, "the dimensions have more than session_groups_max = " + std::to_string(session_groups_max) + " combinations of values", "dimensions"};
    for (auto& each : dimensions_)
      if (auto taken = each.charge(memory_); !taken)
        return taken;
    constexpr std::size_t group_bytes = 200; // in the index, and while they are ranked
    const auto held = combinations_.size() * group_bytes;
    return memory_.take(held - std::exchange(charged_, held));
  }

  /// For each group of `other` its number here.
  result<std::vector<std::uint32_t>> take_in(const session_groups& other) {
    if (dimensions_.empty())
      return std::vector<std::uint32_t>{0};
    std::vector<std::uint32_t> out;
    for (auto key : other.combinations_.keys()) {
      for (std::size_t d = 0; d < dimensions_.size(); ++d)
        if (!dimensions_[d].is_field())
          key.codes[d] = dimensions_[d].code_of(other.dimensions_[d].value(key.codes[d]));
      out.push_back(combinations_.insert(key).number);
    }
    if (auto taken = charge(); !taken)
      return taken.error();
    return out;
  }

private:
  memory_allowance& memory_;
  std::vector<dimension_codes> dimensions_;
  dense_index<dimension_combination, combination_hash> combinations_;
  std::size_t charged_ = 0;
};

} // namespace dotmac
