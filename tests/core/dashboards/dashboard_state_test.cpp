#include "core/dashboards/dashboard_state.hpp"

#include <gtest/gtest.h>

#include <random>

namespace dotmac {
namespace {

/// A dashboard with its journal, as an actor keeps it.
class dashboard_state_test : public testing::Test {
protected:
  error_code act(dashboard_edit edit, std::optional<std::uint64_t> expected = {}) {
    const dashboard_command command{std::move(edit), "key-1", now, "edit-" + std::to_string(++edits), expected};
    if (auto staged = state.stage(command); !staged)
      return staged.error().code;
    if (auto payload = state.staged_payload(); !payload.empty())
      journal.push_back(std::move(payload));
    state.commit_staged();
    return error_code::none;
  }
  error_code begin() {
    dashboard_content content;
    content.name = "noc";
    content.display_name = "Network";
    return act(begin_dashboard{content});
  }
  error_code name_it(const std::string& name) {
    change_content edit;
    edit.display_name = name;
    return act(content_edit{edit});
  }
  const dashboard_content& content() const { return state.versions().back().content; }
  std::uint64_t newest() const { return state.versions().back().stamp.version; }

  static void expect_same(const dashboard_state& a, const dashboard_state& b) {
    EXPECT_EQ(a.exists(), b.exists());
    EXPECT_EQ(a.is_removed(), b.is_removed());
    EXPECT_EQ(a.origin(), b.origin());
    ASSERT_EQ(a.versions().size(), b.versions().size());
    for (std::size_t i = 0; i < a.versions().size(); ++i) {
      EXPECT_EQ(a.versions()[i].stamp, b.versions()[i].stamp);
      EXPECT_EQ(a.versions()[i].content, b.versions()[i].content);
    }
  }
  /// From the snapshot, and from the journal alone.
  void expect_the_same_after_a_restart() {
    dashboard_state from_snapshot, from_journal;
    ASSERT_TRUE(from_snapshot.restore(dashboard_snapshot_version, state.snapshot(), {}));
    expect_same(state, from_snapshot);
    for (const auto& each : journal)
      ASSERT_TRUE(from_journal.apply(each));
    expect_same(state, from_journal);
  }

