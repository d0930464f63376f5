#pragma once

/// What a dashboard is: the part of it that has versions.

#include "core/describe/json_object.hpp"
#include "core/time/timestamp.hpp"

#include <array>
#include <string>
#include <vector>

namespace dotmac {

inline constexpr std::size_t widgets_per_dashboard_max = 100;
inline constexpr std::size_t variables_per_dashboard_max = 20;
inline constexpr std::int64_t layout_columns_max = 48;
inline constexpr std::int64_t layout_rows_max = 1'000;

/// Stored, and sent between nodes, by number: new ones at the end.
enum class widget_type : std::uint8_t { line_chart, bar_chart, pie_chart, area_chart, scatter_plot, heatmap, table, metric_card, gauge, map, funnel, cohort };
template <> struct enumeration<widget_type> {
  static constexpr std::array<std::string_view, 12> names{"line_chart", "bar_chart", "pie_chart", "area_chart", "scatter_plot", "heatmap", "table", "metric_card", "gauge", "map", "funnel", "cohort"};
};

struct dashboard_layout {
  std::int64_t columns = 12;
  std::int64_t rows = 8;
  std::string theme = "system";
  friend bool operator==(const dashboard_layout&, const dashboard_layout&) = default;
};
template <> struct description<dashboard_layout> {
  static constexpr auto fields = std::tuple{field{"columns", &dashboard_layout::columns, "of the grid that widgets stand on", bounds{1, layout_columns_max}},
                                            field{"rows", &dashboard_layout::rows, "shown without scrolling", bounds{1, layout_rows_max}},
                                            field{"theme", &dashboard_layout::theme, "light, dark, or system", bounds{1, 50}}};
};

struct dashboard_widget {
  std::string widget_id;
  std::string name;
  std::string title;
  widget_type type = widget_type::line_chart;
  json_object query_config;
  json_object visualization_config;
  std::int64_t position_x = 0;
  std::int64_t position_y = 0;
  std::int64_t width = 4;
  std::int64_t height = 3;
  std::int64_t refresh_interval = 300;
  std::int64_t cache_duration = 60;
  friend bool operator==(const dashboard_widget&, const dashboard_widget&) = default;
};
template <> struct description<dashboard_widget> {
  static constexpr auto fields = std::tuple{
      field{"widget_id", &dashboard_widget::widget_id, "given by the server", bounds{0, 64}},
      field{"name", &dashboard_widget::name, "unique within the dashboard", bounds{1, 200}, presence::required},
      field{"title", &dashboard_widget::title, "for people", bounds{1, 500}, presence::required},
      field{"widget_type", &dashboard_widget::type, "how it is drawn", presence::required},
      field{"query_config", &dashboard_widget::query_config, "what it shows"},
      field{"visualization_config", &dashboard_widget::visualization_config, "how: units, thresholds, colours, axes"},
      field{"position_x", &dashboard_widget::position_x, "column, from 0", bounds{0, layout_columns_max - 1}},
      field{"position_y", &dashboard_widget::position_y, "row, from 0", bounds{0, layout_rows_max - 1}},
      field{"width", &dashboard_widget::width, "in columns", bounds{1, layout_columns_max}},
      field{"height", &dashboard_widget::height, "in rows", bounds{1, layout_rows_max}},
      field{"refresh_interval", &dashboard_widget::refresh_interval, "seconds until it is computed again for those who watch", bounds{1, 86'400}},
      field{"cache_duration", &dashboard_widget::cache_duration, "seconds for which an answer may be given again", bounds{0, 86'400}}};
};

/// A value that all widgets of the dashboard are filtered by, chosen by whoever looks at it.
struct dashboard_variable {
  std::string name;
  std::string label;
  std::string field;                ///< of events, or dimension of metrics, that must equal it
  std::vector<std::string> options; ///< to choose from; none: those that the data has
  std::string default_value;        ///< empty: all
  friend bool operator==(const dashboard_variable&, const dashboard_variable&) = default;
};
template <> struct description<dashboard_variable> {
  static constexpr auto fields = std::tuple{field{"name", &dashboard_variable::name, "in addresses and queries", bounds{1, 100}, presence::required},
                                            field{"label", &dashboard_variable::label, "for people", bounds{0, 200}},
                                            field{"field", &dashboard_variable::field, "property of events, or dimension of metrics, that must equal it", bounds{1, 256}, presence::required},
                                            field{"options", &dashboard_variable::options, "to choose from; none: the values that are there", bounds{0, 200}},
                                            field{"default_value", &dashboard_variable::default_value, "empty: all", bounds{0, 1'000}}};
};

struct dashboard_content {
  std::string name;
  std::string display_name;
  std::string description_text;
  std::string category;
  dashboard_layout layout;
  bool is_public = false;
  std::string owner_id;
  std::int64_t auto_refresh_interval = 300;
  bool favorite = false;
  std::vector<dashboard_variable> variables;
  std::vector<dashboard_widget> widgets; ///< in the order in which they were added
  friend bool operator==(const dashboard_content&, const dashboard_content&) = default;
};
template <> struct description<dashboard_content> {
  static constexpr auto fields = std::tuple{
      field{"name", &dashboard_content::name, "unique within the tenant", bounds{1, 200}, presence::required},
      field{"display_name", &dashboard_content::display_name, "for people", bounds{1, 500}, presence::required},
      field{"description", &dashboard_content::description_text, "for people", bounds{0, 4'000}},
      field{"category", &dashboard_content::category, "for finding it", bounds{0, 100}},
      field{"layout", &dashboard_content::layout, "the grid"},
      field{"is_public", &dashboard_content::is_public, "everybody of the tenant finds it in lists"},
      field{"owner_id", &dashboard_content::owner_id, "who answers for it", bounds{0, 256}},
      field{"auto_refresh_interval", &dashboard_content::auto_refresh_interval, "seconds between updates of an open page", bounds{1, 86'400}},
      field{"favorite", &dashboard_content::favorite, "shown first"},
      field{"variables", &dashboard_content::variables, "filters of all widgets", bounds{0, variables_per_dashboard_max}},
      field{"widgets", &dashboard_content::widgets, "what it shows", bounds{0, widgets_per_dashboard_max}}};
};

/// One version of a dashboard, without what it contained.
struct dashboard_version {
  std::uint64_t version = 0; ///< from 1
  timestamp at;
  std::string by;      ///< key or subject of the credential that made it
  std::string summary; ///< what was done, in a few words
  friend bool operator==(const dashboard_version&, const dashboard_version&) = default;
};
template <> struct description<dashboard_version> {
  static constexpr auto fields = std::tuple{field{"version", &dashboard_version::version, "from 1, rising by one"}, field{"at", &dashboard_version::at, "when it was made"},
                                            field{"by", &dashboard_version::by, "who made it"}, field{"summary", &dashboard_version::summary, "what was done"}};
};

} // namespace dotmac
