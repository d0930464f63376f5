#include "runtime/node/node_figures.hpp"

#include <nlohmann/json.hpp>

namespace dotmac {
namespace {

constexpr std::size_t failed_actors_told_max = 10;

nlohmann::json describe(const actor_figures& each) {
  const auto messages = each.messages.load(std::memory_order_relaxed);
  nlohmann::json times = nlohmann::json::array();
  for (std::size_t i = 0; i < each.message_times.size(); ++i)
    times.push_back({{"up_to_us", i < message_time_bounds_us.size() ? nlohmann::json(message_time_bounds_us[i]) : nlohmann::json(nullptr)},
                     {"count", each.message_times[i].load(std::memory_order_relaxed)}});
  return {{"kind", each.kind},
          {"path", each.path},
          {"tenant", each.tenant},
          {"uptime_seconds", std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now() - each.started_at).count()},
          {"messages", messages},
          {"failures", each.failures.load(std::memory_order_relaxed)},
          {"waiting", each.waiting.load(std::memory_order_relaxed)},
          {"restarts", each.restarts.load(std::memory_order_relaxed)},
          {"memory_bytes", each.memory_bytes.load(std::memory_order_relaxed)},
          {"journal_position", each.journal_position.load(std::memory_order_relaxed)},
          {"snapshot_position", each.snapshot_position.load(std::memory_order_relaxed)},
          {"busy_microseconds", each.busy_microseconds.load(std::memory_order_relaxed)},
          {"message_times", std::move(times)}};
}

void add_series(std::string& out, const char* name, const char* type, const char* help) {
  out.append("# HELP ").append(name).append(" ").append(help).append("\n# TYPE ").append(name).append(" ").append(type).append("\n");
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
  return {{"store",
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
            {"calls_waiting", now.calls_waiting}}}};
}

actor_list describe_actors(figures_registry& registry, const actor_list_question& asked) {
  actor_list listed{nlohmann::json::array(), 0, std::nullopt};
  std::string last;
  std::int64_t passed = 0;
  bool has_more = false;
  for (const auto& each : registry.all()) {
    if ((!asked.kind.empty() && each->kind != asked.kind) || (!asked.tenant.empty() && each->tenant != asked.tenant) || !each->path.starts_with(asked.path))
      continue;
    ++listed.total;
    if ((asked.after && each->path <= *asked.after) || passed++ < asked.offset)
      continue;
    if (listed.actors.size() < static_cast<std::size_t>(asked.limit)) {
      listed.actors.push_back(describe(*each));
      last = each->path;
    } else {
      has_more = true;
    }
  }
  if (has_more)
    listed.last_path = std::move(last);
  return listed;
}

std::string prometheus_text(figures_registry& registry, const journal_writer_figures& journal, std::size_t calls_waiting) {
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
  single("dotmac_journal_commits_total", "counter", "commits of the journal", journal.commits);
  single("dotmac_journal_rows_total", "counter", "entries committed", journal.rows);
  single("dotmac_journal_bytes_total", "counter", "bytes committed", journal.bytes);
  single("dotmac_journal_failures_total", "counter", "commits that failed", journal.failures);
  single("dotmac_calls_waiting", "gauge", "calls under way between the gateway and the actors", calls_waiting);
  return out;
}

} // namespace dotmac
