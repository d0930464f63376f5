// The program: `serve` runs a node; `migrate` and `init-db` keep the schema of its store; `settings` lists what can be set; `make-token`
// signs a token with the node's SECRET_KEY; the commands of cli/ talk to a node that runs.

#include "api/credentials.hpp"
#include "cli/command_line.hpp"
#include "config/settings.hpp"
#include "config/settings_file.hpp"
#include "core/describe/json.hpp"
#include "persistence/open_store.hpp"
#include "runtime/node/folder_lock.hpp"
#include "runtime/node/node.hpp"
#include "runtime/node/service_manager.hpp"

#include <CLI/CLI.hpp>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>

/// Read by jemalloc before anything else: an arena per processor, instead of four. What a thread lets go that seldom runs, as the helpers of questions, stays in its arena: measured, a
/// third more memory, and a node with a hundred million events outgrew a gigabyte.
extern "C" {
const char* malloc_conf = "percpu_arena:percpu";
}

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

/// How the node is reached from its own machine, where it listens on every address too.
std::string url_of(const std::string& host, std::uint16_t port) {
  const auto reached = host == "0.0.0.0" ? "127.0.0.1" : host == "::" ? "::1" : host;
  return "http://" + (reached.find(':') == std::string::npos ? reached : "[" + reached + "]") + ":" + std::to_string(port);
}

/// Whole or not at all, so that who waits for the file never reads half of it.
dotmac::result<void> write_ready_file(const std::string& path, const std::string& url) {
  const auto beside = path + ".new";
  std::ofstream file{beside};
  file << url << "\n";
  file.close();
  std::error_code why;
  if (file)
    std::filesystem::rename(beside, path, why);
  if (!file || why)
    return dotmac::failure{dotmac::error_code::storage_unavailable, "the file " + path + " of --ready-file cannot be written", "ready-file"};
  return {};
}

void tell(std::string_view state) {
  if (auto told = dotmac::tell_service_manager(state); !told)
    spdlog::warn("{}", dotmac::text_for_log(told.error()));
}

int serve(const dotmac::settings& given, const std::string& ready_file) {
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
  if (!ready_file.empty())
    if (auto written = write_ready_file(ready_file, url_of(given.host, *port)); !written)
      return complain(written.error());
  tell(dotmac::service_state::ready);
  int signal = 0;
  sigwait(&signals, &signal);
  tell(dotmac::service_state::stopping);
  if (given.drain_seconds > 0) {
    spdlog::info("leaving: calls are still taken for {} s; a second signal stops at once", given.drain_seconds);
    node.ask_to_leave();
    const timespec grace{static_cast<time_t>(given.drain_seconds), 0};
    while (sigtimedwait(&signals, nullptr, &grace) < 0 && errno == EINTR) {
    }
  }
  spdlog::info("stopping: finishing what is under way");
  node.stop();
  return is_lost ? lost_ownership : 0;
}

struct token_request {
  std::string tenant, subject;
  std::vector<std::string> scopes{"admin"};
  std::int64_t hours = 24;
};

int make_token(const dotmac::settings& given, const token_request& asked, bool as_json) {
  if (given.secret_key.empty())
    return complain({dotmac::error_code::validation_failed, "make-token needs the SECRET_KEY of the node", "SECRET_KEY"}), wrong_use;
  dotmac::token_claims claims{asked.tenant.empty() ? std::nullopt : std::optional{asked.tenant}, asked.subject, {}};
  dotmac::json_reader in;
  if (!in.read(dotmac::json(asked.scopes), claims.scopes))
    return complain({dotmac::error_code::validation_failed, "--scope: " + in.complaints().front().msg, "scope"}), wrong_use;
  const auto expires = std::chrono::duration_cast<std::chrono::milliseconds>((std::chrono::system_clock::now() + std::chrono::hours{asked.hours}).time_since_epoch());
  const dotmac::timestamp at{expires.count()};
  const auto token = dotmac::make_token(claims, given.secret_key, at);
  if (as_json)
    std::cout << dotmac::json{{"token", token}, {"expires_at", dotmac::format_timestamp(at)}}.dump() << "\n";
  else
    std::cout << token << "\n";
  return 0;
}

int print_settings(bool as_json) {
  if (as_json)
    std::cout << dotmac::json{{"settings", dotmac::write_json(dotmac::described_settings())}}.dump() << "\n";
  else
    std::cout << dotmac::settings_as_markdown();
  return 0;
}

void print_states(const std::vector<dotmac::migration_state>& states) {
  for (const auto& each : states)
    std::cout << each.number << "  " << (each.applied ? "applied " + each.applied_at : "not applied") << "  " << each.name << "\n";
}

