#pragma once

/// The rules of the time zones by name ("Europe/Berlin"), from the system's time zone database.
///
/// Errors    validation_failed, naming the field `timezone`, for a name that the database does not have.
/// Limits    transitions from 1900 to 2200; before and after, the nearest rule goes on. At most the database's own number of
///           zones is kept.
/// Threads   any. Rules never change once found.

#include "core/time/calendar.hpp"

#include <memory>
#include <string_view>

namespace dotmac {

result<std::shared_ptr<const zone_rules>> find_time_zone(std::string_view name);

} // namespace dotmac
