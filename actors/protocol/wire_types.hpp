#pragma once

/// The names under which messages travel. Never rename one, never reorder: nodes of two releases must understand each
/// other.

#include "actors/protocol/interfaces.hpp"

#include <caf/type_id.hpp>

CAF_BEGIN_TYPE_ID_BLOCK(dotmac_wire, caf::first_custom_type_id)
  CAF_ADD_TYPE_ID(dotmac_wire, (dotmac::done))
  CAF_ADD_TYPE_ID(dotmac_wire, (dotmac::question_context))
  CAF_ADD_TYPE_ID(dotmac_wire, (dotmac::stop_actor))
  CAF_ADD_TYPE_ID(dotmac_wire, (dotmac::passivate_child))
  CAF_ADD_TYPE_ID(dotmac_wire, (dotmac::append_events))
  CAF_ADD_TYPE_ID(dotmac_wire, (dotmac::events_appended))
  CAF_ADD_TYPE_ID(dotmac_wire, (dotmac::find_events))
  CAF_ADD_TYPE_ID(dotmac_wire, (dotmac::events_found))
  CAF_ADD_TYPE_ID(dotmac_wire, (dotmac::aggregate_events))
  CAF_ADD_TYPE_ID(dotmac_wire, (dotmac::event_aggregates))
  CAF_ADD_TYPE_ID(dotmac_wire, (dotmac::count_funnel))
  CAF_ADD_TYPE_ID(dotmac_wire, (dotmac::funnel_counted))
  CAF_ADD_TYPE_ID(dotmac_wire, (dotmac::summarize_events))
  CAF_ADD_TYPE_ID(dotmac_wire, (dotmac::event_summary))
  CAF_ADD_TYPE_ID(dotmac_wire, (dotmac::create_tenant))
  CAF_ADD_TYPE_ID(dotmac_wire, (dotmac::create_api_key))
  CAF_ADD_TYPE_ID(dotmac_wire, (dotmac::revoke_api_key))
  CAF_ADD_TYPE_ID(dotmac_wire, (dotmac::get_tenant_context))
  CAF_ADD_TYPE_ID(dotmac_wire, (dotmac::tenant_context))
  CAF_ADD_TYPE_ID(dotmac_wire, (dotmac::create_event_schema))
  CAF_ADD_TYPE_ID(dotmac_wire, (dotmac::create_metric))
  CAF_ADD_TYPE_ID(dotmac_wire, (dotmac::list_metrics))
  CAF_ADD_TYPE_ID(dotmac_wire, (dotmac::metrics_listed))
  CAF_ADD_TYPE_ID(dotmac_wire, (dotmac::get_metric))
  CAF_ADD_TYPE_ID(dotmac_wire, (dotmac::metric_definition))
  CAF_ADD_TYPE_ID(dotmac_wire, (dotmac::locate_events))
  CAF_ADD_TYPE_ID(dotmac_wire, (dotmac::event_actor))
  CAF_ADD_TYPE_ID(dotmac_wire, (dotmac::locate_tenant))
  CAF_ADD_TYPE_ID(dotmac_wire, (dotmac::tenant_actor))
  CAF_ADD_TYPE_ID(dotmac_wire, (dotmac::locate_shard))
  CAF_ADD_TYPE_ID(dotmac_wire, (dotmac::shard_actor))
  CAF_ADD_TYPE_ID(dotmac_wire, (dotmac::node_actor))
CAF_END_TYPE_ID_BLOCK(dotmac_wire)
