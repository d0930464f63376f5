#pragma once

/// The gateway's options, as the settings have them.

#include "api/gateway.hpp"
#include "config/settings.hpp"

namespace dotmac {

gateway_options door_options_of(const settings& given);

} // namespace dotmac
