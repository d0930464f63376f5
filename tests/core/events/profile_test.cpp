// Profiles: what changes make of them beside a plain map, by journal and snapshot too; merges, limits, damage.

#include "tests/core/events/random_cases.hpp"
#include "tests/core/events/test_executor.hpp"

#include <gtest/gtest.h>

namespace dotmac {
namespace {

using namespace plain;

profile_change identify(std::string id, std::vector<profile_attribute> set) {
  profile_change out;
  out.id = std::move(id);
  out.set = std::move(set);
  return out;
}

profile_change merge(std::string id, std::string into) {
  profile_change out;
  out.id = std::move(id);
  out.into = std::move(into);
  return out;
}

value as_value(const profile_attribute& of) {
  return of.json.empty() ? std::visit([](const auto& held) { return value{held}; }, of.value) : value{nested{of.json}};
}

/// All pages, of some profiles each.
std::vector<found_profile> all_profiles(const event_view& view, find_profiles question) {
  std::vector<found_profile> out;
  for (;;) {
    const auto found = answer(view, question, {});
    EXPECT_TRUE(found) << found.error().message;
    out.insert(out.end(), found->profiles.begin(), found->profiles.end());
    if (!found->has_more) {
      EXPECT_EQ(found->total, out.size());
      return out;
    }
    question.after = out.back().id;
  }
}

/// A filter over attributes is one over events of which each profile has one.
event as_event(const std::string& id, const std::map<std::string, value>& attributes) {
  event out;
  out.properties[{property_scope::properties, "id"}] = id;
  for (const auto& [name, held] : attributes)
    out.properties[{property_scope::properties, name}] = held;
  return out;
}

filter_node random_attribute_filter(generator& random, const events& all) {
  auto out = random_filter(random, all, 2);
  const std::function<void(filter_node&)> rename = [&](filter_node& node) {
    const char* names[] = {"tier", "score", "mixed", "id", "never"};
    if (node.kind == filter_kind::condition) {
      node.field = one_of(random, names);
      if (chance(random, 50) && !all.empty() && (node.operation == filter_operator::equals || node.operation == filter_operator::not_equals))
        node.values[0] = as_scalar(look_up(all[random() % all.size()], node.field));
    }
    for (auto& each : node.children)
      rename(each);
  };
  rename(out);
  return out;
}

void expect_profiles(const world& w, const profile_subject& subject, generator& random) {
  const auto table = w.profiles.known.find(subject);
  events of_profiles;
  if (table != w.profiles.known.end())
    for (const auto& [id, attributes] : table->second)
      of_profiles.push_back(as_event(id, attributes));
  find_profiles question{subject, {}, chance(random, 50) ? random_attribute_filter(random, of_profiles) : filter_node{}, 1 + static_cast<std::int64_t>(random() % 20), {}};
  std::map<std::string, std::map<std::string, value>> wanted;
  for (const auto& each : of_profiles)
    if (holds(each, question.filters)) {
      const auto id = std::get<std::string>(look_up(each, "id"));
      wanted[id] = table->second.at(id);
    }
  const auto found = all_profiles(w.view(), question);
  ASSERT_EQ(found.size(), wanted.size());
  auto at = wanted.begin();
  for (const auto& each : found) {
    ASSERT_EQ(each.id, at->first);
    std::map<std::string, value> attributes;
    for (const auto& one : each.attributes)
      attributes[one.name] = as_value(one);
    EXPECT_EQ(attributes, at->second) << each.id;
    std::vector<std::string> others;
    if (subject.kind == profile_kind::user)
      for (const auto& [from, to] : w.profiles.merged)
        if (to == each.id)
          others.push_back(from);
    EXPECT_EQ(each.other_ids, others) << each.id;
    EXPECT_LE(each.created_at, each.updated_at);
    ++at;
  }
}

void expect_description(const world& w, const std::string& id, const scan_context& context) {
  const auto found = answer(w.view(), describe_profile{{}, id}, context);
  ASSERT_TRUE(found) << found.error().message;
  std::map<std::string, std::vector<std::int64_t>> wanted;
  for (const auto& each : w.all)
    if (each.texts[static_cast<std::size_t>(event_field::user_id)] == w.profiles.user_of(id))
      wanted[each.texts[static_cast<std::size_t>(event_field::event_type)]].push_back(each.at.at.milliseconds);
  ASSERT_EQ(found->events.size(), wanted.size());
  for (const auto& each : found->events) {
    const auto& times = wanted.at(each.event_type);
    EXPECT_EQ(each.count, times.size());
    EXPECT_EQ(each.first_time.milliseconds, *std::min_element(times.begin(), times.end()));
    EXPECT_EQ(each.last_time.milliseconds, *std::max_element(times.begin(), times.end()));
  }
  const auto users = w.profiles.known.find(profile_subject{});
  const bool has_profile = users != w.profiles.known.end() && users->second.contains(w.profiles.user_of(id));
  EXPECT_EQ(found->profile.has_value(), has_profile);
}

TEST(random_profiles, equal_a_plain_map_whatever_was_thrown_away_recovered_or_stored) {
  const auto first = from_environment("DOTMAC_TEST_SEED", 1);
  const auto worlds = from_environment("DOTMAC_TEST_CASES", 500);
  test_executor threads{3};
  scan_context context;
  context.executor = &threads;
  std::size_t with_profiles = 0;
  for (auto seed = first; seed < first + worlds; ++seed) {
    SCOPED_TRACE("DOTMAC_TEST_SEED=" + std::to_string(seed) + " DOTMAC_TEST_CASES=1");
    generator random{seed};
    const auto w = random_world(random, random_size(random, seed));
    with_profiles += !w.profiles.known.empty();
    for (const auto& subject : {profile_subject{}, {profile_kind::customer, {}}, {profile_kind::group, "plan"}, {profile_kind::group, "no such"}})
      expect_profiles(w, subject, random);
    expect_description(w, "user " + std::to_string(random() % 5), context);
    if (HasFatalFailure() || HasNonfatalFailure())
      return;
  }
  EXPECT_GT(with_profiles, worlds / 10);
}

TEST(profiles, that_a_view_shows_stay_as_they_were_when_it_was_taken) {
  event_partition partition{1};
  const auto change = [&](profile_change what) {
    ASSERT_TRUE(partition.stage(change_profiles{{std::move(what)}, timestamp{1'000}}));
    partition.commit_staged();
  };
  change(identify("ada", {{"plan", std::string{"fiber"}, {}}}));
  const auto before = partition.snapshot();
  change(identify("ada", {{"plan", std::string{"dsl"}, {}}, {"age", std::int64_t{36}, {}}}));
  change(merge("ada", "lovelace"));
  const auto old = answer(before, find_profiles{}, {});
  ASSERT_EQ(old->profiles.size(), 1u);
  EXPECT_EQ(old->profiles[0].id, "ada");
  ASSERT_EQ(old->profiles[0].attributes.size(), 1u);
  EXPECT_EQ(old->profiles[0].attributes[0].value, scalar{std::string{"fiber"}});
  const auto now = answer(partition.snapshot(), find_profiles{}, {});
  ASSERT_EQ(now->profiles.size(), 1u);
  EXPECT_EQ(now->profiles[0].id, "lovelace");
  EXPECT_EQ(now->profiles[0].other_ids, std::vector<std::string>{"ada"});
  EXPECT_EQ(now->profiles[0].attributes.size(), 2u);
}

TEST(profiles, values_that_change_all_the_time_do_not_grow_the_memory_without_end) {
  event_partition partition{1};
  std::size_t early = 0;
  for (int round = 0; round < 400; ++round) {
    change_profiles changes{{}, timestamp{1'000}};
    for (int user = 0; user < 50; ++user)
      changes.changes.push_back(identify("user " + std::to_string(user), {{"last_seen", "value " + std::to_string(round * 50 + user), {}}}));
    ASSERT_TRUE(partition.stage(std::move(changes)));
    partition.commit_staged();
    if (round == 100)
      early = partition.memory_bytes();
  }
  EXPECT_LT(partition.memory_bytes(), early * 2);
  const auto found = answer(partition.snapshot(), find_profiles{{}, {"user 7"}, {}, 1, {}}, {});
  ASSERT_EQ(found->profiles.size(), 1u);
  EXPECT_EQ(found->profiles[0].attributes[0].value, scalar{std::string{"value 19957"}});
}

class profile_limits_hold : public ::testing::Test {
protected:
  profile_limits limits{3, 4, 3, 2};
  event_columns columns{1};
  profile_book book{limits};

  void take(std::vector<profile_change> changes) {
    const auto staged = book.stage(columns, {std::move(changes), timestamp{1'000}});
    ASSERT_TRUE(staged) << staged.error().message;
    columns.commit();
    book.commit_staged();
  }
  void expect_refusal(std::vector<profile_change> changes, const std::string& limit, const std::string& field) {
    const auto before = columns.counts();
    const auto staged = book.stage(columns, {std::move(changes), timestamp{2'000}});
    ASSERT_FALSE(staged);
    EXPECT_NE(staged.error().message.find(limit), std::string::npos) << staged.error().message;
    EXPECT_EQ(staged.error().field, field);
    EXPECT_FALSE(book.has_staged());
    EXPECT_EQ(columns.counts().fields, before.fields) << "nothing is left of a refused change";
  }
};

TEST_F(profile_limits_hold, of_attributes) {
  take({identify("a", {{"one", true, {}}, {"two", true, {}}}), identify("b", {{"three", true, {}}})});
  take({identify("b", {{"one", false, {}}})});
  expect_refusal({identify("a", {{"two", false, {}}}), identify("c", {{"four", true, {}}})}, "attributes_max = 3", "profiles.1");
}

TEST_F(profile_limits_hold, of_profiles) {
  take({identify("a", {}), identify("b", {}), identify("c", {})});
  expect_refusal({identify("d", {}), identify("a", {}), identify("e", {})}, "profiles_max = 4", "profiles.2");
  take({identify("d", {}), identify("a", {})});
  take({merge("d", "a")});
  take({identify("e", {})});
}

TEST_F(profile_limits_hold, of_ids_of_one_user_also_within_one_call) {
  expect_refusal({merge("a", "b"), merge("c", "b"), merge("d", "c")}, "user_ids_max = 3", "merges.2");
  take({merge("a", "b"), merge("c", "b"), merge("a", "c")});
  expect_refusal({merge("b", "e")}, "user_ids_max = 3", "merges.0");
  take({merge("x", "y")});
  expect_refusal({merge("y", "a")}, "user_ids_max = 3", "merges.0");
}

TEST_F(profile_limits_hold, of_kinds_of_groups) {
  const auto of_group = [](std::string property) {
    auto out = identify("site 1", {});
    out.subject = {profile_kind::group, std::move(property)};
    return out;
  };
  take({of_group("site")});
  expect_refusal({of_group("plan"), of_group("site"), of_group("router")}, "group_properties_max = 2", "profiles.2");
}

TEST(profiles, of_a_damaged_snapshot_are_never_taken_for_data) {
  event_partition partition{1};
  ASSERT_TRUE(partition.stage(change_profiles{{identify("ada", {{"plan", std::string{"fiber"}, {}}, {"age", std::int64_t{36}, {}}}), merge("anonymous 1", "ada")}, timestamp{1'000}}));
  partition.commit_staged();
  const auto image = partition.prepare_snapshot().encode();
  const auto segments = std::make_shared<held_segments>();
  segments->keep(image);
  const auto restored = event_partition::restore(image.version, image.payload, segments->payloads(), segments);
  ASSERT_TRUE(restored) << restored.error().message;
  EXPECT_EQ(answer(restored->snapshot(), find_profiles{}, {})->profiles[0].other_ids, std::vector<std::string>{"anonymous 1"});
  for (std::size_t size = 0; size < image.payload.size(); ++size) {
    const auto cut = event_partition::restore(image.version, image.payload.substr(0, size), segments->payloads(), segments);
    ASSERT_FALSE(cut) << size;
    EXPECT_EQ(cut.error().code, error_code::corrupt_data);
  }
  EXPECT_FALSE(event_partition::restore(image.version, image.payload + "x", segments->payloads(), segments));
}

} // namespace
} // namespace dotmac
