// Every call and every answer between nodes, as bytes: those of all protocols that this program speaks are read as what they said, and written as they were.

#include "tests/actors/golden_file.hpp"

#include "actors/protocol/call_frames.hpp"
#include "tests/core/events/peak_memory.hpp"
#include "tests/support/filled_record.hpp"
#include "tests/support/record_text.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace dotmac {
namespace {

constexpr std::uint64_t some_id = 0x0102030405060708;
constexpr std::chrono::milliseconds some_time{12'345};
constexpr auto some_tenant = "a tenant";

const std::string what_to_do = "nodes of an earlier release would read or write other bytes here. Undo the change of layout: a new field goes to the end of its record with "
                               "added_in(the next protocol), a new call to the end of the list with call_since (docs/decisions/0014)";

/// "of_metric<record_values>".
template <class T> std::string type_name() {
  const std::string whole = __PRETTY_FUNCTION__;
  const auto begin = whole.find("T = ") + 4;
  auto name = whole.substr(begin, whole.find_first_of(";]", begin) - begin);
  for (std::size_t at = 0; (at = name.find("dotmac::")) != name.npos;)
    name.erase(at, 8);
  return name;
}

struct kind_of_call {
  std::string name, answer_name;
  std::uint16_t since;
};

template <class... Calls> std::vector<kind_of_call> list_kinds(std::variant<Calls...>*) {
  return {{type_name<Calls>(), type_name<typename answer_of<Calls>::type>(), call_since<Calls>}...};
}
std::vector<kind_of_call> kinds_of_calls() { return list_kinds(static_cast<tenant_call*>(nullptr)); }

template <class Variant, std::size_t... I> std::vector<Variant> all_filled(std::index_sequence<I...>) {
  return {Variant{std::in_place_index<I>, filled<std::variant_alternative_t<I, Variant>>()}...};
}
template <class Variant> std::vector<Variant> all_filled() { return all_filled<Variant>(std::make_index_sequence<std::variant_size_v<Variant>>{}); }

bytes call_bytes(const tenant_call& call, std::uint16_t protocol) {
  bytes batch;
  const auto written = write_call(batch, some_id, some_time, some_tenant, call, protocol);
  EXPECT_TRUE(written) << (written ? "" : written.error().message);
  return batch;
}
bytes answer_bytes(const result<tenant_answer>& answer, std::uint16_t protocol) {
  bytes batch;
  write_answer(batch, some_id, answer, protocol);
  return batch;
}

nlohmann::json text_of(const failure& why) { return {{"code", std::string{describe(why.code).name}}, {"message", why.message}, {"field", why.field}}; }
failure failure_of(const nlohmann::json& text) {
  for (const auto& each : error_table)
    if (each.name == text.at("code").get<std::string>())
      return {each.code, text.at("message"), text.at("field"), {}};
  throw std::runtime_error{"no error is called " + text.dump()};
}

template <class T> T value_of(const nlohmann::json& text) {
  T value{};
  record_text::read(text, value);
  return value;
}

golden_entries calls_of(std::uint16_t protocol) { return read_golden_file(golden_path(protocol, "calls")); }
golden_entries answers_of(std::uint16_t protocol) { return read_golden_file(golden_path(protocol, "answers")); }
golden_entries errors_of(std::uint16_t protocol) { return read_golden_file(golden_path(protocol, "errors")); }

std::vector<std::uint16_t> spoken() {
  std::vector<std::uint16_t> all;
  for (auto each = spoken_protocols().oldest; each <= spoken_protocols().newest; ++each)
    all.push_back(each);
  return all;
}

TEST(golden_calls, are_written_for_a_new_protocol) {
  if (!golden_files_are_wanted())
    GTEST_SKIP() << "DOTMAC_WRITE_GOLDEN is not set";
  const auto protocol = spoken_protocols().newest;
  const auto kinds = kinds_of_calls();
  const auto calls = all_filled<tenant_call>();
  const auto answers = all_filled<tenant_answer>();
  golden_entries call_entries, answer_entries, error_entries;
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    call_entries.push_back({kinds[i].name, record_text::write(calls[i]), call_bytes(calls[i], protocol)});
    answer_entries.push_back({kinds[i].name + " -> " + kinds[i].answer_name, record_text::write(answers[i]), answer_bytes(answers[i], protocol)});
  }
  for (const auto& each : error_table)
    if (each.code != error_code::none) {
      const failure why{each.code, "why not: " + std::string{each.name}, "of " + std::string{each.name}, {}};
      error_entries.push_back({std::string{each.name}, text_of(why), answer_bytes(why, protocol)});
    }
  write_golden_file(golden_path(protocol, "calls"), call_entries);
  write_golden_file(golden_path(protocol, "answers"), answer_entries);
  write_golden_file(golden_path(protocol, "errors"), error_entries);
}

TEST(golden_calls, are_there_for_every_kind_of_call_that_a_protocol_has) {
  for (const auto protocol : spoken()) {
    std::set<std::string> calls, answers;
    for (const auto& each : calls_of(protocol))
      calls.insert(each.name);
    for (const auto& each : answers_of(protocol))
      answers.insert(each.name);
    for (const auto& each : kinds_of_calls())
      if (each.since <= protocol) {
        EXPECT_TRUE(calls.contains(each.name)) << each.name << " of protocol " << protocol << ": a new call is of the next protocol, whose files DOTMAC_WRITE_GOLDEN=1 writes";
        EXPECT_TRUE(answers.contains(each.name + " -> " + each.answer_name)) << each.name;
      }
  }
}

TEST(golden_calls, of_every_protocol_are_read_as_what_they_said_and_written_as_they_were) {
  for (const auto protocol : spoken())
    for (const auto& entry : calls_of(protocol)) {
      SCOPED_TRACE("the call " + entry.name + " of protocol " + std::to_string(protocol));
      const auto said = value_of<tenant_call>(entry.says);
      EXPECT_EQ(hex_of(call_bytes(said, protocol), 64), hex_of(entry.content, 64)) << what_to_do;
      const auto read = read_calls(entry.content, protocol);
      ASSERT_TRUE(read && read->size() == 1 && read->front().call) << what_to_do;
      EXPECT_EQ(read->front().id, some_id);
      EXPECT_EQ(read->front().left, some_time);
      EXPECT_EQ(read->front().tenant, some_tenant);
      EXPECT_EQ(record_text::write(*read->front().call), record_text::write(said)) << what_to_do;
    }
}

TEST(golden_answers, of_every_protocol_are_read_as_what_they_said_and_written_as_they_were) {
  for (const auto protocol : spoken())
    for (const auto& entry : answers_of(protocol)) {
      SCOPED_TRACE("the answer " + entry.name + " of protocol " + std::to_string(protocol));
      const auto said = value_of<tenant_answer>(entry.says);
      EXPECT_EQ(hex_of(answer_bytes(said, protocol), 64), hex_of(entry.content, 64)) << what_to_do;
      const auto read = read_answers(entry.content, protocol);
      ASSERT_TRUE(read && read->size() == 1 && read->front().answer) << what_to_do;
      EXPECT_EQ(read->front().id, some_id);
      EXPECT_EQ(record_text::write(*read->front().answer), record_text::write(said)) << what_to_do;
    }
}

TEST(golden_errors, of_every_protocol_are_read_as_what_they_said_and_written_as_they_were) {
  for (const auto protocol : spoken())
    for (const auto& entry : errors_of(protocol)) {
      const auto said = failure_of(entry.says);
      EXPECT_EQ(hex_of(answer_bytes(said, protocol), 64), hex_of(entry.content, 64)) << entry.name << ": errors travel by number, new ones go to the end";
      const auto read = read_answers(entry.content, protocol);
      ASSERT_TRUE(read && read->size() == 1 && !read->front().answer) << entry.name;
      EXPECT_EQ(read->front().id, some_id);
      EXPECT_EQ(read->front().answer.error(), said) << entry.name;
    }
}

// -- what cannot be read ----------------------------------------------------------------------------------------------------

TEST(damaged_frames, that_end_early_are_refused_as_a_whole) {
  const auto protocol = spoken_protocols().newest;
  for (const auto& entry : calls_of(protocol))
    for (std::size_t size = 1; size < entry.content.size(); ++size)
      EXPECT_FALSE(read_calls(bytes_view{entry.content}.substr(0, size), protocol)) << entry.name << " at " << size;
  for (const auto& entry : answers_of(protocol))
    for (std::size_t size = 1; size < entry.content.size(); ++size)
      EXPECT_FALSE(read_answers(bytes_view{entry.content}.substr(0, size), protocol)) << entry.name << " at " << size;
}

/// The length before it made to fit.
bytes as_frame(bytes content) {
  const auto length = static_cast<std::uint32_t>(content.size() - sizeof(std::uint32_t));
  std::memcpy(content.data(), &length, sizeof(length));
  return content;
}

TEST(damaged_frames, that_are_shorter_or_longer_than_they_say_are_answered_by_their_id) {
  const auto protocol = spoken_protocols().newest;
  const std::size_t head = sizeof(std::uint32_t) + sizeof(some_id);
  for (const auto& entry : calls_of(protocol))
    for (std::size_t size = head; size <= entry.content.size() + 1; ++size) {
      if (size == entry.content.size())
        continue;
      auto content = entry.content;
      content.resize(size);
      const auto read = read_calls(as_frame(std::move(content)), protocol);
      ASSERT_TRUE(read && read->size() == 1);
      EXPECT_EQ(read->front().id, some_id);
      ASSERT_FALSE(read->front().call) << entry.name << " at " << size;
      EXPECT_EQ(read->front().call.error().code, error_code::older_release);
    }
  for (const auto& entry : answers_of(protocol))
    for (std::size_t size = head; size <= entry.content.size() + 1; ++size) {
      if (size == entry.content.size())
        continue;
      auto content = entry.content;
      content.resize(size);
      const auto read = read_answers(as_frame(std::move(content)), protocol);
      ASSERT_TRUE(read && read->size() == 1);
      EXPECT_EQ(read->front().id, some_id);
      ASSERT_FALSE(read->front().answer) << entry.name << " at " << size;
      EXPECT_EQ(read->front().answer.error().code, error_code::corrupt_data);
    }
}

TEST(damaged_frames, of_a_kind_that_is_not_known_are_answered_by_their_id) {
  bytes call, answer, error;
  binary::write(call, std::uint32_t{0});
  binary::write(call, some_id);
  binary::write(call, std::int64_t{5});
  binary::write(call, std::string{some_tenant});
  binary::write(call, static_cast<std::uint8_t>(std::variant_size_v<tenant_call>));
  const auto calls = read_calls(as_frame(call), 1);
  ASSERT_TRUE(calls && calls->size() == 1);
  EXPECT_EQ(calls->front().id, some_id);
  ASSERT_FALSE(calls->front().call);
  EXPECT_EQ(calls->front().call.error().code, error_code::older_release);
  binary::write(answer, std::uint32_t{0});
  binary::write(answer, some_id);
  binary::write(answer, std::uint8_t{0});
  binary::write(answer, static_cast<std::uint8_t>(std::variant_size_v<tenant_answer>));
  const auto answers = read_answers(as_frame(answer), 1);
  ASSERT_TRUE(answers && answers->size() == 1 && !answers->front().answer);
  EXPECT_EQ(answers->front().answer.error().code, error_code::corrupt_data);
  binary::write(error, std::uint32_t{0});
  binary::write(error, some_id);
  binary::write(error, std::uint8_t{error_table.size()});
  binary::write(error, std::string{"the moon is in the way"});
  binary::write(error, std::string{"moon"});
  const auto errors = read_answers(as_frame(error), 1);
  ASSERT_TRUE(errors && errors->size() == 1 && !errors->front().answer);
  EXPECT_EQ(errors->front().answer.error(), (failure{error_code::internal_error, "the moon is in the way", "moon", {}}));
}

TEST(damaged_frames, do_no_harm) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random{seed};
  const auto protocol = spoken_protocols().newest;
  auto all = calls_of(protocol);
  const auto first_answer = all.size();
  for (const auto& from : {answers_of(protocol), errors_of(protocol)})
    all.insert(all.end(), from.begin(), from.end());
  std::size_t unreadable = 0, refused = 0, read_all_the_same = 0;
  const auto look = [&](const auto& read, const auto& content_of) {
    if (!read)
      return (void)++unreadable;
    for (const auto& each : *read)
      ++(content_of(each) ? read_all_the_same : refused);
  };
  const auto peak = peak_of([&] {
    for (int round = 0; round < 60'000; ++round) {
      const auto which = random() % all.size();
      auto content = all[which].content;
      for (auto changes = 1 + random() % 3; changes > 0; --changes) {
        const auto at = random() % content.size();
        switch (random() % 3) {
        case 0: content[at] = static_cast<char>(content[at] ^ (1 << random() % 8)); break;
        case 1: content[at] = static_cast<char>(random() % 2 ? 0xFF : random()); break;
        default: content.replace(at, std::min<std::size_t>(4, content.size() - at), "\xFF\xFF\xFF\x7F", std::min<std::size_t>(4, content.size() - at)); break;
        }
      }
      if (random() % 2)
        content = as_frame(std::move(content)); // so that the damage is inside
      if (which < first_answer)
        look(read_calls(content, protocol), [](const received_call& each) { return each.call.has_value(); });
      else
        look(read_answers(content, protocol), [](const received_answer& each) { return each.answer.has_value(); });
    }
  });
  EXPECT_GT(unreadable, 1'000u);
  EXPECT_GT(refused, 1'000u);
  EXPECT_GT(read_all_the_same, 1'000u) << "numbers and texts that changed";
  EXPECT_LT(peak, 64u << 20);
}

bytes nested_filters(std::size_t deep) {
  bytes nested;
  for (std::size_t i = 1; i < deep; ++i) {
    binary::write(nested, filter_kind::all);
    binary::write(nested, std::uint32_t{1}); // one child
  }
  binary::write(nested, filter_node{});
  for (std::size_t i = 1; i < deep; ++i) {
    binary::write(nested, std::string{});
    binary::write(nested, filter_operator::equals);
    binary::write(nested, std::uint32_t{0});
  }
  return nested;
}

TEST(damaged_frames, with_records_within_records_without_end_are_refused) {
  const auto most = nested_filters(binary::records_deep_max), more = nested_filters(binary::records_deep_max + 1), endless = nested_filters(2'000'000);
  filter_node good, refused, deep;
  binary::reader in{most};
  EXPECT_TRUE(in.read(good) && in.at_end());
  EXPECT_FALSE(binary::reader{more}.read(refused));
  EXPECT_FALSE(binary::reader{endless}.read(deep));
}

} // namespace
} // namespace dotmac
