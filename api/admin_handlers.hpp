#pragma once

/// Tenants, keys, health, documents: everything that is not a question about data.

#include "api/gateway_call.hpp"

namespace dotmac {

void create_tenant_entry(const gateway_call_pointer& call);
void create_key(const gateway_call_pointer& call);
void list_keys(const gateway_call_pointer& call);
void revoke_key(const gateway_call_pointer& call);
void show_actors(const gateway_call_pointer& call);
void show_health(const gateway_call_pointer& call);
void show_health_details(const gateway_call_pointer& call);
void show_readiness(const gateway_call_pointer& call);
void show_liveness(const gateway_call_pointer& call);
void show_prometheus(const gateway_call_pointer& call);
void show_openapi(const gateway_call_pointer& call);
void show_documentation(const gateway_call_pointer& call);

json tenant_schema_document();
json key_schema_document();

} // namespace dotmac
