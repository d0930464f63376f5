// The cache of stored columns: within its bound whoever asks at once, the same columns whatever fits, damage told once and until it is gone.

#include "core/events/event_partition.hpp"
#include "persistence/memory/memory_store.hpp"
#include "runtime/actor/segment_cache.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace dotmac {
namespace {

/// A store with one full segment of events.
class segment_cache_test : public testing::Test {
protected:
  segment_cache_test() {
    event_partition partition{5};
    for (std::uint32_t first = 0; first < event_segment_rows; first += 8'192) {
      event_block_builder builder;
      for (std::uint32_t i = first; i < first + 8'192; ++i) {
        builder.begin_event(timestamp{1'000 + i});
        builder.set_field(event_field::event_type, "buy");
        builder.set_field(event_field::user_id, "user " + std::to_string(i % 1'000));
        for (const char* name : {"a", "b", "c", "d"})
          builder.add_integer(property_scope::properties, name, i * 7 % 50'000);
        builder.end_event();
      }
      EXPECT_TRUE(partition.stage(builder.finish()));
      partition.commit_staged();
    }
    auto image = partition.prepare_snapshot().encode();
    EXPECT_EQ(image.new_segments.size(), 1u);
    auto& segment = image.new_segments[0];
    directory_ = segment.directory;
    const auto session = *stores_->open();
    const shard_id shards[] = {shard_of_tenant(entity_.tenant)};
    const auto claims = *session->leases().claim_shards("node", shards, std::chrono::hours{1});
    const snapshot_write write{{entity_, journal_sequence{1}, image.version, image.payload}, {{segment.number, 0, 1, segment.row_count, segment.payload, segment.parts}}, {segment.number}, claims[0]};
    EXPECT_TRUE(session->snapshots().write_snapshot(write));
  }
  std::uint32_t parts() const { return static_cast<std::uint32_t>(directory_->columns.size()); }

  entity_id entity_{"acme", entity_kind::events, "0"};
  std::shared_ptr<memory_database> database_ = std::make_shared<memory_database>();
  std::shared_ptr<store_factory> stores_ = make_memory_store_factory(database_);
  std::shared_ptr<const segment_directory> directory_;
};

TEST_F(segment_cache_test, never_passes_its_bound_whoever_asks_at_once) {
  constexpr std::size_t bytes_max = 700'000; // two or three of eight columns
  const auto cache = std::make_shared<segment_cache>(stores_, bytes_max);
  const auto source = cache->source_of(entity_);
  std::atomic<std::uint64_t> most{0};
  std::atomic<std::size_t> failures{0};
  std::vector<std::thread> threads;
  for (std::uint32_t t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (std::uint32_t i = 0; i < 10 * parts(); ++i) {
        const auto column = source->column(*directory_, (i * (t + 1)) % parts());
        failures += !column || (*column)->chunks.size() != directory_->chunks.size();
        const auto bytes = cache->read_figures().bytes;
        for (auto known = most.load(); known < bytes && !most.compare_exchange_weak(known, bytes);) {}
      }
    });
  for (auto& each : threads)
    each.join();
  EXPECT_EQ(failures, 0u);
  EXPECT_GT(most, bytes_max / 2);
  EXPECT_LE(most, bytes_max);
  const auto figures = cache->read_figures();
  EXPECT_EQ(figures.bytes_max, bytes_max);
  EXPECT_EQ(figures.hits + figures.misses, 4u * 10 * parts());
  EXPECT_GT(figures.misses, parts()) << "columns went and came again";
  EXPECT_EQ(figures.failures, 0u);
}

TEST_F(segment_cache_test, measures_without_reading) {
  const auto cache = std::make_shared<segment_cache>(stores_, 1u << 30);
  const auto source = cache->source_of(entity_);
  const std::uint64_t asked[]{directory_->number, directory_->number + 1};
  const auto sizes = source->sizes(asked);
  ASSERT_TRUE(sizes);
  EXPECT_GT((*sizes)[0].payload, 0u);
  EXPECT_EQ((*sizes)[0].parts.size(), parts());
  EXPECT_EQ((*sizes)[1].payload, 0u);
  EXPECT_EQ(cache->read_figures().misses, 0u);
}

TEST_F(segment_cache_test, keeps_lists_of_rows_within_the_same_bound) {
  constexpr std::size_t bytes_max = 1'000'000;
  const auto cache = std::make_shared<segment_cache>(stores_, bytes_max);
  auto source = cache->source_of(entity_);
  const std::vector<std::int64_t> codes(1'000, 1), users(1'000, 7);
  const packed_integers of_codes{codes.data(), 8, 0, 1'000}, of_users{users.data(), 8, 0, 1'000};
  const auto key_of = [](std::uint32_t code) { return coded_rows_key{event_field::event_type, event_field::user_id, code, 1}; };
  const auto empty = std::make_shared<const coded_rows>(coded_rows::make(of_codes, 2, of_users, of_users));
  source->keep_rows(*directory_, key_of(3), empty);
  EXPECT_EQ(source->find_rows(*directory_, key_of(3)), empty);
  EXPECT_EQ(source->find_rows(*directory_, key_of(4)), nullptr);
  auto of_another_chunk = key_of(3);
  of_another_chunk.chunk = 0;
  EXPECT_EQ(source->find_rows(*directory_, of_another_chunk), nullptr);
  auto by_another_field = key_of(3);
  by_another_field.user_field = event_field::session_id;
  EXPECT_EQ(source->find_rows(*directory_, by_another_field), nullptr);
  for (std::uint32_t code = 5; code < 100'000; ++code) {
    source->keep_rows(*directory_, key_of(code), empty);
    ASSERT_LE(cache->read_figures().bytes, bytes_max);
  }
  EXPECT_GT(cache->read_figures().bytes, bytes_max / 2);
  EXPECT_TRUE(source->column(*directory_, 2)) << "columns come in beside them";
  EXPECT_LE(cache->read_figures().bytes, bytes_max);
  source.reset();
  EXPECT_EQ(cache->read_figures().bytes, 0u) << "they leave with their partition";
}

TEST_F(segment_cache_test, tells_of_a_missing_column_once_and_until_its_partition_leaves) {
  std::vector<std::string> told;
  const auto cache = std::make_shared<segment_cache>(stores_, 1u << 30, [&](const failure& why) { told.push_back(why.message); });
  auto source = cache->source_of(entity_);
  auto lost = *directory_;
  lost.number = 77;
  for (int i = 0; i < 3; ++i) {
    const auto column = source->column(lost, 2);
    ASSERT_FALSE(column);
    EXPECT_EQ(column.error().code, error_code::corrupt_data);
    EXPECT_NE(column.error().message.find("the column event_type of segment 77 of acme/events/0"), std::string::npos) << column.error().message;
  }
  EXPECT_EQ(told.size(), 1u);
  auto figures = cache->read_figures();
  EXPECT_EQ((std::tuple{figures.failures, figures.damaged_count, figures.damaged.size()}), (std::tuple{3u, 1u, 1u}));
  EXPECT_TRUE(source->column(*directory_, 2)) << "that of another segment is there";
  source.reset();
  figures = cache->read_figures();
  EXPECT_EQ((std::tuple{figures.damaged_count, figures.columns, figures.bytes}), (std::tuple{0u, 0u, 0u}));
}

} // namespace
} // namespace dotmac
