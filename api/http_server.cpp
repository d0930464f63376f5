#include "api/http_server.hpp"

#include "api/http_connection.hpp"
#include "core/describe/json.hpp"

#include <mutex>
#include <random>
#include <set>
#include <thread>

#include <pthread.h>

namespace dotmac {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

namespace {

constexpr unsigned retry_after_seconds = 1;

/// 128 random bits once a process, then a counter: unique without a lock.
std::function<std::string()> request_id_maker() {
  std::random_device entropy;
  auto prefix = std::make_shared<std::string>();
  constexpr char digits[] = "0123456789abcdef";
  for (int i = 0; i < 16; ++i)
    prefix->push_back(digits[entropy() % 16]);
  auto counter = std::make_shared<std::atomic<std::uint64_t>>(0);
  return [prefix, counter] { return *prefix + "-" + std::to_string(counter->fetch_add(1, std::memory_order_relaxed)); };
}

} // namespace

http_response error_response(const failure& why, const std::string& request_id) {
  const auto& known = describe(why.code);
  json body{{"detail", why.message.empty() ? std::string{known.meaning} : why.message}, {"code", std::string{known.name}}, {"request_id", request_id}};
  if (!why.field.empty())
    body["field"] = why.field;
  http_response response;
  response.status = known.http_status;
  response.body = body.dump(-1, ' ', false, json::error_handler_t::replace);
  if (known.http_status == 429 || known.http_status == 503)
    response.headers.emplace_back("Retry-After", std::to_string(retry_after_seconds));
  if (known.http_status == 401)
    response.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"dotmac-analytics\"");
  if (known.http_status == 426)
    for (const auto& [name, value] : {std::pair{"Upgrade", "websocket"}, std::pair{"Connection", "Upgrade"}, std::pair{"Sec-WebSocket-Version", "13"}})
      response.headers.emplace_back(name, value);
  return response;
}

struct http_server::implementation : std::enable_shared_from_this<implementation> {
  struct lane {
    asio::io_context io{1};
    asio::executor_work_guard<asio::io_context::executor_type> work{io.get_executor()};
    std::set<std::weak_ptr<http_connection>, std::owner_less<>> connections; ///< used on the lane's thread only
    std::size_t purge_at = 64;
    std::thread thread;
  };

  http_server_options options;
  std::shared_ptr<connection_context> context = std::make_shared<connection_context>();
  std::vector<std::shared_ptr<lane>> lanes;
  std::optional<tcp::acceptor> acceptor;
  std::size_t next_lane = 0;

  void accept() {
    if (!acceptor || !acceptor->is_open())
      return;
    auto to = lanes[next_lane++ % lanes.size()];
    acceptor->async_accept(to->io, [self = shared_from_this(), to](boost::system::error_code why, tcp::socket socket) {
      if (why == asio::error::operation_aborted)
        return;
      if (!why)
        self->admit(to, std::move(socket));
      if (why == asio::error::no_descriptors || why == boost::system::errc::too_many_files_open_in_system) {
        // Out of descriptors: those that close make room; trying again at once would only burn the processor.
        auto pause = std::make_shared<asio::steady_timer>(self->lanes.front()->io, std::chrono::milliseconds{50});
        return pause->async_wait([self, pause](boost::system::error_code) { self->accept(); });
      }
      self->accept();
    });
  }

  void admit(const std::shared_ptr<lane>& to, tcp::socket socket) {
    const auto open = context->open.load(std::memory_order_relaxed);
    if (open >= options.limits.connections_max + turned_away_max)
      return; // the socket closes
    auto connection = std::make_shared<http_connection>(to, std::move(socket), context);
    asio::post(to->io, [to = to.get(), connection, is_over = open >= options.limits.connections_max] {
      if (to->connections.size() >= to->purge_at) {
        std::erase_if(to->connections, [](const auto& each) { return each.expired(); });
        to->purge_at = std::max<std::size_t>(64, to->connections.size() * 2);
      }
      to->connections.insert(connection);
      is_over ? connection->turn_away() : connection->start();
    });
  }

