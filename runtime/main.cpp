// The program: `serve` runs a node; `migrate` and `init-db` keep the schema of its store; `settings` lists what can be set; the
// commands of cli/ talk to a node that runs.

#include "cli/command_line.hpp"
#include "config/settings.hpp"
#include "config/settings_file.hpp"
#include "persistence/open_store.hpp"
#include "runtime/node/folder_lock.hpp"
#include "runtime/node/node.hpp"

#include <CLI/CLI.hpp>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <iostream>

namespace {

constexpr int failed = 1;
constexpr int wrong_use = 2;
constexpr int lost_ownership = 3;

/// The file, overlaid by the environment, overlaid by options.
dotmac::result<dotmac::settings> gather_settings(std::string file, const std::map<std::string, std::string>& overrides) {
  if (const char* named = std::getenv("DOTMAC_CONFIG"); named != nullptr && file.empty())
    file = named;
  std::map<std::string, std::string> variables;
  if (!file.empty()) {
    auto read = dotmac::read_settings_file(file);
    if (!read)
      return read.error();
    variables = std::move(*read);
  }
  for (const auto& name : dotmac::setting_names())
    if (const char* value = std::getenv(name.c_str()))
      variables[name] = value;
  for (const auto& [name, value] : overrides)
    variables[name] = value;
  return dotmac::load_settings(variables);
}

int complain(const dotmac::failure& why) {
  std::cerr << "dotmac-analytics: " << dotmac::text_for_log(why) << "\n";
  return failed;
}

void set_up_log(const std::string& level) {
  auto logger = spdlog::stderr_logger_mt("node");
  logger->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
  logger->set_level(spdlog::level::from_str(level));
  spdlog::set_default_logger(logger);
}

/// Signals are taken by this thread alone: every thread made later has them blocked.
sigset_t block_stop_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN); // a file at its limit fails a write, as a full disk does
  return signals;
}

int serve(const dotmac::settings& given) {
  set_up_log(given.log_level);
  const auto signals = block_stop_signals();
  std::atomic<bool> is_lost{false};
  dotmac::node node{given, [&is_lost] {
    is_lost = true;
    ::kill(::getpid(), SIGTERM); // wakes the wait below
  }};
  const auto port = node.start();
  if (!port)
    return complain(port.error());
  int signal = 0;
  sigwait(&signals, &signal);
  spdlog::info("stopping: finishing what is under way");
  node.stop();
  return is_lost ? lost_ownership : 0;
}

void print_states(const std::vector<dotmac::migration_state>& states) {
  for (const auto& each : states)
    std::cout << each.number << "  " << (each.applied ? "applied " + each.applied_at : "not applied") << "  " << each.name << "\n";
}

int migrate(const dotmac::settings& given, const std::string& what, std::uint32_t steps) {
  const auto url = dotmac::store_url_of(given);
  if (!url)
    return complain(url.error());
  auto migrator = dotmac::make_migrator({*url});
  if (!migrator)
    return complain(migrator.error());
  std::unique_ptr<dotmac::folder_lock> lock;
  if (what == "down" && given.database_url.empty()) {
    auto taken = dotmac::folder_lock::take(given.data_dir);
    if (!taken)
      return complain(taken.error());
    lock = std::move(*taken);
  }
  if (what != "status") {
    const auto done = what == "up" ? (*migrator)->up() : (*migrator)->down(steps);
    if (!done)
      return complain(done.error());
    std::cout << done->size() << (what == "up" ? " applied\n" : " taken back\n");
  }
  const auto states = (*migrator)->status();
  if (!states)
    return complain(states.error());
  print_states(*states);
  return 0;
}

} // namespace

int main(int argc, char** argv) {
  CLI::App app{"DotMac Analytics: events and metrics of many tenants, durable and in real time"};
  app.require_subcommand(1);
  std::map<std::string, std::string> overrides;
  auto* serving = app.add_subcommand("serve", "run a node until it is told to stop (Ctrl-C or SIGTERM)");
  const auto override_by = [&](CLI::App* of, const char* option, const char* setting, const char* meaning) {
    of->add_option_function<std::string>(option, [&overrides, setting](const std::string& value) { overrides[setting] = value; }, meaning);
  };
  override_by(serving, "--host", "HOST", "address to listen on");
  override_by(serving, "--port", "PORT", "port to listen on; 0: any free one");
  auto* migrating = app.add_subcommand("migrate", "the schema of the store");
  std::string what;
  std::uint32_t steps = 1;
  migrating->add_option("what", what, "status, up or down")->required()->check(CLI::IsMember({"status", "up", "down"}));
  migrating->add_option("--steps", steps, "how many steps to take back")->check(CLI::Range(1, 1'000));
  auto* init_db = app.add_subcommand("init-db", "brings the schema of the store up to date");
  std::string settings_file;
  for (auto* each : {serving, migrating, init_db}) {
    each->add_option("--config", settings_file, "settings file (TOML); else the one that DOTMAC_CONFIG names; the environment wins over it");
    override_by(each, "--data-dir", "DATA_DIR", "folder of the embedded store");
    override_by(each, "--database-url", "DATABASE_URL", "postgresql://...; else the embedded store");
  }
  std::function<int()> client_command;
  dotmac::add_client_commands(app, client_command);
  auto* table = app.add_subcommand("settings", "prints every setting as a Markdown table");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& why) {
    return app.exit(why) == 0 ? 0 : wrong_use;
  }
  if (client_command)
    return client_command();
  if (*table) {
    std::cout << dotmac::settings_as_markdown();
    return 0;
  }
  const auto given = gather_settings(settings_file, overrides);
  if (!given)
    return complain(given.error()), wrong_use;
  if (*serving)
    return serve(*given);
  return migrate(*given, *init_db ? "up" : what, steps);
}
