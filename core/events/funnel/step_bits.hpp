#pragma once

/// Which steps and exclusions of a funnel each row serves, as bits. Steps that depend on one field alone share one look-up per row.
///
/// Threads  immutable once made; `fill` may run on several threads, each with a workplace of its own.

#include "core/events/filter_plan.hpp"
#include "core/events/funnel/funnel_walk.hpp"
#include "core/events/parallel_scan.hpp"

namespace dotmac {

/// The events of a step as one filter.
filter_node filter_of(const event_view& view, const funnel_step& step);

class step_bits {
public:
  static constexpr std::uint64_t exclusion_bit = std::uint64_t{1} << funnel_steps_max;

  struct workplace {
    std::array<std::uint64_t, scan_rows> bits;
    std::array<std::uint8_t, scan_rows> mask;
    std::array<std::uint32_t, scan_rows> codes;
  };

  static result<step_bits> make(const event_view& view, std::span<const funnel_step> steps, std::span<const funnel_step> exclusions);

  /// Where all steps depend on one field: which kind of event (a position in `kinds`, 0 of no step) each code of it is.
  struct kinds_by_code {
    event_field field{};
    std::vector<std::uint8_t> kind;
    std::vector<std::uint64_t> kinds; ///< bits; the first are none
    std::vector<std::uint32_t> codes; ///< that are of some step
  };
  const std::optional<kinds_by_code>& by_code() const noexcept { return by_code_; }

  /// Into bits, one entry per row of [first, first + count).
  void fill(const event_view& view, const event_chunk& chunk, std::uint32_t first, std::uint32_t count, workplace& to) const;
  static funnel_event event_of(std::uint64_t bits, std::int64_t at, std::uint32_t row, std::uint32_t constant = 0) {
    return {at, row, static_cast<std::uint32_t>(bits), constant, (bits & exclusion_bit) != 0};
  }

private:
  struct by_field {
    event_field field{};
    std::vector<std::uint64_t> bits; ///< by code
  };
  struct by_plan {
    filter_plan plan;
    std::uint64_t bit = 0;
  };
  void number_kinds();

  std::optional<kinds_by_code> by_code_;
  std::vector<by_field> fields_;
  std::vector<by_plan> plans_;
};

} // namespace dotmac
