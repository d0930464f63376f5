#pragma once

/// What a dashboard is asked, and what is asked about a tenant's dashboards.

#include "core/dashboards/dashboard_state.hpp"

namespace dotmac {

inline constexpr std::size_t dashboards_per_tenant_max = 1'000;          ///< beside those that were removed
inline constexpr std::size_t removed_dashboards_per_tenant_max = 9'000; ///< that can be brought back; then the first removed one is forgotten

struct edit_dashboard {
  dashboard_edit edit;
  std::string by;
  std::string edit_id; ///< the same again has no second effect
  std::optional<std::uint64_t> expected_version;
};
template <> struct description<edit_dashboard> {
  static constexpr auto fields = std::tuple{field{"edit", &edit_dashboard::edit, "what to do"}, field{"by", &edit_dashboard::by, "who does it"},
                                            field{"edit_id", &edit_dashboard::edit_id, "the same again has no second effect"},
                                            field{"expected_version", &edit_dashboard::expected_version, "refused where another is the newest"}};
};

/// How it is now, or was.
struct show_dashboard {
  std::optional<std::uint64_t> version;
  std::optional<timestamp> at;
};
template <> struct description<show_dashboard> {
  static constexpr auto fields = std::tuple{field{"version", &show_dashboard::version, "this one"}, field{"at", &show_dashboard::at, "as it was then"}};
};

struct dashboard_shown {
  std::string dashboard_id;
  dashboard_version version; ///< the one shown
  dashboard_version origin;  ///< the first
  bool removed = false;
  dashboard_content content;
};
template <> struct description<dashboard_shown> {
  static constexpr auto fields = std::tuple{field{"dashboard_id", &dashboard_shown::dashboard_id, "given by the server"}, field{"version", &dashboard_shown::version, "the one shown"},
                                            field{"origin", &dashboard_shown::origin, "the first version"},
                                            field{"removed", &dashboard_shown::removed, "and can be brought back"}, field{"content", &dashboard_shown::content, "what it shows"}};
};

struct list_dashboard_versions {
  std::int64_t limit = 100;
  std::optional<std::uint64_t> before; ///< go on with those before this one
};
template <> struct description<list_dashboard_versions> {
  static constexpr auto fields = std::tuple{field{"limit", &list_dashboard_versions::limit, "how many", bounds{1, 1'000}},
                                            field{"before", &list_dashboard_versions::before, "go on with those before this one"}};
};

struct dashboard_versions_listed {
  std::vector<dashboard_version> versions; ///< newest first
  std::uint64_t total = 0;                 ///< that are kept
  bool has_more = false;
};
template <> struct description<dashboard_versions_listed> {
  static constexpr auto fields = std::tuple{field{"versions", &dashboard_versions_listed::versions, "newest first"}, field{"total", &dashboard_versions_listed::total, "that are kept"},
                                            field{"has_more", &dashboard_versions_listed::has_more, "after this page"}};
};

/// What a tenant knows of each of its dashboards.
struct dashboard_summary {
  std::string dashboard_id;
  std::string name;
  std::string display_name;
  std::string description_text;
  std::string category;
  std::string owner_id;
  bool is_public = false;
  bool favorite = false;
  bool removed = false;
  std::uint64_t widget_count = 0;
  std::uint64_t version = 0;
  timestamp created_at;
  timestamp updated_at;
  std::string updated_by;
  std::uint64_t revision = 0; ///< rises with every change: position in the dashboard's journal
  friend bool operator==(const dashboard_summary&, const dashboard_summary&) = default;
};
template <> struct description<dashboard_summary> {
  static constexpr auto fields = std::tuple{
      field{"dashboard_id", &dashboard_summary::dashboard_id, "given by the server"}, field{"name", &dashboard_summary::name, "unique within the tenant"},
      field{"display_name", &dashboard_summary::display_name, "for people"}, field{"description", &dashboard_summary::description_text, "for people"},
      field{"category", &dashboard_summary::category, "for finding it"}, field{"owner_id", &dashboard_summary::owner_id, "who answers for it"},
      field{"is_public", &dashboard_summary::is_public, "everybody of the tenant finds it in lists"}, field{"favorite", &dashboard_summary::favorite, "shown first"},
      field{"removed", &dashboard_summary::removed, "and can be brought back"}, field{"widget_count", &dashboard_summary::widget_count, "how many widgets it has"},
      field{"version", &dashboard_summary::version, "the newest"}, field{"created_at", &dashboard_summary::created_at, "when it was made"},
      field{"updated_at", &dashboard_summary::updated_at, "when its newest version was made"}, field{"updated_by", &dashboard_summary::updated_by, "who made that"},
      field{"revision", &dashboard_summary::revision, "rises with every change"}};
};

struct create_dashboard {
  std::string dashboard_id; ///< made by the caller
  dashboard_content content;
  std::string by;
  std::string edit_id;
};
template <> struct description<create_dashboard> {
  static constexpr auto fields = std::tuple{field{"dashboard_id", &create_dashboard::dashboard_id, "unique"}, field{"content", &create_dashboard::content, "as it was asked for"},
                                            field{"by", &create_dashboard::by, "who does it"}, field{"edit_id", &create_dashboard::edit_id, "the same again has no second effect"}};
};

struct list_dashboards {
  std::optional<std::string> category;
  std::optional<bool> favorite;
  std::string search; ///< in names, display names and descriptions, whatever the case of ASCII letters
  bool removed = false;
  std::int64_t limit = 100;
  std::int64_t offset = 0;
  std::optional<std::string> after; ///< go on after this name
};
template <> struct description<list_dashboards> {
  static constexpr auto fields = std::tuple{
      field{"category", &list_dashboards::category, "only of this one"}, field{"favorite", &list_dashboards::favorite, "only those, or only the others"},
      field{"search", &list_dashboards::search, "in names and descriptions"}, field{"removed", &list_dashboards::removed, "those that were removed, instead of the others"},
      field{"limit", &list_dashboards::limit, "how many"}, field{"offset", &list_dashboards::offset, "how many to pass over"}, field{"after", &list_dashboards::after, "go on after this name"}};
};

struct dashboards_listed {
  std::vector<dashboard_summary> dashboards; ///< by name
  std::uint64_t total = 0;
  bool has_more = false;
};
template <> struct description<dashboards_listed> {
  static constexpr auto fields = std::tuple{field{"dashboards", &dashboards_listed::dashboards, "by name"}, field{"total", &dashboards_listed::total, "whatever the page"},
                                            field{"has_more", &dashboards_listed::has_more, "after this page"}};
};

} // namespace dotmac
