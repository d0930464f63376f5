#include "core/dashboards/dashboard_edits.hpp"

#include <gtest/gtest.h>

#include <set>

namespace dotmac {
namespace {

dashboard_widget widget(const std::string& name, std::int64_t x = 0, std::int64_t y = 0) {
  dashboard_widget made;
  made.name = name;
  made.title = "Title of " + name;
  made.position_x = x;
  made.position_y = y;
  return made;
}

dashboard_content noc() {
  dashboard_content content;
  content.name = "noc";
  content.display_name = "Network";
  content.widgets = {widget("latency"), widget("loss", 4)};
  return *begun(std::move(content), "first");
}

error_code refusal(const dashboard_content& content, const content_edit& edit, const std::string& field) {
  const auto outcome = edited(content, edit, "second");
  if (outcome)
    return error_code::none;
  EXPECT_EQ(outcome.error().field, field) << outcome.error().message;
  return outcome.error().code;
}

TEST(dashboard_edits, give_ids_to_new_widgets_and_keep_those_that_are_there) {
  const auto before = noc();
  EXPECT_NE(before.widgets[0].widget_id, before.widgets[1].widget_id);
  EXPECT_EQ(before.widgets[0].widget_id.size(), 18u);
  change_content all;
  all.widgets = {before.widgets[1], widget("new", 8), before.widgets[0]};
  const auto after = edited(before, all, "first");
  ASSERT_TRUE(after);
  EXPECT_EQ(after->widgets[0], before.widgets[1]);
  EXPECT_EQ(after->widgets[2], before.widgets[0]);
  std::set<std::string> ids;
  for (const auto& each : after->widgets)
    ids.insert(each.widget_id);
  EXPECT_EQ(ids.size(), 3u) << "the same seed must not give an id again";
}

TEST(dashboard_edits, change_what_is_given_and_nothing_else) {
  const auto before = noc();
  change_content some;
  some.display_name = "NOC";
  some.layout = dashboard_layout{24, 10, "dark"};
  const auto after = edited(before, some, "other");
  ASSERT_TRUE(after);
  EXPECT_EQ(difference(before, *after), "changed display_name, layout");
  EXPECT_EQ(after->widgets, before.widgets);

  change_widget one{"loss"};
  one.title = "Lost packets";
  one.query_config = json_object{R"({"metric":"loss"})"};
  const auto titled = edited(*after, one, "other");
  ASSERT_TRUE(titled);
  EXPECT_EQ(difference(*after, *titled), "changed widget loss");
  EXPECT_EQ(titled->widgets[1].widget_id, before.widgets[1].widget_id);
  EXPECT_EQ(titled->widgets[1].width, 4);
  EXPECT_EQ(titled->widgets[1].query_config.text, R"({"metric":"loss"})");

  const auto moved = edited(*titled, arrange_widgets{{{before.widgets[0].widget_id, 3, 4, 5, 6}}}, "other");
  ASSERT_TRUE(moved);
  EXPECT_EQ(difference(*titled, *moved), "moved widget latency");
  EXPECT_EQ(moved->widgets[0].height, 6);
  EXPECT_EQ(moved->widgets[1], titled->widgets[1]);

  const auto fewer = edited(*moved, remove_widget{"latency"}, "other");
  ASSERT_TRUE(fewer);
  EXPECT_EQ(difference(*moved, *fewer), "removed widget latency");
  ASSERT_EQ(fewer->widgets.size(), 1u);
  const auto more = edited(*fewer, add_widget{widget("map")}, "other");
  EXPECT_EQ(difference(*fewer, *more), "added widget map");
  EXPECT_EQ(difference(*more, *more), "");
  change_content turned;
  turned.widgets = {more->widgets[1], more->widgets[0]};
  EXPECT_EQ(difference(*more, *edited(*more, turned, "other")), "changed the order of widgets");
}

TEST(dashboard_edits, refuse_what_does_not_fit_and_say_where) {
  const auto before = noc();
  EXPECT_EQ(refusal(before, add_widget{widget("loss", 8)}, "name"), error_code::already_exists);
  EXPECT_EQ(refusal(before, add_widget{widget("wide", 9)}, "width"), error_code::validation_failed);
  EXPECT_EQ(refusal(before, add_widget{widget("exact", 8)}, {}), error_code::none);
  EXPECT_EQ(refusal(before, add_widget{widget("deep", 0, layout_rows_max - 2)}, "height"), error_code::validation_failed);
  EXPECT_EQ(refusal(before, add_widget{widget("exact", 0, layout_rows_max - 3)}, {}), error_code::none);
  auto with_id = widget("x", 8);
  with_id.widget_id = "w_1";
  EXPECT_EQ(refusal(before, add_widget{with_id}, "widget_id"), error_code::validation_failed);
  EXPECT_EQ(refusal(before, remove_widget{"nothing"}, "widget_id"), error_code::not_found);
  EXPECT_EQ(refusal(before, change_widget{"nothing"}, "widget_id"), error_code::not_found);
  EXPECT_EQ(refusal(before, arrange_widgets{{{"latency", 1, 1, 1, 1}, {"nothing", 1, 1, 1, 1}}}, "widget_id"), error_code::not_found);
  change_widget renamed{"loss"};
  renamed.name = "latency";
  EXPECT_EQ(refusal(before, renamed, "name"), error_code::already_exists);
  change_content narrow;
  narrow.layout = dashboard_layout{7, 8, "system"};
  EXPECT_EQ(refusal(before, narrow, "width"), error_code::validation_failed) << "the widgets would stand outside";
  change_content foreign;
  foreign.widgets = {with_id};
  EXPECT_EQ(refusal(before, foreign, "widget_id"), error_code::not_found);
  change_content twice;
  twice.widgets = {before.widgets[0], before.widgets[0]};
  EXPECT_EQ(refusal(before, twice, "widgets"), error_code::already_exists);
  change_content variables;
  variables.variables = {{"region", "", "region", {}, ""}, {"region", "", "site", {}, ""}};
  EXPECT_EQ(refusal(before, variables, "variables"), error_code::already_exists);
}

TEST(dashboard_edits, have_limits_that_are_reached) {
  auto content = noc();
  while (content.widgets.size() < widgets_per_dashboard_max)
    content = *edited(content, add_widget{widget("w" + std::to_string(content.widgets.size()))}, std::to_string(content.widgets.size()));
  EXPECT_EQ(refusal(content, add_widget{widget("one more")}, "widgets"), error_code::validation_failed);
  change_widget large;
  large.query_config = json_object{"{" + std::string(json_object_bytes_max - 2, ' ') + "}"};
  std::size_t taken = 0;
  for (const auto& each : content.widgets) {
    large.widget = each.widget_id;
    if (auto after = edited(content, large, "other")) {
      content = *after;
      ++taken;
    } else {
      EXPECT_EQ(after.error().field, "widgets");
      break;
    }
  }
  EXPECT_EQ(taken, 15u) << "sixteen times 64 KiB do not fit beside the rest";
}

} // namespace
} // namespace dotmac
