#pragma once

/// What a name in a filter, a dimension or a choice of columns means: see core/events/filter.hpp.

#include "core/events/event_block.hpp"
#include "core/events/profiles/profile_questions.hpp"

#include <string>
#include <string_view>

namespace dotmac {

/// Where a name in a filter or a dimension points.
struct event_reference {
  enum class target : std::uint8_t { field, timestamp, received_at, property };
  target kind = target::property;
  event_field field{};
  property_scope scope = property_scope::properties;
  std::string key;
  std::string attribute; ///< not empty: this attribute of the profile that the field or property names
  bool is_attribute() const noexcept { return !attribute.empty(); }
};
event_reference resolve_event_field(std::string_view name);
/// Of an attribute.
std::optional<profile_subject> subject_of(const event_reference& of);

} // namespace dotmac
