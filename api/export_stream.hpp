#pragma once

/// Streams all events that a request means, page by page; answered and streamed on, whatever their number.

#include "api/export_requests.hpp"
#include "api/gateway_call.hpp"

namespace dotmac {

/// `first_lines` go before the events, in the same body.
void stream_events(const gateway_call_pointer& call, event_export_request request, std::string first_lines);

} // namespace dotmac
