#pragma once

/// The bodies and queries of /dashboards: field names, bounds and defaults, declared once. Dashboards and widgets themselves are declared in
/// core/dashboards/dashboard_records.hpp.

#include "api/list_page.hpp"
#include "core/dashboards/dashboard_index.hpp"
#include "core/describe/json_object_form.hpp"

namespace dotmac {

/// Queries are text.
enum class flag : std::uint8_t { no, yes };
template <> struct enumeration<flag> {
  static constexpr std::array<std::string_view, 2> names{"false", "true"};
};

struct dashboard_list_request {
  std::optional<std::string> category, search;
  std::optional<flag> favorite, removed;
  std::int64_t limit = 100, offset = 0;
  std::optional<std::string> cursor;
};
template <> struct description<dashboard_list_request> {
  using r = dashboard_list_request;
  static constexpr auto fields = std::tuple{
      field{"category", &r::category, "only dashboards of this category", bounds{0, 100}}, field{"search", &r::search, "only those with this in a name or the description", bounds{0, 200}},
      field{"favorite", &r::favorite, "true: only favorites; false: only the others"},
      field{"removed", &r::removed, "true: those that were removed and can be brought back"},
      field{"limit", &r::limit, "how many", bounds{1, list_limit_max}}, field{"offset", &r::offset, "how many to pass over", bounds{0, offset_max}},
      field{"cursor", &r::cursor, "next_cursor of the page before; not together with offset", bounds{1, cursor_size_max}}};
};

struct dashboard_query {
  std::optional<std::int64_t> version;
  std::optional<timestamp> at;
};
template <> struct description<dashboard_query> {
  using r = dashboard_query;
  static constexpr auto fields = std::tuple{field{"version", &r::version, "this version instead of the newest", bounds{1}}, field{"at", &r::at, "as it was at this time"}};
};

struct dashboard_versions_request {
  std::int64_t limit = 100;
  std::optional<std::int64_t> before;
};
template <> struct description<dashboard_versions_request> {
  using r = dashboard_versions_request;
  static constexpr auto fields = std::tuple{field{"limit", &r::limit, "how many", bounds{1, list_limit_max}},
                                            field{"before", &r::before, "next_before of the page before: only versions older than this one", bounds{1}}};
};

/// The version that an edit is meant for: another one is the newest now, and the edit is refused with 409.
struct expectation {
  std::optional<std::int64_t> expected_version;
};
template <> struct description<expectation> {
  static constexpr auto fields = std::tuple{field{"expected_version", &expectation::expected_version, "the newest version that is known; 409 where there is a newer one", bounds{1}}};
};

struct restore_request {
  std::int64_t version = 0;
  std::optional<std::int64_t> expected_version;
};
template <> struct description<restore_request> {
  using r = restore_request;
  static constexpr auto fields = std::tuple{field{"version", &r::version, "that shall be the newest again", bounds{1}, presence::required},
                                            field{"expected_version", &r::expected_version, "the newest version that is known; 409 where there is a newer one", bounds{1}}};
};

struct duplicate_request {
  std::string name;
  std::optional<std::string> display_name;
};
template <> struct description<duplicate_request> {
  using r = duplicate_request;
  static constexpr auto fields = std::tuple{field{"name", &r::name, "of the new dashboard, unique within the tenant", bounds{1, 200}, presence::required},
                                            field{"display_name", &r::display_name, "of the new dashboard; else as before", bounds{1, 500}}};
};

/// An edit and, beside its own fields, the version that it is meant for.
template <class Edit> struct meant_for {
  Edit edit;
  std::optional<std::int64_t> expected_version;
};
template <class Edit> struct json_form<meant_for<Edit>> {
  static void read(json_reader& in, const json& from, meant_for<Edit>& into) {
    auto rest = from;
    expectation expected;
    if (rest.is_object() && rest.contains("expected_version")) {
      in.read(json{{"expected_version", rest["expected_version"]}}, expected);
      rest.erase("expected_version");
    }
    into.expected_version = expected.expected_version;
    in.read(rest, into.edit);
  }
  static json schema() {
    auto schema = json_schema<Edit>();
    schema["properties"].update(json_schema<expectation>()["properties"]);
    return schema;
  }
};

} // namespace dotmac
