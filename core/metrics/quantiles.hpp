#pragma once

/// Quantiles: exact while the values are at hand, else from a sketch.
///
/// exact_quantile   interpolates linearly between the two nearest values, as SQL's PERCENTILE_CONT.
/// quantile_sketch  DDSketch: every answer is within `sketch_relative_error` of a value of that rank.
/// Source   Masson, Rim, Lee, "DDSketch: A Fast and Fully-Mergeable Quantile Sketch with Relative-Error Guarantees", VLDB 2019;
///          without collapsing of buckets: whoever fills it bounds bucket_count().
/// Cost     exact: linear (selection). Sketch: a logarithm and a search per value.

#include <cstdint>
#include <map>
#include <span>

namespace dotmac {

inline constexpr double sketch_relative_error = 0.01;

/// `values` not empty; they are put in another order. 0 <= fraction <= 1.
double exact_quantile(std::span<double> values, double fraction);

class quantile_sketch {
public:
  void add(double value);
  double quantile(double fraction) const; ///< of at least one value
  std::size_t bucket_count() const noexcept { return negative_.size() + positive_.size(); }

private:
  std::map<std::int32_t, std::uint64_t> negative_; ///< by bucket of the magnitude
  std::map<std::int32_t, std::uint64_t> positive_;
  std::uint64_t zeros_ = 0;
  std::uint64_t count_ = 0;
};

} // namespace dotmac
