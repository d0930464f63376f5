/// Sends events to a node as fast as it answers, or at a fixed rate, over many kept connections from one thread, and prints what was
/// acknowledged and how long it took, as a line of JSON.
///
///     load_generator --port 8000 [--mode single|batch|get] [--path /health/live] [--connections 128] [--pipeline 1] [--seconds 5]
///                    [--events 0] [--rate 0] [--batch 1000] [--tenant bench] [--users 500000] [--days 30]
///
/// --rate R sends R requests a second whatever the answers do, and measures from the moment a request was due. --events N ends after N
/// events. Only answers of 200 that name what was sent count as acknowledged.

#include "bench/sample_events.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

using clock_type = std::chrono::steady_clock;

struct options {
  int port = 8000;
  std::string mode = "single", path = "/health/live", tenant = "bench";
  std::size_t connections = 128, pipeline = 1, batch = 1'000;
  double seconds = 5, rate = 0;
  std::uint64_t events = 0, users = 500'000, days = 30;
};

struct connection {
  int socket = -1;
  std::string out, in;
  std::size_t sent = 0;
  std::deque<clock_type::time_point> waiting; ///< when each request on its way was due
};

struct figures {
  std::uint64_t requests = 0, events = 0, refused = 0, failed = 0;
  std::vector<std::uint32_t> microseconds;
};

