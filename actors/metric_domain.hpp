#pragma once

/// metric_series in the form that journaled_entity runs.

#include "core/metrics/metric_series.hpp"
#include "runtime/actor/journaled_entity.hpp"

namespace dotmac {

class metric_domain : public metric_series {
public:
  metric_domain(metric_semantics semantics, std::uint64_t id_key, metric_limits limits, std::function<timestamp()> now)
      : metric_series{semantics, id_key, limits}, now_{std::move(now)} {}
  timestamp now() const { return now_(); }

private:
  std::function<timestamp()> now_;
};

/// For administrators.
state_summary summary_of(metric_domain& domain);

template <> struct snapshot_of<metric_domain> {
  static std::function<encoded_snapshot()> prepare(metric_domain& domain);
  static void written(metric_domain& domain, const encoded_snapshot& snapshot);
};

} // namespace dotmac
