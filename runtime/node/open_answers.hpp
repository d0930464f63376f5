#pragma once

/// The answers that a node keeps, and shares where REDIS_URL is set.
///
/// Errors   validation_failed, field REDIS_URL: no such address. A Redis that is away is none.

#include "config/settings.hpp"
#include "runtime/actor/answer_cache.hpp"

namespace dotmac {

result<std::shared_ptr<answer_cache>> open_answers(const settings& given);

} // namespace dotmac
