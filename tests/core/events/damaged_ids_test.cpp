// A partition whose stored ids are damaged: whole or not at all, unless it is asked to answer at least.

#include "core/events/event_answers.hpp"
#include "tests/core/events/held_segments.hpp"

#include <gtest/gtest.h>

namespace dotmac {
namespace {

bytes block_of_ids(std::uint32_t first, std::uint32_t count, bool with_ids = true) {
  event_block_builder builder;
  for (std::uint32_t i = first; i < first + count; ++i) {
    builder.begin_event(timestamp{1'000});
    builder.set_field(event_field::event_type, "buy");
    if (with_ids)
      builder.set_field(event_field::event_id, "id " + std::to_string(i));
    builder.end_event();
  }
  return builder.finish();
}

class damaged_ids_test : public testing::Test {
protected:
  damaged_ids_test() {
    event_partition partition{5, dedupe_window_milliseconds_default, segments_};
    for (std::uint32_t first = 0; first < event_segment_rows + 4'096; first += 4'096) {
      EXPECT_TRUE(partition.stage(block_of_ids(first, 4'096)));
      partition.commit_staged();
    }
    image_ = partition.prepare_snapshot().encode();
    segments_->keep(image_);
    auto& full = segments_->all().begin()->second;
    const auto ids = full.directory->find(column_kind::ids, 0);
    EXPECT_TRUE(ids);
    full.parts[*ids].resize(full.parts[*ids].size() / 2);
  }
  result<event_partition> restore(damaged_ids how) {
    return event_partition::restore(image_.version, image_.payload, segments_->payloads(), segments_, dedupe_window_milliseconds_default, how);
  }

  std::shared_ptr<held_segments> segments_ = std::make_shared<held_segments>();
  event_snapshot_image image_;
};

TEST_F(damaged_ids_test, fail_a_recovery) {
  const auto restored = restore(damaged_ids::fail);
  ASSERT_FALSE(restored);
  EXPECT_EQ(restored.error().code, error_code::corrupt_data);
}

TEST_F(damaged_ids_test, leave_questions_and_events_without_an_id) {
  auto restored = restore(damaged_ids::refuse_events);
  ASSERT_TRUE(restored) << restored.error().message;
  const auto summary = answer(restored->snapshot(), summarize_events{}, {});
  ASSERT_TRUE(summary) << summary.error().message;
  EXPECT_EQ(summary->event_count, event_segment_rows + 4'096);
  const auto refused = restored->stage(block_of_ids(7, 1));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, error_code::corrupt_data);
  EXPECT_FALSE(restored->has_staged());
  const auto taken = restored->stage(block_of_ids(0, 2, false));
  ASSERT_TRUE(taken) << taken.error().message;
  restored->commit_staged();
  EXPECT_EQ(restored->row_count(), event_segment_rows + 4'096 + 2);
}

TEST_F(damaged_ids_test, are_told_from_a_store_that_is_away) {
  segments_->fails_from = 1;
  const auto restored = restore(damaged_ids::refuse_events);
  ASSERT_FALSE(restored);
  EXPECT_EQ(restored.error().code, error_code::storage_unavailable);
}

} // namespace
} // namespace dotmac
