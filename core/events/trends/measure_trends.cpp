#include "core/events/event_answers.hpp"
#include "core/events/trends/trend_lines.hpp"

#include <algorithm>

namespace dotmac {
namespace {

result<void> check(const measure_trends& question) {
  const auto refuse = [](std::string why, std::string field) -> result<void> { return failure{error_code::validation_failed, std::move(why), std::move(field)}; };
  if (question.series.empty() || question.series.size() > trend_series_max)
    return refuse("a trend has 1 to trend_series_max = 16 series", "series");
  if (question.dimensions.size() > question_dimensions_max)
    return refuse("more than question_dimensions_max = 3 dimensions", "dimensions");
  if (question.groups_answered < 1 || question.groups_answered > static_cast<std::int64_t>(trend_groups_answered_max))
    return refuse("1 to trend_groups_answered_max = 1000 groups can be asked for", "limit");
  for (std::size_t s = 0; s < question.series.size(); ++s) {
    const auto& each = question.series[s];
    const auto place = "series." + std::to_string(s);
    const bool is_of_property = each.measure >= trend_measure::sum;
    if (is_of_property != !each.property.empty())
      return refuse(is_of_property ? "this measure needs a property" : "this measure takes no property", place + ".property");
    if (is_of_property && each.measure != trend_measure::distinct_values && resolve_event_field(each.property).is_attribute())
      return refuse("numbers are measured of properties, not of attributes of profiles", place + ".property");
    if (!(each.percentile >= 0 && each.percentile <= 100))
      return refuse("a percentile is 0 to 100", place + ".measure");
    if (question.is_cumulative && each.measure != trend_measure::count && each.measure != trend_measure::sum && each.measure != trend_measure::unique_users
        && each.measure != trend_measure::unique_sessions && each.measure != trend_measure::unique_customers)
      return refuse("only count, sum and unique_... can be cumulative", place + ".measure");
  }
  return {};
}

/// One interval: its selections, gathered by all threads and put together.
class trend_pass {
public:
  trend_pass(const event_view& view, const measure_trends& question, const scan_context& context, memory_allowance& memory)
      : view_{view}, question_{question}, context_{context}, memory_{memory} {}

  result<void> run() {
    auto buckets = bucket_list::make(view_, question_.start_time, question_.end_time, question_.size, question_.zone);
    if (!buckets)
      return buckets.error();
    buckets_ = std::move(*buckets);
    auto selections = plan_selections(view_, question_);
    if (!selections)
      return selections.error();
    selections_ = std::move(*selections);
    if (buckets_.starts.empty())
      return {};
    workers_.resize(context_.width());
    if (auto scanned = scan(); !scanned)
      return scanned;
    if (auto merged = merge(); !merged)
      return merged;
    return prepare();
  }

  /// A maker of lines per series.
  result<void> prepare() {
    for (std::size_t series = 0; series < question_.series.size() && !buckets_.starts.empty(); ++series) {
      auto [work, measure] = place_of(series);
      makers_.push_back(std::make_unique<line_maker>(question_, buckets_.starts.size(), *work, measure, context_));
      if (auto prepared = makers_.back()->prepare(memory_); !prepared)
        return prepared;
    }
    return {};
  }

  /// The groups with lines of their own, by series.
  result<std::vector<chosen_groups>> choose() {
    std::vector<chosen_groups> out;
    for (auto& each : makers_) {
      if (question_.groups_of_first && !out.empty()) {
        out.push_back(out.front());
        continue;
      }
      auto largest = each->largest();
      if (!largest)
        return largest.error();
      out.push_back(std::move(*largest));
    }
    return out;
  }

  /// Notes which series need a line of the others.
  void note_others(const std::vector<chosen_groups>& chosen, std::vector<bool>& has_other) const {
    has_other.resize(question_.series.size());
    for (std::size_t s = 0; s < makers_.size() && s < chosen.size(); ++s)
      has_other[s] = has_other[s] || makers_[s]->has_more_than(chosen[s]);
    if (question_.groups_of_first && std::find(has_other.begin(), has_other.end(), true) != has_other.end())
      has_other.assign(has_other.size(), true);
  }

  result<std::vector<trend_line>> lines(const std::vector<chosen_groups>& chosen, const std::vector<bool>& has_other) {
    std::vector<trend_line> out;
    for (std::size_t s = 0; s < makers_.size() && s < chosen.size(); ++s)
      if (auto added = makers_[s]->add_lines(static_cast<std::uint32_t>(s), chosen[s], has_other[s], out); !added)
        return added.error();
    return out;
  }

  std::vector<timestamp> buckets() const {
    std::vector<timestamp> out;
    for (const auto start : buckets_.starts)
      out.push_back(timestamp{start});
    return out;
  }
  std::uint64_t rows_scanned() const noexcept { return scanned_; }
  std::uint64_t group_count() const {
    std::uint64_t most = 0;
    for (const auto& each : whole_)
      most = std::max<std::uint64_t>(most, each->cells().combination_count());
    return most;
  }

private:
  using works = std::vector<std::unique_ptr<selection_work>>; ///< by selection