  /// Runs handlers; an exception costs the connection that it came from, not the process.
  void serve(const std::function<void()>& run) const {
    for (;;)
      try {
        run();
        return;
      } catch (const std::exception& why) {
        if (context->hooks.log_failure)
          context->hooks.log_failure(why.what());
      }
  }
};

http_server::http_server(http_server_options options, http_server_hooks hooks) : implementation_{std::make_shared<implementation>()} {
  implementation_->options = options;
  implementation_->context->limits = options.limits;
  implementation_->context->hooks = std::move(hooks);
  implementation_->context->make_request_id = request_id_maker();
}

http_server::~http_server() { stop(std::chrono::milliseconds{0}); }

result<std::uint16_t> http_server::start() {
  auto& self = *implementation_;
  for (std::size_t i = 0; i < std::max<std::size_t>(1, self.options.threads); ++i)
    self.lanes.push_back(std::make_shared<implementation::lane>());
  boost::system::error_code why;
  const auto address = asio::ip::make_address(self.options.host, why);
  if (why)
    return failure{error_code::malformed_request, "HOST must be an IP address: " + self.options.host, "HOST"};
  self.acceptor.emplace(self.lanes.front()->io);
  const tcp::endpoint endpoint{address, self.options.port};
  self.acceptor->open(endpoint.protocol(), why);
  if (!why)
    self.acceptor->set_option(asio::socket_base::reuse_address{true}, why);
  if (!why)
    self.acceptor->bind(endpoint, why);
  if (!why)
    self.acceptor->listen(asio::socket_base::max_listen_connections, why);
  if (why)
    return failure{error_code::internal_error, "cannot listen on " + self.options.host + ":" + std::to_string(self.options.port) + ": " + why.message(), "PORT"};
  const auto port = self.acceptor->local_endpoint().port();
  self.accept();
  for (auto& each : self.lanes)
    each->thread = std::thread{[&self, &io = each->io] {
      ::pthread_setname_np(::pthread_self(), "connections");
      self.serve([&io] { io.run(); });
    }};
  return port;
}

void http_server::ask_to_leave() {
  implementation_->context->leaving = true;
  for (auto& each : implementation_->lanes)
    asio::post(each->io, [&lane = *each] {
      for (const auto& weak : lane.connections)
        if (auto connection = weak.lock())
          connection->leave();
    });
}

void http_server::drain() {
  auto self = implementation_;
  self->context->draining = true;
  if (self->lanes.empty())
    return;
  asio::post(self->lanes.front()->io, [self] {
    boost::system::error_code ignored;
    self->acceptor->close(ignored);
  });
  for (auto& each : self->lanes)
    asio::post(each->io, [&lane = *each] {
      for (const auto& weak : lane.connections)
        if (auto connection = weak.lock())
          connection->drain();
    });
}

void http_server::stop(std::chrono::milliseconds within) {
  auto& self = *implementation_;
  if (self.lanes.empty())
    return;
  drain();
  const auto until = std::chrono::steady_clock::now() + within;
  while (open_connections() > 0 && std::chrono::steady_clock::now() < until)
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
  for (auto& each : self.lanes)
    each->io.stop();
  for (auto& each : self.lanes)
    if (each->thread.joinable())
      each->thread.join();
  self.context->ended = true;
  self.acceptor.reset();
  // What waits in the lanes owns connections, which own their lane: run it to its end, which is near as every socket is closed.
  for (auto& each : self.lanes) {
    for (const auto& weak : each->connections)
      if (auto connection = weak.lock())
        connection->abandon();
    each->io.restart();
    self.serve([&io = each->io] { io.poll(); });
  }
  self.lanes.clear();
}

std::size_t http_server::open_connections() const noexcept { return implementation_->context->open.load(); }

} // namespace dotmac
