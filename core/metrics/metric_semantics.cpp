#include "core/metrics/metric_semantics.hpp"

#include "core/describe/json.hpp"

namespace dotmac {

result<metric_semantics> semantics_of(const metric_definition& definition) {
  const auto config = json::parse(definition.calculation_config, nullptr, false);
  if (!config.is_object())
    return failure{error_code::validation_failed, "must be an object", "calculation_config"};
  metric_semantics semantics{definition.type, false};
  const auto cumulative = config.find("cumulative");
  if (cumulative == config.end())
    return semantics;
  if (!cumulative->is_boolean())
    return failure{error_code::validation_failed, "\"cumulative\" must be true or false", "calculation_config"};
  semantics.is_cumulative = cumulative->get<bool>();
  if (semantics.is_cumulative && definition.type != metric_type::counter)
    return failure{error_code::validation_failed, "only a counter can be cumulative", "calculation_config"};
  return semantics;
}

result<void> check_method(aggregation_method method, metric_semantics semantics) {
  if ((method == aggregation_method::increase || method == aggregation_method::rate) && semantics.type != metric_type::counter)
    return failure{error_code::validation_failed,
                   std::string{name_of(method)} + " is defined for counters, and this metric is a " + std::string{name_of(semantics.type)},
                   "aggregation_method"};
  return {};
}

} // namespace dotmac
