#include "actors/metric_domain.hpp"

namespace dotmac {

state_summary summary_of(metric_domain& domain) {
  const auto semantics = domain.semantics();
  return {{"metric_type", std::string{enumeration<metric_type>::names[static_cast<std::size_t>(semantics.type)]}}, {"is_cumulative", std::string{semantics.is_cumulative ? "yes" : "no"}},
          {"values", domain.next_row()}, {"series", domain.series_count()}};
}

std::function<encoded_snapshot()> snapshot_of<metric_domain>::prepare(metric_domain& domain) {
  return [plan = std::make_shared<metric_snapshot_plan>(domain.prepare_snapshot(domain.now()))] {
    auto image = plan->encode();
    encoded_snapshot encoded;
    encoded.version = image.version;
    encoded.payload = std::move(image.payload);
    for (auto& each : image.new_segments)
      encoded.new_segments.push_back({each.number, each.min_time_ms, each.max_time_ms, each.row_count, std::move(each.payload)});
    for (const auto number : image.live_segments)
      encoded.live_segments.push_back(number);
    metric_snapshot_image written;
    written.written_below = image.written_below;
    encoded.token = std::move(written);
    return encoded;
  };
}

void snapshot_of<metric_domain>::written(metric_domain& domain, const encoded_snapshot& snapshot) {
  domain.snapshot_written(std::any_cast<const metric_snapshot_image&>(snapshot.token));
}

} // namespace dotmac
