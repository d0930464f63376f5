#include "core/events/trends/trend_lines.hpp"

#include <algorithm>
#include <limits>

namespace dotmac {
namespace {

constexpr std::size_t buckets_at_once = 16; ///< of a line that several threads make

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

line_maker::line_maker(const measure_trends& question, std::size_t bucket_count, selection_work& work, std::size_t measure, const scan_context& context)
    : question_{question}, bucket_count_{bucket_count}, work_{work}, measure_{work.measure(measure)}, context_{context} {}

result<void> line_maker::prepare(memory_allowance& memory) {
  constexpr std::size_t entry_bytes = 200; // a node of the map and its list of values
  for (std::size_t c = 0; c < work_.cells().combination_count(); ++c) {
    auto values = work_.cells().values_of(c);
    auto size = entry_bytes;
    for (const auto& each : values)
      if (const auto* text = std::get_if<std::string>(&each))
        size += text->size();
    if (auto taken = memory.take(size); !taken)
      return taken;
    combinations_.emplace(std::move(values), c);
  }
  return {};
}

result<chosen_groups> line_maker::largest() {
  struct ranked {
    scalar total;
    const std::vector<scalar>* values;
  };
  std::vector<ranked> all;
  for (const auto& [values, combination] : combinations_) {
    if (all.size() % 64 == 0 && context_.is_stopped())
      return question_cancelled();
    all.push_back({combinations_.size() == 1 ? scalar{} : total_of(combination), &values}); // one needs no place among others
  }
  const auto kept = std::min(all.size(), static_cast<std::size_t>(question_.groups_answered));
  std::partial_sort(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(kept), all.end(), [](const ranked& a, const ranked& b) {
    return comes_before(a.total, b.total) || (!comes_before(b.total, a.total) && *a.values < *b.values);
  });
  chosen_groups out;
  for (std::size_t i = 0; i < kept; ++i)
    out.push_back(*all[i].values);
  return out;
}

const scalar& line_maker::total_of(std::size_t combination) {
  totals_.resize(std::max(totals_.size(), combination + 1));
  auto& known = totals_[combination];
  if (!known)
    known = measure_.value_of(cells_of({&combination, 1}));
  return *known;
}

bool line_maker::has_more_than(const chosen_groups& groups) const {
  const auto known = std::count_if(groups.begin(), groups.end(), [this](const auto& each) { return combinations_.contains(each); });
  return combinations_.size() > static_cast<std::size_t>(known);
}

result<void> line_maker::add_lines(std::uint32_t series, const chosen_groups& groups, bool has_other, std::vector<trend_line>& out) {
  std::vector<bool> is_chosen(work_.cells().combination_count());
  const auto add = [&](std::vector<scalar> dimensions, bool is_other, const std::vector<std::size_t>& own) -> result<void> {
    scalar total;
    const bool is_shared = !question_.is_cumulative && bucket_count_ > buckets_at_once && measure_.settle();
    auto values = is_shared ? shared_points(own, total) : points(own);
    if (!values)
      return values.error();
    if (!is_shared)
      total = total_of_line(own);
    out.push_back({series, std::move(dimensions), is_other, std::move(total), std::move(*values), {}, {}});
    return {};
  };
  for (const auto& each : groups) {
    const auto found = combinations_.find(each);
    if (found != combinations_.end())
      is_chosen[found->second] = true;
    if (auto added = add(each, false, found == combinations_.end() ? std::vector<std::size_t>{} : std::vector{found->second}); !added)
      return added;
  }
  if (!has_other)
    return {};
  std::vector<std::size_t> others;
  for (std::size_t c = 0; c < is_chosen.size(); ++c)
    if (!is_chosen[c])
      others.push_back(c);
  return add({}, true, others);
}

std::vector<std::uint32_t> line_maker::cells_of(std::span<const std::size_t> combinations) const {
  std::vector<std::uint32_t> out;
  for (const auto each : combinations)
    for (std::size_t b = 0; b < bucket_count_; ++b)
      out.push_back(static_cast<std::uint32_t>(each * bucket_count_ + b));
  return out;
}

scalar line_maker::total_of_line(std::span<const std::size_t> combinations) { return combinations.size() == 1 ? total_of(combinations[0]) : measure_.value_of(cells_of(combinations)); }

scalar line_maker::point(std::span<const std::size_t> combinations, std::size_t bucket) {
  std::vector<std::uint32_t> cells;
  for (const auto each : combinations)
    cells.push_back(static_cast<std::uint32_t>(each * bucket_count_ + bucket));
  return measure_.value_of(cells);
}

result<std::vector<scalar>> line_maker::shared_points(std::span<const std::size_t> combinations, scalar& total) {
  std::vector<scalar> out(bucket_count_);
  const auto runs = (bucket_count_ + buckets_at_once - 1) / buckets_at_once;
  auto done = share_out(1 + runs, context_, [&](std::size_t, std::size_t number) -> result<void> {
    if (context_.is_stopped())
      return question_cancelled();
    if (number == 0) { // as much work as all points together: it begins first
      total = total_of_line(combinations);
      return {};
    }
    for (auto bucket = (number - 1) * buckets_at_once; bucket < std::min(number * buckets_at_once, bucket_count_); ++bucket)
      out[bucket] = point(combinations, bucket);
    return {};
  });
  return done ? result<std::vector<scalar>>{std::move(out)} : done.error();
}

result<std::vector<scalar>> line_maker::points(std::span<const std::size_t> combinations) {
  std::vector<scalar> out;
  std::vector<std::uint32_t> cells;
  if (question_.is_cumulative)
    measure_.start_union();
  for (std::size_t b = 0; b < bucket_count_; ++b) {
    if (context_.is_stopped())
      return question_cancelled();
    cells.clear();
    for (const auto each : combinations)
      cells.push_back(static_cast<std::uint32_t>(each * bucket_count_ + b));
    out.push_back(question_.is_cumulative ? measure_.with_union(cells) : measure_.value_of(cells));
  }
  return out;
}

} // namespace dotmac
