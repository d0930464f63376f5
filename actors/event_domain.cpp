#include "actors/event_domain.hpp"

namespace dotmac {

std::function<encoded_snapshot()> snapshot_of<event_domain>::prepare(event_domain& domain) {
  return [plan = std::make_shared<event_snapshot_plan>(domain.partition().prepare_snapshot())] {
    auto image = plan->encode();
    encoded_snapshot encoded;
    encoded.version = image.version;
    encoded.payload = std::move(image.payload);
    for (auto& each : image.new_segments)
      encoded.new_segments.push_back({each.number, each.min_time_ms, each.max_time_ms, each.row_count, std::move(each.payload), std::move(each.parts)});
    for (const auto& each : image.live_segments)
      encoded.live_segments.push_back(each.number);
    encoded.live_segments.insert(encoded.live_segments.end(), image.retired_segments.begin(), image.retired_segments.end());
    encoded.token = event_snapshot_image{image.version, {}, std::move(image.new_segments), std::move(image.live_segments), {}, std::move(image.removals)};
    return encoded;
  };
}

void snapshot_of<event_domain>::written(event_domain& domain, const encoded_snapshot& snapshot) {
  domain.snapshot_written(std::any_cast<const event_snapshot_image&>(snapshot.token));
}

} // namespace dotmac
