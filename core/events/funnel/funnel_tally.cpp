#include "core/events/funnel/funnel_tally.hpp"

#include "core/events/select_rank.hpp"

#include <algorithm>
#include <cmath>

namespace dotmac {
namespace {

using durations = std::vector<std::int64_t>;
__extension__ using wide_sum = __int128; // durations of ten thousand years, four thousand million times

/// PERCENTILE_CONT of SQL: linear between the two nearest ranks.
double percentile_of(const durations& values, double part) {
  const double position = part * static_cast<double>(values.size() - 1);
  durations room;
  const auto [below, above] = select_rank(std::span{values}, static_cast<std::size_t>(position), room);
  const auto low = static_cast<double>(below);
  return low + (static_cast<double>(above) - low) * (position - std::floor(position));
}

double average_of(const durations& values) {
  wide_sum sum = 0;
  for (const auto each : values)
    sum += each;
  const auto count = static_cast<wide_sum>(values.size());
  return static_cast<double>(sum / count) + static_cast<double>(sum % count) / static_cast<double>(count);
}

/// Bins of a whole number of milliseconds, all of one width: the least that reaches from the least to the greatest with so many bins. The last bin is the
/// one that holds the greatest.
std::vector<funnel_bin> histogram_of(const durations& values, std::int64_t bins) {
  const auto [least, greatest] = std::minmax_element(values.begin(), values.end());
  const auto width = (*greatest - *least) / bins + 1;
  std::vector<funnel_bin> out;
  for (auto from = *least; from <= *greatest; from += width)
    out.push_back({from, from + width, 0});
  for (const auto each : values)
    ++out[static_cast<std::size_t>((each - *least) / width)].count;
  return out;
}

funnel_durations figures_of(const durations& values, std::int64_t bins) {
  if (values.empty())
    return {};
  return {average_of(values), percentile_of(values, 0.5), percentile_of(values, 0.9), bins > 0 ? histogram_of(values, bins) : std::vector<funnel_bin>{}};
}

void append(durations& to, const durations& from) { to.insert(to.end(), from.begin(), from.end()); }

} // namespace

void funnel_tally::merge(const funnel_tally& other) {
  for (std::size_t k = 0; k < counts_.size(); ++k) {
    counts_[k] += other.counts_[k];
    append(from_before_[k], other.from_before_[k]);
  }
  append(to_convert_, other.to_convert_);
  for (std::size_t b = 0; b < points_.size(); ++b) {
    points_[b].entered += other.points_[b].entered;
    append(points_[b].to_convert, other.points_[b].to_convert);
  }
}

void funnel_tally::figure_out(std::size_t number, std::int64_t bins) { figures_[number] = figures_of(number < from_before_.size() ? from_before_[number] : to_convert_, bins); }

funnel_figures funnel_tally::finish(std::span<const std::int64_t> buckets) {
  funnel_figures out;
  for (std::size_t k = 0; k < counts_.size(); ++k)
    out.steps.push_back({counts_[k], std::move(figures_[k]), {}});
  out.to_convert = std::move(figures_.back());
  for (std::size_t b = 0; b < points_.size(); ++b) {
    auto& [entered, took] = points_[b];
    out.points.push_back({timestamp{buckets[b]}, entered, took.size(), took.empty() ? std::nullopt : std::optional{percentile_of(took, 0.5)}});
  }
  return out;
}

} // namespace dotmac
