#include "core/metrics/quantiles.hpp"

#include <algorithm>
#include <cmath>

namespace dotmac {
namespace {

const double gamma_base = (1 + sketch_relative_error) / (1 - sketch_relative_error);
const double log_gamma = std::log(gamma_base);

std::int32_t bucket_of(double magnitude) { return static_cast<std::int32_t>(std::ceil(std::log(magnitude) / log_gamma)); }
double value_of(std::int32_t bucket) { return 2 * std::exp(bucket * log_gamma) / (gamma_base + 1); }

} // namespace

double exact_quantile(std::span<double> values, double fraction) {
  const double place = fraction * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::ptrdiff_t>(std::floor(place));
  const auto at = values.begin() + below;
  std::nth_element(values.begin(), at, values.end());
  const double part = place - static_cast<double>(below);
  if (part == 0)
    return *at;
  const double above = *std::min_element(at + 1, values.end());
  return *at + (above - *at) * part;
}

void quantile_sketch::add(double value) {
  ++count_;
  if (value == 0)
    ++zeros_;
  else
    ++(value < 0 ? negative_ : positive_)[bucket_of(std::abs(value))];
}

double quantile_sketch::quantile(double fraction) const {
  const auto rank = static_cast<std::uint64_t>(fraction * static_cast<double>(count_ - 1));
  std::uint64_t passed = 0;
  for (auto each = negative_.rbegin(); each != negative_.rend(); ++each)
    if ((passed += each->second) > rank)
      return -value_of(each->first);
  if ((passed += zeros_) > rank)
    return 0;
  for (const auto& [bucket, count] : positive_)
    if ((passed += count) > rank)
      return value_of(bucket);
  return positive_.empty() ? 0 : value_of(positive_.rbegin()->first);
}

} // namespace dotmac