  works make_works() {
    works out;
    for (const auto& each : selections_)
      out.push_back(std::make_unique<selection_work>(view_, question_, each, buckets_, memory_));
    return out;
  }

  result<void> scan() {
    const time_range range{question_.start_time.milliseconds, question_.end_time.milliseconds};
    return scan_chunks(view_, range, context_, [&](std::size_t worker, const event_chunk& chunk) -> result<void> {
      auto& mine = workers_[worker];
      if (mine.empty())
        mine = make_works();
      scanned_.fetch_add(chunk.rows, std::memory_order_relaxed);
      for (auto& each : mine)
        if (auto added = each->add(chunk, range, context_); !added)
          return added;
      return {};
    });
  }

  result<void> merge() {
    std::erase_if(workers_, [](const auto& each) { return each.empty(); });
    whole_ = workers_.empty() ? make_works() : std::move(workers_.front());
    for (std::size_t s = 0; s < whole_.size(); ++s) {
      if (auto grown = whole_[s]->grow(); !grown)
        return grown;
      for (std::size_t w = 1; w < workers_.size(); ++w) {
        if (context_.is_stopped())
          return question_cancelled();
        if (auto merged = whole_[s]->merge(*workers_[w][s], buckets_.starts.size()); !merged)
          return merged;
        workers_[w][s].reset();
      }
    }
    return {};
  }

  std::pair<selection_work*, std::size_t> place_of(std::size_t series) {
    for (std::size_t s = 0; s < selections_.size(); ++s)
      for (std::size_t m = 0; m < selections_[s].series.size(); ++m)
        if (selections_[s].series[m] == series)
          return {whole_[s].get(), m};
    return {nullptr, 0};
  }

  const event_view& view_;
  const measure_trends& question_;
  const scan_context& context_;
  memory_allowance& memory_;
  bucket_list buckets_;
  std::vector<shared_selection> selections_;
  std::vector<works> workers_;
  works whole_;
  std::vector<std::unique_ptr<line_maker>> makers_; ///< by series
  std::atomic<std::uint64_t> scanned_{0};
};

result<void> check_size(const measure_trends& question, const std::vector<chosen_groups>& chosen, std::size_t buckets) {
  std::size_t most = 0;
  for (const auto& each : chosen)
    most = std::max(most, each.size() + 1);
  if (most * buckets * (question.series.size() + static_cast<std::size_t>(question.derived_series)) <= trend_points_max)
    return {};
  return failure{error_code::query_too_large, "the answer has more than trend_points_max = " + std::to_string(trend_points_max) + " points: take fewer groups or a coarser granularity", "limit"};
}

/// The interval as long as the question's that ends where it starts.
result<measure_trends> interval_before(const measure_trends& question) {
  auto out = question;
  const auto length = question.end_time.milliseconds - question.start_time.milliseconds;
  if (question.start_time == timestamp_min || question.end_time == timestamp_end || question.start_time.milliseconds - length < timestamp_min.milliseconds)
    return failure{error_code::validation_failed, "there is no interval before this one: give a start and an end", "compare"};
  out.start_time.milliseconds -= length;
  out.end_time = question.start_time;
  return out;
}

} // namespace

result<trends_measured> answer(const event_view& view, const measure_trends& question, const scan_context& context) {
  if (auto checked = check(question); !checked)
    return checked.error();
  const auto earlier = question.compares ? interval_before(question) : result<measure_trends>{question};
  if (!earlier)
    return earlier.error();
  memory_allowance memory{context.memory_max};
  trend_pass now{view, question, context, memory};
  trend_pass before{view, *earlier, context, memory};
  if (auto done = now.run(); !done)
    return done.error();
  if (question.compares)
    if (auto done = before.run(); !done)
      return done.error();
  const auto chosen = now.choose();
  if (!chosen)
    return chosen.error();
  std::vector<bool> has_other;
  now.note_others(*chosen, has_other);
  before.note_others(*chosen, has_other);
  if (auto fits = check_size(question, *chosen, now.buckets().size() + before.buckets().size()); !fits)
    return fits.error();
  auto lines = now.lines(*chosen, has_other);
  if (!lines)
    return lines.error();
  auto compared = before.lines(*chosen, has_other);
  if (!compared)
    return compared.error();
  for (std::size_t i = 0; i < lines->size() && i < compared->size(); ++i) {
    (*lines)[i].compared_total = std::move((*compared)[i].total);
    (*lines)[i].compared_values = std::move((*compared)[i].values);
  }
  return trends_measured{now.buckets(), std::move(*lines), before.buckets(), now.group_count(), {view.newest(), now.rows_scanned() + before.rows_scanned()}};
}

} // namespace dotmac
