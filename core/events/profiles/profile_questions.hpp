#pragma once

/// What is said and asked of profiles: attributes of users, customers and groups, and which ids mean the same user.

#include "core/events/event_questions.hpp"

namespace dotmac {

inline constexpr std::size_t profile_changes_max = 1'000;          ///< of one call
inline constexpr std::size_t profile_change_attributes_max = 200;  ///< set, set once and unset by one change
inline constexpr std::size_t profile_attribute_name_size_max = 200;
inline constexpr std::size_t profile_value_size_max = 8'192;       ///< bytes of a text, or of a list or object as JSON
inline constexpr std::int64_t profiles_found_max = 1'000;

enum class profile_kind : std::uint8_t { user, customer, group };
template <> struct enumeration<profile_kind> {
  static constexpr std::array<std::string_view, 3> names{"user", "customer", "group"};
};

/// Whose profiles: users by user_id, customers by customer_id, groups by the text that events have in a property.
struct profile_subject {
  profile_kind kind = profile_kind::user;
  std::string property; ///< of groups
  friend auto operator<=>(const profile_subject&, const profile_subject&) = default;
};
template <> struct description<profile_subject> {
  static constexpr auto fields = std::tuple{field{"kind", &profile_subject::kind, "whose"},
                                            field{"property", &profile_subject::property, "of groups: the property that names them"}};
};

struct profile_attribute {
  std::string name;
  scalar value;
  std::string json; ///< where not empty, the value is this list or object instead
  friend bool operator==(const profile_attribute&, const profile_attribute&) = default;
};
template <> struct description<profile_attribute> {
  static constexpr auto fields = std::tuple{field{"name", &profile_attribute::name, "its name"}, field{"value", &profile_attribute::value, "its value"},
                                            field{"json", &profile_attribute::json, "a nested value"}};
};

/// One profile's new attributes; or, where `into` is given, that the user `id` is the user `into`.
struct profile_change {
  profile_subject subject;
  std::string id;
  std::vector<profile_attribute> set;
  std::vector<profile_attribute> set_once; ///< only where there is no value yet
  std::vector<std::string> unset;
  std::string into;
};
template <> struct description<profile_change> {
  static constexpr auto fields = std::tuple{
      field{"subject", &profile_change::subject, "whose"}, field{"id", &profile_change::id, "which"}, field{"set", &profile_change::set, "values"},
      field{"set_once", &profile_change::set_once, "values where there are none yet"}, field{"unset", &profile_change::unset, "names to forget"},
      field{"into", &profile_change::into, "the user that it is"}};
};

/// All of them, in their order, or none. Answered once durable.
struct change_profiles {
  std::vector<profile_change> changes;
  timestamp at; ///< now
};
template <> struct description<change_profiles> {
  static constexpr auto fields = std::tuple{field{"changes", &change_profiles::changes, "in order"}, field{"at", &change_profiles::at, "when"}};
};

struct profiles_changed {
  std::uint64_t changed = 0; ///< changes that had an effect
};
template <> struct description<profiles_changed> {
  static constexpr auto fields = std::tuple{field{"changed", &profiles_changed::changed, "changes that had an effect"}};
};

/// In filters, a field is an attribute, or `id`.
struct find_profiles {
  profile_subject subject;
  std::vector<std::string> ids; ///< only these, where not empty; any of a user's ids
  filter_node filters;
  std::int64_t limit = 100;
  std::string after; ///< go on after this id
};
template <> struct description<find_profiles> {
  static constexpr auto fields = std::tuple{
      field{"subject", &find_profiles::subject, "whose"}, field{"ids", &find_profiles::ids, "only these"}, field{"filters", &find_profiles::filters, "conditions on attributes"},
      field{"limit", &find_profiles::limit, "how many"}, field{"after", &find_profiles::after, "go on after this id"}};
};

struct found_profile {
  std::string id;
  std::vector<std::string> other_ids; ///< that were merged into it, sorted
  std::vector<profile_attribute> attributes; ///< by name
  timestamp created_at, updated_at;   ///< to the second
};
template <> struct description<found_profile> {
  static constexpr auto fields = std::tuple{
      field{"id", &found_profile::id, "its id"}, field{"other_ids", &found_profile::other_ids, "ids that mean the same user"},
      field{"attributes", &found_profile::attributes, "by name"}, field{"created_at", &found_profile::created_at, "when it was first told of"},
      field{"updated_at", &found_profile::updated_at, "when it last changed"}};
};

struct profiles_found {
  std::vector<found_profile> profiles; ///< by id
  std::uint64_t total = 0;             ///< whatever the page
  bool has_more = false;
};
template <> struct description<profiles_found> {
  static constexpr auto fields = std::tuple{field{"profiles", &profiles_found::profiles, "by id"}, field{"total", &profiles_found::total, "whatever the page"},
                                            field{"has_more", &profiles_found::has_more, "after this page"}};
};

/// One user or customer: his profile, if there is one, and what he did.
struct describe_profile {
  profile_subject subject;
  std::string id;
};
template <> struct description<describe_profile> {
  static constexpr auto fields = std::tuple{field{"subject", &describe_profile::subject, "whose"}, field{"id", &describe_profile::id, "which"}};
};

struct profile_events {
  std::string event_type;
  std::uint64_t count = 0;
  timestamp first_time, last_time;
};
template <> struct description<profile_events> {
  static constexpr auto fields = std::tuple{
      field{"event_type", &profile_events::event_type, "type"}, field{"count", &profile_events::count, "events"},
      field{"first_time", &profile_events::first_time, "of the first"}, field{"last_time", &profile_events::last_time, "of the last"}};
};

struct profile_described {
  std::optional<found_profile> profile;
  std::vector<profile_events> events; ///< most first
  answer_scope scope;
};
template <> struct description<profile_described> {
  static constexpr auto fields = std::tuple{field{"profile", &profile_described::profile, "what was told of it"}, field{"events", &profile_described::events, "what it did"},
                                            field{"scope", &profile_described::scope, "how far the answer reaches"}};
};

} // namespace dotmac
