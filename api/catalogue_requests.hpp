#pragma once

/// The bodies of POST /events/catalogue and POST /events/catalogue/values: field names, bounds and defaults, declared once.

#include "api/requests.hpp"
#include "core/events/catalogue/catalogue_questions.hpp"

namespace dotmac {

struct event_catalogue_request {
  std::optional<std::string> event_type, event_name, user_id, customer_id, session_id;
  std::optional<timestamp> start_time, end_time;
  filter_node filters;
  std::string search;
  text_match match = text_match::contains;
  std::vector<catalogue_list> lists;
  std::int64_t limit = 100;
  std::int64_t offset = 0;
};
template <> struct description<event_catalogue_request> {
  using r = event_catalogue_request;
  static constexpr auto fields = std::tuple{
      field{"event_type", &r::event_type, "only events of this type"}, field{"event_name", &r::event_name, "only events of this name"},
      field{"user_id", &r::user_id, "only events of this user"}, field{"customer_id", &r::customer_id, "only events of this customer"},
      field{"session_id", &r::session_id, "only events of this session"}, field{"start_time", &r::start_time, "from this time on"},
      field{"end_time", &r::end_time, "before this time"}, field{"filters", &r::filters, "conditions on fields and properties"},
      field{"search", &r::search, "only names that have this, whatever the case of letters", bounds{0, catalogue_search_size_max}},
      field{"match", &r::match, "contains: anywhere; prefix: at their beginning"},
      field{"lists", &r::lists, "which; none: all", bounds{0, static_cast<std::int64_t>(enumeration<catalogue_list>::names.size())}},
      field{"limit", &r::limit, "entries of each list", bounds{1, catalogue_entries_max}},
      field{"offset", &r::offset, "entries of each list to pass over", bounds{0, catalogue_offset_max}}};
};

struct event_values_request {
  std::string field_name;
  std::optional<std::string> event_type, event_name, user_id, customer_id, session_id;
  std::optional<timestamp> start_time, end_time;
  filter_node filters;
  std::string search;
  text_match match = text_match::contains;
  std::int64_t limit = 20;
};
template <> struct description<event_values_request> {
  using r = event_values_request;
  static constexpr auto fields = std::tuple{
      field{"field", &r::field_name, "field or property, named as in filters", bounds{1, catalogue_field_size_max}, presence::required},
      field{"event_type", &r::event_type, "only events of this type"}, field{"event_name", &r::event_name, "only events of this name"},
      field{"user_id", &r::user_id, "only events of this user"}, field{"customer_id", &r::customer_id, "only events of this customer"},
      field{"session_id", &r::session_id, "only events of this session"}, field{"start_time", &r::start_time, "from this time on"},
      field{"end_time", &r::end_time, "before this time"}, field{"filters", &r::filters, "conditions on fields and properties"},
      field{"search", &r::search, "only values that have this, whatever the case of letters", bounds{0, catalogue_search_size_max}},
      field{"match", &r::match, "contains: anywhere; prefix: at their beginning"},
      field{"limit", &r::limit, "how many values", bounds{1, catalogue_values_max}}};
};

} // namespace dotmac
