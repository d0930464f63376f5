#include "cli/commands.hpp"
#include "cli/output.hpp"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <iostream>
#include <thread>

namespace dotmac {
namespace {

std::atomic<bool> interrupted{false};
void interrupt(int) { interrupted = true; }

/// A bar on a terminal; elsewhere a line every few seconds.
class progress_line {
public:
  void show(const import_progress& now) {
    const auto done = now.counts.accepted + now.counts.duplicates + now.counts.rejected;
    rate_from_ = first_ ? done : rate_from_; // of a resumed import only what is new
    const double rate = now.seconds > 0 ? static_cast<double>(done - rate_from_) / now.seconds : 0;
    const double part = now.bytes_total > 0 ? static_cast<double>(now.bytes_read) / static_cast<double>(now.bytes_total) : 0;
    const double left = part > 0.01 ? now.seconds / part - now.seconds : 0;
    char text[160];
    if (stderr_is_terminal()) {
      std::string bar(30, ' ');
      bar.replace(0, static_cast<std::size_t>(part * 30), static_cast<std::size_t>(part * 30), '=');
      std::snprintf(text, sizeof text, "\r[%s] %3.0f %%  %s rows  %s/s  %.0f s left   ", bar.c_str(), part * 100, with_separators(done).c_str(),
                    with_separators(static_cast<std::uint64_t>(rate)).c_str(), left);
      std::cerr << text << std::flush;
    } else if (!first_ && now.seconds - last_line_ >= 5) {
      std::snprintf(text, sizeof text, "%3.0f %%  %s rows  %s/s  %.0f s left", part * 100, with_separators(done).c_str(),
                    with_separators(static_cast<std::uint64_t>(rate)).c_str(), left);
      std::cerr << text << std::endl;
      last_line_ = now.seconds;
    }
    first_ = false;
  }
  void end() const {
    if (!first_ && stderr_is_terminal())
      std::cerr << "\r\033[K";
  }

private:
  bool first_ = true;
  std::uint64_t rate_from_ = 0;
  double last_line_ = 0;
};

/// The name that a template without columns stands for; nothing where it has some, or is no template.
std::optional<std::string> fixed_name(const std::string& text) {
  const auto parsed = text_template::parse(text);
  return parsed && parsed->columns().empty() ? parsed->fill({}) : std::nullopt;
}

/// Asks again while the node is busy or away, as long as its rows would be sent again.
result<http_answer> ask_patiently(std::chrono::milliseconds retry_for, const std::function<result<http_answer>()>& ask) {
  using namespace std::chrono_literals;
  for (const auto give_up_at = std::chrono::steady_clock::now() + retry_for;;) {
    auto answer = ask();
    const bool is_for_now = !answer || answer->status == 429 || answer->status == 503;
    const auto wait = std::chrono::seconds{answer ? std::clamp(answer->retry_after_seconds, 0, 30) : 0} + 200ms;
    if (!is_for_now || interrupted || std::chrono::steady_clock::now() + wait > give_up_at)
      return answer;
    for (const auto until = std::chrono::steady_clock::now() + wait; !interrupted && std::chrono::steady_clock::now() < until;)
      std::this_thread::sleep_for(20ms);
  }
}

/// Makes metrics that are not there yet, where asked for; one that is there stays as it is. Else a metric that is missing stops the
/// import before every row is refused for it. Names that come from columns are told by the rows.
result<void> prepare_metrics(const connection_options& connection, const import_command& asked) {
  http_client client{connection};
  for (const auto& [template_of_name, text] : asked.request.mapping.metrics) {
    const auto fixed = fixed_name(template_of_name);
    if (!fixed && !asked.create_metrics.empty())
      return failure{error_code::validation_failed, "--create-metrics makes metrics whose names are known before; \"" + template_of_name + "\" takes its name from a column", {}};
    if (!fixed)
      continue;
    const auto& name = *fixed;
    const json wanted{{"name", name}, {"display_name", name}, {"metric_type", asked.create_metrics}, {"retention_days", asked.retention_days}};
    const auto answer = ask_patiently(asked.request.retry_for, [&] {
      return asked.create_metrics.empty() ? client.get("/metrics/" + path_part(name)) : client.post("/metrics/", wanted);
    });
    if (!answer)
      return answer.error();
    if (answer->status == 429 || answer->status == 503)
      return failure{error_code::not_ready, "the node still refuses (" + explain(*answer) + ")", {}};
    if (answer->status == 404 && asked.create_metrics.empty())
      return failure{error_code::not_found, "there is no metric " + name + "; --create-metrics TYPE makes it", {}};
    if (!asked.create_metrics.empty() && answer->status != 200 && answer->status != 409)
      return failure{error_code::validation_failed, "the metric " + name + " cannot be made: " + explain(*answer), {}};
  }
  return {};
}

void print_summary(const import_command& asked, const import_progress& done, bool as_json) {
  const auto rows = done.counts.accepted + done.counts.duplicates + done.counts.rejected;
  const auto rejected_path = asked.request.rejected_path.empty() ? asked.request.source.file + ".rejected" : asked.request.rejected_path;
  if (as_json) {
    json summary{{"accepted", done.counts.accepted}, {"duplicates", done.counts.duplicates}, {"rejected", done.counts.rejected},
                 {"left_out", done.rows_left_out}, {"seconds", done.seconds}, {"resumed", done.resumed}};
    summary["rejected_file"] = done.counts.rejected > 0 ? json(rejected_path) : json{};
    std::cout << summary.dump() << "\n";
    return;
  }
  const bool with_colour = stdout_is_terminal();
  std::cout << painted("imported", colour::green, with_colour) << "  " << with_separators(done.counts.accepted) << " accepted, "
            << with_separators(done.counts.duplicates) << " were there before, " << with_separators(done.counts.rejected) << " rejected, "
            << with_separators(done.rows_left_out) << " rows left out; " << with_separators(rows) << " in " << static_cast<int>(done.seconds * 10) / 10.0 << " s\n";
  if (done.counts.rejected > 0)
    std::cout << painted("rejected", colour::yellow, with_colour) << "  see " << rejected_path << "\n";
}

} // namespace

int run_import(const command_context& context, import_command asked) {
  asked.request.connection = context.connection;
  std::signal(SIGINT, interrupt);
  std::signal(SIGTERM, interrupt);
  if (auto ready = prepare_metrics(context.connection, asked); !ready)
    return complain_of(ready.error());
  progress_line line;
  const auto done = import_file(asked.request, [&](const import_progress& now) { line.show(now); }, interrupted);
  line.end();
  if (!done)
    return complain_of(done.error());
  print_summary(asked, *done, context.as_json);
  if (done->counts.rejected > 0 && !asked.allow_rejected)
    return complain_of({error_code::validation_failed, with_separators(done->counts.rejected) + " rows were rejected (--allow-rejected makes this a success)", {}});
  return 0;
}

} // namespace dotmac
