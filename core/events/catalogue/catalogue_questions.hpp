#pragma once

/// The catalogue: what a tenant's events have, and which values, for those who build filters. As data.
///
/// Names    Types and names of events, their fields, and the properties. A property's name is one by which filters and dimensions refer to it, whatever its key is.
/// Search   Capital and small letters are alike (core/text/case_fold.hpp). Of types, names and fields the text is looked for; of properties in their key, and in the whole name where
///          what is looked for begins with a scope: "context.o".
/// Counts   Exact, of the events that the selection takes. Null is no value: it is told among the kinds, and counted nowhere else.
/// Values   Numbers are equal whatever their width, as in filters. A nested value is its JSON text, apart from an equal text; so is an integer past 64 bits. Times are by milliseconds.
///          What is looked for in numbers and booleans is looked for in their JSON.
/// Order    Most events first, of equal ones by name, or by kind and then value: texts by bytes, false before true. Fields in the order of event_field, then the times.

#include "core/events/event_questions.hpp"
#include "core/text/case_fold.hpp"

namespace dotmac {

inline constexpr std::int64_t catalogue_entries_max = 1'000;      ///< of each list, per answer
inline constexpr std::int64_t catalogue_offset_max = 1'000'000'000;
inline constexpr std::int64_t catalogue_values_max = 1'000;       ///< per answer
inline constexpr std::size_t catalogue_value_bytes_max = 4u << 20; ///< texts of the values of one answer: it ends early there, after one value at least
inline constexpr std::int64_t catalogue_search_size_max = 256;    ///< bytes
inline constexpr std::int64_t catalogue_field_size_max = 256;     ///< bytes

template <> struct enumeration<text_match> {
  static constexpr std::array<std::string_view, 2> names{"contains", "prefix"};
};
template <> struct enumeration<property_scope> {
  static constexpr std::array<std::string_view, 2> names{"properties", "context"};
};

enum class catalogue_list : std::uint8_t { event_types, event_names, fields, properties };
template <> struct enumeration<catalogue_list> {
  static constexpr std::array<std::string_view, 4> names{"event_types", "event_names", "fields", "properties"};
};

struct list_event_catalogue {
  event_selection selection;
  std::string search;                ///< empty: everything
  text_match match = text_match::contains;
  std::vector<catalogue_list> lists; ///< none: all
  std::int64_t limit = 100;          ///< of each list
  std::int64_t offset = 0;
};
template <> struct description<list_event_catalogue> {
  using q = list_event_catalogue;
  static constexpr auto fields = std::tuple{
      field{"selection", &q::selection, "of which events"}, field{"search", &q::search, "what names have"}, field{"match", &q::match, "where they have it"}, field{"lists", &q::lists, "which; none: all"},
      field{"limit", &q::limit, "entries of each list"}, field{"offset", &q::offset, "entries of each to pass over"}};
};

/// What filters take a value for.
enum class catalogue_kind : std::uint8_t { text, number, boolean, nested, time, null };
inline constexpr std::size_t catalogue_kind_count = 6;
template <> struct enumeration<catalogue_kind> {
  static constexpr std::array<std::string_view, catalogue_kind_count> names{"text", "number", "boolean", "json", "time", "null"};
};

/// A type of events, or a name of events of one type.
struct catalogue_event {
  std::string event_type;
  std::string event_name; ///< empty of types
  std::uint64_t count = 0;
  timestamp first_time, last_time; ///< of these events
};
template <> struct description<catalogue_event> {
  using e = catalogue_event;
  static constexpr auto fields = std::tuple{
      field{"event_type", &e::event_type, "of these events"}, field{"event_name", &e::event_name, "of these events"}, field{"count", &e::count, "how many"},
      field{"first_time", &e::first_time, "of the first of them"}, field{"last_time", &e::last_time, "of the last of them"}};
};

struct catalogue_field {
  std::string name;
  catalogue_kind kind{};   ///< text or time
  std::uint64_t count = 0; ///< events that have it
};
template <> struct description<catalogue_field> {
  using f = catalogue_field;
  static constexpr auto fields = std::tuple{field{"name", &f::name, "as in filters"}, field{"kind", &f::kind, "text or time"}, field{"count", &f::count, "events that have it"}};
};

struct catalogue_property {
  property_scope scope = property_scope::properties;
  std::string key;
  std::uint64_t count = 0;                                 ///< events that have a value
  std::array<std::uint64_t, catalogue_kind_count> kinds{}; ///< events, by catalogue_kind
};
template <> struct description<catalogue_property> {
  using p = catalogue_property;
  static constexpr auto fields = std::tuple{field{"scope", &p::scope, "properties or context"}, field{"key", &p::key, "within its scope"}, field{"count", &p::count, "events that have a value"},
                                            field{"kinds", &p::kinds, "events by kind of the value"}};
};

template <class Entry> struct catalogue_page {
  std::vector<Entry> entries;
  std::uint64_t total = 0; ///< whatever the page
};
template <class Entry> struct description<catalogue_page<Entry>> {
  using p = catalogue_page<Entry>;
  static constexpr auto fields = std::tuple{field{"entries", &p::entries, "of this page"}, field{"total", &p::total, "whatever the page"}};
};

struct event_catalogue {
  std::uint64_t event_count = 0; ///< that the selection takes
  std::optional<catalogue_page<catalogue_event>> event_types, event_names;
  std::optional<catalogue_page<catalogue_field>> fields;
  std::optional<catalogue_page<catalogue_property>> properties;
  answer_scope scope;
};
template <> struct description<event_catalogue> {
  using c = event_catalogue;
  static constexpr auto fields = std::tuple{
      field{"event_count", &c::event_count, "that were asked for"}, field{"event_types", &c::event_types, "types of events"}, field{"event_names", &c::event_names, "names of events, by type"},
      field{"fields", &c::fields, "that every event can have"}, field{"properties", &c::properties, "that these events have"}, field{"scope", &c::scope, "how far the answer reaches"}};
};

struct list_event_values {
  event_selection selection;
  std::string field;  ///< as in filters
  std::string search; ///< empty: everything
  text_match match = text_match::contains;
  std::int64_t limit = 20;
};
template <> struct description<list_event_values> {
  using q = list_event_values;
  static constexpr auto fields = std::tuple{
      field{"selection", &q::selection, "of which events"}, field{"field", &q::field, "whose values"}, field{"search", &q::search, "what they have"}, field{"match", &q::match, "where they have it"},
      field{"limit", &q::limit, "values of the answer"}};
};

struct catalogue_value {
  scalar value; ///< of nested ones and times their text
  catalogue_kind kind{};
  std::uint64_t count = 0; ///< events
};
template <> struct description<catalogue_value> {
  using v = catalogue_value;
  static constexpr auto fields = std::tuple{field{"value", &v::value, "what events have"}, field{"kind", &v::kind, "what filters take it for"}, field{"count", &v::count, "events that have it"}};
};

struct event_values {
  std::uint64_t event_count = 0;  ///< that the selection takes
  std::uint64_t value_events = 0; ///< of them, that have a value, whatever is looked for
  std::uint64_t value_count = 0;  ///< different values that fit what is looked for
  std::vector<catalogue_value> values;
  std::uint64_t other_values = 0; ///< that fit and are not listed
  std::uint64_t other_events = 0; ///< that have one of those
  scalar min, max;                ///< of all numbers or times, whatever is looked for; null where there is none
  answer_scope scope;
};
template <> struct description<event_values> {
  using v = event_values;
  static constexpr auto fields = std::tuple{
      field{"event_count", &v::event_count, "that were asked for"}, field{"value_events", &v::value_events, "of them, that have a value"}, field{"value_count", &v::value_count, "different values that fit"},
      field{"values", &v::values, "most events first"}, field{"other_values", &v::other_values, "that fit and are not listed"}, field{"other_events", &v::other_events, "that have one of those"},
      field{"min", &v::min, "smallest number or time"}, field{"max", &v::max, "largest number or time"}, field{"scope", &v::scope, "how far the answer reaches"}};
};

} // namespace dotmac
