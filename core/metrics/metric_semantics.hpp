#pragma once

/// What the values of a metric mean, by its type.
///
///   counter                          increments, not negative; with {"cumulative": true} in calculation_config, readings of a total: an
///                                    increment is the difference of two readings of one series, or the whole reading after a reset
///                                    (a reading below the one before). The first reading is no increment.
///   gauge, rate, percentage          states; any number
///   histogram, summary               observations; any number
///   duration, size                   observations; not negative
/// Sum, increase and rate of a cumulative counter are of its increments, each at the time of the later reading. Increase and rate
/// are defined for counters alone.

#include "core/metrics/metric_questions.hpp"
#include "core/result.hpp"

namespace dotmac {

struct metric_semantics {
  metric_type type = metric_type::gauge;
  bool is_cumulative = false;
  friend bool operator==(const metric_semantics&, const metric_semantics&) = default;
};

/// Errors   validation_failed where calculation_config is no JSON object, or "cumulative" is no boolean or not of a counter.
result<metric_semantics> semantics_of(const metric_definition& definition);

constexpr bool allows_negative(metric_type type) noexcept {
  return type != metric_type::counter && type != metric_type::duration && type != metric_type::size;
}

/// Errors   validation_failed where the method is not defined for such a metric.
result<void> check_method(aggregation_method method, metric_semantics semantics);

} // namespace dotmac