class load {
public:
  explicit load(options given) : given_{std::move(given)} {
    poll_ = ::epoll_create1(0);
    std::mt19937_64 random{7};
    std::int64_t at = 0;
    const std::size_t bodies = given_.mode == "batch" ? std::max<std::size_t>(8, 60'000 / given_.batch) : given_.mode == "single" ? 20'000 : 1;
    const auto step = static_cast<std::int64_t>(given_.days * 86'400'000 / (bodies * (given_.mode == "batch" ? given_.batch : 1)));
    for (std::size_t i = 0; i < bodies; ++i)
      requests_.push_back(request(random, at, step));
  }

  figures run() {
    for (std::size_t i = 0; i < given_.connections; ++i)
      connections_.push_back(open());
    for (std::size_t i = 0; i < connections_.size(); ++i)
      watch(i, EPOLL_CTL_ADD, EPOLLIN);
    began_ = clock_type::now();
    const auto until = began_ + std::chrono::duration_cast<clock_type::duration>(std::chrono::duration<double>(given_.seconds));
    while (true) {
      const auto now = clock_type::now();
      const bool is_over = now >= until || (given_.events > 0 && planned_ >= given_.events);
      if (!is_over)
        send_due(now);
      else if (on_their_way_ == 0 || now > until + std::chrono::seconds{30})
        break;
      turn(given_.rate > 0 && !is_over ? 1 : 50);
    }
    seconds_ = std::chrono::duration<double>(clock_type::now() - began_).count();
    return figures_;
  }
  double seconds() const { return seconds_; }

private:
  std::string request(std::mt19937_64& random, std::int64_t& at, std::int64_t step) {
    if (given_.mode == "get")
      return "GET " + given_.path + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
    std::string body;
    if (given_.mode == "batch") {
      body = dotmac::bench::sample_batch(random, given_.users, given_.batch, at, step);
    } else {
      body = dotmac::bench::sample_event(random, given_.users, at / 1'000);
      at += step;
    }
    return "POST /events/track" + std::string{given_.mode == "batch" ? "/batch" : ""} + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nX-Tenant-ID: "
           + given_.tenant + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }

  connection open() {
    connection made;
    made.socket = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<std::uint16_t>(given_.port));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(made.socket, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) {
      std::perror("connect");
      std::exit(1);
    }
    const int yes = 1;
    ::setsockopt(made.socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    return made;
  }

  void watch(std::size_t number, int operation, std::uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.u64 = number;
    ::epoll_ctl(poll_, operation, connections_[number].socket, &event);
  }

  std::uint64_t events_of_a_request() const { return given_.mode == "batch" ? given_.batch : given_.mode == "single" ? 1 : 0; }

  void enqueue(connection& to, clock_type::time_point due) {
    to.out += requests_[next_++ % requests_.size()];
    to.waiting.push_back(due);
    ++on_their_way_;
    planned_ += events_of_a_request();
  }

  void send_due(clock_type::time_point now) {
    if (given_.rate <= 0) {
      for (std::size_t i = 0; i < connections_.size(); ++i)
        refill(i, now);
      return;
    }
    const auto due = 1 + static_cast<std::uint64_t>(std::chrono::duration<double>(now - began_).count() * given_.rate);
    for (; scheduled_ < due; ++scheduled_) {
      auto& to = connections_[scheduled_ % connections_.size()];
      enqueue(to, began_ + std::chrono::duration_cast<clock_type::duration>(std::chrono::duration<double>(static_cast<double>(scheduled_) / given_.rate)));
      flush(scheduled_ % connections_.size());
    }
  }

  void refill(std::size_t number, clock_type::time_point now) {
    auto& each = connections_[number];
    if (each.waiting.size() > given_.pipeline / 2)
      return;
    while (each.waiting.size() < given_.pipeline && (given_.events == 0 || planned_ < given_.events))
      enqueue(each, now);
    flush(number);
  }

  void flush(std::size_t number) {
    auto& each = connections_[number];
    while (each.sent < each.out.size()) {
      const auto count = ::send(each.socket, each.out.data() + each.sent, each.out.size() - each.sent, MSG_DONTWAIT | MSG_NOSIGNAL);
      if (count < 0)
        return watch(number, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
      each.sent += static_cast<std::size_t>(count);
    }
    each.out.clear();
    each.sent = 0;
  }

  void turn(int wait_milliseconds) {
    epoll_event events[256];
    const int count = ::epoll_wait(poll_, events, 256, wait_milliseconds);
    for (int i = 0; i < count; ++i) {
      const auto number = events[i].data.u64;
      if (events[i].events & EPOLLOUT) {
        watch(number, EPOLL_CTL_MOD, EPOLLIN);
        flush(number);
      }
      if (events[i].events & EPOLLIN)
        receive(number);
    }
  }

  void receive(std::size_t number) {
    auto& each = connections_[number];
    char buffer[65'536];
    const auto count = ::recv(each.socket, buffer, sizeof buffer, MSG_DONTWAIT);
    if (count <= 0) {
      std::fprintf(stderr, "a connection was closed by the node\n");
      std::exit(1);
    }
    each.in.append(buffer, static_cast<std::size_t>(count));
    std::size_t at = 0;
    for (;;) {
      const auto head_end = each.in.find("\r\n\r\n", at);
      if (head_end == std::string::npos)
        break;
      const auto length_at = each.in.find("Content-Length: ", at);
      const auto length = length_at < head_end ? std::strtoull(each.in.c_str() + length_at + 16, nullptr, 10) : 0;
      if (each.in.size() < head_end + 4 + length)
        break;
      take_answer(each, {each.in.data() + at, head_end - at}, {each.in.data() + head_end + 4, length});
      at = head_end + 4 + length;
    }
    each.in.erase(0, at);
  }

  void take_answer(connection& from, std::string_view head, std::string_view body) {
    const auto waited = clock_type::now() - from.waiting.front();
    from.waiting.pop_front();
    --on_their_way_;
    const auto status = std::atoi(std::string{head.substr(9, 3)}.c_str());
    if (status == 429 || status == 503) {
      ++figures_.refused;
      return;
    }
    const bool is_right = status == 200 && (given_.mode == "get" || (given_.mode == "single" ? body.find("\"tracked\"") : body.find("\"success_count\":" + std::to_string(given_.batch))) != body.npos);
    if (!is_right) {
      if (figures_.failed++ == 0)
        std::fprintf(stderr, "unexpected answer: %d %s\n", status, std::string{body.substr(0, 500)}.c_str());
      return;
    }
    ++figures_.requests;
    figures_.events += events_of_a_request();
    figures_.microseconds.push_back(static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::microseconds>(waited).count()));
  }

  options given_;
  int poll_;
  std::vector<std::string> requests_;
  std::vector<connection> connections_;
  figures figures_;
  clock_type::time_point began_;
  double seconds_ = 0;
  std::uint64_t next_ = 0, planned_ = 0, scheduled_ = 0, on_their_way_ = 0;
};

options read_options(int count, char** arguments) {
  std::map<std::string, std::string> named;
  for (int i = 1; i + 1 < count; i += 2)
    named[arguments[i]] = arguments[i + 1];
  options out;
  const auto text = [&](const char* name, std::string& into) { if (named.contains(name)) into = named[name]; };
  const auto number = [&](const char* name, auto& into) { if (named.contains(name)) into = static_cast<std::remove_reference_t<decltype(into)>>(std::atof(named[name].c_str())); };
  text("--mode", out.mode), text("--path", out.path), text("--tenant", out.tenant);
  number("--port", out.port), number("--connections", out.connections), number("--pipeline", out.pipeline), number("--batch", out.batch);
  number("--seconds", out.seconds), number("--rate", out.rate), number("--events", out.events), number("--users", out.users), number("--days", out.days);
  return out;
}

} // namespace

int main(int count, char** arguments) {
  const auto given = read_options(count, arguments);
  load run{given};
  auto done = run.run();
  std::sort(done.microseconds.begin(), done.microseconds.end());
  const auto quantile = [&](double part) { return done.microseconds.empty() ? 0.0 : done.microseconds[static_cast<std::size_t>(part * static_cast<double>(done.microseconds.size() - 1))] / 1e3; };
  std::printf("{\"seconds\":%.3f,\"requests\":%llu,\"events\":%llu,\"refused\":%llu,\"failed\":%llu,\"requests_per_second\":%.0f,\"events_per_second\":%.0f,"
              "\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"max_ms\":%.3f}\n",
              run.seconds(), static_cast<unsigned long long>(done.requests), static_cast<unsigned long long>(done.events), static_cast<unsigned long long>(done.refused),
              static_cast<unsigned long long>(done.failed), static_cast<double>(done.requests) / run.seconds(), static_cast<double>(done.events) / run.seconds(),
              quantile(0.5), quantile(0.99), quantile(1));
  return done.failed == 0 ? 0 : 1;
}