void print_states_as_json(std::size_t changed, const std::vector<dotmac::migration_state>& states) {
  auto list = dotmac::json::array();
  for (const auto& each : states)
    list.push_back({{"number", each.number}, {"name", each.name}, {"applied", each.applied}, {"applied_at", each.applied ? dotmac::json(each.applied_at) : dotmac::json(nullptr)}});
  std::cout << dotmac::json{{"changed", changed}, {"migrations", std::move(list)}}.dump() << "\n";
}

int migrate(const dotmac::settings& given, const std::string& what, std::uint32_t steps, bool as_json) {
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
  std::size_t changed = 0;
  if (what != "status") {
    const auto done = what == "up" ? (*migrator)->up() : (*migrator)->down(steps);
    if (!done)
      return complain(done.error());
    changed = done->size();
    if (!as_json)
      std::cout << changed << (what == "up" ? " applied\n" : " taken back\n");
  }
  const auto states = (*migrator)->status();
  if (!states)
    return complain(states.error());
  if (as_json)
    print_states_as_json(changed, *states);
  else
    print_states(*states);
  return 0;
}

/// What the commands that need settings are given.
struct program_options {
  std::map<std::string, std::string> overrides;
  std::string settings_file, ready_file, what;
  std::uint32_t steps = 1;
  token_request token;
  bool as_json = false;
};

struct program_commands {
  CLI::App* serving;
  CLI::App* migrating;
  CLI::App* init_db;
  CLI::App* signing;
  CLI::App* table;
};

program_commands add_program_commands(CLI::App& app, program_options& given) {
  program_commands all{app.add_subcommand("serve", "run a node until it is told to stop (Ctrl-C or SIGTERM)"), app.add_subcommand("migrate", "the schema of the store"),
                       app.add_subcommand("init-db", "brings the schema of the store up to date"),
                       app.add_subcommand("make-token", "signs a token with the node's SECRET_KEY: the way to its first API key"),
                       app.add_subcommand("settings", "prints every setting as a Markdown table")};
  const auto override_by = [&](CLI::App* of, const char* option, const char* setting, const char* meaning) {
    of->add_option_function<std::string>(option, [&given, setting](const std::string& value) { given.overrides[setting] = value; }, meaning);
  };
  override_by(all.serving, "--host", "HOST", "address to listen on");
  override_by(all.serving, "--port", "PORT", "port to listen on; 0: any free one");
  all.serving->add_option_function<std::string>("--cluster", [&given](const std::string& name) { given.overrides["CLUSTER_NAME"] = name; }, "join the cluster of this name (dotmac), over --database-url")
      ->expected(0, 1)
      ->default_str("dotmac");
  all.serving->add_option("--ready-file", given.ready_file, "the node's address is written here once requests are taken");
  all.migrating->add_option("what", given.what, "status, up or down")->required()->check(CLI::IsMember({"status", "up", "down"}));
  all.migrating->add_option("--steps", given.steps, "how many steps to take back")->check(CLI::Range(1, 1'000));
  all.signing->add_option("--tenant-id", given.token.tenant, "for this tenant alone; else for all");
  all.signing->add_option("--scope", given.token.scopes, "ingest, read, write or admin")->capture_default_str();
  all.signing->add_option("--subject", given.token.subject, "who");
  all.signing->add_option("--hours", given.token.hours, "how long it is valid")->capture_default_str()->check(CLI::Range(1, 87'600));
  for (auto* each : {all.serving, all.migrating, all.init_db, all.signing})
    each->add_option("--config", given.settings_file, "settings file (TOML); else the one that DOTMAC_CONFIG names; the environment wins over it");
  for (auto* each : {all.serving, all.migrating, all.init_db}) {
    override_by(each, "--data-dir", "DATA_DIR", "folder of the embedded store");
    override_by(each, "--database-url", "DATABASE_URL", "postgresql://...; else the embedded store");
  }
  for (auto* each : {all.migrating, all.init_db, all.signing, all.table})
    each->add_flag("--json", given.as_json, "print the answer as JSON");
  return all;
}

} // namespace

int main(int argc, char** argv) {
  CLI::App app{"DotMac Analytics: events and metrics of many tenants, durable and in real time"};
  app.require_subcommand(1);
  app.set_version_flag("--version", DOTMAC_VERSION);
  program_options options;
  const auto program = add_program_commands(app, options);
  std::function<int()> client_command;
  dotmac::add_client_commands(app, client_command);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& why) {
    return app.exit(why) == 0 ? 0 : wrong_use;
  }
  if (client_command)
    return client_command();
  if (*program.table)
    return print_settings(options.as_json);
  const auto given = gather_settings(options.settings_file, options.overrides);
  if (!given)
    return complain(given.error()), wrong_use;
  if (*program.serving)
    return serve(*given, options.ready_file);
  if (*program.signing)
    return make_token(*given, options.token, options.as_json);
  return migrate(*given, *program.init_db ? "up" : options.what, options.steps, options.as_json);
}
