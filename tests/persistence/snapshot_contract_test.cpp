#include "persistence/payload_codec.hpp"
#include "tests/persistence/store_contract.hpp"

#include <tuple>

namespace dotmac {
namespace {

class snapshot_contract : public store_contract {
protected:
  result<void> snapshot(std::uint64_t sequence, std::vector<segment_number> fresh = {},
                        std::vector<segment_number> live = {}, const bytes& payload = "{\"state\": true}") {
    snapshot_write write{{metric_, journal_sequence{sequence}, 7, payload}, {}, std::move(live), acme_};
    for (const auto number : fresh)
      write.new_segments.push_back(segment(number));
    return store_->snapshots().write_snapshot(write);
  }
  /// By an owner who was recovered from `last_readable`, or wrote that one last.
  result<void> snapshot_after(std::uint64_t last_readable, std::uint64_t sequence, std::vector<stored_segment> fresh = {},
                              std::vector<segment_number> live = {}) {
    snapshot_write write{{metric_, journal_sequence{sequence}, 7, "{}"}, std::move(fresh), std::move(live), acme_,
                         journal_sequence{last_readable}};
    return store_->snapshots().write_snapshot(write);
  }
  static stored_segment segment(segment_number number) {
    return {number, -5, 1'000 + static_cast<std::int64_t>(number), number * 10,
            bytes(700, static_cast<char>(number))};
  }
  std::vector<std::uint64_t> kept() {
    std::vector<std::uint64_t> sequences;
    const auto held_ones = store_->snapshots().read_snapshots(metric_);
    for (const auto& held : held_ones->snapshots)
      sequences.push_back(to_number(held.sequence));
    return sequences;
  }
  std::vector<segment_number> segments() {
    std::vector<segment_number> numbers;
    const auto summaries = store_->snapshots().list_segments(metric_);
    for (const auto& held : *summaries)
      numbers.push_back(held.number);
    return numbers;
  }
};
DOTMAC_CONTRACT(snapshot_contract);

using sequences = std::vector<std::uint64_t>;
using numbers = std::vector<segment_number>;

TEST_P(snapshot_contract, lists_the_kept_snapshots_newest_first_and_with_their_sizes) {
  EXPECT_TRUE(store_->snapshots().list_snapshots(metric_)->empty());
  for (const std::uint64_t sequence : {2, 5, 9})
    ASSERT_OK(snapshot(sequence, {}, {}, random_bytes(1'000 * sequence)));
  const auto listed = store_->snapshots().list_snapshots(metric_);
  ASSERT_OK(listed);
  ASSERT_EQ(listed->size(), 2u);
  for (std::size_t i = 0; i < 2; ++i) {
    const std::uint64_t sequence = i == 0 ? 9 : 5;
    EXPECT_EQ(to_number((*listed)[i].sequence), sequence);
    EXPECT_EQ((*listed)[i].version, 7u);
    EXPECT_GE((*listed)[i].stored_bytes, 1'000 * sequence);
    EXPECT_LE((*listed)[i].stored_bytes, 1'000 * sequence + 100);
    const auto& at = (*listed)[i].written_at;
    EXPECT_TRUE(at.empty() || (at.size() == 24 && at[10] == 'T' && at.back() == 'Z')) << at;
  }
}

TEST_P(snapshot_contract, reads_a_snapshot_back) {
  SCOPED_TRACE("seed " + std::to_string(seed_));
  const auto payload = random_bytes(100'000);
  ASSERT_OK(snapshot(4, {}, {}, payload));
  const auto read_back = store_->snapshots().read_snapshots(metric_);
  ASSERT_OK(read_back);
  ASSERT_EQ(read_back->snapshots.size(), 1u);
  EXPECT_TRUE(read_back->damaged.empty());
  EXPECT_EQ(read_back->snapshots[0].entity, metric_);
  EXPECT_EQ(to_number(read_back->snapshots[0].sequence), 4u);
  EXPECT_EQ(read_back->snapshots[0].version, 7u);
  EXPECT_TRUE(read_back->snapshots[0].payload == payload);
}

TEST_P(snapshot_contract, has_no_snapshot_of_an_entity_never_written) {
  EXPECT_TRUE(kept().empty());
  EXPECT_TRUE(segments().empty());
}

TEST_P(snapshot_contract, keeps_the_newest_two_and_drops_the_rows_behind_the_older) {
  append(1, 10);
  ASSERT_OK(snapshot(3));
  EXPECT_EQ(read(metric_).size(), 10u); // were this one damaged, all rows would be needed
  ASSERT_OK(snapshot(6));
  EXPECT_EQ(read(metric_).front().first, 4u);
  ASSERT_OK(snapshot(9));
  EXPECT_EQ(kept(), (sequences{9, 6}));
  EXPECT_EQ(read(metric_).front().first, 7u);
  EXPECT_EQ(read(metric_).size(), 4u);
  EXPECT_EQ(to_number(*store_->entries().last_sequence(metric_)), 10u);
}

TEST_P(snapshot_contract, drops_nothing_of_other_entities) {
  const entity_id other{"acme", entity_kind::metric, "m_10"};
  const std::vector<journal_row> rows{{other, journal_sequence{1}, "a"}, {other, journal_sequence{2}, "b"}};
  ASSERT_OK(store_->entries().append_entries(rows, {&acme_, 1}));
  for (const std::uint64_t sequence : {5, 6, 7})
    ASSERT_OK(snapshot(sequence));
  EXPECT_EQ(read(other).size(), 2u);
}

TEST_P(snapshot_contract, remembers_the_last_sequence_where_all_rows_are_gone) {
  append(1, 2);
  ASSERT_OK(snapshot(1));
  ASSERT_OK(snapshot(2));
  ASSERT_OK(snapshot(5));
  EXPECT_TRUE(read(metric_).empty());
  EXPECT_EQ(to_number(*store_->entries().last_sequence(metric_)), 5u);
}

TEST_P(snapshot_contract, drops_a_segment_when_no_kept_snapshot_refers_to_it) {
  ASSERT_OK(snapshot(1, {1, 2}, {1, 2}));
  ASSERT_OK(snapshot(2, {3}, {1, 3}));
  EXPECT_EQ(segments(), (numbers{1, 2, 3})); // 2 is still needed by snapshot 1
  ASSERT_OK(snapshot(3, {}, {1, 3}));
  EXPECT_EQ(segments(), (numbers{1, 3}));
  ASSERT_OK(snapshot(4, {4}, {4}));
  ASSERT_OK(snapshot(5, {}, {4}));
  EXPECT_EQ(segments(), (numbers{4}));
}

TEST_P(snapshot_contract, reads_a_segment_back_with_its_summary) {
  ASSERT_OK(snapshot(1, {42}, {42}));
  const auto expected = segment(42);
  const auto read_back = store_->snapshots().read_segment(metric_, 42);
  ASSERT_OK(read_back);
  EXPECT_EQ(read_back->number, 42u);
  EXPECT_EQ(read_back->min_time_ms, expected.min_time_ms);
  EXPECT_EQ(read_back->max_time_ms, expected.max_time_ms);
  EXPECT_EQ(read_back->row_count, expected.row_count);
  EXPECT_EQ(read_back->payload, expected.payload);
  const auto summaries = *store_->snapshots().list_segments(metric_);
  ASSERT_EQ(summaries.size(), 1u);
  EXPECT_EQ(summaries[0].row_count, expected.row_count);
  EXPECT_EQ(summaries[0].min_time_ms, expected.min_time_ms);
  EXPECT_EQ(summaries[0].max_time_ms, expected.max_time_ms);
  EXPECT_GT(summaries[0].stored_bytes, 9u);
  EXPECT_LT(summaries[0].stored_bytes, expected.payload.size()); // 700 equal bytes are stored compressed
  EXPECT_EQ(code_of(store_->snapshots().read_segment(metric_, 43)), error_code::not_found);
}

TEST_P(snapshot_contract, takes_the_same_again_after_an_uncertain_end) {
  ASSERT_OK(snapshot(1, {1}, {1}));
  ASSERT_OK(snapshot(2, {2}, {1, 2}));
  ASSERT_OK(snapshot(2, {2}, {1, 2}));
  EXPECT_EQ(kept(), (sequences{2, 1}));
  EXPECT_EQ(segments(), (numbers{1, 2}));
}

TEST_P(snapshot_contract, refuses_a_segment_number_taken_by_other_content) {
  ASSERT_OK(snapshot(1, {1}, {1}));
  snapshot_write write{{metric_, journal_sequence{2}, 7, "{}"}, {segment(1)}, {1}, acme_};
  write.new_segments[0].payload += "!";
  EXPECT_EQ(code_of(store_->snapshots().write_snapshot(write)), error_code::sequence_conflict);
  EXPECT_EQ(kept(), (sequences{1}));
}

TEST_P(snapshot_contract, refuses_to_refer_to_a_segment_that_does_not_exist) {
  EXPECT_EQ(code_of(snapshot(1, {1}, {1, 2})), error_code::validation_failed);
  EXPECT_TRUE(kept().empty());
  EXPECT_TRUE(segments().empty());
}

TEST_P(snapshot_contract, refuses_a_snapshot_older_than_the_newest) {
  ASSERT_OK(snapshot(5));
  EXPECT_EQ(code_of(snapshot(4)), error_code::sequence_conflict);
  EXPECT_EQ(kept(), (sequences{5}));
}

TEST_P(snapshot_contract, refuses_an_older_owner_and_writes_nothing) {
  append(1, 3);
  ASSERT_OK(snapshot(1));
  database_->pass_time(std::chrono::hours{1});
  claim("acme", "node-b");
  EXPECT_EQ(code_of(snapshot(3, {1}, {1})), error_code::ownership_lost);
  EXPECT_EQ(kept(), (sequences{1}));
  EXPECT_TRUE(segments().empty());
  EXPECT_EQ(read(metric_).size(), 3u);
}

TEST_P(snapshot_contract, tells_of_a_damaged_snapshot_and_returns_the_older) {
  ASSERT_OK(snapshot(1, {}, {}, "older"));
  ASSERT_OK(snapshot(2, {}, {}, "newer"));
  database_->damage_snapshot(metric_, journal_sequence{2});
  const auto read_back = store_->snapshots().read_snapshots(metric_);
  ASSERT_OK(read_back);
  ASSERT_EQ(read_back->snapshots.size(), 1u);
  EXPECT_EQ(read_back->snapshots[0].payload, "older");
  ASSERT_EQ(read_back->damaged.size(), 1u);
  EXPECT_EQ(read_back->damaged[0].code, error_code::corrupt_data);
  EXPECT_NE(read_back->damaged[0].message.find("snapshot 2 of acme/metric/m_1"), std::string::npos);
}

TEST_P(snapshot_contract, keeps_two_that_can_be_read_and_the_rows_behind_the_older_after_one_was_damaged) {
  append(1, 12);
  ASSERT_OK(snapshot(3));
  ASSERT_OK(snapshot(6));
  database_->damage_snapshot(metric_, journal_sequence{6});
  ASSERT_OK(snapshot_after(3, 9)); // recovered from 3 and the journal
  EXPECT_EQ(kept(), (sequences{9, 3}));
  EXPECT_TRUE(store_->snapshots().read_snapshots(metric_)->damaged.empty());
  EXPECT_EQ(read(metric_).front().first, 4u) << "should 9 be damaged too, 3 needs them";
  ASSERT_OK(snapshot_after(9, 12));
  EXPECT_EQ(kept(), (sequences{12, 9}));
  EXPECT_EQ(read(metric_).front().first, 10u);
}

TEST_P(snapshot_contract, keeps_every_row_after_the_only_snapshot_was_damaged) {
  append(1, 6);
  ASSERT_OK(snapshot(3));
  database_->damage_snapshot(metric_, journal_sequence{3});
  ASSERT_OK(snapshot_after(0, 6)); // recovered from the journal alone
  EXPECT_EQ(kept(), (sequences{6}));
  EXPECT_EQ(read(metric_).size(), 6u);
}

TEST_P(snapshot_contract, takes_a_segment_number_again_that_only_a_dropped_snapshot_had) {
  ASSERT_OK(snapshot(1, {1}, {1}));
  ASSERT_OK(snapshot(2, {2}, {1, 2})); // its commit was uncertain: its owner does not know of it
  auto other = segment(2);
  other.payload += "with another event";
  ASSERT_OK(snapshot_after(1, 3, {other}, {1, 2}));
  EXPECT_EQ(kept(), (sequences{3, 1}));
  EXPECT_EQ(store_->snapshots().read_segment(metric_, 2)->payload, other.payload);
  other.payload += "!";
  EXPECT_EQ(code_of(snapshot_after(3, 4, {other}, {1, 2})), error_code::sequence_conflict) << "snapshot 3 has it";
  EXPECT_EQ(kept(), (sequences{3, 1}));
}

TEST_P(snapshot_contract, drops_nothing_where_the_write_is_refused) {
  ASSERT_OK(snapshot(1, {1}, {1}));
  ASSERT_OK(snapshot(2, {2}, {1, 2}));
  EXPECT_EQ(code_of(snapshot_after(1, 3, {}, {1, 2})), error_code::validation_failed);
  EXPECT_EQ(kept(), (sequences{2, 1}));
  EXPECT_EQ(segments(), (numbers{1, 2}));
}

TEST_P(snapshot_contract, writes_and_drops_more_than_fits_into_one_short_transaction) {
  SCOPED_TRACE("seed " + std::to_string(seed_));
  std::vector<stored_segment> many;
  numbers all;
  for (segment_number number = 1; number <= 200; ++number) {
    many.push_back(segment(number));
    many.back().payload = random_bytes(30'000);
    all.push_back(number);
  }
  append(1, 300);
  ASSERT_OK(snapshot_after(0, 100, many, all));
  EXPECT_EQ(segments(), all);
  for (const auto number : {1u, 100u, 200u})
    EXPECT_TRUE(store_->snapshots().read_segment(metric_, number)->payload == many[number - 1].payload);
  ASSERT_OK(snapshot_after(100, 200, {}, {200}));
  ASSERT_OK(snapshot_after(200, 300, {}, {200}));
  EXPECT_EQ(segments(), (numbers{200}));
  EXPECT_EQ(read(metric_).size(), 100u);
}

TEST_P(snapshot_contract, is_not_hindered_by_what_a_refused_write_may_have_left) {
  ASSERT_OK(snapshot_after(0, 1, {segment(9)}, {9}));
  auto large = segment(1);
  large.payload = random_bytes(3'000'000);
  auto taken = segment(9);
  taken.payload += "!";
  EXPECT_EQ(code_of(snapshot_after(1, 2, {large, taken}, {1, 9})), error_code::sequence_conflict);
  EXPECT_EQ(kept(), (sequences{1}));
  ASSERT_OK(snapshot_after(1, 2, {segment(1)}, {1, 9}));
  EXPECT_EQ(segments(), (numbers{1, 9}));
  EXPECT_EQ(store_->snapshots().read_segment(metric_, 1)->payload, segment(1).payload);
}

TEST_P(snapshot_contract, reports_a_damaged_segment_and_never_returns_it) {
  ASSERT_OK(snapshot(1, {1}, {1}));
  database_->damage_segment(metric_, 1);
  EXPECT_EQ(code_of(store_->snapshots().read_segment(metric_, 1)), error_code::corrupt_data);
}

TEST_P(snapshot_contract, reads_the_parts_of_a_segment_one_by_one) {
  SCOPED_TRACE("seed " + std::to_string(seed_));
  auto whole = segment(5);
  for (int part = 0; part < 5; ++part)
    whole.parts.push_back(random_bytes(part == 3 ? 0 : 700'000)); // more than one short transaction
  auto other = segment(6);
  other.parts.push_back("of the other segment");
  ASSERT_OK(snapshot_after(0, 1, {whole, other}, {5, 6}));
  const auto read_parts = [&](segment_number number, std::vector<std::uint32_t> parts) { return store_->snapshots().read_segment_parts(metric_, number, parts); };
  const auto some = read_parts(5, {4, 0, 3});
  ASSERT_OK(some);
  EXPECT_TRUE(*some == (std::vector<bytes>{whole.parts[4], whole.parts[0], whole.parts[3]}));
  EXPECT_TRUE(read_parts(6, {0})->front() == other.parts[0]);
  EXPECT_TRUE(read_parts(5, {})->empty());
  EXPECT_EQ(code_of(read_parts(5, {0, 5})), error_code::not_found);
  EXPECT_EQ(code_of(read_parts(7, {0})), error_code::not_found);
  EXPECT_TRUE(store_->snapshots().read_segment(metric_, 5)->parts.empty());
  EXPECT_GT(store_->snapshots().list_segments(metric_)->front().stored_bytes, 2'800'000u) << "the parts count";
  database_->damage_part(metric_, 5, 4);
  EXPECT_EQ(code_of(read_parts(5, {0, 4})), error_code::corrupt_data);
  EXPECT_TRUE(read_parts(5, {1})->front() == whole.parts[1]);
}

TEST_P(snapshot_contract, compares_and_drops_the_parts_with_their_segment) {
  auto whole = segment(5);
  whole.parts = {"first", "second"};
  ASSERT_OK(snapshot_after(0, 1, {whole}, {5}));
  auto changed = whole;
  changed.parts[1] = "another";
  EXPECT_EQ(code_of(snapshot_after(1, 2, {changed}, {5})), error_code::sequence_conflict);
  ASSERT_OK(snapshot_after(1, 2, {whole}, {5})) << "the same again";
  ASSERT_OK(snapshot_after(2, 3, {segment(6)}, {6}));
  ASSERT_OK(snapshot_after(3, 4, {}, {6}));
  EXPECT_EQ(segments(), numbers{6});
  const std::uint32_t first = 0;
  EXPECT_EQ(code_of(store_->snapshots().read_segment_parts(metric_, 5, std::span{&first, 1})), error_code::not_found);
  changed.number = 5;
  ASSERT_OK(snapshot_after(4, 5, {changed}, {5, 6})) << "its number is free";
  EXPECT_EQ(store_->snapshots().read_segment_parts(metric_, 5, std::span{&first, 1})->front(), "first");
}

TEST_P(snapshot_contract, measures_segments_and_their_parts_as_they_are_stored) {
  SCOPED_TRACE("seed " + std::to_string(seed_));
  auto whole = segment(5);
  whole.parts = {bytes(3'000, 'x'), random_bytes(70'000), ""};
  ASSERT_OK(snapshot_after(0, 1, {whole, segment(6)}, {5, 6}));
  const segment_number asked[]{6, 7, 5};
  const auto sizes = store_->snapshots().measure_segments(metric_, asked);
  ASSERT_OK(sizes);
  ASSERT_EQ(sizes->size(), 3u);
  const auto& [other, none, found] = std::tie((*sizes)[0], (*sizes)[1], (*sizes)[2]);
  EXPECT_EQ(none.payload_bytes, 0u) << "it is missing";
  EXPECT_TRUE(none.part_bytes.empty() && other.part_bytes.empty());
  ASSERT_EQ(found.part_bytes.size(), 3u);
  EXPECT_EQ(found.part_bytes[0], encode_payload(whole.parts[0]).size());
  EXPECT_LT(found.part_bytes[0], 1'000u) << "compressed";
  EXPECT_EQ(found.part_bytes[1], 70'000 + payload_header_bytes) << "random bytes stay as they are";
  EXPECT_EQ(found.part_bytes[2], payload_header_bytes) << "an empty part is not a missing one";
  const auto summaries = *store_->snapshots().list_segments(metric_);
  EXPECT_EQ(summaries[0].stored_bytes, found.payload_bytes + found.part_bytes[0] + found.part_bytes[1] + found.part_bytes[2]);
  EXPECT_EQ(summaries[1].stored_bytes, other.payload_bytes);
  database_->damage_part(metric_, 5, 1);
  EXPECT_EQ((*store_->snapshots().measure_segments(metric_, asked))[2].part_bytes, found.part_bytes) << "what is in it is not looked at";
  EXPECT_EQ(store_->snapshots().measure_segments({"zeta", entity_kind::metric, "m_1"}, asked)->at(2).payload_bytes, 0u);
  EXPECT_TRUE(store_->snapshots().measure_segments(metric_, {})->empty());
}

TEST_P(snapshot_contract, refuses_payloads_over_the_limit) {
  EXPECT_EQ(code_of(snapshot(1, {}, {}, bytes(payload_bytes_max + 1, 'x'))), error_code::payload_too_large);
  snapshot_write write{{metric_, journal_sequence{1}, 7, "{}"}, {segment(1)}, {1}, acme_};
  write.new_segments[0].payload.assign(payload_bytes_max + 1, 'x');
  EXPECT_EQ(code_of(store_->snapshots().write_snapshot(write)), error_code::payload_too_large);
  write.new_segments[0] = segment(1);
  write.new_segments[0].parts.push_back(bytes(payload_bytes_max + 1, 'x'));
  EXPECT_EQ(code_of(store_->snapshots().write_snapshot(write)), error_code::payload_too_large);
  write.new_segments[0].parts.assign(segment_parts_max + 1, bytes{});
  EXPECT_EQ(code_of(store_->snapshots().write_snapshot(write)), error_code::validation_failed);
}

TEST_P(snapshot_contract, takes_as_many_live_segments_as_the_limit_and_refuses_one_more) {
  snapshot_write write{{metric_, journal_sequence{1}, 7, "{}"}, {}, {}, acme_};
  for (segment_number number = 0; number <= live_segments_max; ++number)
    write.live_segments.push_back(number);
  const auto refused = store_->snapshots().write_snapshot(write);
  EXPECT_EQ(code_of(refused), error_code::validation_failed);
  EXPECT_EQ(refused.error().field, "live_segments");
  EXPECT_NE(refused.error().message.find("at most"), std::string::npos);
}

} // namespace
} // namespace dotmac
