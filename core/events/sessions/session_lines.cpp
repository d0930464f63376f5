#include "core/events/sessions/session_lines.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace dotmac {
namespace {

__extension__ using length_sum = __int128; // lengths of ten thousand years, four thousand million times

/// PERCENTILE_CONT of SQL over `zeros` zeros and the lengths, which are above 0.
double length_percentile(std::uint64_t zeros, std::span<std::int64_t> lengths, double part) {
  const double position = part * static_cast<double>(zeros + lengths.size() - 1);
  const auto below = static_cast<std::uint64_t>(position);
  double low = 0;
  double high = 0;
  if (below >= zeros) {
    const auto at = lengths.begin() + static_cast<std::ptrdiff_t>(below - zeros);
    std::nth_element(lengths.begin(), at, lengths.end());
    low = static_cast<double>(*at);
    high = at + 1 == lengths.end() ? low : static_cast<double>(*std::min_element(at + 1, lengths.end()));
  } else if (below + 1 == zeros && !lengths.empty()) {
    high = static_cast<double>(*std::min_element(lengths.begin(), lengths.end()));
  }
  return low + (high - low) * (position - std::floor(position));
}

} // namespace

result<void> session_lines::choose(std::span<const std::size_t> chosen, bool has_dimensions) {
  has_other_ = has_dimensions && chosen.size() < group_count_;
  line_count_ = has_dimensions ? chosen.size() + (has_other_ ? 1 : 0) + 1 : 1;
  if (line_count_ * bucket_count_ > session_points_max)
    return failure{error_code::query_too_large, "the answer has more than session_points_max = " + std::to_string(session_points_max)
                   + " points (groups x buckets): take fewer groups, a coarser granularity or a shorter interval", has_dimensions ? "limit" : "granularity"};
  if (!has_dimensions)
    return {};
  if (auto taken = memory_.take(group_count_ * sizeof(std::uint32_t)); !taken)
    return taken;
  line_of_group_.assign(group_count_, static_cast<std::uint32_t>(chosen.size()));
  for (std::size_t i = 0; i < chosen.size(); ++i)
    line_of_group_[chosen[i]] = static_cast<std::uint32_t>(i);
  return {};
}

result<void> session_lines::add(std::size_t worker, std::span<const session_record> records) {
  auto& mine = workers_[worker];
  if (!mine) {
    if (auto taken = memory_.take(line_count_ * (bucket_count_ + 1) * sizeof(cell)); !taken)
      return taken;
    mine = std::make_unique<tallies>();
    mine->cells.resize(line_count_ * bucket_count_);
    mine->totals.resize(line_count_);
  }
  const auto add_to = [&](std::size_t line, std::size_t bucket, const session_record& record) {
    mine->cells[line * bucket_count_ + bucket].add(record);
    mine->totals[line].add(record);
  };
  for (const auto& each : records) {
    const auto bucket = each.place % bucket_count_;
    if (!line_of_group_.empty())
      add_to(line_of_group_[each.place / bucket_count_], bucket, each);
    add_to(line_count_ - 1, bucket, each);
  }
  return {};
}

void session_lines::merge_tallies() {
  auto& whole = workers_.front();
  if (!whole) {
    whole = std::make_unique<tallies>();
    whole->cells.resize(line_count_ * bucket_count_);
    whole->totals.resize(line_count_);
  }
  const auto merge = [](std::vector<cell>& to, const std::vector<cell>& from) {
    for (std::size_t i = 0; i < to.size(); ++i) {
      to[i].figures.sessions += from[i].figures.sessions;
      to[i].figures.users += from[i].figures.users;
      to[i].figures.bounces += from[i].figures.bounces;
      to[i].figures.events += from[i].figures.events;
    }
  };
  for (std::size_t i = 1; i < workers_.size(); ++i)
    if (workers_[i]) {
      merge(whole->cells, workers_[i]->cells);
      merge(whole->totals, workers_[i]->totals);
    }
}

/// Brought together by cell: counted first, then put in their places.
result<void> session_lines::add_lengths(std::span<const found_sessions> parts) {
  const auto visit = [&](auto&& take) -> result<void> {
    for (const auto& part : parts) {
      if (context_.is_stopped())
        return question_cancelled();
      for (std::size_t i = 0; i < part.lengths.size(); ++i) {
        const auto bucket = part.length_places[i] % bucket_count_;
        if (!line_of_group_.empty())
          take(line_of_group_[part.length_places[i] / bucket_count_] * bucket_count_ + bucket, part.lengths[i]);
        take((line_count_ - 1) * bucket_count_ + bucket, part.lengths[i]);
      }
    }
    return {};
  };
  std::vector<std::size_t> next(line_count_ * bucket_count_ + 1);
  if (auto counted = visit([&](std::size_t at, std::int64_t) { ++next[at + 1]; }); !counted)
    return counted;
  std::partial_sum(next.begin(), next.end(), next.begin());
  if (auto taken = memory_.take(next.back() * sizeof(std::int64_t)); !taken)
    return taken;
  offsets_ = next;
  lengths_.resize(next.back());
  return visit([&](std::size_t at, std::int64_t length) { lengths_[next[at]++] = length; });
}

void session_lines::select(session_figures& into, std::span<std::int64_t> lengths) const {
  if (into.sessions == 0)
    return;
  const auto sum = std::accumulate(lengths.begin(), lengths.end(), length_sum{0});
  const auto sessions = static_cast<length_sum>(into.sessions);
  into.average_milliseconds = static_cast<double>(sum / sessions) + static_cast<double>(sum % sessions) / static_cast<double>(into.sessions);
  const auto zeros = into.sessions - lengths.size();
  into.median_milliseconds = length_percentile(zeros, lengths, 0.5);
  into.p90_milliseconds = length_percentile(zeros, lengths, 0.9);
}

result<std::vector<session_line>> session_lines::finish() {
  if (auto taken = memory_.take(line_count_ * (bucket_count_ + 1) * sizeof(session_figures)); !taken)
    return taken.error();
  merge_tallies();
  auto& whole = *workers_.front();
  const auto lengths_of = [&](std::size_t first_cell, std::size_t end_cell) {
    return offsets_.empty() ? std::span<std::int64_t>{} : std::span{lengths_}.subspan(offsets_[first_cell], offsets_[end_cell] - offsets_[first_cell]);
  };
  auto selected = share_out(whole.cells.size(), context_, [&](std::size_t, std::size_t i) -> result<void> {
    if (context_.is_stopped())
      return question_cancelled();
    select(whole.cells[i].figures, lengths_of(i, i + 1));
    return {};
  });
  if (!selected)
    return selected.error();
  selected = share_out(line_count_, context_, [&](std::size_t, std::size_t line) -> result<void> {
    if (context_.is_stopped())
      return question_cancelled();
    select(whole.totals[line].figures, lengths_of(line * bucket_count_, (line + 1) * bucket_count_));
    return {};
  });
  if (!selected)
    return selected.error();
  std::vector<session_line> out(line_count_);
  for (std::size_t line = 0; line < line_count_; ++line) {
    out[line].total = whole.totals[line].figures;
    for (std::size_t b = 0; b < bucket_count_; ++b)
      out[line].points.push_back(whole.cells[line * bucket_count_ + b].figures);
  }
  return out;
}

} // namespace dotmac
