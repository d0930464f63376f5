#include "runtime/peers/tls_transport.hpp"

#include "actors/protocol/errors.hpp"

#include <caf/io/basp_broker.hpp>
#include <caf/io/middleman.hpp>
#include <caf/io/network/default_multiplexer.hpp>
#include <caf/io/network/scribe_impl.hpp>
#include <caf/io/network/stream_impl.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <cstring>

#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

namespace dotmac {
namespace {

namespace network = caf::io::network;

constexpr int look_every_ms = 100;
constexpr int connections_waiting_max = 128;

/// How CAF's stream moves bytes.
class tls_policy {
public:
  explicit tls_policy(std::unique_ptr<tls_session> session) : session_{std::move(session)} {}
  network::rw_state read_some(std::size_t& count, network::native_socket, void* into, std::size_t size) { return state_of(session_->read_some(into, size, count)); }
  network::rw_state write_some(std::size_t& count, network::native_socket, const void* from, std::size_t size) {
    if (size == 0) {
      count = 0;
      return network::rw_state::indeterminate;
    }
    return state_of(session_->write_some(from, size, count));
  }
  bool must_read_more(network::native_socket, std::size_t threshold) { return session_->pending() >= threshold; }

private:
  static network::rw_state state_of(tls_session::outcome what) { return what == tls_session::outcome::broken ? network::rw_state::failure : network::rw_state::success; }
  std::unique_ptr<tls_session> session_;
};

/// Not the socket, as CAF does it: the number of one that was closed may come again before CAF has forgotten it.
caf::io::connection_handle next_handle() {
  static std::atomic<std::int64_t> last{std::int64_t{1} << 32};
  return caf::io::connection_handle::from_int(++last);
}

template <class T> T or_nothing(const caf::expected<T>& found) { return found ? *found : T{}; }

class tls_scribe final : public caf::io::scribe {
public:
  tls_scribe(network::default_multiplexer& multiplexer, network::native_socket socket, std::unique_ptr<tls_session> session)
      : scribe{next_handle()}, stream_{multiplexer, socket, std::move(session)} {}

  void configure_read(caf::io::receive_policy::config config) override {
    stream_.configure_read(config);
    if (!std::exchange(is_launched_, true))
      stream_.start(this);
  }
  void ack_writes(bool enable) override { stream_.ack_writes(enable); }
  std::vector<char>& wr_buf() override { return stream_.wr_buf(); }
  std::vector<char>& rd_buf() override { return stream_.rd_buf(); }
  void graceful_shutdown() override {
    stream_.graceful_shutdown();
    detach(&stream_.backend(), false);
  }
  void flush() override { stream_.flush(this); }
  std::string addr() const override { return or_nothing(network::remote_addr_of_fd(stream_.fd())); }
  std::uint16_t port() const override { return or_nothing(network::remote_port_of_fd(stream_.fd())); }
  void add_to_loop() override { stream_.activate(this); }
  void remove_from_loop() override { stream_.passivate(); }

private:
  bool is_launched_ = false;
  network::stream_impl<tls_policy> stream_;
};

caf::io::scribe_ptr make_tls_scribe(caf::actor_system& system, std::unique_ptr<tls_session> session) {
  const int socket = session->release_socket();
  return caf::make_counted<tls_scribe>(static_cast<network::default_multiplexer&>(system.middleman().backend()), socket, std::move(session));
}

caf::actor broker_of(caf::actor_system& system) { return system.middleman().named_broker<caf::io::basp_broker>(caf::atom("BASP")); }

result<int> listen_at(const addrinfo& at) {
  const int socket = ::socket(at.ai_family, at.ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, at.ai_protocol);
  const int on = 1;
  if (socket >= 0 && ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 && ::bind(socket, at.ai_addr, at.ai_addrlen) == 0
      && ::listen(socket, connections_waiting_max) == 0)
    return socket;
  const std::string why = std::strerror(errno);
  if (socket >= 0)
    ::close(socket);
  return failure{error_code::validation_failed, why, {}, {}};
}

std::uint16_t port_of(int socket) {
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&bound), &size) != 0)
    return 0;
  return ntohs(bound.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6&>(bound).sin6_port : reinterpret_cast<const sockaddr_in&>(bound).sin_port);
}

} // namespace

