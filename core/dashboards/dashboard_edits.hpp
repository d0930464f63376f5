#pragma once

/// What can be done to a dashboard, and what it makes of one.
///
/// Promise   A refused edit has no effect. An id that a widget had is given again with the chance of 64 random bits.
/// Limits    widgets_per_dashboard_max, variables_per_dashboard_max, dashboard_bytes_max; a widget stands within the columns of the grid.
/// Errors    validation_failed, already_exists, not_found: each names the field.
/// Cost      linear in the dashboard.

#include "core/dashboards/dashboard_records.hpp"
#include "core/result.hpp"

#include <optional>
#include <variant>

namespace dotmac {

inline constexpr std::size_t dashboard_bytes_max = 1'048'576; ///< of its configurations and texts

/// Fields that are given are replaced as a whole. A widget in `widgets` that has the id of one that is there is that one, changed; one without an id is new.
struct change_content {
  std::optional<std::string> name;
  std::optional<std::string> display_name;
  std::optional<std::string> description_text;
  std::optional<std::string> category;
  std::optional<dashboard_layout> layout;
  std::optional<bool> is_public;
  std::optional<std::string> owner_id;
  std::optional<std::int64_t> auto_refresh_interval;
  std::optional<bool> favorite;
  std::optional<std::vector<dashboard_variable>> variables;
  std::optional<std::vector<dashboard_widget>> widgets;
};
template <> struct description<change_content> {
  static constexpr auto fields = std::tuple{
      field{"name", &change_content::name, "unique within the tenant", bounds{1, 200}},
      field{"display_name", &change_content::display_name, "for people", bounds{1, 500}},
      field{"description", &change_content::description_text, "for people", bounds{0, 4'000}},
      field{"category", &change_content::category, "for finding it", bounds{0, 100}},
      field{"layout", &change_content::layout, "the grid"},
      field{"is_public", &change_content::is_public, "everybody of the tenant finds it in lists"},
      field{"owner_id", &change_content::owner_id, "who answers for it", bounds{0, 256}},
      field{"auto_refresh_interval", &change_content::auto_refresh_interval, "seconds between updates of an open page", bounds{1, 86'400}},
      field{"favorite", &change_content::favorite, "shown first"},
      field{"variables", &change_content::variables, "all of them", bounds{0, variables_per_dashboard_max}},
      field{"widgets", &change_content::widgets, "all of them; one without widget_id is new", bounds{0, widgets_per_dashboard_max}}};
};

struct add_widget {
  dashboard_widget widget;
};
template <> struct description<add_widget> {
  static constexpr auto fields = std::tuple{field{"widget", &add_widget::widget, "without an id"}};
};

struct change_widget {
  std::string widget; ///< id or name
  std::optional<std::string> name;
  std::optional<std::string> title;
  std::optional<widget_type> type;
  std::optional<json_object> query_config;
  std::optional<json_object> visualization_config;
  std::optional<std::int64_t> position_x;
  std::optional<std::int64_t> position_y;
  std::optional<std::int64_t> width;
  std::optional<std::int64_t> height;
  std::optional<std::int64_t> refresh_interval;
  std::optional<std::int64_t> cache_duration;
};
template <> struct description<change_widget> {
  static constexpr auto fields = std::tuple{
      field{"widget", &change_widget::widget, "id or name", bounds{0, 200}},
      field{"name", &change_widget::name, "unique within the dashboard", bounds{1, 200}},
      field{"title", &change_widget::title, "for people", bounds{1, 500}},
      field{"widget_type", &change_widget::type, "how it is drawn"},
      field{"query_config", &change_widget::query_config, "what it shows"},
      field{"visualization_config", &change_widget::visualization_config, "how: units, thresholds, colours, axes"},
      field{"position_x", &change_widget::position_x, "column, from 0", bounds{0, layout_columns_max - 1}},
      field{"position_y", &change_widget::position_y, "row, from 0", bounds{0, layout_rows_max - 1}},
      field{"width", &change_widget::width, "in columns", bounds{1, layout_columns_max}},
      field{"height", &change_widget::height, "in rows", bounds{1, layout_rows_max}},
      field{"refresh_interval", &change_widget::refresh_interval, "seconds until it is computed again for those who watch", bounds{1, 86'400}},
      field{"cache_duration", &change_widget::cache_duration, "seconds for which an answer may be given again", bounds{0, 86'400}}};
};

struct remove_widget {
  std::string widget; ///< id or name
};
template <> struct description<remove_widget> {
  static constexpr auto fields = std::tuple{field{"widget", &remove_widget::widget, "id or name"}};
};

struct widget_position {
  std::string widget; ///< id or name
  std::int64_t position_x = 0;
  std::int64_t position_y = 0;
  std::int64_t width = 4;
  std::int64_t height = 3;
};
template <> struct description<widget_position> {
  static constexpr auto fields = std::tuple{field{"widget", &widget_position::widget, "id or name", bounds{1, 200}, presence::required},
                                            field{"position_x", &widget_position::position_x, "column, from 0", bounds{0, layout_columns_max - 1}, presence::required},
                                            field{"position_y", &widget_position::position_y, "row, from 0", bounds{0, layout_rows_max - 1}, presence::required},
                                            field{"width", &widget_position::width, "in columns", bounds{1, layout_columns_max}, presence::required},
                                            field{"height", &widget_position::height, "in rows", bounds{1, layout_rows_max}, presence::required}};
};

struct arrange_widgets {
  std::vector<widget_position> positions; ///< of those that move; the others stay
};
template <> struct description<arrange_widgets> {
  static constexpr auto fields = std::tuple{field{"positions", &arrange_widgets::positions, "of those that move", bounds{1, widgets_per_dashboard_max}, presence::required}};
};

using content_edit = std::variant<change_content, add_widget, change_widget, remove_widget, arrange_widgets>;

/// `seed`: different for each edit; new widgets have their ids from it.
result<dashboard_content> edited(dashboard_content content, const content_edit& edit, const std::string& seed);

/// A new dashboard as it was asked for: ids are given here.
result<dashboard_content> begun(dashboard_content content, const std::string& seed);

/// What differs, in a few words; empty where nothing does.
std::string difference(const dashboard_content& before, const dashboard_content& after);

/// By id or by name; null where there is none.
const dashboard_widget* find_widget(const dashboard_content& content, const std::string& id_or_name);

/// What it weighs in the limits.
std::size_t size_of(const dashboard_content& content);

} // namespace dotmac
