#pragma once

/// What is sent to the routes of profiles: field names, bounds and defaults, declared once.

#include "api/requests.hpp"
#include "core/events/profiles/profile_questions.hpp"

namespace dotmac {

/// Any JSON but null.
struct profile_value_form {
  scalar value;
  std::string json; ///< of a list, an object, or a whole number past 64 bits
};
template <> struct json_form<profile_value_form> {
  static void read(json_reader& in, const json& from, profile_value_form& into);
  static json write(const profile_value_form& value);
  static json schema();
};

inline constexpr bounds profile_id_bounds{1, static_cast<std::int64_t>(event_identifier_size_max)};
inline constexpr bounds profile_attributes_bounds{0, static_cast<std::int64_t>(profile_change_attributes_max)};
inline constexpr bounds profile_changes_bounds{1, static_cast<std::int64_t>(profile_changes_max)};

struct profile_entry {
  profile_kind kind = profile_kind::user;
  std::optional<std::string> property;
  std::string id;
  std::map<std::string, profile_value_form> set, set_once;
  std::vector<std::string> unset;
};
template <> struct description<profile_entry> {
  using r = profile_entry;
  static constexpr auto fields = std::tuple{
      field{"kind", &r::kind, "whose profile"},
      field{"property", &r::property, "of a group: the property of events whose text is the id", bounds{1, static_cast<std::int64_t>(property_key_size_max)}},
      field{"id", &r::id, "user_id, customer_id, or the property's text", profile_id_bounds, presence::required},
      field{"set", &r::set, "attributes and their new values", profile_attributes_bounds}, field{"set_once", &r::set_once, "values where there are none yet", profile_attributes_bounds},
      field{"unset", &r::unset, "attributes to forget", profile_attributes_bounds}};
};

struct identify_request {
  std::vector<profile_entry> profiles;
};
template <> struct description<identify_request> {
  static constexpr auto fields = std::tuple{field{"profiles", &identify_request::profiles, "all of them change, or none", profile_changes_bounds, presence::required}};
};

struct profile_merge {
  std::string from, into;
};
template <> struct description<profile_merge> {
  static constexpr auto fields = std::tuple{field{"from", &profile_merge::from, "a user_id, for example an anonymous one", profile_id_bounds, presence::required},
                                            field{"into", &profile_merge::into, "the user_id that it means from now on, and always meant", profile_id_bounds, presence::required}};
};

struct merge_request {
  std::vector<profile_merge> merges;
};
template <> struct description<merge_request> {
  static constexpr auto fields = std::tuple{field{"merges", &merge_request::merges, "in order; all of them, or none", profile_changes_bounds, presence::required}};
};

struct profile_query_request {
  profile_kind kind = profile_kind::user;
  std::optional<std::string> property;
  std::vector<std::string> ids;
  filter_node filters;
  std::int64_t limit = 100;
  std::optional<std::string> cursor;
};
template <> struct description<profile_query_request> {
  using r = profile_query_request;
  static constexpr auto fields = std::tuple{
      field{"kind", &r::kind, "whose profiles"}, field{"property", &r::property, "of groups: the property that names them", bounds{1, static_cast<std::int64_t>(property_key_size_max)}},
      field{"ids", &r::ids, "only these; any of a user's ids", bounds{0, profiles_found_max}}, field{"filters", &r::filters, "conditions on attributes, and on id"},
      field{"limit", &r::limit, "how many", bounds{1, profiles_found_max}}, field{"cursor", &r::cursor, "next_cursor of the page before", bounds{1, cursor_size_max}}};
};

struct timeline_request {
  std::int64_t limit = 100;
  std::optional<std::string> cursor;
  event_order order = event_order::newest;
};
template <> struct description<timeline_request> {
  using r = timeline_request;
  static constexpr auto fields = std::tuple{
      field{"limit", &r::limit, "how many", bounds{1, event_query_limit_max}},
      field{"cursor", &r::cursor, "next_cursor of the page before, in the same order", bounds{1, cursor_size_max}}, field{"order", &r::order, "by time, which first"}};
};

} // namespace dotmac
