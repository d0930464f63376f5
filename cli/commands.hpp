#pragma once

/// What each command does: one or two calls of a node, their answer for people or, with --json, as it came.
///
/// Returns  the exit code of the program: 0, or a message on stderr and 1 on failure, 2 on wrong use.

#include "cli/http_client.hpp"
#include "cli/import/importer.hpp"

#include <iosfwd>

namespace dotmac {

struct command_context {
  connection_options connection;
  bool as_json = false;
};

struct track_request {
  std::string name, type = "custom", user, session, customer, time, id, properties;
};
struct new_metric_request {
  std::string name, display_name, type = "counter", unit, description;
};
struct new_value_request {
  std::string metric;
  double value = 0;
  std::string time;
  std::vector<std::string> dimensions; ///< name=value
};
struct find_request {
  std::string name, type, user;
  int hours = 24, limit = 10;
};
struct new_tenant_request {
  std::string timezone = "UTC", key_label = "first key";
  bool without_key = false;
};
struct import_command {
  import_request request;
  std::string create_metrics; ///< type of metrics that are not there yet; empty: none are made
  int retention_days = 90;
  bool allow_rejected = false;
};

int run_track(const command_context& context, const track_request& asked);
int run_create_metric(const command_context& context, const new_metric_request& asked);
int run_record(const command_context& context, const new_value_request& asked);
int run_list_metrics(const command_context& context);
int run_query(const command_context& context, const find_request& asked);
int run_stats(const command_context& context);
int run_health(const command_context& context, bool in_detail);
int run_init_tenant(const command_context& context, const new_tenant_request& asked);
int run_import(const command_context& context, import_command asked);

/// Says why on stderr; gives 1.
int complain_of(const failure& why);
/// The same for options that are wrong in themselves; gives 2.
int complain_of_use(const failure& why);

} // namespace dotmac
