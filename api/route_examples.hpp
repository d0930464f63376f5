#pragma once

/// What the documentation shows of each route, in the order in which a new node can be asked. tests/server/description_test.py sends every
/// request of these and holds requests, real answers and the answers here against the schemas.

#include "api/routes.hpp"

namespace dotmac::examples {

inline constexpr route_example track_event{
    "", R"json({"event_type":"page_view","event_name":"home","user_id":"ann","event_id":"visit-1","timestamp":"2026-01-01T08:00:00Z","properties":{"plan":"fiber"}})json",
    R"json({"event_id":"visit-1","status":"tracked","timestamp":"2026-01-01T08:00:00.120Z"})json"};
inline constexpr route_example track_batch{
    "", R"json({"events":[{"event_type":"conversion","event_name":"order","user_id":"ann","event_id":"order-1","timestamp":"2026-01-01T09:00:00Z","properties":{"plan":"fiber","price":49.9}},{"event_type":"page_view","event_name":"thanks","user_id":"ann","event_id":"visit-2","timestamp":"2026-01-01T09:00:01Z"}],"source":"shop"})json",
    R"json({"batch_id":"5f0c1d2e3a4b5c6d7e8f901234567890","status":"completed","success_count":2,"error_count":0,"errors":[],"duplicates":0,"processed_at":"2026-01-01T09:00:00.250Z"})json"};
inline constexpr route_example query_events{
    "", R"json({"user_id":"ann","filters":{"plan":"fiber","price":{"gte":10}},"limit":10})json",
    R"json({"events":[{"event_type":"conversion","event_name":"order","event_id":"order-1","user_id":"ann","session_id":null,"customer_id":null,"source":"shop","properties":{"plan":"fiber","price":49.9},"context":{},"timestamp":"2026-01-01T09:00:00Z","received_at":"2026-01-01T09:00:00.250Z"}],"count":1,"total":1,"limit":10,"offset":0,"next_cursor":null,"as_of":"2026-01-01T09:00:00Z","rows_scanned":2,"interval":"[0001-01-01T00:00:00Z, 9999-12-31T23:59:59.999Z)"})json"};
inline constexpr route_example export_events{
    "", R"json({"event_type":"conversion","columns":["timestamp","user_id","properties.price"]})json",
    R"json({"timestamp":"2026-01-01T09:00:00Z","user_id":"ann","properties.price":49.9})json"};
inline constexpr route_example live_events{
    "?event_type=conversion", "",
    "id: 2\nevent: event\ndata: {\"event_type\":\"conversion\",\"event_name\":\"order\",\"event_id\":\"order-1\",\"user_id\":\"ann\",\"session_id\":null,\"customer_id\":null,\"source\":\"shop\",\"timestamp\":\"2026-01-01T09:00:00Z\",\"received_at\":\"2026-01-01T09:00:00.250Z\",\"properties\":{\"plan\":\"fiber\",\"price\":49.9},\"context\":{}}\n\n"};
inline constexpr route_example aggregate_events{
    "", R"json({"granularity":"day","timezone":"Europe/Berlin","dimensions":["plan"],"start_time":"2026-01-01T00:00:00Z","end_time":"2026-02-01T00:00:00Z"})json",
    R"json({"aggregates":[{"time_bucket":"2025-12-31T23:00:00Z","granularity":"day","event_count":2,"unique_users":1,"unique_sessions":0,"unique_customers":0,"dimensions":{"plan":"fiber"}}],"count":1,"timezone":"Europe/Berlin","as_of":"2026-01-01T09:00:00Z","rows_scanned":2,"interval":"[2026-01-01T00:00:00Z, 2026-02-01T00:00:00Z)"})json"};
inline constexpr route_example event_trends{
    "", R"json({"series":[{"name":"orders","event_type":"conversion"},{"name":"visitors","event_type":"page_view","measure":"unique_users"}],"formulas":[{"name":"orders_per_visitor","expression":"orders / visitors"}],"granularity":"day","start_time":"2026-01-01T00:00:00Z","end_time":"2026-01-02T00:00:00Z"})json",
    R"json({"series":[{"name":"orders","dimensions":{},"is_other":false,"total":1,"points":[{"time_bucket":"2026-01-01T00:00:00Z","value":1}]},{"name":"visitors","dimensions":{},"is_other":false,"total":1,"points":[{"time_bucket":"2026-01-01T00:00:00Z","value":1}]},{"name":"orders_per_visitor","dimensions":{},"is_other":false,"total":1.0,"points":[{"time_bucket":"2026-01-01T00:00:00Z","value":1.0}]}],"granularity":"day","timezone":"UTC","group_count":1,"as_of":"2026-01-01T09:00:00Z","rows_scanned":2,"interval":"[2026-01-01T00:00:00Z, 2026-01-02T00:00:00Z)"})json"};
inline constexpr route_example funnel{
    "", R"json({"funnel_steps":["page_view",{"event_type":"conversion","filters":{"price":{"gte":10}}}],"conversion_window":"24h","start_time":"2026-01-01T00:00:00Z","end_time":"2026-02-01T00:00:00Z"})json",
    R"json({"funnel_steps":["page_view","conversion"],"analysis_period":{"start":"2026-01-01T00:00:00Z","end":"2026-02-01T00:00:00Z"},"funnel_data":{"page_view":{"count":1,"conversion_rate":1.0},"conversion":{"count":1,"conversion_rate":1.0}},"steps":[{"step":1,"name":"page_view","count":1,"conversion_rate":1.0,"drop_off":0,"drop_off_rate":0.0,"average_seconds_to_convert":null,"median_seconds_to_convert":null,"p90_seconds_to_convert":null},{"step":2,"name":"conversion","count":1,"conversion_rate":1.0,"drop_off":0,"drop_off_rate":0.0,"average_seconds_to_convert":3600.0,"median_seconds_to_convert":3600.0,"p90_seconds_to_convert":3600.0}],"time_to_convert":{"average_seconds":3600.0,"median_seconds":3600.0,"p90_seconds":3600.0},"as_of":"2026-01-01T09:00:00Z","rows_scanned":2,"interval":"[2026-01-01T00:00:00Z, 2026-02-01T00:00:00Z)"})json"};
inline constexpr route_example funnel_users{
    "", R"json({"funnel_steps":["page_view","conversion"],"outcome":"dropped","start_time":"2026-01-01T00:00:00Z","end_time":"2026-02-01T00:00:00Z"})json",
    R"json({"total":1,"users":[{"id":"user-7","reached":["2026-01-01T08:00:00Z"]}],"next_cursor":null,"as_of":"2026-01-01T09:00:00Z","rows_scanned":2,"interval":"[2026-01-01T00:00:00Z, 2026-02-01T00:00:00Z)"})json"};
inline constexpr route_example event_retention{
    "", R"json({"start_event":{"event_type":"page_view"},"return_event":{"event_type":"conversion","filters":{"price":{"gte":10}}},"granularity":"day","periods":2,"start_time":"2026-01-01T00:00:00Z","end_time":"2026-01-03T00:00:00Z"})json",
    R"json({"cohorts":[{"time_bucket":"2026-01-01T00:00:00Z","size":1,"retained":[1,0,null]},{"time_bucket":"2026-01-02T00:00:00Z","size":0,"retained":[0,null,null]}],"summary":[{"period":0,"users":1,"retained":1,"rate":1.0},{"period":1,"users":1,"retained":0,"rate":0.0},{"period":2,"users":0,"retained":0,"rate":null}],"granularity":"day","timezone":"UTC","group_count":1,"as_of":"2026-01-01T09:00:00Z","rows_scanned":2,"interval":"[2026-01-01T00:00:00Z, 2026-01-03T00:00:00Z)"})json"};
inline constexpr route_example event_stickiness{
    "", R"json({"event":{"event_type":"page_view"},"granularity":"day","start_time":"2026-01-01T00:00:00Z","end_time":"2026-01-03T00:00:00Z"})json",
    R"json({"points":[{"intervals":1,"users":1,"users_at_least":1},{"intervals":2,"users":0,"users_at_least":0}],"total_users":1,"granularity":"day","timezone":"UTC","as_of":"2026-01-01T09:00:01Z","rows_scanned":3,"interval":"[2026-01-01T00:00:00Z, 2026-01-03T00:00:00Z)"})json"};
inline constexpr route_example event_lifecycle{
    "", R"json({"event":{"event_type":"page_view"},"granularity":"day","start_time":"2026-01-01T00:00:00Z","end_time":"2026-01-03T00:00:00Z"})json",
    R"json({"points":[{"time_bucket":"2026-01-01T00:00:00Z","new":1,"returning":0,"resurrecting":0,"dormant":0},{"time_bucket":"2026-01-02T00:00:00Z","new":0,"returning":0,"resurrecting":0,"dormant":1}],"granularity":"day","timezone":"UTC","as_of":"2026-01-01T09:00:01Z","rows_scanned":3,"interval":"[2026-01-01T00:00:00Z, 2026-01-03T00:00:00Z)"})json"};
inline constexpr route_example event_users{
    "", R"json({"event":{"event_type":"page_view"},"min_count":2,"limit":10,"start_time":"2026-01-01T00:00:00Z","end_time":"2026-02-01T00:00:00Z"})json",
    R"json({"total":1,"users":[{"id":"ann","count":2,"first_time":"2026-01-01T08:00:00Z","last_time":"2026-01-01T09:00:01Z"}],"next_cursor":null,"as_of":"2026-01-01T09:00:01Z","rows_scanned":3,"interval":"[2026-01-01T00:00:00Z, 2026-02-01T00:00:00Z)"})json"};
inline constexpr route_example event_sessions{
    "", R"json({"gap":30,"edge_field":"event_name","granularity":"day","start_time":"2026-01-01T00:00:00Z","end_time":"2026-01-02T00:00:00Z"})json",
    R"json({"totals":{"sessions":2,"users":1,"bounces":1,"bounce_rate":0.5,"events":3,"events_per_session":1.5,"average_seconds":0.5,"median_seconds":0.5,"p90_seconds":0.9},"points":[{"time_bucket":"2026-01-01T00:00:00Z","sessions":2,"users":1,"bounces":1,"bounce_rate":0.5,"events":3,"events_per_session":1.5,"average_seconds":0.5,"median_seconds":0.5,"p90_seconds":0.9}],"group_count":1,"entries":{"values":[{"value":"home","sessions":1,"bounces":1},{"value":"order","sessions":1,"bounces":0}],"value_count":2,"other_sessions":0},"exits":{"values":[{"value":"home","sessions":1,"bounces":1},{"value":"thanks","sessions":1,"bounces":0}],"value_count":2,"other_sessions":0},"granularity":"day","timezone":"UTC","as_of":"2026-01-01T09:00:01Z","rows_scanned":3,"interval":"[2026-01-01T00:00:00Z, 2026-01-02T00:00:00Z)"})json"};
inline constexpr route_example event_paths{
    "", R"json({"label_field":"event_name","label_rules":[{"pattern":"th*","label":"the end"}],"steps":2,"gap":90,"start_time":"2026-01-01T00:00:00Z","end_time":"2026-01-02T00:00:00Z"})json",
    R"json({"paths":1,"users":1,"label_count":2,"steps":[{"step":1,"paths":1,"users":1,"drop_offs":0,"nodes":[{"label":"home","is_other":false,"paths":1,"users":1,"drop_offs":0}]},{"step":2,"paths":1,"users":1,"drop_offs":null,"nodes":[{"label":"order","is_other":false,"paths":1,"users":1,"drop_offs":null}]}],"links":[{"step":1,"from":"home","to":"order","paths":1,"average_seconds":3600.0}],"as_of":"2026-01-01T09:00:01Z","rows_scanned":3,"interval":"[2026-01-01T00:00:00Z, 2026-01-02T00:00:00Z)"})json"};
inline constexpr route_example identify_profiles{
    "", R"json({"profiles":[{"id":"ann","set":{"plan":"fiber","age":36},"set_once":{"first_seen":"2026-01-01"}},{"kind":"customer","id":"c-1","set":{"region":"north"},"unset":["old"]},{"kind":"group","property":"plan","id":"fiber","set":{"speed":1000}}]})json",
    R"json({"changed":3})json"};
inline constexpr route_example merge_profiles{"", R"json({"merges":[{"from":"anonymous-17","into":"ann"}]})json", R"json({"changed":1})json"};
inline constexpr route_example delete_subject{
    "", R"json({"kind":"customer","id":"c-1"})json",
    R"json({"deletion_id":1,"kind":"customer","state":"running","id_sha256":"a6f7ef47ee8dc84af9056a3051ddc302f19581a96eb7e12f510fdf550326a399","requested_at":"2026-01-02T09:00:00Z","done_at":null,"removed_events":0})json"};
inline constexpr route_example list_deletions{
    "", "",
    R"json({"deletions":[{"deletion_id":1,"kind":"customer","state":"done","id_sha256":"a6f7ef47ee8dc84af9056a3051ddc302f19581a96eb7e12f510fdf550326a399","requested_at":"2026-01-02T09:00:00Z","done_at":"2026-01-02T09:00:01Z","removed_events":12}],"problem":null})json"};
inline constexpr route_example show_deletion{
    "", "",
    R"json({"deletion_id":1,"kind":"customer","state":"done","id_sha256":"a6f7ef47ee8dc84af9056a3051ddc302f19581a96eb7e12f510fdf550326a399","requested_at":"2026-01-02T09:00:00Z","done_at":"2026-01-02T09:00:01Z","removed_events":12})json"};
inline constexpr route_example export_user{
    "", "", R"json({"profile":{"id":"ann","other_ids":["anonymous-17"],"attributes":{"plan":"fiber"},"created_at":"2026-01-01T09:00:00Z","updated_at":"2026-01-01T09:00:02Z"}}
{"event_id":"0b1c2d3e-0000-8000-8000-000000000000","event_type":"page_view","event_name":"home","user_id":"ann","timestamp":"2026-01-01T08:00:00Z","received_at":"2026-01-01T08:00:01Z","properties":{},"context":{}}
)json"};
inline constexpr route_example export_customer{
    "", "", R"json({"profile":{"id":"c-1","other_ids":[],"attributes":{"region":"north"},"created_at":"2026-01-01T09:00:00Z","updated_at":"2026-01-01T09:00:02Z"}}
{"event_id":"0b1c2d3e-0000-8000-8000-000000000000","event_type":"page_view","event_name":"home","customer_id":"c-1","timestamp":"2026-01-01T08:00:00Z","received_at":"2026-01-01T08:00:01Z","properties":{},"context":{}}
)json"};
inline constexpr route_example show_retention_rules{"", "", R"json({"days":3650,"rules":[{"event_type":"flow","days":30},{"event_type":"payment","days":null}]})json"};
inline constexpr route_example set_retention_rules{
    "", R"json({"days":3650,"rules":[{"event_type":"flow","days":30},{"event_type":"payment","days":null}]})json",
    R"json({"days":3650,"rules":[{"event_type":"flow","days":30},{"event_type":"payment","days":null}]})json"};
inline constexpr route_example query_profiles{
    "", R"json({"filters":{"plan":"fiber","age":{"gte":18}},"limit":10})json",
    R"json({"profiles":[{"id":"ann","other_ids":["anonymous-17"],"attributes":{"age":36,"first_seen":"2026-01-01","plan":"fiber"},"created_at":"2026-01-01T09:00:00Z","updated_at":"2026-01-01T09:00:02Z"}],"total":1,"next_cursor":null})json"};
inline constexpr route_example show_user{
    "", "",
    R"json({"id":"ann","other_ids":["anonymous-17"],"attributes":{"age":36,"first_seen":"2026-01-01","plan":"fiber"},"created_at":"2026-01-01T09:00:00Z","updated_at":"2026-01-01T09:00:02Z","events":[{"event_type":"page_view","count":2,"first_time":"2026-01-01T08:00:00Z","last_time":"2026-01-01T09:00:01Z"},{"event_type":"conversion","count":1,"first_time":"2026-01-01T09:00:00Z","last_time":"2026-01-01T09:00:00Z"}],"event_count":3,"first_time":"2026-01-01T08:00:00Z","last_time":"2026-01-01T09:00:01Z","as_of":"2026-01-01T09:00:01Z","rows_scanned":3,"interval":"[0001-01-01T00:00:00Z, 9999-12-31T23:59:59.999Z]"})json"};
inline constexpr route_example user_timeline{
    "?limit=1", "",
    R"json({"events":[{"event_type":"page_view","event_name":"thanks","event_id":"visit-2","user_id":"ann","session_id":null,"customer_id":null,"source":"shop","properties":{},"context":{},"timestamp":"2026-01-01T09:00:01Z","received_at":"2026-01-01T09:00:00.250Z"}],"count":1,"total":3,"limit":1,"offset":0,"next_cursor":"ZTo","as_of":"2026-01-01T09:00:01Z","rows_scanned":3,"interval":"[0001-01-01T00:00:00Z, 9999-12-31T23:59:59.999Z]"})json"};
inline constexpr route_example show_customer{
    "", "",
    R"json({"id":"c-1","other_ids":[],"attributes":{"region":"north"},"created_at":"2026-01-01T09:00:00Z","updated_at":"2026-01-01T09:00:00Z","events":[],"event_count":0,"first_time":null,"last_time":null,"as_of":"2026-01-01T09:00:01Z","rows_scanned":3,"interval":"[0001-01-01T00:00:00Z, 9999-12-31T23:59:59.999Z]"})json"};
inline constexpr route_example customer_timeline{
    "", "",
    R"json({"events":[],"count":0,"total":0,"limit":100,"offset":0,"next_cursor":null,"as_of":"2026-01-01T09:00:01Z","rows_scanned":3,"interval":"[0001-01-01T00:00:00Z, 9999-12-31T23:59:59.999Z]"})json"};
inline constexpr route_example event_catalogue{
    "", R"json({"search":"p","match":"prefix","limit":10,"start_time":"2026-01-01T00:00:00Z","end_time":"2026-01-02T00:00:00Z"})json",
    R"json({"event_count":3,"limit":10,"offset":0,"event_types":{"total":1,"entries":[{"event_type":"page_view","count":2,"first_time":"2026-01-01T08:00:00Z","last_time":"2026-01-01T09:00:01Z"}]},"event_names":{"total":0,"entries":[]},"fields":{"total":0,"entries":[]},"properties":{"total":2,"entries":[{"name":"properties.plan","scope":"properties","key":"plan","count":2,"kinds":[{"kind":"text","count":2}]},{"name":"properties.price","scope":"properties","key":"price","count":1,"kinds":[{"kind":"number","count":1}]}]},"as_of":"2026-01-01T09:00:01Z","rows_scanned":3,"interval":"[2026-01-01T00:00:00Z, 2026-01-02T00:00:00Z)"})json"};
inline constexpr route_example event_values{
    "", R"json({"field":"properties.plan","search":"FIB","match":"prefix","limit":10,"event_type":"conversion"})json",
    R"json({"field":"properties.plan","event_count":1,"value_events":1,"value_count":1,"values":[{"value":"fiber","kind":"text","count":1}],"other_values":0,"other_events":0,"min":null,"max":null,"as_of":"2026-01-01T09:00:01Z","rows_scanned":3,"interval":"[0001-01-01T00:00:00Z, 9999-12-31T23:59:59.999Z]"})json"};
inline constexpr route_example create_schema{
    "", R"json({"event_type":"ticket","event_name":"opened","schema_definition":{"required":["priority"],"optional":["note"]},"mode":"flag"})json",
    R"json({"schema_id":"s_0123456789abcdef","event_type":"ticket","event_name":"opened","schema_definition":{"required":["priority"],"optional":["note"]},"version":"1.0","mode":"flag","created_at":"2026-01-01T09:00:00.250Z"})json"};
inline constexpr route_example list_schemas{
    "?limit=10", "",
    R"json({"schemas":[{"schema_id":"s_0123456789abcdef","event_type":"ticket","event_name":"opened","schema_definition":{"required":["priority"],"optional":["note"]},"version":"1.0","mode":"flag","created_at":"2026-01-01T09:00:00.250Z"}],"count":1,"total":1,"limit":10,"offset":0,"next_cursor":null})json"};
inline constexpr route_example event_stats{
    "", "",
    R"json({"event_count":2,"user_count":1,"memory_bytes":4096,"first_event":"2026-01-01T08:00:00Z","last_event":"2026-01-01T09:00:00Z","as_of":"2026-01-01T09:00:00Z","kinds":[{"event_type":"page_view","event_name":"home","count":1},{"event_type":"conversion","event_name":"order","count":1}],"storage":{"segment_count":1,"stored_rows":1,"journal_rows":1,"stored_bytes":300,"bytes_per_event":300.0,"dictionary_bytes":180,"missing_parts":0,"columns":[{"name":"properties.plan","row_count":2,"stored_bytes":120,"memory_bytes":96}],"other_columns":0,"other_stored_bytes":0,"other_memory_bytes":0}})json"};

inline constexpr route_example create_metric{
    "", R"json({"name":"latency","display_name":"Latency","metric_type":"histogram","unit":"ms","tags":{"team":"noc"}})json",
    R"json({"metric_id":"m_0123456789abcdef","name":"latency","display_name":"Latency","metric_type":"histogram","description":"","unit":"ms","calculation_config":{},"dimensions":[],"tags":{"team":"noc"},"retention_days":90,"created_at":"2026-01-01T09:00:00.250Z"})json"};
inline constexpr route_example list_metrics{
    "?metric_type=histogram&tags=team:noc&limit=10", "",
    R"json({"metrics":[{"metric_id":"m_0123456789abcdef","name":"latency","display_name":"Latency","metric_type":"histogram","description":"","unit":"ms","calculation_config":{},"dimensions":[],"tags":{"team":"noc"},"retention_days":90,"created_at":"2026-01-01T09:00:00.250Z"}],"count":1,"total":1,"limit":10,"offset":0,"next_cursor":null})json"};
inline constexpr route_example record_values{
    "", R"json({"metric_id":"latency","value":12.5,"value_id":"ping-1","timestamp":"2026-01-01T08:00:00Z","dimensions":{"site":"berlin"}})json",
    R"json({"value_id":"ping-1","metric_id":"latency","value":12.5,"timestamp":"2026-01-01T08:00:00Z","recorded_at":"2026-01-01T08:00:00.120Z","status":"recorded"})json"};
inline constexpr route_example query_values{
    "", R"json({"metric_id":"latency","dimensions":{"site":"berlin"},"limit":10})json",
    R"json({"values":[{"id":"ping-1","value":12.5,"timestamp":"2026-01-01T08:00:00Z","recorded_at":"2026-01-01T08:00:00.120Z","dimensions":{"site":"berlin"},"context":{}}],"count":1,"total":1,"limit":10,"offset":0,"next_cursor":null,"as_of":"2026-01-01T08:00:00Z","rows_scanned":1,"interval":"[0001-01-01T00:00:00Z, 9999-12-31T23:59:59.999Z)"})json"};
inline constexpr route_example aggregate_values{
    "", R"json({"metric_id":"latency","aggregation_method":"p95","granularity":"hour","dimensions":["site"],"start_time":"2026-01-01T00:00:00Z","end_time":"2026-02-01T00:00:00Z"})json",
    R"json({"aggregates":[{"time_bucket":"2026-01-01T08:00:00Z","value":12.5,"sample_count":1,"dimensions":{"site":"berlin"}}],"count":1,"exact":true,"timezone":"UTC","as_of":"2026-01-01T08:00:00Z","rows_scanned":1,"interval":"[2026-01-01T00:00:00Z, 2026-02-01T00:00:00Z)"})json"};
inline constexpr route_example trend{
    "", R"json({"metric_id":"latency","current_period_start":"2026-01-01T00:00:00Z","current_period_end":"2026-01-02T00:00:00Z","comparison_period_start":"2025-12-31T00:00:00Z","comparison_period_end":"2026-01-01T00:00:00Z"})json",
    R"json({"metric_id":"latency","current_period":{"start":"2026-01-01T00:00:00Z","end":"2026-01-02T00:00:00Z","average":12.5,"count":1,"total":12.5},"comparison_period":{"start":"2025-12-31T00:00:00Z","end":"2026-01-01T00:00:00Z","average":null,"count":0,"total":0.0},"trend":{"change_percent":null,"direction":"flat","absolute_change":null},"interval":"[start, end)","as_of":"2026-01-01T08:00:00Z","rows_scanned":1})json"};
inline constexpr route_example show_metric{
    "", "",
    R"json({"metric_id":"m_0123456789abcdef","name":"latency","display_name":"Latency","metric_type":"histogram","description":"","unit":"ms","calculation_config":{},"dimensions":[],"tags":{"team":"noc"},"retention_days":90,"created_at":"2026-01-01T09:00:00.250Z"})json"};

inline constexpr route_example create_dashboard{
    "", R"json({"name":"latency","display_name":"Network latency","category":"noc","layout":{"columns":12,"rows":8,"theme":"dark"},"is_public":true,"auto_refresh_interval":60,"variables":[{"name":"site","label":"Site","field":"site"}],"widgets":[{"name":"latency","title":"Latency","widget_type":"line_chart","query_config":{"metric":"latency","aggregation":"p95","granularity":"hour","time_range":"24h"},"visualization_config":{"unit":"ms"},"width":6}]})json",
    R"json({"dashboard_id":"dash_0123456789abcdef","name":"latency","display_name":"Network latency","description":"","category":"noc","layout":{"columns":12,"rows":8,"theme":"dark"},"is_public":true,"owner_id":"","auto_refresh_interval":60,"favorite":false,"variables":[{"name":"site","label":"Site","field":"site","options":[],"default_value":""}],"widgets":[{"widget_id":"w_0123456789abcdef","name":"latency","title":"Latency","widget_type":"line_chart","query_config":{"metric":"latency","aggregation":"p95","granularity":"hour","time_range":"24h"},"visualization_config":{"unit":"ms"},"position_x":0,"position_y":0,"width":6,"height":3,"refresh_interval":300,"cache_duration":60}],"version":1,"created_at":"2026-01-01T09:00:00.250Z","created_by":"loopback","updated_at":"2026-01-01T09:00:00.250Z","updated_by":"loopback","summary":"created","removed":false})json"};
inline constexpr route_example list_dashboards{
    "?category=noc&limit=10", "",
    R"json({"dashboards":[{"dashboard_id":"dash_0123456789abcdef","name":"latency","display_name":"Network latency","description":"","category":"noc","owner_id":"","is_public":true,"favorite":false,"removed":false,"widget_count":1,"version":1,"created_at":"2026-01-01T09:00:00.250Z","updated_at":"2026-01-01T09:00:00.250Z","updated_by":"loopback"}],"count":1,"total":1,"limit":10,"offset":0,"next_cursor":null})json"};
inline constexpr route_example show_dashboard{
    "", "",
    R"json({"dashboard_id":"dash_0123456789abcdef","name":"latency","display_name":"Network latency","description":"","category":"noc","layout":{"columns":12,"rows":8,"theme":"dark"},"is_public":true,"owner_id":"","auto_refresh_interval":60,"favorite":false,"variables":[{"name":"site","label":"Site","field":"site","options":[],"default_value":""}],"widgets":[{"widget_id":"w_0123456789abcdef","name":"latency","title":"Latency","widget_type":"line_chart","query_config":{"metric":"latency","aggregation":"p95","granularity":"hour","time_range":"24h"},"visualization_config":{"unit":"ms"},"position_x":0,"position_y":0,"width":6,"height":3,"refresh_interval":300,"cache_duration":60}],"version":1,"created_at":"2026-01-01T09:00:00.250Z","created_by":"loopback","updated_at":"2026-01-01T09:00:00.250Z","updated_by":"loopback","summary":"created","removed":false})json"};
inline constexpr route_example change_dashboard{
    "", R"json({"display_name":"Latency of the network","favorite":true})json",
    R"json({"dashboard_id":"dash_0123456789abcdef","name":"latency","display_name":"Latency of the network","description":"","category":"noc","layout":{"columns":12,"rows":8,"theme":"dark"},"is_public":true,"owner_id":"","auto_refresh_interval":60,"favorite":true,"variables":[{"name":"site","label":"Site","field":"site","options":[],"default_value":""}],"widgets":[{"widget_id":"w_0123456789abcdef","name":"latency","title":"Latency","widget_type":"line_chart","query_config":{"metric":"latency","aggregation":"p95","granularity":"hour","time_range":"24h"},"visualization_config":{"unit":"ms"},"position_x":0,"position_y":0,"width":6,"height":3,"refresh_interval":300,"cache_duration":60}],"version":2,"created_at":"2026-01-01T09:00:00.250Z","created_by":"loopback","updated_at":"2026-01-01T09:00:00.250Z","updated_by":"loopback","summary":"changed display_name, favorite","removed":false})json"};
inline constexpr route_example arrange_widgets{
    "", R"json({"positions":[{"widget":"latency","position_x":0,"position_y":2,"width":6,"height":4}]})json",
    R"json({"dashboard_id":"dash_0123456789abcdef","name":"latency","display_name":"Network latency","description":"","category":"noc","layout":{"columns":12,"rows":8,"theme":"dark"},"is_public":true,"owner_id":"","auto_refresh_interval":60,"favorite":false,"variables":[{"name":"site","label":"Site","field":"site","options":[],"default_value":""}],"widgets":[{"widget_id":"w_0123456789abcdef","name":"latency","title":"Latency","widget_type":"line_chart","query_config":{"metric":"latency","aggregation":"p95","granularity":"hour","time_range":"24h"},"visualization_config":{"unit":"ms"},"position_x":0,"position_y":2,"width":6,"height":4,"refresh_interval":300,"cache_duration":60}],"version":3,"created_at":"2026-01-01T09:00:00.250Z","created_by":"loopback","updated_at":"2026-01-01T09:00:00.250Z","updated_by":"loopback","summary":"moved widget latency","removed":false})json"};
inline constexpr route_example list_dashboard_versions{
    "?limit=10", "",
    R"json({"versions":[{"version":1,"at":"2026-01-01T09:00:00.250Z","by":"loopback","summary":"created"}],"count":1,"total":1,"limit":10,"next_before":null})json"};
inline constexpr route_example duplicate_dashboard{
    "", R"json({"name":"latency copy"})json",
    R"json({"dashboard_id":"dash_0123456789abcdef","name":"latency copy","display_name":"Network latency","description":"","category":"noc","layout":{"columns":12,"rows":8,"theme":"dark"},"is_public":true,"owner_id":"","auto_refresh_interval":60,"favorite":false,"variables":[{"name":"site","label":"Site","field":"site","options":[],"default_value":""}],"widgets":[{"widget_id":"w_0123456789abcdef","name":"latency","title":"Latency","widget_type":"line_chart","query_config":{"metric":"latency","aggregation":"p95","granularity":"hour","time_range":"24h"},"visualization_config":{"unit":"ms"},"position_x":0,"position_y":0,"width":6,"height":3,"refresh_interval":300,"cache_duration":60}],"version":1,"created_at":"2026-01-01T09:00:00.250Z","created_by":"loopback","updated_at":"2026-01-01T09:00:00.250Z","updated_by":"loopback","summary":"created","removed":false})json"};
inline constexpr route_example add_widget{
    "", R"json({"name":"loss","title":"Lost packets","widget_type":"gauge","query_config":{"metric":"loss","aggregation":"avg","time_range":"1h"},"position_x":6})json",
    R"json({"widget_id":"w_00112233aabbccdd","name":"loss","title":"Lost packets","widget_type":"gauge","query_config":{"metric":"loss","aggregation":"avg","time_range":"1h"},"visualization_config":{},"position_x":6,"position_y":0,"width":4,"height":3,"refresh_interval":300,"cache_duration":60,"dashboard_id":"dash_0123456789abcdef","version":4})json"};
inline constexpr route_example show_widget{
    "", "",
    R"json({"widget_id":"w_0123456789abcdef","name":"latency","title":"Latency","widget_type":"line_chart","query_config":{"metric":"latency","aggregation":"p95","granularity":"hour","time_range":"24h"},"visualization_config":{"unit":"ms"},"position_x":0,"position_y":0,"width":6,"height":3,"refresh_interval":300,"cache_duration":60,"dashboard_id":"dash_0123456789abcdef","version":4})json"};
inline constexpr route_example change_widget{
    "", R"json({"title":"Latency, 95th percentile","expected_version":4})json",
    R"json({"widget_id":"w_0123456789abcdef","name":"latency","title":"Latency, 95th percentile","widget_type":"line_chart","query_config":{"metric":"latency","aggregation":"p95","granularity":"hour","time_range":"24h"},"visualization_config":{"unit":"ms"},"position_x":0,"position_y":0,"width":6,"height":3,"refresh_interval":300,"cache_duration":60,"dashboard_id":"dash_0123456789abcdef","version":5})json"};
inline constexpr route_example remove_widget{
    "", "",
    R"json({"dashboard_id":"dash_0123456789abcdef","widget_id":"latency","status":"removed","version":6})json"};
inline constexpr route_example restore_dashboard{
    "", R"json({"version":1})json",
    R"json({"dashboard_id":"dash_0123456789abcdef","name":"latency","display_name":"Network latency","description":"","category":"noc","layout":{"columns":12,"rows":8,"theme":"dark"},"is_public":true,"owner_id":"","auto_refresh_interval":60,"favorite":false,"variables":[{"name":"site","label":"Site","field":"site","options":[],"default_value":""}],"widgets":[{"widget_id":"w_0123456789abcdef","name":"latency","title":"Latency","widget_type":"line_chart","query_config":{"metric":"latency","aggregation":"p95","granularity":"hour","time_range":"24h"},"visualization_config":{"unit":"ms"},"position_x":0,"position_y":0,"width":6,"height":3,"refresh_interval":300,"cache_duration":60}],"version":7,"created_at":"2026-01-01T09:00:00.250Z","created_by":"loopback","updated_at":"2026-01-01T09:00:00.250Z","updated_by":"loopback","summary":"restored version 1","removed":false})json"};
inline constexpr route_example remove_dashboard{
    "", "",
    R"json({"dashboard_id":"dash_0123456789abcdef","status":"removed","version":8})json"};

inline constexpr route_example create_tenant{"", R"json({"tenant_id":"acme","timezone":"Europe/Berlin"})json", R"json({"tenant_id":"acme","timezone":"Europe/Berlin","created_at":"2026-01-01T09:00:00.250Z"})json"};
inline constexpr route_example create_key{
    "", R"json({"label":"collector in Berlin","scopes":["ingest"]})json",
    R"json({"key_id":"0123456789abcdef","label":"collector in Berlin","scopes":["ingest"],"created_at":"2026-01-01T09:00:00.250Z","api_key":"dma.default.0123456789abcdef.00112233445566778899aabbccddeeff0011223344556677"})json"};
inline constexpr route_example list_keys{
    "?limit=10", "",
    R"json({"api_keys":[{"key_id":"0123456789abcdef","label":"collector in Berlin","scopes":["ingest"],"created_at":"2026-01-01T09:00:00.250Z"}],"count":1,"total":1,"limit":10,"offset":0,"next_cursor":null})json"};
inline constexpr route_example revoke_key{"", "", R"json({"key_id":"0123456789abcdef","status":"revoked"})json"};
inline constexpr route_example actors{
    "?kind=tenant&limit=1", "",
    R"json({"actors":[{"kind":"tenant","path":"node/shard-17/default","parent":"node/shard-17","children":1,"tenant":"default","uptime_seconds":60,"messages":12,"failures":0,"mailbox":0,"waiting":0,"waiting_seconds":null,"restarts":0,"memory_bytes":0,"journal_position":3,"snapshot_position":0,"snapshot_at":null,"busy_microseconds":800,"scan_microseconds":0,"message_times":[{"up_to_us":10,"count":2},{"up_to_us":null,"count":0}]}],"count":1,"total":1,"limit":1,"offset":0,"next_cursor":null})json"};
inline constexpr route_example actor_series{"?kind=events&limit=100", "",
                                            "# HELP dotmac_one_actor_messages messages handled\n# TYPE dotmac_one_actor_messages gauge\n"
                                            "dotmac_one_actor_messages{kind=\"events\",tenant=\"default\",path=\"node/shard-17/default/events\"} 12\n"};
inline constexpr route_example act_on_actor{"", R"json({"path":"node/shard-17/default","act":"passivate"})json",
                                            R"json({"path":"node/shard-17/default","act":"passivate","status":"requested"})json"};
inline constexpr route_example cluster{
    "", "",
    R"json({"name":"analytics","node":"a","coordinator":"a","moving":0,"nodes":[{"id":"a","incarnation":3,"state":"serving","scheduling":"serve","role":"both","peer_address":"127.0.0.1:9001","http_address":"127.0.0.1:8001","version":"0.1.0","since_heartbeat_ms":420,"shards":1,"shards_wanted":1,"load":5300}],"shards":[{"shard":0,"owner":"a","epoch":4,"wanted":"a","pinned":null,"load":5300,"is_served":true}]})json"};
inline constexpr route_example place_of_tenant{"", "",
                                               R"json({"tenant_id":"default","shard":17,"owner":"a","epoch":4,"wanted":"a","pinned":null,"load":5300,"is_served":true})json"};
inline constexpr route_example schedule_node{"", R"json({"scheduling":"drain"})json", R"json({"node":"a","scheduling":"drain"})json"};
inline constexpr route_example place_shard{"", R"json({"node":"a"})json", R"json({"shard":17,"node":"a"})json"};
inline constexpr route_example rebalance{"", "", R"json({"status":"requested"})json"};
inline constexpr route_example dead_letters{
    "?limit=10", "",
    R"json({"dead_letters":[{"id":7,"tenant":"default","actor":"default/events/","recorded_at":"2026-01-01T09:00:00.250Z","message_type":"track_events","reason":"vector::reserve","payload_bytes":412}],"count":1})json"};
inline constexpr route_example replay_dead_letter{"", "", R"json({"id":7,"status":"replayed"})json"};
inline constexpr route_example discard_dead_letter{"", "", R"json({"id":7,"status":"discarded"})json"};
inline constexpr route_example actor_details{
    "?path=node%2Fshard-17%2Fdefault", "",
    R"json({"kind":"tenant","path":"node/shard-17/default","parent":"node/shard-17","children":1,"tenant":"default","uptime_seconds":60,"messages":12,"failures":1,"mailbox":0,"waiting":0,"waiting_seconds":null,"restarts":0,"memory_bytes":0,"journal_position":3,"snapshot_position":0,"snapshot_at":null,"busy_microseconds":800,"scan_microseconds":0,"message_times":[{"up_to_us":10,"count":2},{"up_to_us":null,"count":0}],"running":true,"state":{"exists":"yes","timezone":"UTC","api_keys":1,"event_schemas":0,"metrics":2},"last_failures":[{"at":"2026-01-01T09:00:00.250Z","code":"already_exists","message":"there is a metric latency","times":1}],"snapshots":[{"sequence":3,"version":1,"bytes":412,"written_at":"2026-01-01T09:00:00.250Z"}]})json"};
inline constexpr route_example actor_snapshot{
    "?path=node%2Fshard-17%2Fdefault", "",
    R"json({"path":"node/shard-17/default","entity":"default/tenant/","sequence":3,"version":1,"bytes":412,"written_at":"2026-01-01T09:00:00.250Z","is_damaged":false,"content":{"timezone":"UTC"},"segment_count":0,"segments":[]})json"};
inline constexpr route_example audit_entries{
    "?limit=1", "",
    R"json({"entries":[{"id":7,"recorded_at":"2026-01-01T09:00:00.250Z","tenant":"default","act":"removal_requested","subject":"user ann","details":"request r-1"}],"next_before":7})json"};

inline constexpr route_example begin_session{
    "", R"json({"api_key":"dma.default.0123456789abcdef.00112233445566778899aabbccddeeff0011223344556677"})json",
    R"json({"tenant_id":"default","timezone":"UTC","scopes":["read"],"signed_in":true,"ends_at":"2026-01-01T21:00:00Z"})json"};
inline constexpr route_example session{"", "", R"json({"tenant_id":"default","timezone":"UTC","scopes":["read"],"signed_in":false,"ends_at":null})json"};
inline constexpr route_example end_session{"", "", R"json({"status":"signed_out"})json"};

inline constexpr route_example health{"", "", R"json({"status":"healthy","service":"dotmac-analytics","version":"0.1.0","timestamp":"2026-01-01T09:00:00.250Z"})json"};
inline constexpr route_example health_in_detail{
    "", "",
    R"json({"status":"healthy","service":"dotmac-analytics","version":"0.1.0","timestamp":"2026-01-01T09:00:00.250Z","components":{"store":{"status":"healthy","latency_ms":0.41,"detail":"","commits":120,"failures":0},"actors":{"status":"healthy","latency_ms":0.02,"running":260,"failed_count":0,"failed":[],"calls_waiting":0}},"environment":"development"})json"};
inline constexpr route_example readiness{"", "", R"json({"status":"ready","service":"dotmac-analytics","version":"0.1.0","timestamp":"2026-01-01T09:00:00.250Z"})json"};
inline constexpr route_example liveness{"", "", R"json({"status":"alive","service":"dotmac-analytics","version":"0.1.0","timestamp":"2026-01-01T09:00:00.250Z"})json"};
inline constexpr route_example prometheus{"", "", "# HELP dotmac_actors running actors\n# TYPE dotmac_actors gauge\ndotmac_actors{kind=\"tenant\"} 1\n"};

} // namespace dotmac::examples
