#include "core/events/trends/trend_lines.hpp"

#include <algorithm>
#include <limits>

namespace dotmac {
namespace {

bool comes_before(const scalar& left, const scalar& right) {
  const auto number = [](const scalar& each) {
    if (const auto* integer = std::get_if<std::int64_t>(&each))
      return static_cast<long double>(*integer);
    const auto* decimal = std::get_if<double>(&each);
    return decimal == nullptr ? -std::numeric_limits<long double>::infinity() : static_cast<long double>(*decimal);
  };
  return number(left) > number(right);
}

} // namespace

line_maker::line_maker(const measure_trends& question, std::size_t bucket_count, selection_work& work, std::size_t measure)
    : question_{question}, bucket_count_{bucket_count}, work_{work}, measure_{work.measure(measure)} {
  for (std::size_t c = 0; c < work.cells().combination_count(); ++c)
    combinations_.emplace(work.cells().values_of(c), c);
}

chosen_groups line_maker::largest() {
  struct ranked {
    scalar total;
    const std::vector<scalar>* values;
  };
  std::vector<ranked> all;
  for (const auto& [values, combination] : combinations_)
    all.push_back({measure_.value_of(cells_of({&combination, 1})), &values});
  const auto kept = std::min(all.size(), static_cast<std::size_t>(question_.groups_answered));
  std::partial_sort(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(kept), all.end(), [](const ranked& a, const ranked& b) {
    return comes_before(a.total, b.total) || (!comes_before(b.total, a.total) && *a.values < *b.values);
  });
  chosen_groups out;
  for (std::size_t i = 0; i < kept; ++i)
    out.push_back(*all[i].values);
  return out;
}

void line_maker::add_lines(std::uint32_t series, const chosen_groups& groups, bool has_other, std::vector<trend_line>& out) {
  auto left = combinations_;
  for (const auto& each : groups) {
    const auto found = left.find(each);
    const auto own = found == left.end() ? std::vector<std::size_t>{} : std::vector{found->second};
    out.push_back({series, each, false, measure_.value_of(cells_of(own)), points(own), {}, {}});
    if (found != left.end())
      left.erase(found);
  }
  if (left.empty() && !has_other)
    return;
  std::vector<std::size_t> others;
  for (const auto& each : left)
    others.push_back(each.second);
  out.push_back({series, {}, true, measure_.value_of(cells_of(others)), points(others), {}, {}});
}

std::vector<std::uint32_t> line_maker::cells_of(std::span<const std::size_t> combinations) const {
  std::vector<std::uint32_t> out;
  for (const auto each : combinations)
    for (std::size_t b = 0; b < bucket_count_; ++b)
      out.push_back(static_cast<std::uint32_t>(each * bucket_count_ + b));
  return out;
}

std::vector<scalar> line_maker::points(std::span<const std::size_t> combinations) {
  std::vector<scalar> out;
  std::vector<std::uint32_t> cells;
  for (std::size_t b = 0; b < bucket_count_; ++b) {
    if (!question_.is_cumulative)
      cells.clear();
    for (const auto each : combinations)
      cells.push_back(static_cast<std::uint32_t>(each * bucket_count_ + b));
    out.push_back(measure_.value_of(cells));
  }
  return out;
}

} // namespace dotmac
