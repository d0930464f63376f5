#pragma once

/// The body of an export, as clients send it.

#include "api/event_columns_writer.hpp"
#include "api/filter_form.hpp"

namespace dotmac {

enum class export_format : std::uint8_t { ndjson, csv };
template <> struct enumeration<export_format> {
  static constexpr std::array<std::string_view, 2> names{"ndjson", "csv"};
};

struct event_export_request {
  std::optional<std::string> event_type, event_name, user_id, customer_id, session_id;
  std::optional<timestamp> start_time, end_time;
  filter_node filters;
  export_format format = export_format::ndjson;
  std::vector<std::string> columns;
};
template <> struct description<event_export_request> {
  using r = event_export_request;
  static constexpr auto fields = std::tuple{
      field{"event_type", &r::event_type, "only events of this type"}, field{"event_name", &r::event_name, "only events of this name"},
      field{"user_id", &r::user_id, "only events of this user"}, field{"customer_id", &r::customer_id, "only events of this customer"},
      field{"session_id", &r::session_id, "only events of this session"}, field{"start_time", &r::start_time, "from this time on"},
      field{"end_time", &r::end_time, "before this time"}, field{"filters", &r::filters, "conditions on fields and properties"},
      field{"format", &r::format, "lines of JSON, or CSV"},
      field{"columns", &r::columns, "fields and properties, named as in filters; none: all of an event", bounds{0, export_columns_max}}};
};

} // namespace dotmac
