#include "core/metrics/metric_answers.hpp"

#include <cmath>

namespace dotmac {
namespace {

struct period_answer {
  period_figures figures;
  answer_scope scope;
};

result<std::optional<double>> one_value(const sample_view& view, timestamp start, timestamp end, aggregation_method method, const stop_check& is_unwanted,
                                        const metric_answer_limits& limits, period_answer& into) {
  aggregate_values question;
  question.method = method;
  question.size = granularity::all;
  question.start_time = start;
  question.end_time = end;
  const auto found = answer(view, question, is_unwanted, limits);
  if (!found)
    return found.error();
  into.scope.as_of = found->scope.as_of;
  into.scope.rows_scanned += found->scope.rows_scanned;
  if (found->aggregates.empty())
    return std::optional<double>{};
  into.figures.count = found->aggregates.front().sample_count;
  return found->aggregates.front().value;
}

result<period_answer> figures_of(const sample_view& view, timestamp start, timestamp end, const stop_check& is_unwanted, const metric_answer_limits& limits) {
  period_answer out;
  out.figures.start = start;
  out.figures.end = end;
  const auto total = one_value(view, start, end, aggregation_method::sum, is_unwanted, limits, out);
  if (!total)
    return total.error();
  out.figures.total = total->value_or(0);
  if (!view.semantics.is_cumulative) {
    if (out.figures.count > 0)
      out.figures.average = out.figures.total / static_cast<double>(out.figures.count);
    return out;
  }
  const auto average = one_value(view, start, end, aggregation_method::avg, is_unwanted, limits, out);
  if (!average)
    return average.error();
  out.figures.average = *average;
  return out;
}

} // namespace

result<periods_compared> answer(const sample_view& view, const compare_periods& question, const stop_check& is_unwanted, const metric_answer_limits& limits) {
  const auto current = figures_of(view, question.current_start, question.current_end, is_unwanted, limits);
  if (!current)
    return current.error();
  const auto comparison = figures_of(view, question.comparison_start, question.comparison_end, is_unwanted, limits);
  if (!comparison)
    return comparison.error();
  periods_compared out;
  out.current = current->figures;
  out.comparison = comparison->figures;
  out.scope = {current->scope.as_of, current->scope.rows_scanned + comparison->scope.rows_scanned};
  if (out.current.count == 0 || out.comparison.count == 0)
    return out;
  const bool by_total = view.semantics.type == metric_type::counter;
  const double now = by_total ? out.current.total : *out.current.average;
  const double then = by_total ? out.comparison.total : *out.comparison.average;
  out.absolute_change = now - then;
  if (then != 0)
    out.change_percent = (now - then) / std::abs(then) * 100;
  out.direction = now > then ? trend_direction::up : now < then ? trend_direction::down : trend_direction::flat;
  return out;
}

} // namespace dotmac
