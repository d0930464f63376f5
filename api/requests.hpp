#pragma once

/// The bodies of requests as clients send them: their field names, bounds and defaults, declared once.

#include "api/event_columns_writer.hpp"
#include "api/filter_form.hpp"
#include "api/list_page.hpp"
#include "core/identity.hpp"
#include "core/tenancy/tenant_messages.hpp"

namespace dotmac {

enum class event_order : std::uint8_t { newest, oldest };
template <> struct enumeration<event_order> {
  static constexpr std::array<std::string_view, 2> names{"newest", "oldest"};
};

struct event_page_request {
  std::optional<std::string> event_type, event_name, user_id, customer_id, session_id;
  std::optional<timestamp> start_time, end_time;
  filter_node filters;
  std::int64_t limit = 100;
  std::int64_t offset = 0;
  std::optional<std::string> cursor;
  event_order order = event_order::newest;
  std::vector<std::string> columns;
};
template <> struct description<event_page_request> {
  using r = event_page_request;
  static constexpr auto fields = std::tuple{
      field{"event_type", &r::event_type, "only events of this type"}, field{"event_name", &r::event_name, "only events of this name"},
      field{"user_id", &r::user_id, "only events of this user"}, field{"customer_id", &r::customer_id, "only events of this customer"},
      field{"session_id", &r::session_id, "only events of this session"}, field{"start_time", &r::start_time, "from this time on"},
      field{"end_time", &r::end_time, "before this time"}, field{"filters", &r::filters, "conditions on fields and properties"},
      field{"limit", &r::limit, "how many", bounds{1, event_query_limit_max}},
      field{"offset", &r::offset, "how many to pass over", bounds{0, offset_max}},
      field{"cursor", &r::cursor, "next_cursor of the page before, in the same order; not together with offset", bounds{1, cursor_size_max}},
      field{"order", &r::order, "by time, which first"},
      field{"columns", &r::columns, "fields and properties of each event, named as in filters; none: all of it", bounds{0, export_columns_max}}};
};

enum class bucket_fill : std::uint8_t { none, zero };
template <> struct enumeration<bucket_fill> {
  static constexpr std::array<std::string_view, 2> names{"none", "zero"};
};

struct event_aggregate_request {
  granularity size = granularity::day;
  timestamp start_time, end_time;
  std::optional<std::string> event_type, event_name;
  filter_node filters;
  std::vector<std::string> dimensions;
  std::optional<std::string> timezone;
  bucket_fill fill = bucket_fill::none;
};
template <> struct description<event_aggregate_request> {
  using r = event_aggregate_request;
  static constexpr auto fields = std::tuple{
      field{"granularity", &r::size, "length of a bucket", presence::required}, field{"start_time", &r::start_time, "from this time on", presence::required},
      field{"end_time", &r::end_time, "before this time", presence::required}, field{"event_type", &r::event_type, "only events of this type"},
      field{"event_name", &r::event_name, "only events of this name"}, field{"filters", &r::filters, "conditions on fields and properties"},
      field{"dimensions", &r::dimensions, "fields or properties to group by", bounds{0, question_dimensions_max}},
      field{"timezone", &r::timezone, "whose calendar; else the tenant's", bounds{1, 64}},
      field{"fill", &r::fill, "zero: buckets without events too, for every group seen in the interval"}};
};

enum class funnel_user : std::uint8_t { user_id, session_id, customer_id };
template <> struct enumeration<funnel_user> {
  static constexpr std::array<std::string_view, 3> names{"user_id", "session_id", "customer_id"};
};

inline event_field field_of(funnel_user user) {
  constexpr std::array fields{event_field::user_id, event_field::session_id, event_field::customer_id};
  return fields[static_cast<std::size_t>(user)];
}

struct event_schema_request {
  std::string event_type, event_name;
  json_text definition;
  std::string version = "1.0";
  schema_mode mode = schema_mode::reject;
};
template <> struct description<event_schema_request> {
  using r = event_schema_request;
  static constexpr auto fields = std::tuple{
      field{"event_type", &r::event_type, "which events", event_type_bounds, presence::required},
      field{"event_name", &r::event_name, "which events", event_name_bounds, presence::required},
      field{"schema_definition", &r::definition, "{required, optional} or a JSON Schema of the properties", presence::required},
      field{"version", &r::version, "chosen by the client", bounds{1, 50}}, field{"mode", &r::mode, "what happens to an event that does not fit"}};
};

struct tenant_request {
  std::string tenant_id;
  std::string timezone = "UTC";
};
template <> struct description<tenant_request> {
  static constexpr auto fields = std::tuple{
      field{"tenant_id", &tenant_request::tenant_id, "letters, digits, '-', '_', '.'", bounds{1, tenant_id_size_max}, presence::required},
      field{"timezone", &tenant_request::timezone, "calendar of its answers", bounds{1, 64}}};
};

struct api_key_request {
  std::string label;
  std::vector<access_scope> scopes;
};
template <> struct description<api_key_request> {
  static constexpr auto fields = std::tuple{field{"label", &api_key_request::label, "what it is for", bounds{0, 200}},
                                            field{"scopes", &api_key_request::scopes, "what it may do", bounds{1, 4}, presence::required}};
};

} // namespace dotmac
