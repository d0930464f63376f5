#include "cli/command_line.hpp"

#include "cli/cluster_commands.hpp"
#include "cli/commands.hpp"
#include "cli/console/run_console.hpp"
#include "cli/mapping_file.hpp"
#include "core/identity.hpp"

#include <CLI/CLI.hpp>

#include <cstdlib>
#include <memory>

namespace dotmac {
namespace {

/// Options shared by all commands, and what runs in the end.
struct commands {
  CLI::App& app;
  std::function<int()>& chosen;

  template <class Request> using action = std::function<int(const command_context&, Request&)>;

  /// A command whose options are set up by `options` and which runs `act`.
  template <class Request>
  void add(const char* name, const char* meaning, const std::function<void(CLI::App&, Request&)>& options, action<Request> act) {
    auto* command = app.add_subcommand(name, meaning);
    const auto context = std::make_shared<command_context>();
    const auto request = std::make_shared<Request>();
    if (const char* key = std::getenv("DOTMAC_API_KEY"))
      context->connection.api_key = key;
    command->add_option("--tenant-id", context->connection.tenant, "whose data")->capture_default_str()->check([](const std::string& text) {
      return is_valid_tenant_id(text) ? std::string{} : std::string{"must have 1 to 63 letters, digits, '-', '_' or '.', and begin with a letter or digit"};
    });
    command->add_option("--url", context->connection.url, "of a node")->capture_default_str()->check([](const std::string& text) {
      return text.starts_with("http://") || text.starts_with("https://") ? std::string{} : std::string{"must begin with http:// or https://"};
    });
    command->add_option("--api-key", context->connection.api_key, "credential; else the variable DOTMAC_API_KEY");
    command->add_flag("--json", context->as_json, "print the answer as JSON");
    options(*command, *request);
    command->callback([this_chosen = &chosen, context, request, act = std::move(act)] {
      while (context->connection.url.ends_with('/'))
        context->connection.url.pop_back();
      *this_chosen = [context, request, act] { return act(*context, *request); };
    });
  }
};

struct nothing {};

void add_import_options(CLI::App& command, import_options& asked) {
  command.add_option("file", asked.file, "CSV (with a line of column names) or NDJSON")->required();
  command.add_option("--as", asked.kind, "what its rows become")->check(CLI::IsMember({"events", "values"}));
  command.add_option("--mapping", asked.mapping_file, "JSON file with the names of these options");
  command.add_option("--format", asked.format, "csv or ndjson; else by the file's name")->check(CLI::IsMember({"csv", "ndjson"}));
  command.add_option("--separator", asked.separator, "between the fields of CSV")->check([](const std::string& text) {
    return text.size() == 1 || text == "\\t" ? std::string{} : std::string{"must be one character, or \\t"};
  });
  command.add_option("--map", asked.fields, "field=template, where {column} stands for a column: event_name={page}, timestamp=\"{day} {time}\"")->allow_extra_args(false);
  command.add_option("--metric", asked.metrics, "metric=template, one value per row and metric: latency={rtt}")->allow_extra_args(false);
  command.add_option("--dimension", asked.dimensions, "dimension=template, or the name of a column")->allow_extra_args(false);
  command.add_option("--properties", asked.properties, "columns to keep as properties; else all that no template names")->delimiter(',')->allow_extra_args(false);
  command.add_option("--text", asked.texts, "columns that are text even where they look like numbers")->delimiter(',')->allow_extra_args(false);
  command.add_option("--require", asked.required, "fields that may not be blank")->delimiter(',')->allow_extra_args(false);
  command.add_option("--where", asked.conditions, "only rows with column=value, or column!=value")->allow_extra_args(false);
  command.add_option("--join", asked.joins, "FILE:KEY or FILE:KEY=COLUMN: columns of the row of a second CSV file with the same key")->allow_extra_args(false);
  command.add_option("--time-format", asked.time_format, "iso, s, ms, us, ns, or a pattern such as \"%m/%d/%y %H:%M\" (else iso)");
  command.add_option("--timezone", asked.timezone, "of times without an offset (else UTC)");
  command.add_option("--import-id", asked.import_id, "begin of the ids of rows without one; else from the file's content");
  command.add_option("--create-metrics", asked.create_metrics, "make metrics that are not there yet, of this type");
  command.add_option("--retention-days", asked.retention_days, "of metrics made so")->check(CLI::Range(1, 36'500));
  command.add_option("--batch-size", asked.batch_size, "rows per call")->check(CLI::Range(1, 10'000));
  command.add_option("--connections", asked.connections, "calls at once")->check(CLI::Range(1, 64));
  command.add_option("--retry-seconds", asked.retry_seconds, "how long to try again while the node refuses")->check(CLI::Range(0, 86'400));
  command.add_option("--state", asked.state_path, "where an interrupted import goes on is kept here; else FILE.import-state");
  command.add_option("--rejected", asked.rejected_path, "rows that were refused, with the reason; else FILE.rejected");
  command.add_flag("--restart", asked.restart, "begin anew, whatever the state says");
  command.add_flag("--allow-rejected", asked.allow_rejected, "refused rows are no failure");
}

int run_import_options(const command_context& context, const import_options& asked) {
  auto command = to_import_command(asked);
  return command ? run_import(context, std::move(*command)) : complain_of_use(command.error());
}

void add_metric_commands(commands& all) {
  all.add<new_metric_request>(
      "create-metric", "define a metric",
      [](CLI::App& command, new_metric_request& asked) {
        command.add_option("name", asked.name, "by which it is known")->required();
        command.add_option("display_name", asked.display_name, "for people")->required();
        command.add_option("--metric-type", asked.type, "counter, gauge, histogram, summary, rate, percentage, duration or size")->capture_default_str();
        command.add_option("--unit", asked.unit, "of its values");
        command.add_option("--description", asked.description, "for people");
      },
      run_create_metric);
  all.add<new_value_request>(
      "record-metric", "record a value of a metric",
      [](CLI::App& command, new_value_request& asked) {
        command.add_option("metric_id", asked.metric, "id or name")->required();
        command.add_option("value", asked.value, "a number")->required();
        command.add_option("--timestamp", asked.time, "RFC 3339; else now");
        command.add_option("--dimension", asked.dimensions, "name=value")->allow_extra_args(false);
      },
      run_record);
  all.add<nothing>("list-metrics", "the metrics of a tenant", [](CLI::App&, nothing&) {},
                   [](const command_context& context, nothing&) { return run_list_metrics(context); });
}

void add_event_commands(commands& all) {
  all.add<track_request>(
      "track-event", "send one event",
      [](CLI::App& command, track_request& asked) {
        command.add_option("name", asked.name, "of the event")->required();
        command.add_option("--event-type", asked.type, "of the event")->capture_default_str();
        command.add_option("--user-id", asked.user, "who");
        command.add_option("--session-id", asked.session, "in which session");
        command.add_option("--customer-id", asked.customer, "of which customer");
        command.add_option("--timestamp", asked.time, "RFC 3339; else now");
        command.add_option("--event-id", asked.id, "sent again, it has no effect");
        command.add_option("--properties", asked.properties, "as JSON");
      },
      run_track);
  all.add<find_request>(
      "query-events", "the newest events",
      [](CLI::App& command, find_request& asked) {
        command.add_option("--event-name", asked.name, "only of this name");
        command.add_option("--event-type", asked.type, "only of this type");
        command.add_option("--user-id", asked.user, "only of this user");
        command.add_option("--hours", asked.hours, "how far back")->capture_default_str()->check(CLI::Range(1, 1'000'000));
        command.add_option("--limit", asked.limit, "how many")->capture_default_str()->check(CLI::Range(1, 1'000));
      },
      run_query);
  all.add<nothing>("stats", "how many events there are", [](CLI::App&, nothing&) {},
                   [](const command_context& context, nothing&) { return run_stats(context); });
}

constexpr int wait_seconds_max = 86'400;

void add_wait(CLI::App& command, int& seconds, const char* what) { command.add_option("--wait", seconds, what)->check(CLI::Range(0, wait_seconds_max))->capture_default_str(); }

void add_schedule(commands& all, const char* name, const char* meaning, const char* scheduling) {
  all.add<node_request>(
      name, meaning,
      [scheduling](CLI::App& command, node_request& asked) {
        asked.scheduling = scheduling;
        command.add_option("node", asked.node, "its id")->required();
        if (asked.scheduling == "drain")
          add_wait(command, asked.wait_seconds, "seconds to wait until it has no shards");
      },
      [](const command_context& context, node_request& asked) { return run_schedule_node(context, asked); });
}

void add_cluster_commands(CLI::App& app, std::function<int()>& chosen) {
  auto* group = app.add_subcommand("cluster", "see and change which node has which shard");
  group->require_subcommand(1);
  commands all{*group, chosen};
  all.add<nothing>("status", "the nodes, and what is on its way", [](CLI::App&, nothing&) {}, [](const command_context& context, nothing&) { return run_cluster_status(context); });
  all.add<std::string>("shards", "every shard", [](CLI::App& command, std::string& node) { command.add_option("--node", node, "only those that this node owns"); },
                       [](const command_context& context, std::string& node) { return run_cluster_shards(context, node); });
  all.add<std::string>("where", "which node answers for a tenant", [](CLI::App& command, std::string& tenant) { command.add_option("tenant", tenant, "its id")->required(); },
                       [](const command_context& context, std::string& tenant) { return run_place_of_tenant(context, tenant); });
  add_schedule(all, "drain", "let a node have no shards: others take them", "drain");
  add_schedule(all, "cordon", "let a node have no more shards than it has", "cordon");
  add_schedule(all, "uncordon", "let a node have its share again, after cordon or drain", "serve");
  all.add<shard_request>(
      "move", "have a shard on a node, and keep it there",
      [](CLI::App& command, shard_request& asked) {
        command.add_option("shard", asked.shard, "0 to 255; `cluster where` tells that of a tenant")->required()->check(CLI::Range(0, static_cast<int>(shard_count) - 1));
        command.add_option("node", asked.node, "its id")->required();
        add_wait(command, asked.wait_seconds, "seconds to wait until it is there");
      },
      [](const command_context& context, shard_request& asked) { return run_place_shard(context, asked); });
  all.add<shard_request>(
      "release", "let a shard that was moved go where it is even",
      [](CLI::App& command, shard_request& asked) { command.add_option("shard", asked.shard, "0 to 255")->required()->check(CLI::Range(0, static_cast<int>(shard_count) - 1)); },
      [](const command_context& context, shard_request& asked) { return run_place_shard(context, asked); });
  all.add<int>("rebalance", "release all shards, and even out loads now", [](CLI::App& command, int& seconds) { add_wait(command, seconds, "seconds to wait until nothing is on its way"); },
               [](const command_context& context, int& seconds) { return run_rebalance(context, seconds); });
}

} // namespace

void add_client_commands(CLI::App& app, std::function<int()>& chosen) {
  commands all{app, chosen};
  all.add<new_tenant_request>(
      "init-tenant", "create a tenant and its first API key",
      [](CLI::App& command, new_tenant_request& asked) {
        command.add_option("--timezone", asked.timezone, "calendar of its answers")->capture_default_str();
        command.add_option("--key-label", asked.key_label, "of its first API key")->capture_default_str();
        command.add_flag("--without-key", asked.without_key, "make no API key");
      },
      run_init_tenant);
  add_event_commands(all);
  add_metric_commands(all);
  all.add<bool>("health", "whether a node is ready", [](CLI::App& command, bool& in_detail) { command.add_flag("-v,--verbose", in_detail, "each component"); },
                [](const command_context& context, bool& in_detail) { return run_health(context, in_detail); });
  all.add<import_options>("import", "bring a file into a node", add_import_options, [](const command_context& context, import_options& asked) {
    return run_import_options(context, asked);
  });
  add_cluster_commands(app, chosen);
  all.add<console_request>(
      "console", "see nodes, shards, tenants and actors live, and act upon them, on a terminal",
      [](CLI::App& command, console_request& asked) {
        command.add_option("--interval", asked.interval_seconds, "seconds between two looks")->check(CLI::Range(0.2, 60.0))->capture_default_str();
      },
      run_console);
}

} // namespace dotmac
