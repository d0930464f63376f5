#include "actors/event_domain.hpp"

#include <algorithm>

namespace dotmac {

state_summary summary_of(event_domain& domain) {
  const auto& partition = domain.partition();
  std::uint64_t stored = 0;
  for (const auto& segment : partition.stored_segments())
    stored += segment.row_count;
  const auto removals = partition.tell_removals();
  const auto open = std::count_if(removals.removals.begin(), removals.removals.end(), [](const removal_record& each) { return !each.done_at; });
  return {{"events", partition.row_count()}, {"events_in_segments", stored}, {"segments", std::uint64_t{partition.stored_segments().size()}},
          {"removals_under_way", static_cast<std::uint64_t>(open)}};
}

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
