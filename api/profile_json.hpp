#pragma once

#include "core/describe/json.hpp"
#include "core/events/profiles/profile_questions.hpp"

namespace dotmac {

/// As all routes show it.
json profile_as_json(const found_profile& profile);

} // namespace dotmac
