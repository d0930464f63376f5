#pragma once

/// What a name in a filter, a dimension or a choice of columns means: see core/events/filter.hpp.

#include "core/events/event_block.hpp"
#include "core/events/profiles/profile_questions.hpp"

#include <array>
#include <string>
#include <string_view>

namespace dotmac {

/// By event_field.
inline constexpr auto& event_field_names = enumeration<event_field>::names;
inline constexpr std::string_view properties_prefix = "properties.";
inline constexpr std::string_view context_prefix = "context.";

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
/// The name that means this property, whatever the key is.
inline std::string name_of_property(property_scope scope, std::string_view key) {
  return std::string{scope == property_scope::context ? context_prefix : properties_prefix}.append(key);
}

} // namespace dotmac
