#pragma once

/// Answers to the questions of core/metrics/metric_questions.hpp over one view of a metric's samples.
///
/// Limits   answer_groups_max buckets times groups; metric_page_reach_max values behind the end of a page; metric_gathered_values_max
///          values held at once: percentiles go over to a sketch there (exact: false), distinct_count and cumulative counters
///          are refused (query_too_large).
/// Errors   query_too_large, validation_failed (method not defined for the metric), cancelled, corrupt_data.
/// Cost     linear in the samples of the chunks that overlap the interval; a cumulative counter also reads what came before.

#include "core/metrics/sample_view.hpp"

namespace dotmac {

inline constexpr std::int64_t metric_page_reach_max = 1'000'000;

/// Sizes that tests make smaller.
struct metric_answer_limits {
  std::size_t groups_max = answer_groups_max;
  std::size_t gathered_values_max = 4'000'000;
};

result<values_found> answer(const sample_view& view, const find_values& question, const stop_check& is_unwanted);
result<value_aggregates> answer(const sample_view& view, const aggregate_values& question, const stop_check& is_unwanted,
                                const metric_answer_limits& limits = {});
result<periods_compared> answer(const sample_view& view, const compare_periods& question, const stop_check& is_unwanted,
                                const metric_answer_limits& limits = {});

} // namespace dotmac