  dashboard_state state;
  std::vector<bytes> journal;
  timestamp now{1'000};
  int edits = 0;
};

TEST_F(dashboard_state_test, is_not_there_before_it_is_made_and_is_made_once) {
  EXPECT_FALSE(state.exists());
  EXPECT_EQ(name_it("x"), error_code::not_found);
  EXPECT_EQ(act(remove_dashboard{}), error_code::not_found);
  EXPECT_EQ(begin(), error_code::none);
  EXPECT_TRUE(state.exists());
  EXPECT_EQ(begin(), error_code::conflict);
  EXPECT_EQ(state.versions().front().stamp, (dashboard_version{1, now, "key-1", "created"}));
}

TEST_F(dashboard_state_test, makes_a_version_of_what_changes_something_and_of_nothing_else) {
  begin();
  EXPECT_EQ(name_it("Network"), error_code::none);
  EXPECT_EQ(journal.size(), 1u);
  now = timestamp{2'000};
  name_it("NOC");
  EXPECT_EQ(state.versions().back().stamp, (dashboard_version{2, timestamp{2'000}, "key-1", "changed display_name"}));
  expect_the_same_after_a_restart();
}

TEST_F(dashboard_state_test, takes_an_edit_that_is_sent_again_for_done) {
  begin();
  dashboard_widget widget;
  widget.name = "w";
  widget.title = "W";
  const dashboard_command command{content_edit{add_widget{widget}}, "key-1", now, "sent twice", 1};
  ASSERT_TRUE(state.stage(command));
  ASSERT_FALSE(state.staged_payload().empty());
  state.commit_staged();
  name_it("A");
  ASSERT_TRUE(state.stage(command)) << "though version 3 is the newest, and the name of the widget is taken";
  EXPECT_TRUE(state.staged_payload().empty());
  state.commit_staged();
  EXPECT_EQ(newest(), 3u);
  EXPECT_EQ(content().widgets.size(), 1u);
  const dashboard_command removal{remove_dashboard{}, "key-1", now, "this one too", {}};
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(state.stage(removal));
    state.commit_staged();
  }
  EXPECT_EQ(newest(), 4u);
}

TEST_F(dashboard_state_test, refuses_an_edit_of_what_somebody_else_has_changed) {
  begin();
  name_it("A");
  change_content edit;
  edit.display_name = "B";
  EXPECT_EQ(act(content_edit{edit}, 1), error_code::conflict);
  EXPECT_EQ(content().display_name, "A");
  EXPECT_EQ(act(content_edit{edit}, 2), error_code::none);
  EXPECT_EQ(act(remove_dashboard{}, 2), error_code::conflict);
}

TEST_F(dashboard_state_test, restores_any_version_that_is_kept) {
  begin();
  name_it("A");
  name_it("B");
  EXPECT_EQ(act(restore_version{2}), error_code::none);
  EXPECT_EQ(content().display_name, "A");
  EXPECT_EQ(newest(), 4u);
  EXPECT_EQ(state.versions().back().stamp.summary, "restored version 2");
  EXPECT_EQ(act(restore_version{2}), error_code::none);
  EXPECT_EQ(newest(), 4u) << "it is like that already";
  EXPECT_EQ(act(restore_version{5}), error_code::not_found);
  expect_the_same_after_a_restart();
}

TEST_F(dashboard_state_test, is_removed_and_brought_back_with_its_versions) {
  begin();
  name_it("A");
  EXPECT_EQ(act(remove_dashboard{}), error_code::none);
  EXPECT_FALSE(state.exists());
  EXPECT_TRUE(state.is_removed());
  EXPECT_EQ(name_it("B"), error_code::not_found);
  EXPECT_EQ(begin(), error_code::conflict);
  expect_the_same_after_a_restart();
  EXPECT_EQ(act(restore_version{2}), error_code::none);
  EXPECT_TRUE(state.exists());
  EXPECT_EQ(newest(), 4u);
  expect_the_same_after_a_restart();
}

TEST_F(dashboard_state_test, tells_how_it_was_at_a_time_also_where_the_clock_went_back) {
  begin();
  now = timestamp{5'000};
  name_it("A");
  now = timestamp{3'000};
  name_it("B");
  now = timestamp{9'000};
  name_it("C");
  EXPECT_FALSE(state.version_at(timestamp{999}));
  const auto at = [&](std::int64_t ms) { return (*state.version_at(timestamp{ms}))->content.display_name; };
  EXPECT_EQ(at(1'000), "Network");
  EXPECT_EQ(at(4'999), "Network");
  EXPECT_EQ(at(5'000), "B") << "both were made then, as far as this is known";
  EXPECT_EQ(at(8'999), "B");
  EXPECT_EQ(at(9'000), "C");
}

TEST_F(dashboard_state_test, keeps_the_newest_versions_by_number_and_by_bytes) {
  begin();
  for (std::size_t i = 1; i < versions_kept_max; ++i)
    name_it("title " + std::to_string(i));
  EXPECT_EQ(state.versions().front().stamp.version, 1u);
  name_it("one more");
  EXPECT_EQ(state.versions().size(), versions_kept_max);
  EXPECT_EQ(state.versions().front().stamp.version, 2u);
  EXPECT_EQ(state.origin().version, 1u);
  EXPECT_EQ(act(restore_version{1}), error_code::not_found);

  change_content large;
  large.widgets.emplace();
  for (int i = 0; i < 15; ++i) {
    dashboard_widget widget;
    widget.name = "w" + std::to_string(i);
    widget.title = "t";
    widget.query_config.text = "{\"x\":\"" + std::string(json_object_bytes_max - 8, 'x') + "\"}";
    large.widgets->push_back(widget);
  }
  ASSERT_EQ(act(content_edit{large}), error_code::none);
  for (int i = 0; i < 10; ++i)
    name_it("large " + std::to_string(i));
  EXPECT_EQ(state.versions().size(), 4u);
  expect_the_same_after_a_restart();
}

TEST_F(dashboard_state_test, refuses_what_is_stored_in_no_form_that_it_knows) {
  begin();
  dashboard_state other;
  EXPECT_EQ(other.restore(dashboard_snapshot_version + 1, state.snapshot(), {}).error().code, error_code::corrupt_data);
  EXPECT_EQ(other.restore(dashboard_snapshot_version, "{", {}).error().code, error_code::corrupt_data);
  auto later = journal.front();
  later.replace(later.find("\"format\":1"), 10, "\"format\":2");
  EXPECT_EQ(other.apply(later).error().code, error_code::corrupt_data);
  EXPECT_EQ(other.apply(R"({"format":1,"fact":{"removed":true}})").error().code, error_code::corrupt_data);
  EXPECT_FALSE(other.exists());
}

TEST_F(dashboard_state_test, reads_what_the_first_release_wrote) {
  dashboard_state old;
  ASSERT_TRUE(old.apply(R"({"format":1,"fact":{"saved":{"stamp":{"version":1,"at":"2026-12-01T10:00:00.000Z","by":"key-1","summary":"created"},"content":{"name":"noc","display_name":"Network",)"
                        R"("description":"","category":"","layout":{"columns":12,"rows":8,"theme":"system"},"is_public":true,"owner_id":"","auto_refresh_interval":300,"variables":[],)"
                        R"("widgets":[{"widget_id":"w_1","name":"a","title":"A","widget_type":"gauge","query_config":{"metric":"m"},"visualization_config":{},"position_x":0,"position_y":0,)"
                        R"("width":4,"height":3,"refresh_interval":300,"cache_duration":60}]},"edit_id":"e-1"},"removed":null}})"));
  ASSERT_TRUE(old.exists());
  EXPECT_TRUE(old.versions().back().content.is_public);
  EXPECT_EQ(old.versions().back().content.widgets.at(0).type, widget_type::gauge);
  EXPECT_EQ(old.versions().back().content.widgets.at(0).query_config.text, R"({"metric":"m"})");
}

TEST_F(dashboard_state_test, comes_back_the_same_after_any_edits) {
  begin();
  std::mt19937_64 chance{std::random_device{}()};
  const auto seed = chance();
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  chance.seed(seed);
  const auto below = [&](std::uint64_t limit) { return chance() % limit; };
  std::size_t done = 0;
  for (int i = 0; i < 2'000; ++i) {
    now.milliseconds += static_cast<std::int64_t>(below(1'000)) - 100;
    const auto name = "w" + std::to_string(below(12));
    const auto x = static_cast<std::int64_t>(below(12));
    dashboard_widget widget;
    widget.name = name;
    widget.title = "T";
    widget.position_x = x;
    change_widget changed{name};
    changed.title = "T" + std::to_string(below(3));
    change_content content;
    content.category = "c" + std::to_string(below(3));
    const auto before = state.versions().back();
    const std::vector<dashboard_edit> choices{content_edit{add_widget{widget}}, content_edit{changed}, content_edit{content}, content_edit{remove_widget{name}},
                                            content_edit{arrange_widgets{{{name, x, 0, 1, 1}}}}, restore_version{1 + below(newest() + 1)}, remove_dashboard{}};
    const auto outcome = act(choices[below(choices.size())], below(5) == 0 ? std::optional{newest() - below(2)} : std::nullopt);
    done += outcome == error_code::none;
    if (outcome != error_code::none) {
      EXPECT_EQ(state.versions().back().stamp, before.stamp) << "a refused edit has no effect";
    }
  }
  EXPECT_GT(done, 300u);
  expect_the_same_after_a_restart();
}

} // namespace
} // namespace dotmac
