#pragma once

/// Stored segments in memory: what the tests of core/ read cold columns from.

#include "core/events/event_partition.hpp"

#include <map>
#include <mutex>

namespace dotmac {

class held_segments final : public segment_source {
public:
  void keep(const event_snapshot_image& image) {
    for (const auto& each : image.new_segments)
      keep(each);
  }
  void keep(event_segment segment) {
    std::erase_if(decoded_, [&](const auto& each) { return each.first.first == segment.number; }); // numbers can be used again
    std::erase_if(lists_, [&](const auto& each) { return std::get<0>(each.first) == segment.number; });
    segments_[segment.number] = std::move(segment);
  }
  std::map<std::uint64_t, event_segment>& all() { return segments_; }

  std::function<result<bytes>(std::uint64_t)> payloads() {
    return [this](std::uint64_t number) -> result<bytes> {
      const auto at = segments_.find(number);
      return at == segments_.end() ? result<bytes>{failure{error_code::not_found, "no such segment", {}}} : at->second.payload;
    };
  }
  result<std::shared_ptr<const segment_column>> column(const segment_directory& of, std::uint32_t part) override {
    const std::lock_guard lock{mutex_};
    ++reads;
    if (fails_from && reads >= *fails_from)
      return failure{error_code::storage_unavailable, "the store is away", {}};
    auto& known = decoded_[{of.number, part}];
    if (known != nullptr)
      return known;
    const auto at = segments_.find(of.number);
    if (at == segments_.end() || part >= at->second.parts.size())
      return failure{error_code::corrupt_data, "a part is missing", {}};
    auto decoded = decode_part(at->second.parts[part], of, part);
    if (!decoded)
      return decoded.error();
    return known = std::make_shared<const segment_column>(std::move(*decoded));
  }

  result<std::vector<stored_sizes>> sizes(std::span<const std::uint64_t> asked) override {
    if (fails_from)
      return failure{error_code::storage_unavailable, "the store is away", {}};
    std::vector<stored_sizes> out;
    for (const auto number : asked) {
      auto& to = out.emplace_back();
      const auto at = segments_.find(number);
      if (at == segments_.end())
        continue;
      to.payload = at->second.payload.size();
      for (const auto& part : at->second.parts)
        to.parts.push_back(part.size());
    }
    return out;
  }

  std::shared_ptr<const coded_rows> find_rows(const segment_directory& of, const coded_rows_key& key) override {
    const std::lock_guard lock{mutex_};
    const auto at = lists_.find(key_of(of, key));
    lists_found += at != lists_.end();
    return at == lists_.end() ? nullptr : at->second;
  }
  void keep_rows(const segment_directory& of, const coded_rows_key& key, std::shared_ptr<const coded_rows> list) override {
    const std::lock_guard lock{mutex_};
    lists_.emplace(key_of(of, key), std::move(list));
  }
  std::size_t list_count() const noexcept { return lists_.size(); }

  std::size_t lists_found = 0;
  std::size_t reads = 0;
  std::optional<std::size_t> fails_from; ///< the number of the read, from 1

private:
  std::map<std::uint64_t, event_segment> segments_;
  std::map<std::pair<std::uint64_t, std::uint32_t>, std::shared_ptr<const segment_column>> decoded_;
  using list_key = std::tuple<std::uint64_t, std::uint32_t, event_field, event_field, std::uint32_t>;
  static list_key key_of(const segment_directory& of, const coded_rows_key& key) { return {of.number, key.chunk, key.field, key.user_field, key.code}; }
  std::map<list_key, std::shared_ptr<const coded_rows>> lists_;
  std::mutex mutex_;
};

/// The event of that number, which is there.
inline result<found_event> read_row(const event_view& view, std::uint64_t row) {
  const auto chunk = view.chunk_of(row);
  auto event = view.read(chunk, chunk.position_of(row).value());
  if (chunk.why_incomplete())
    return *chunk.why_incomplete();
  return event;
}

/// The same events, all of them to be read from `segments`. Every chunk of `view` must be in memory.
inline event_view cold_view(const event_view& view, const std::shared_ptr<held_segments>& segments) {
  std::vector<chunk_place> places;
  std::uint64_t number = 1'000'000;
  auto before = std::make_shared<const dictionary_counts>();
  for (std::uint64_t row = 0; row < view.row_count();) {
    auto encoded = encode_segments(view, row, *before, number);
    before = encoded.back().end;
    row += encoded.back().row_count;
    const auto stored = std::make_shared<stored_columns>(stored_columns{*encoded.back().directory, segments});
    for (std::uint32_t c = 0; c < stored->directory.chunks.size(); ++c)
      places.push_back({stored->directory.chunks[c], nullptr, stored, c, nullptr});
    segments->keep(std::move(encoded.back()));
  }
  return view.with_places(std::move(places));
}

} // namespace dotmac
