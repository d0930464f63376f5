#include "core/events/event_reference.hpp"

#include <algorithm>

namespace dotmac {
namespace {

/// "user.plan", "customer.region", "groups.site_id.city": an attribute of a profile.
bool resolve_attribute(std::string_view name, event_reference& out) {
  for (const auto& [prefix, field] : {std::pair<std::string_view, event_field>{"user.", event_field::user_id}, {"customer.", event_field::customer_id}})
    if (name.starts_with(prefix) && name.size() > prefix.size()) {
      out.kind = event_reference::target::field;
      out.field = field;
      out.attribute = name.substr(prefix.size());
      return true;
    }
  constexpr std::string_view groups{"groups."};
  const auto point = name.starts_with(groups) ? name.find('.', groups.size()) : name.npos;
  if (point == name.npos || point == groups.size() || point + 1 == name.size())
    return false;
  out.key = name.substr(groups.size(), point - groups.size());
  out.attribute = name.substr(point + 1);
  return true;
}

} // namespace

std::optional<profile_subject> subject_of(const event_reference& of) {
  if (!of.is_attribute())
    return std::nullopt;
  if (of.kind == event_reference::target::property)
    return profile_subject{profile_kind::group, of.key};
  return profile_subject{of.field == event_field::user_id ? profile_kind::user : profile_kind::customer, {}};
}

event_reference resolve_event_field(std::string_view name) {
  event_reference out;
  if (resolve_attribute(name, out))
    return out;
  const auto named = std::find(event_field_names.begin(), event_field_names.end(), name);
  if (named != event_field_names.end()) {
    out.kind = event_reference::target::field;
    out.field = static_cast<event_field>(named - event_field_names.begin());
  } else if (name == "timestamp") {
    out.kind = event_reference::target::timestamp;
  } else if (name == "received_at") {
    out.kind = event_reference::target::received_at;
  } else if (name.starts_with(properties_prefix)) {
    out.key = name.substr(properties_prefix.size());
  } else if (name.starts_with(context_prefix)) {
    out.scope = property_scope::context;
    out.key = name.substr(context_prefix.size());
  } else {
    out.key = name;
  }
  return out;
}

} // namespace dotmac
