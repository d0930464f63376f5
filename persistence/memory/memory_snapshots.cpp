#include "persistence/memory/memory_session.hpp"

#include "persistence/failure_texts.hpp"
#include "persistence/payload_codec.hpp"
#include "persistence/write_checks.hpp"

#include <algorithm>

namespace dotmac {
namespace {

bool holds_parts(const stored_segment& stored, const stored_segment& given) {
  return std::equal(stored.parts.begin(), stored.parts.end(), given.parts.begin(), given.parts.end(), [](const bytes& encoded, const bytes& part) {
    const auto payload = decode_payload(encoded, "a part");
    return payload && *payload == part;
  });
}

} // namespace

result<void> memory_store::check_segments(const entity_data& data, const snapshot_write& write) {
  for (const auto& segment : write.new_segments) {
    const auto found = data.segments.find(segment.number);
    if (found == data.segments.end())
      continue;
    auto payload = decode_payload(found->second.payload,
                                  name_of_segment(to_string(write.snapshot.entity), segment.number));
    if (!payload)
      return payload.error();
    if (*payload != segment.payload || !holds_parts(found->second, segment))
      return conflicting_segment(to_string(write.snapshot.entity), segment.number);
  }
  for (const auto number : write.live_segments) {
    const auto is_new = std::any_of(write.new_segments.begin(), write.new_segments.end(),
                                    [&](const stored_segment& segment) { return segment.number == number; });
    if (!is_new && !data.segments.contains(number))
      return missing_live_segment(to_string(write.snapshot.entity));
  }
  return {};
}

void memory_store::drop_what_nothing_needs(entity_data& data) {
  while (data.snapshots.size() > snapshots_kept)
    data.snapshots.erase(data.snapshots.begin());
  if (data.snapshots.size() == snapshots_kept)
    data.rows.erase(data.rows.begin(), data.rows.upper_bound(data.snapshots.begin()->first));
  drop_unreferenced_segments(data);
}

void memory_store::drop_unreferenced_segments(entity_data& data) {
  std::erase_if(data.segments, [&](const auto& segment) {
    return std::none_of(data.snapshots.begin(), data.snapshots.end(),
                        [&](const auto& snapshot) { return snapshot.second.live.contains(segment.first); });
  });
}

result<void> memory_store::commit_snapshot(memory_database& database, const snapshot_write& write) {
  if (!is_held(database, write.claim))
    return lost_ownership();
  const auto& snapshot = write.snapshot;
  auto data = database.entities_[snapshot.entity]; // a copy: what is refused below changes nothing
  if (!data.snapshots.empty() && data.snapshots.rbegin()->first > snapshot.sequence)
    return outdated_snapshot(to_string(snapshot.entity));
  if (write.last_readable && data.snapshots.upper_bound(*write.last_readable) != data.snapshots.end()) {
    data.snapshots.erase(data.snapshots.upper_bound(*write.last_readable), data.snapshots.end());
    drop_unreferenced_segments(data);
  }
  if (auto valid = check_segments(data, write); !valid)
    return valid;
  for (auto segment : write.new_segments) {
    segment.payload = encode_payload(segment.payload);
    for (auto& part : segment.parts)
      part = encode_payload(part);
    data.segments[segment.number] = std::move(segment);
  }
  data.snapshots[snapshot.sequence] = held_snapshot{snapshot.version,
                                                    encode_payload(snapshot.payload, payload_wish::readable),
                                                    {write.live_segments.begin(), write.live_segments.end()}};
  drop_what_nothing_needs(data);
  database.entities_[snapshot.entity] = std::move(data);
  return {};
}

result<void> memory_store::write_snapshot(const snapshot_write& write) {
  if (auto valid = check_snapshot_write(write); !valid)
    return valid;
  return locked([&](memory_database& database) -> result<void> {
    const auto fault = take(database.snapshot_faults_);
    if (!fault)
      return commit_snapshot(database, write);
    if (fault->outcome == commit_outcome::committed)
      if (auto committed = commit_snapshot(database, write); !committed)
        return committed;
    return fault->why;
  });
}

result<snapshot_store::kept_snapshots> memory_store::read_snapshots(const entity_id& entity) {
  return locked([&](memory_database& database) -> result<kept_snapshots> {
    kept_snapshots kept;
    const auto data = database.entities_.find(entity);
    if (data == database.entities_.end())
      return kept;
    for (auto held = data->second.snapshots.rbegin(); held != data->second.snapshots.rend(); ++held) {
      auto payload = decode_payload(held->second.stored, name_of_snapshot(to_string(entity), held->first));
      if (payload)
        kept.snapshots.push_back({entity, held->first, held->second.version, *std::move(payload)});
      else
        kept.damaged.push_back(payload.error());
    }
    return kept;
  });
}

result<std::vector<snapshot_store::snapshot_summary>> memory_store::list_snapshots(const entity_id& entity) {
  return locked([&](memory_database& database) -> result<std::vector<snapshot_summary>> {
    std::vector<snapshot_summary> kept;
    if (const auto data = database.entities_.find(entity); data != database.entities_.end())
      for (auto held = data->second.snapshots.rbegin(); held != data->second.snapshots.rend(); ++held)
        kept.push_back({held->first, held->second.version, held->second.stored.size(), {}});
    return kept;
  });
}

result<stored_segment> memory_store::read_segment(const entity_id& entity, segment_number number) {
  return locked([&](memory_database& database) -> result<stored_segment> {
    const auto data = database.entities_.find(entity);
    if (data == database.entities_.end() || !data->second.segments.contains(number))
      return missing_segment(to_string(entity), number);
    auto segment = data->second.segments[number];
    auto payload = decode_payload(segment.payload, name_of_segment(to_string(entity), number));
    if (!payload)
      return payload.error();
    segment.payload = *std::move(payload);
    segment.parts.clear();
    return segment;
  });
}

result<std::vector<bytes>> memory_store::read_segment_parts(const entity_id& entity, segment_number number, std::span<const std::uint32_t> parts) {
  return locked([&](memory_database& database) -> result<std::vector<bytes>> {
    const auto key = to_string(entity);
    const auto data = database.entities_.find(entity);
    if (data == database.entities_.end() || !data->second.segments.contains(number))
      return missing_segment(key, number);
    const auto& stored = data->second.segments[number].parts;
    std::vector<bytes> out;
    for (const auto part : parts) {
      if (part >= stored.size())
        return missing_part(key, number, part);
      auto payload = decode_payload(stored[part], name_of_part(key, number, part));
      if (!payload)
        return payload.error();
      out.push_back(*std::move(payload));
    }
    return out;
  });
}

result<std::vector<snapshot_store::segment_summary>> memory_store::list_segments(const entity_id& entity) {
  return locked([&](memory_database& database) -> result<std::vector<segment_summary>> {
    std::vector<segment_summary> summaries;
    if (const auto data = database.entities_.find(entity); data != database.entities_.end())
      for (const auto& [number, segment] : data->second.segments) {
        auto size = segment.payload.size();
        for (const auto& part : segment.parts)
          size += part.size();
        summaries.push_back({number, segment.row_count, size, segment.min_time_ms, segment.max_time_ms});
      }
    return summaries;
  });
}

result<std::vector<snapshot_store::segment_sizes>> memory_store::measure_segments(const entity_id& entity, std::span<const segment_number> numbers) {
  return locked([&](memory_database& database) -> result<std::vector<segment_sizes>> {
    std::vector<segment_sizes> sizes(numbers.size());
    const auto data = database.entities_.find(entity);
    if (data == database.entities_.end())
      return sizes;
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      const auto segment = data->second.segments.find(numbers[i]);
      if (segment == data->second.segments.end())
        continue;
      sizes[i].payload_bytes = segment->second.payload.size();
      for (const auto& part : segment->second.parts)
        sizes[i].part_bytes.push_back(part.size());
    }
    return sizes;
  });
}

} // namespace dotmac
