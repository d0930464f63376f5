#include "runtime/node/node_figures.hpp"

#include "core/time/timestamp.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <unordered_map>

namespace dotmac {
namespace {

constexpr std::size_t failed_actors_told_max = 10;
using system_time = std::chrono::system_clock::time_point;

timestamp to_timestamp(system_time at) { return timestamp{std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch()).count()}; }

/// Of the write that has waited longest.
std::optional<double> waiting_seconds(const actor_figures& each) {
  const auto since = each.waits_since.load(std::memory_order_relaxed);
  if (since == std::chrono::steady_clock::time_point{})
    return std::nullopt;
  return std::max(0.0, std::chrono::duration<double>(std::chrono::steady_clock::now() - since).count());
}

bool is_selected(const actor_figures& each, const actor_selection& which) {
  return (which.kind.empty() || each.kind == which.kind) && (which.tenant.empty() || each.tenant == which.tenant)
         && (which.parent.empty() || each.place.parent == which.parent) && each.place.path.starts_with(which.path);
}

nlohmann::json describe(const actor_figures& each, std::uint64_t children) {
  const auto messages = each.messages.load(std::memory_order_relaxed);
  const auto since = waiting_seconds(each);
  const auto snapshot_at = each.snapshot_written_at.load(std::memory_order_relaxed);
  nlohmann::json times = nlohmann::json::array();
  for (std::size_t i = 0; i < each.message_times.size(); ++i)
    times.push_back({{"up_to_us", i < message_time_bounds_us.size() ? nlohmann::json(message_time_bounds_us[i]) : nlohmann::json(nullptr)},
                     {"count", each.message_times[i].load(std::memory_order_relaxed)}});
  return {{"kind", each.kind},
          {"path", each.place.path},
          {"parent", each.place.parent},
          {"children", children},
          {"tenant", each.tenant},
          {"uptime_seconds", std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now() - each.started_at).count()},
          {"messages", messages},
          {"failures", each.failures.load(std::memory_order_relaxed)},
          {"mailbox", each.mailbox.load(std::memory_order_relaxed)},
          {"waiting", each.waiting.load(std::memory_order_relaxed)},
          {"waiting_seconds", since ? nlohmann::json(*since) : nlohmann::json(nullptr)},
          {"restarts", each.restarts.load(std::memory_order_relaxed)},
          {"memory_bytes", each.memory_bytes.load(std::memory_order_relaxed)},
          {"journal_position", each.journal_position.load(std::memory_order_relaxed)},
          {"snapshot_position", each.snapshot_position.load(std::memory_order_relaxed)},
          {"snapshot_at", snapshot_at == system_time{} ? nlohmann::json(nullptr) : nlohmann::json(format_timestamp(to_timestamp(snapshot_at)))},
          {"busy_microseconds", each.busy_microseconds.load(std::memory_order_relaxed)},
          {"scan_microseconds", each.scan_microseconds.load(std::memory_order_relaxed)},
          {"message_times", std::move(times)}};
}

void add_series(std::string& out, const char* name, const char* type, const char* help) {
  out.append("# HELP ").append(name).append(" ").append(help).append("\n# TYPE ").append(name).append(" ").append(type).append("\n");
}

