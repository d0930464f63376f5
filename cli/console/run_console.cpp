#include "cli/console/run_console.hpp"

#include "cli/console/node_link.hpp"
#include "cli/console/terminal.hpp"
#include "cli/console/text_cells.hpp"

#include <cerrno>
#include <csignal>
#include <iostream>

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace dotmac {
namespace console {
namespace {

constexpr int redraw_ms = 250; ///< so often ages on the screen change, though nothing comes in
constexpr int ended_by_signal = 128;

moment clocks() {
  const auto ms = [](auto since) { return static_cast<std::int64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(since).count()); };
  return {ms(std::chrono::steady_clock::now().time_since_epoch()), ms(std::chrono::system_clock::now().time_since_epoch())};
}

/// Signals as something to read, so that none comes in the middle of drawing. They stay blocked when this ends: the program does too, and what is
/// still pending shall not end it another way.
class signal_reader {
public:
  signal_reader() {
    sigset_t taken;
    ::sigemptyset(&taken);
    for (const auto each : {SIGINT, SIGTERM, SIGHUP, SIGWINCH})
      ::sigaddset(&taken, each);
    ::pthread_sigmask(SIG_BLOCK, &taken, nullptr);
    descriptor_ = ::signalfd(-1, &taken, SFD_CLOEXEC | SFD_NONBLOCK);
  }
  ~signal_reader() { ::close(descriptor_); }
  signal_reader(const signal_reader&) = delete;
  signal_reader& operator=(const signal_reader&) = delete;

  int descriptor() const { return descriptor_; }
  /// Its number; 0: there is none.
  int next() const {
    signalfd_siginfo what{};
    return ::read(descriptor_, &what, sizeof what) == sizeof what ? static_cast<int>(what.ssi_signo) : 0;
  }

private:
  int descriptor_ = -1;
};

/// Until the person or a signal ends it; the exit code.
int run_loop(console_state& state, terminal& screen, const signal_reader& signals, node_link& link) {
  const auto start = [&](std::vector<call> calls) {
    for (auto& each : calls)
      link.start(std::move(each));
  };
  std::array<pollfd, 3> watched{pollfd{STDIN_FILENO, POLLIN, 0}, pollfd{signals.descriptor(), POLLIN, 0}, pollfd{link.descriptor(), POLLIN, 0}};
  start(state.pass(clocks()));
  while (!state.has_quit()) {
    screen.show(draw(state));
    if (::poll(watched.data(), watched.size(), redraw_ms) < 0 && errno != EINTR)
      return ended_by_signal + SIGHUP;
    if ((watched[0].revents & (POLLHUP | POLLERR | POLLNVAL)) != 0)
      return ended_by_signal + SIGHUP; // nobody sits there any more
    for (auto number = signals.next(); number != 0; number = signals.next())
      if (number != SIGWINCH)
        return ended_by_signal + number;
    state.resize(screen.size());
    for (const auto& each : screen.read_keys())
      if (!state.has_quit())
        start(state.take(each, clocks()));
    for (const auto& each : link.finished())
      start(state.take(each, clocks()));
    start(state.pass(clocks()));
  }
  return 0;
}

/// The terminal is as it was when this returns or throws.
result<int> run_on_terminal(console_state& state, const connection_options& connection) {
  const signal_reader signals;
  node_link link{connection};
  if (signals.descriptor() < 0 || link.descriptor() < 0)
    return failure{error_code::internal_error, "the system gives this program no more files", {}};
  const auto screen = terminal::open();
  if (!screen)
    return screen.error();
  state.resize((*screen)->size());
  return run_loop(state, **screen, signals, link);
}

} // namespace
} // namespace console

int run_console(const command_context& context, const console_request& asked) {
  if (context.as_json)
    return complain_of_use({error_code::validation_failed, "--json: the console is for people", {}});
  console::console_state state{context.connection.url, static_cast<std::int64_t>(asked.interval_seconds * 1'000), {}};
  try {
    const auto code = console::run_on_terminal(state, context.connection);
    if (!code)
      return complain_of_use(code.error());
    if (!state.act_under_way().empty())
      std::cerr << state.act_under_way() << ": sent; its answer was not waited for\n";
    return *code;
  } catch (const std::exception& why) { // the terminal is restored only where somebody catches it
    return complain_of({error_code::internal_error, std::string{"the console ended: "} + why.what(), {}});
  }
}

} // namespace dotmac