result<std::unique_ptr<tls_listener>> tls_listener::open(caf::actor_system& system, peer_door_actor door, const std::string& host, std::uint16_t port, peer_certificates own,
                                                         std::chrono::milliseconds within, std::function<void(const std::string&)> log) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  if (const int why = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &wanted, &found); why != 0)
    return failure{error_code::validation_failed, ::gai_strerror(why), {}, {}};
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> all{found, ::freeaddrinfo};
  auto socket = listen_at(*found);
  if (!socket)
    return socket.error();
  return std::unique_ptr<tls_listener>{new tls_listener{system, std::move(door), *socket, port_of(*socket), std::move(own), within, std::move(log)}};
}

tls_listener::tls_listener(caf::actor_system& system, peer_door_actor door, int socket, std::uint16_t port, peer_certificates own, std::chrono::milliseconds within,
                           std::function<void(const std::string&)> log)
    : system_{system}, door_{std::move(door)}, socket_{socket}, port_{port}, own_{std::move(own)}, within_{within}, log_{std::move(log)},
      handshakes_{handshake_threads, handshakes_waiting_max, {"handshakes"}}, thread_{[this] {
        ::pthread_setname_np(::pthread_self(), "peers in");
        work();
      }} {}

tls_listener::~tls_listener() {
  stopping_ = true;
  thread_.join();
  ::close(socket_);
  handshakes_.stop();
}

void tls_listener::work() {
  while (!stopping_) {
    pollfd waited{socket_, POLLIN, 0};
    if (::poll(&waited, 1, look_every_ms) != 1)
      continue;
    const int socket = ::accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (socket < 0)
      continue;
    const bool is_taken = handshakes_.submit({}, {[this, socket](std::size_t) { let_in(socket); }, [socket] { ::close(socket); }});
    if (!is_taken)
      ::close(socket);
  }
}

void tls_listener::let_in(int socket) {
  auto session = tls_session::accept(socket, own_, within_);
  if (!session) {
    if (session.error().code != error_code::actor_unavailable)
      log_("somebody was not let in: " + text_for_log(session.error()));
    return;
  }
  caf::anon_send(broker_of(system_), caf::publish_atom_v, make_tls_scribe(system_, std::move(*session)), port_, caf::actor_cast<caf::strong_actor_ptr>(door_), system_.message_types(door_));
}

result<peer_door_actor> find_door_at(caf::actor_system& system, const peer_address& address, const std::optional<peer_certificates>& own, std::chrono::milliseconds within) {
  caf::io::scribe_ptr scribe;
  if (own) {
    auto session = tls_session::connect(address, *own, within);
    if (!session)
      return session.error();
    scribe = make_tls_scribe(system, std::move(*session));
  } else {
    const auto socket = connect_to(address, within);
    if (!socket)
      return socket.error();
    scribe = system.middleman().backend().new_scribe(*socket);
  }
  caf::scoped_actor asker{system};
  result<peer_door_actor> found = failure{error_code::forbidden, "who listens there lets nobody in", {}, {}};
  asker->request(broker_of(system), within, caf::connect_atom_v, std::move(scribe), address.port)
      .receive(
          [&](const caf::node_id&, const caf::strong_actor_ptr& door, const std::set<std::string>&) {
            if (door)
              found = caf::actor_cast<peer_door_actor>(door);
          },
          [&](const caf::error& why) {
            found = failure{error_code::forbidden, std::string{"who listens there does not speak as this node does, "} + (own ? "with" : "without") + " TLS: " + system.render(why), {}, {}};
          });
  return found;
}

} // namespace dotmac