nlohmann::json describe_cache(const segment_cache::figures& of) {
  const auto read = of.misses - of.failures;
  return {{"status", of.damaged_count == 0 ? "healthy" : "degraded"},
          {"latency_ms", read == 0 ? nlohmann::json(nullptr) : nlohmann::json(static_cast<double>(of.reading_microseconds) / static_cast<double>(read) / 1'000)},
          {"bytes", of.bytes},
          {"bytes_max", of.bytes_max},
          {"columns", of.columns},
          {"hits", of.hits},
          {"misses", of.misses},
          {"failures", of.failures},
          {"damaged_count", of.damaged_count},
          {"damaged", of.damaged}};
}

} // namespace

nlohmann::json describe_components(const node_condition& now, figures_registry& registry) {
  using nlohmann::json;
  std::uint64_t messages = 0;
  std::uint64_t busy = 0;
  const auto running = registry.all();
  for (const auto& each : running) {
    messages += each->messages.load(std::memory_order_relaxed);
    busy += each->busy_microseconds.load(std::memory_order_relaxed);
  }
  auto failed = registry.failed_within(failure_shown_for);
  const auto failed_count = failed.size();
  failed.resize(std::min(failed.size(), failed_actors_told_max));
  const auto milliseconds = [](auto microseconds) { return json(static_cast<double>(microseconds) / 1'000); };
  json components = {{"store",
           {{"status", now.outage ? "unavailable" : now.store.is_answered ? "healthy" : "degraded"},
            {"latency_ms", now.store.took ? milliseconds(now.store.took->count()) : json(nullptr)},
            {"detail", now.outage ? now.outage->message : now.store.is_answered ? "" : "the store did not answer when leases were last prolonged"},
            {"commits", now.written.commits},
            {"failures", now.written.failures}}},
          {"actors",
           {{"status", failed_count == 0 ? "healthy" : "degraded"},
            {"latency_ms", messages == 0 ? json(nullptr) : milliseconds(static_cast<double>(busy) / static_cast<double>(messages))},
            {"running", running.size()},
            {"failed_count", failed_count},
            {"failed", std::move(failed)},
            {"calls_waiting", now.calls_waiting}}},
          {"event_cache", describe_cache(now.stored_columns)}};
  const auto& shared = now.answers.shared;
  if (shared)
    components["redis"] = {{"status", shared->last_failure.empty() ? "healthy" : "degraded"},
                           {"latency_ms", nullptr},
                           {"detail", shared->last_failure.empty() ? "" : "it does not answer, or takes nothing: answers are not shared with other nodes"},
                           {"failures", shared->failures}};
  return components;
}

nlohmann::json describe_figures(figures_registry& registry, const actor_figures& of) {
  const auto running = registry.all();
  const auto children = std::count_if(running.begin(), running.end(), [&](const auto& each) { return each->place.parent == of.place.path; });
  return describe(of, static_cast<std::uint64_t>(children));
}

actor_list describe_actors(figures_registry& registry, const actor_list_question& asked) {
  actor_list listed{nlohmann::json::array(), 0, std::nullopt};
  const auto running = registry.all();
  std::unordered_map<std::string_view, std::uint64_t> children;
  for (const auto& each : running)
    ++children[each->place.parent];
  std::string last;
  std::int64_t passed = 0;
  bool has_more = false;
  for (const auto& each : running) {
    if (!is_selected(*each, asked.which))
      continue;
    ++listed.total;
    if ((asked.after && each->place.path <= *asked.after) || passed++ < asked.offset)
      continue;
    if (listed.actors.size() < static_cast<std::size_t>(asked.limit)) {
      listed.actors.push_back(describe(*each, children[each->place.path]));
      last = each->place.path;
    } else {
      has_more = true;
    }
  }
  if (has_more)
    listed.last_path = std::move(last);
  return listed;
}

std::string prometheus_text_of_actors(figures_registry& registry, const actor_selection& which, std::size_t actors_max) {
  struct ranked {
    std::uint64_t busy;
    std::shared_ptr<const actor_figures> actor;
  };
  std::vector<ranked> busiest;
  for (auto& each : registry.all())
    if (is_selected(*each, which))
      busiest.push_back({each->busy_microseconds.load(std::memory_order_relaxed), std::move(each)});
  const auto shown = std::min(actors_max, busiest.size());
  std::partial_sort(busiest.begin(), busiest.begin() + static_cast<std::ptrdiff_t>(shown), busiest.end(),
                    [](const ranked& a, const ranked& b) { return a.busy != b.busy ? a.busy > b.busy : a.actor->place.path < b.actor->place.path; });
  busiest.resize(shown);
  std::string out;
  const auto series = [&](const std::string& name, const char* help, const auto& value_of) {
    const auto full = "dotmac_one_actor_" + name;
    add_series(out, full.c_str(), "gauge", help);
    for (const auto& each : busiest) // kinds, tenants and paths have no character that a label's value must escape
      out.append(full).append("{kind=\"").append(each.actor->kind).append("\",tenant=\"").append(each.actor->tenant).append("\",path=\"").append(each.actor->place.path)
          .append("\"} ").append(value_of(*each.actor)).append("\n");
  };
  const auto counted = [](std::atomic<std::uint64_t> actor_figures::*member) {
    return [member](const actor_figures& each) { return std::to_string((each.*member).load(std::memory_order_relaxed)); };
  };
  series("messages", "messages handled", counted(&actor_figures::messages));
  series("failures", "writes and questions that failed", counted(&actor_figures::failures));
  series("mailbox", "messages behind the last one handled", counted(&actor_figures::mailbox));
  series("waiting", "writes that wait for a commit", counted(&actor_figures::waiting));
  series("waiting_seconds", "how long the first of them has waited", [](const actor_figures& each) { return std::to_string(waiting_seconds(each).value_or(0)); });
  series("restarts", "restarts after failures", counted(&actor_figures::restarts));
  series("memory_bytes", "memory held by its state", counted(&actor_figures::memory_bytes));
  series("journal_position", "entries journaled", counted(&actor_figures::journal_position));
  series("snapshot_position", "the entry of the newest snapshot", counted(&actor_figures::snapshot_position));
  series("busy_seconds", "time on its thread", [](const actor_figures& each) { return std::to_string(static_cast<double>(each.busy_microseconds.load(std::memory_order_relaxed)) / 1e6); });
  return out;
}

std::string prometheus_text(figures_registry& registry, const node_condition& now) {
  struct sums {
    std::uint64_t actors = 0, messages = 0, failures = 0, waiting = 0, restarts = 0, memory = 0, busy = 0;
    std::array<std::uint64_t, message_time_bounds_us.size() + 1> times{};
  };
  std::map<std::string, sums> by_kind;
  for (const auto& each : registry.all()) {
    auto& sum = by_kind[each->kind];
    ++sum.actors;
    sum.messages += each->messages.load(std::memory_order_relaxed);
    sum.failures += each->failures.load(std::memory_order_relaxed);
    sum.waiting += each->waiting.load(std::memory_order_relaxed);
    sum.restarts += each->restarts.load(std::memory_order_relaxed);
    sum.memory += each->memory_bytes.load(std::memory_order_relaxed);
    sum.busy += each->busy_microseconds.load(std::memory_order_relaxed);
    for (std::size_t i = 0; i < sum.times.size(); ++i)
      sum.times[i] += each->message_times[i].load(std::memory_order_relaxed);
  }
  std::string out;
  const auto by_kind_series = [&](const char* name, const char* help, std::uint64_t sums::*member) {
    add_series(out, name, "gauge", help);
    for (const auto& [kind, sum] : by_kind)
      out.append(name).append("{kind=\"").append(kind).append("\"} ").append(std::to_string(sum.*member)).append("\n");
  };
  by_kind_series("dotmac_actors", "running actors", &sums::actors);
  by_kind_series("dotmac_actor_messages", "messages handled by running actors", &sums::messages);
  by_kind_series("dotmac_actor_failures", "writes and questions that failed", &sums::failures);
  by_kind_series("dotmac_actor_waiting", "writes that wait in actors", &sums::waiting);
  by_kind_series("dotmac_actor_restarts", "restarts of running actors", &sums::restarts);
  by_kind_series("dotmac_actor_memory_bytes", "memory held by the state of actors", &sums::memory);
  add_series(out, "dotmac_actor_message_seconds", "histogram", "time on an actor's thread per message");
  for (const auto& [kind, sum] : by_kind) {
    std::uint64_t cumulative = 0;
    for (std::size_t i = 0; i < sum.times.size(); ++i) {
      cumulative += sum.times[i];
      const auto bound = i < message_time_bounds_us.size() ? std::to_string(static_cast<double>(message_time_bounds_us[i]) / 1e6) : "+Inf";
      out.append("dotmac_actor_message_seconds_bucket{kind=\"").append(kind).append("\",le=\"").append(bound).append("\"} ").append(std::to_string(cumulative)).append("\n");
    }
    out.append("dotmac_actor_message_seconds_sum{kind=\"").append(kind).append("\"} ").append(std::to_string(static_cast<double>(sum.busy) / 1e6)).append("\n");
    out.append("dotmac_actor_message_seconds_count{kind=\"").append(kind).append("\"} ").append(std::to_string(cumulative)).append("\n");
  }
  const auto single = [&](const char* name, const char* type, const char* help, std::uint64_t value) {
    add_series(out, name, type, help);
    out.append(name).append(" ").append(std::to_string(value)).append("\n");
  };
  single("dotmac_journal_commits_total", "counter", "commits of the journal", now.written.commits);
  single("dotmac_journal_rows_total", "counter", "entries committed", now.written.rows);
  single("dotmac_journal_bytes_total", "counter", "bytes committed", now.written.bytes);
  single("dotmac_journal_failures_total", "counter", "commits that failed", now.written.failures);
  single("dotmac_calls_waiting", "gauge", "calls under way between the gateway and the actors", now.calls_waiting);
  const auto& cache = now.stored_columns;
  single("dotmac_event_cache_bytes", "gauge", "stored columns of events kept in memory", cache.bytes);
  single("dotmac_event_cache_limit_bytes", "gauge", "how much of them is kept at most", cache.bytes_max);
  single("dotmac_event_cache_columns", "gauge", "columns of segments kept in memory", cache.columns);
  single("dotmac_event_cache_hits_total", "counter", "columns that were found there", cache.hits);
  single("dotmac_event_cache_misses_total", "counter", "columns that were not", cache.misses);
  single("dotmac_event_cache_failures_total", "counter", "of these: the store could not give them", cache.failures);
  single("dotmac_event_cache_damaged_columns", "gauge", "columns found damaged or missing, and not readable since", cache.damaged_count);
  single("dotmac_scratch_bytes", "gauge", "of dictionaries in the scratch file", now.scratch.bytes);
  single("dotmac_scratch_limit_bytes", "gauge", "how many of them may stand there", now.scratch.bytes_max);
  single("dotmac_scratch_in_memory_bytes", "gauge", "of those that should stand there and are in memory, because there is no room", now.scratch.ordinary_bytes);
  single("dotmac_result_cache_hits_total", "counter", "questions about events answered with an answer that was kept", now.answers.hits);
  single("dotmac_result_cache_misses_total", "counter", "questions about events of which no answer was kept", now.answers.misses);
  single("dotmac_result_cache_evicted_total", "counter", "answers let go for newer ones", now.answers.evicted);
  single("dotmac_result_cache_too_large_total", "counter", "answers too large to be kept", now.answers.too_large);
  single("dotmac_result_cache_bytes", "gauge", "memory of the answers kept", now.answers.bytes);
  single("dotmac_result_cache_answers", "gauge", "answers kept", now.answers.answers);
  if (const auto& cluster = now.cluster) {
    single("dotmac_cluster_nodes", "gauge", "nodes of the cluster, as this one last read them", cluster->nodes);
    single("dotmac_cluster_shards_served", "gauge", "shards that this node answers for", cluster->shards_served);
    single("dotmac_cluster_calls_waiting", "gauge", "calls that wait for an owner of their data", cluster->calls_waiting);
    single("dotmac_cluster_coordinator", "gauge", "1: this node decides who owns what", cluster->is_coordinator ? 1 : 0);
  }
  if (const auto& shared = now.answers.shared) {
    single("dotmac_shared_results_hits_total", "counter", "questions answered with an answer from Redis", shared->hits);
    single("dotmac_shared_results_misses_total", "counter", "questions of which Redis had no answer", shared->misses);
    single("dotmac_shared_results_kept_total", "counter", "answers given to Redis", shared->kept);
    single("dotmac_shared_results_damaged_total", "counter", "what lay in Redis and was no answer", shared->damaged);
    single("dotmac_shared_results_failures_total", "counter", "calls of Redis that failed or were late", shared->failures);
    single("dotmac_shared_results_not_asked_total", "counter", "questions for which Redis was left alone after a failure", shared->not_asked);
    single("dotmac_shared_results_not_shared_total", "counter", "answers too large for Redis, or not given to it while too many waited", shared->not_shared);
    single("dotmac_shared_results_up", "gauge", "1: the last call was answered", shared->last_failure.empty() ? 1 : 0);
  }
  return out;
}

} // namespace dotmac
