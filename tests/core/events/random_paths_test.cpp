// Paths over random events beside lists of labels, their limits and their end before time.

#include "core/text/wildcard.hpp"
#include "tests/core/events/plain_paths.hpp"
#include "tests/core/events/random_cases.hpp"
#include "tests/core/events/test_executor.hpp"

#include <gtest/gtest.h>

namespace dotmac {
namespace {

using namespace plain;

std::string random_pattern(generator& random) {
  std::string out;
  for (auto i = 1 + random() % 4; i > 0; --i)
    out += chance(random, 40) ? '*' : static_cast<char>('a' + random() % 6);
  return out;
}

funnel_step random_path_event(generator& random, const events& all) {
  funnel_step out;
  if (chance(random, 40))
    out.text = std::string(1, static_cast<char>('a' + random() % 9));
  else
    out.event_type = std::string(1, static_cast<char>('a' + random() % 5));
  if (chance(random, 20))
    out.filters = random_filter(random, all, 1);
  return out;
}

follow_paths random_paths(generator& random, const events& all) {
  follow_paths out;
  if (chance(random, 20))
    out.event.filters = random_filter(random, all, 1);
  out.start_time = timestamp{world_start_ms - 86'400'000};
  out.end_time = timestamp{world_start_ms + 101 * 86'400'000ll};
  if (chance(random, 40)) {
    out.start_time = random_time(random, all);
    out.end_time = random_time(random, all);
    if (out.end_time < out.start_time)
      std::swap(out.start_time, out.end_time);
  }
  const std::int64_t gaps[] = {1, 30, 240, 1'440};
  out.gap_minutes = one_of(random, gaps);
  const event_field users[] = {event_field::user_id, event_field::session_id, event_field::customer_id};
  out.user_id_field = one_of(random, users);
  const char* fields[] = {"event_type", "event_name", "event_name", "plan"};
  out.label_field = chance(random, 70) ? one_of(random, fields) : random_dimension(random);
  if (chance(random, 40))
    for (auto i = random() % 3; i > 0; --i)
      out.label_rules.push_back({random_pattern(random), std::string(1, static_cast<char>('a' + random() % 9))});
  if (chance(random, 30))
    out.exclude.push_back(random_pattern(random));
  if (chance(random, 30))
    out.exclude_events.push_back(random_path_event(random, all));
  if (chance(random, 50))
    (chance(random, 50) ? out.from : out.to) = random_path_event(random, all);
  out.steps = 2 + static_cast<std::int64_t>(random() % 9);
  out.nodes_answered = 1 + static_cast<std::int64_t>(random() % 5);
  out.merges_repeats = chance(random, 60);
  return out;
}

void expect_step(const follow_paths& question, const path_step& found, const std::vector<plain_path>& paths, std::size_t position) {
  const auto own = nodes_of(paths, position, static_cast<std::size_t>(question.nodes_answered));
  const auto expect_count = [&](auto&& is_in, std::uint64_t count, std::uint64_t users, const std::optional<std::uint64_t>& drop_offs) {
    std::uint64_t through = 0;
    std::uint64_t ending = 0;
    std::set<std::string> different;
    for (const auto& each : paths)
      if (position < each.places.size() && is_in(each.places[position].label)) {
        ++through;
        ending += each.places.size() == position + 1;
        different.insert(each.user);
      }
    EXPECT_EQ(count, through);
    EXPECT_EQ(users, different.size());
    EXPECT_EQ(drop_offs, position + 1 == static_cast<std::size_t>(question.steps) ? std::nullopt : std::optional{ending});
    return through;
  };
  const auto is_other = [&](const scalar& label) { return std::find(own.begin(), own.end(), label) == own.end(); };
  expect_count([](const scalar&) { return true; }, found.paths, found.users, found.drop_offs);
  ASSERT_GE(found.nodes.size(), own.size());
  for (std::size_t i = 0; i < own.size(); ++i) {
    EXPECT_EQ(found.nodes[i].label, own[i]);
    expect_count([&](const scalar& label) { return label == own[i]; }, found.nodes[i].paths, found.nodes[i].users, found.nodes[i].drop_offs);
  }
  path_node other;
  other.drop_offs = position + 1 == static_cast<std::size_t>(question.steps) ? std::nullopt : std::optional{std::uint64_t{0}};
  if (found.nodes.size() > own.size()) {
    other = found.nodes.back();
    EXPECT_EQ(found.nodes.size(), own.size() + 1);
    EXPECT_EQ(other.label, scalar{});
    EXPECT_GT(other.paths, 0u);
  }
  expect_count(is_other, other.paths, other.users, other.drop_offs);
}

void expect_links(const follow_paths& question, const std::vector<path_link>& found, const std::vector<plain_path>& paths) {
  std::vector<std::tuple<std::uint32_t, std::int64_t, std::size_t, std::size_t, scalar, scalar, std::uint64_t>> wanted;
  for (std::size_t position = 0; position + 1 < static_cast<std::size_t>(question.steps); ++position) {
    const auto most = static_cast<std::size_t>(question.nodes_answered);
    const auto near = nodes_of(paths, position, most);
    const auto far = nodes_of(paths, position + 1, most);
    const auto rank = [](const std::vector<scalar>& nodes, const scalar& label) { return static_cast<std::size_t>(std::find(nodes.begin(), nodes.end(), label) - nodes.begin()); };
    std::map<std::pair<std::size_t, std::size_t>, std::pair<std::int64_t, std::uint64_t>> sums;
    for (const auto& each : paths)
      if (position + 1 < each.places.size()) {
        auto& sum = sums[{rank(near, each.places[position].label), rank(far, each.places[position + 1].label)}];
        --sum.first;
        sum.second += static_cast<std::uint64_t>(std::abs(each.places[position + 1].at - each.places[position].at));
      }
    for (const auto& [nodes, sum] : sums) {
      auto from = nodes.first < near.size() ? near[nodes.first] : scalar{};
      auto to = nodes.second < far.size() ? far[nodes.second] : scalar{};
      if (question.to)
        std::swap(from, to);
      // Of nodes beyond the kept ones both are the others; they come last.
      wanted.emplace_back(static_cast<std::uint32_t>(position), sum.first, nodes.first < near.size() ? nodes.first : 99, nodes.second < far.size() ? nodes.second : 99, from, to, sum.second);
    }
  }
  std::sort(wanted.begin(), wanted.end());
  ASSERT_EQ(found.size(), wanted.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    const auto& [step, paths_less, near, far, from, to, milliseconds] = wanted[i];
    EXPECT_EQ(std::tuple(found[i].step, -static_cast<std::int64_t>(found[i].paths), found[i].from, found[i].to, found[i].milliseconds), std::tuple(step, paths_less, from, to, milliseconds));
  }
}

TEST(random_paths, equal_lists_of_labels_over_random_events) {
  const auto first = from_environment("DOTMAC_TEST_SEED", 1);
  const auto worlds = from_environment("DOTMAC_TEST_CASES", 500);
  test_executor threads{3};
  std::size_t cases = 0;
  std::size_t links = 0;
  for (auto seed = first; seed < first + worlds; ++seed) {
    SCOPED_TRACE("DOTMAC_TEST_SEED=" + std::to_string(seed));
    generator random{seed};
    const auto w = random_world(random, random_size(random, seed));
    for (int i = 0; i < (w.all.size() > 1'000 ? 4 : 10); ++i) {
      SCOPED_TRACE("question " + std::to_string(i));
      const auto question = random_paths(random, w.all);
      scan_context context;
      context.executor = chance(random, 50) ? &threads : nullptr;
      const auto found = answer(w.view(), question, context);
      const auto wanted = paths_of(w.all, question);
      if (!found) { // more labels than can be told apart: only where each event may have its own
        ASSERT_NE(found.error().message.find("path_labels_max"), std::string::npos) << found.error().message;
        ASSERT_GT(w.all.size(), path_labels_max);
        continue;
      }
      EXPECT_EQ(found->paths, wanted.size());
      std::set<std::string> users;
      std::set<scalar> labels;
      for (const auto& each : wanted) {
        users.insert(each.user);
        for (const auto& place : each.places)
          labels.insert(place.label);
      }
      EXPECT_EQ(found->users, users.size());
      EXPECT_EQ(found->labels, labels.size());
      ASSERT_EQ(found->steps.size(), static_cast<std::size_t>(question.steps));
      for (std::size_t position = 0; position < found->steps.size(); ++position)
        expect_step(question, found->steps[position], wanted, position);
      expect_links(question, found->links, wanted);
      links += found->links.size();
      ++cases;
      ASSERT_FALSE(::testing::Test::HasFailure());
    }
  }
  EXPECT_GT(links, worlds < 100 ? 0u : 5'000u) << "the questions find paths of more than one step";
  std::printf("%zu questions, seeds %llu to %llu\n", cases, static_cast<unsigned long long>(first), static_cast<unsigned long long>(first + worlds - 1));
}

TEST(wildcard, fits_what_trying_all_texts_fits) {
  generator random{1};
  std::size_t fitting = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string text;
    for (auto n = random() % 7; n > 0; --n)
      text += static_cast<char>('a' + random() % 2);
    std::string pattern;
    for (auto n = random() % 6; n > 0; --n)
      pattern += "ab**"[random() % 4];
    ASSERT_EQ(fits_wildcard(pattern, text), fits(pattern, text)) << pattern << " " << text;
    fitting += fits_wildcard(pattern, text);
  }
  EXPECT_GT(fitting, 1'000u);
}

/// `users` users with five events a minute apart, each of a name of its own among `names`.
event_partition walking_users(std::size_t users, std::size_t names) {
  event_partition out{1};
  event_block_builder builder;
  std::size_t name = 0;
  for (std::int64_t minute = 0; minute < 5; ++minute)
    for (std::size_t user = 0; user < users; ++user) {
      builder.begin_event(timestamp{world_start_ms});
      builder.set_timestamp({timestamp{world_start_ms + minute * 60'000}, 0});
      builder.set_field(event_field::event_type, "t");
      builder.set_field(event_field::event_name, "n" + std::to_string(name++ % names));
      builder.set_field(event_field::user_id, "u" + std::to_string(user));
      builder.end_event();
    }
  static_cast<void>(out.stage(builder.finish()));
  out.commit_staged();
  return out;
}

follow_paths by_name() {
  follow_paths out;
  out.start_time = timestamp{world_start_ms};
  out.end_time = timestamp{world_start_ms + 86'400'000};
  out.label_field = "event_name";
  return out;
}

TEST(paths, end_where_they_are_stopped_whenever_that_is) {
  const auto partition = walking_users(10'000, 7);
  auto question = by_name();
  question.to = funnel_step{};
  std::size_t asked = 0;
  scan_context counting{[&asked] { return ++asked == 0; }};
  ASSERT_TRUE(answer(partition.snapshot(), question, counting));
  EXPECT_GE(asked, 10u);
  for (std::size_t stops_at = 1; stops_at <= asked; ++stops_at) {
    std::size_t now = 0;
    scan_context stopping{[&] { return ++now >= stops_at; }};
    const auto found = answer(partition.snapshot(), question, stopping);
    ASSERT_FALSE(found) << stops_at << " of " << asked;
    EXPECT_EQ(found.error().code, error_code::cancelled);
  }
}

TEST(paths, are_refused_where_their_memory_does_not_do) {
  const auto partition = walking_users(10'000, 7);
  scan_context context;
  context.memory_max = 8u << 20;
  ASSERT_TRUE(answer(partition.snapshot(), by_name(), context));
  for (std::size_t memory = 10'000; memory < 800'000; memory += 50'000) { // the events alone are 16 bytes each
    context.memory_max = memory;
    const auto found = answer(partition.snapshot(), by_name(), context);
    ASSERT_FALSE(found) << memory;
    EXPECT_EQ(found.error().code, error_code::query_too_large);
  }
}

TEST(paths, refuse_more_labels_than_their_limit) {
  auto question = by_name();
  const auto at_limit = answer(walking_users(path_labels_max, path_labels_max).snapshot(), question, scan_context{});
  ASSERT_TRUE(at_limit) << at_limit.error().message;
  EXPECT_EQ(at_limit->labels, path_labels_max);
  EXPECT_EQ(at_limit->steps[0].nodes.size(), 11u);
  const auto partition = walking_users(path_labels_max + 1, path_labels_max + 1);
  test_executor threads{3};
  scan_context shared;
  shared.executor = &threads;
  for (const auto* each : {&shared}) {
    const auto beyond = answer(partition.snapshot(), question, *each);
    ASSERT_FALSE(beyond);
    EXPECT_EQ(beyond.error().code, error_code::query_too_large);
    EXPECT_EQ(beyond.error().field, "label_field");
  }
  EXPECT_FALSE(answer(partition.snapshot(), question, scan_context{}));
  question.label_rules = {{"n1*", "one"}};
  const auto merged = answer(partition.snapshot(), question, scan_context{});
  ASSERT_TRUE(merged) << "rules make room";
}

TEST(paths, name_the_limit_that_is_passed) {
  const auto partition = walking_users(3, 2);
  const auto field_of_refusal = [&](auto change) {
    auto question = by_name();
    change(question);
    const auto found = answer(partition.snapshot(), question, scan_context{});
    EXPECT_FALSE(found);
    return found ? std::string{} : found.error().field;
  };
  EXPECT_EQ(field_of_refusal([](auto& q) { q.steps = 1; }), "steps");
  EXPECT_EQ(field_of_refusal([](auto& q) { q.steps = path_steps_max + 1; }), "steps");
  EXPECT_EQ(field_of_refusal([](auto& q) { q.nodes_answered = 0; }), "nodes_per_step");
  EXPECT_EQ(field_of_refusal([](auto& q) { q.nodes_answered = path_nodes_max + 1; }), "nodes_per_step");
  EXPECT_EQ(field_of_refusal([](auto& q) { q.gap_minutes = 1'441; }), "gap");
  EXPECT_EQ(field_of_refusal([](auto& q) { q.from = q.to = funnel_step{}; }), "to");
  EXPECT_EQ(field_of_refusal([](auto& q) { q.label_rules.resize(path_label_rules_max + 1, {"a", "b"}); }), "label_rules");
  EXPECT_EQ(field_of_refusal([](auto& q) { q.label_rules = {{std::string(257, 'a'), "b"}}; }), "label_rules");
  EXPECT_EQ(field_of_refusal([](auto& q) { q.exclude.resize(path_exclusions_max + 1, "a"); }), "exclude");
  EXPECT_EQ(field_of_refusal([](auto& q) { q.exclude = {""}; }), "exclude");
  EXPECT_EQ(field_of_refusal([](auto& q) { q.exclude_events.resize(path_exclude_events_max + 1); }), "exclude_events");
  EXPECT_EQ(field_of_refusal([](auto& q) { q.user_id_field = event_field::event_id; }), "user_id_field");
}

} // namespace
} // namespace dotmac
