#include "cli/console/node_link.hpp"

#include <cerrno>
#include <csignal>

#include <sys/eventfd.h>
#include <unistd.h>

namespace dotmac::console {
namespace {

result<http_answer> carry_out(http_client& client, const call& what) {
  if (what.method == "PUT")
    return client.put(what.path, what.body);
  if (what.method == "POST")
    return client.post(what.path, what.body);
  return what.method == "DELETE" ? client.remove(what.path) : client.get(what.path);
}

} // namespace

node_link::node_link(const connection_options& connection) : wake_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)} {
  for (std::size_t i = 0; i < lane_count; ++i) {
    auto own = connection;
    own.call_timeout = static_cast<lane>(i) == lane::act ? act_within : look_within;
    own.is_given_up = &workers_[i].is_given_up;
    workers_[i].thread = std::thread{[this, i, own] { work(workers_[i], own); }};
  }
}

node_link::~node_link() {
  {
    const std::lock_guard held{lock_};
    is_ending_ = true;
    for (auto& each : workers_) {
      each.is_given_up = true;
      each.changed.notify_all();
    }
  }
  for (auto& each : workers_)
    each.thread.join();
  ::close(wake_);
}

void node_link::start(call what) {
  auto& to = workers_[static_cast<std::size_t>(what.in)];
  const std::lock_guard held{lock_};
  to.is_given_up = to.is_calling && what.in != lane::act;
  to.waits = std::move(what);
  to.changed.notify_all();
}

std::vector<called> node_link::finished() {
  std::uint64_t count = 0;
  if (::read(wake_, &count, sizeof count) < 0 && errno != EAGAIN)
    return {};
  const std::lock_guard held{lock_};
  return std::exchange(finished_, {});
}

void node_link::work(worker& own, connection_options connection) {
  sigset_t all;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_BLOCK, &all, nullptr); // they are for the thread that has the terminal
  http_client client{std::move(connection)};
  std::unique_lock held{lock_};
  for (;;) {
    own.changed.wait(held, [&] { return is_ending_ || own.waits; });
    if (is_ending_)
      return;
    const auto what = std::move(*own.waits);
    own.waits.reset();
    own.is_calling = true;
    own.is_given_up = false;
    held.unlock();
    auto outcome = carry_out(client, what);
    held.lock();
    own.is_calling = false;
    finished_.push_back({what.in, what.ticket, std::move(outcome)});
    const std::uint64_t one = 1;
    if (::write(wake_, &one, sizeof one) < 0)
      continue; // its counter is full, so it can be read from
  }
}

} // namespace dotmac::console
