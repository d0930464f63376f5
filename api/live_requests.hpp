#pragma once

/// The query of a live stream, as clients send it.

#include "api/filter_form.hpp"
#include "api/list_page.hpp"

namespace dotmac {

inline constexpr std::int64_t filter_text_size_max = 8'000;

struct live_events_request {
  std::optional<std::string> event_type, event_name, user_id, customer_id, session_id, filters;
  std::optional<std::int64_t> last_event_id;
};
template <> struct description<live_events_request> {
  using r = live_events_request;
  static constexpr auto fields = std::tuple{
      field{"event_type", &r::event_type, "only events of this type"}, field{"event_name", &r::event_name, "only events of this name"},
      field{"user_id", &r::user_id, "only events of this user"}, field{"customer_id", &r::customer_id, "only events of this customer"},
      field{"session_id", &r::session_id, "only events of this session"},
      field{"filters", &r::filters, "conditions on fields and properties, as JSON", bounds{1, filter_text_size_max}},
      field{"last_event_id", &r::last_event_id, "go on behind this id; so does the header Last-Event-ID", bounds{0, INT64_MAX}}};
};

} // namespace dotmac
