#pragma once

/// What the event routes do: contract in docs and /openapi.json.

#include "api/gateway_call.hpp"

namespace dotmac {

void track_event(const gateway_call_pointer& call);
void track_batch(const gateway_call_pointer& call);
void query_events(const gateway_call_pointer& call);
void aggregate_events_by_time(const gateway_call_pointer& call);
void analyze_funnel(const gateway_call_pointer& call);
void describe_events(const gateway_call_pointer& call);

json event_schema_document();
json batch_schema_document();
json query_schema_document();
json aggregate_schema_document();
json funnel_schema_document();

} // namespace dotmac
