#include "runtime/peers/peer_tls.hpp"

#include <algorithm>
#include <climits>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace dotmac {
namespace {

template <auto Free> struct freed_by {
  template <class T> void operator()(T* held) const { Free(held); }
};
using context_pointer = std::unique_ptr<SSL_CTX, freed_by<SSL_CTX_free>>;
using connection_pointer = std::unique_ptr<SSL, freed_by<SSL_free>>;

/// OpenSSL keeps what went wrong by thread, not by connection, and takes what lies there from an earlier one for an error of the next call: the
/// list must be empty before each.
void forget_earlier_errors() { ::ERR_clear_error(); }

std::string why_not() {
  std::string text;
  while (const auto code = ::ERR_get_error()) {
    char line[256];
    ::ERR_error_string_n(code, line, sizeof line);
    text += (text.empty() ? "" : "; ") + std::string{line};
  }
  return text.empty() ? "the connection ended" : text;
}

failure refused(const char* setting, const std::string& file, const std::string& what) {
  return {error_code::validation_failed, std::string{setting} + "=" + file + ": " + what + ": " + why_not(), setting, {}};
}

bool is_number(const std::string& host) {
  unsigned char address[sizeof(in6_addr)];
  return ::inet_pton(AF_INET, host.c_str(), address) == 1 || ::inet_pton(AF_INET6, host.c_str(), address) == 1;
}

bool expect_name(X509_VERIFY_PARAM* of, const std::string& host) {
  return (is_number(host) ? ::X509_VERIFY_PARAM_set1_ip_asc(of, host.c_str()) : ::X509_VERIFY_PARAM_set1_host(of, host.c_str(), host.size())) == 1;
}

result<context_pointer> open_context(const peer_certificates& own) {
  forget_earlier_errors();
  context_pointer context{::SSL_CTX_new(::TLS_method())};
  if (!context || ::SSL_CTX_set_min_proto_version(context.get(), TLS1_3_VERSION) != 1 || ::SSL_CTX_set_num_tickets(context.get(), 0) != 1)
    return failure{error_code::internal_error, {}, {}, "no context of TLS: " + why_not()};
  if (::SSL_CTX_use_certificate_chain_file(context.get(), own.certificate.c_str()) != 1)
    return refused("PEER_CERTIFICATE_FILE", own.certificate, "holds no certificate that can be read");
  if (::SSL_CTX_use_PrivateKey_file(context.get(), own.key.c_str(), SSL_FILETYPE_PEM) != 1)
    return refused("PEER_KEY_FILE", own.key, "holds no key that can be read, or not that of the certificate");
  if (::SSL_CTX_load_verify_locations(context.get(), own.authority.c_str(), nullptr) != 1)
    return refused("PEER_CA_FILE", own.authority, "holds no certificates that can be read");
  ::SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  ::SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  return context;
}

result<void> check_against(SSL_CTX* context, const peer_certificates& own, const std::string& host, int purpose) {
  const std::unique_ptr<X509_STORE_CTX, freed_by<X509_STORE_CTX_free>> check{::X509_STORE_CTX_new()};
  STACK_OF(X509)* between = nullptr;
  ::SSL_CTX_get0_chain_certs(context, &between);
  if (!check || ::X509_STORE_CTX_init(check.get(), ::SSL_CTX_get_cert_store(context), ::SSL_CTX_get0_certificate(context), between) != 1)
    return failure{error_code::internal_error, {}, {}, "a certificate cannot be checked: " + why_not()};
  ::X509_STORE_CTX_set_purpose(check.get(), purpose);
  if (!expect_name(::X509_STORE_CTX_get0_param(check.get()), host))
    return failure{error_code::validation_failed, "PEER_ADVERTISED_HOST=" + host + ": is no name of a host", "PEER_ADVERTISED_HOST", {}};
  if (::X509_verify_cert(check.get()) == 1)
    return {};
  return failure{error_code::validation_failed,
                 "PEER_CERTIFICATE_FILE=" + own.certificate + ": other nodes, who know this one as " + host + ", would refuse it as a " + (purpose == X509_PURPOSE_SSL_CLIENT ? "client" : "server") + ": "
                     + ::X509_verify_cert_error_string(::X509_STORE_CTX_get_error(check.get())),
                 "PEER_CERTIFICATE_FILE",
                 {}};
}

/// False: the time is over.
bool wait_for(int socket, int kind, std::chrono::steady_clock::time_point until) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now()).count();
  pollfd waited{socket, static_cast<short>(kind == SSL_ERROR_WANT_WRITE ? POLLOUT : POLLIN), 0};
  return left > 0 && ::poll(&waited, 1, static_cast<int>(left)) == 1;
}

/// The handshake of a socket that does not block.
result<void> shake_hands(SSL* connection, int socket, std::chrono::milliseconds within) {
  const auto until = std::chrono::steady_clock::now() + within;
  for (;;) {
    forget_earlier_errors();
    const int outcome = ::SSL_do_handshake(connection);
    if (outcome == 1)
      return {};
    const int kind = ::SSL_get_error(connection, outcome);
    if (kind == SSL_ERROR_WANT_READ || kind == SSL_ERROR_WANT_WRITE) {
      if (wait_for(socket, kind, until))
        continue;
      return failure{error_code::actor_unavailable, "the other side does not answer in time", {}, {}};
    }
    if (const auto why = ::SSL_get_verify_result(connection); why != X509_V_OK)
      return failure{error_code::forbidden, std::string{"the other side has no certificate of this cluster for its host: "} + ::X509_verify_cert_error_string(why), {}, {}};
    return failure{error_code::forbidden, "the other side does not speak TLS, or does not let this node in: " + why_not(), {}, {}};
  }
}

} // namespace

struct tls_session::parts {
  context_pointer context;
  connection_pointer connection;
  int socket = -1;
  ~parts() {
    connection.reset();
    if (socket >= 0)
      ::close(socket);
  }
};

tls_session::tls_session(std::unique_ptr<parts> given) : parts_{std::move(given)} {}
tls_session::~tls_session() = default;

result<void> check_certificates(const peer_certificates& own, const std::string& host) {
  const auto context = open_context(own);
  if (!context)
    return context.error();
  for (const int purpose : {X509_PURPOSE_SSL_SERVER, X509_PURPOSE_SSL_CLIENT})
    if (auto good = check_against(context->get(), own, host, purpose); !good)
      return good;
  return {};
}

namespace {

result<connection_pointer> open_connection(SSL_CTX* context, int socket) {
  connection_pointer connection{::SSL_new(context)};
  if (!connection || ::SSL_set_fd(connection.get(), socket) != 1)
    return failure{error_code::internal_error, {}, {}, "no connection of TLS: " + why_not()};
  return connection;
}

} // namespace

result<std::unique_ptr<tls_session>> tls_session::connect(const peer_address& address, const peer_certificates& own, std::chrono::milliseconds within) {
  auto made = std::make_unique<parts>();
  auto context = open_context(own);
  if (!context)
    return context.error();
  made->context = std::move(*context);
  const auto socket = connect_to(address, within);
  if (!socket)
    return socket.error();
  made->socket = *socket;
  auto connection = open_connection(made->context.get(), *socket);
  if (!connection)
    return connection.error();
  made->connection = std::move(*connection);
  if (!expect_name(::SSL_get0_param(made->connection.get()), address.host))
    return failure{error_code::validation_failed, address.host + " is no name of a host", {}, {}};
  if (!is_number(address.host))
    ::SSL_set_tlsext_host_name(made->connection.get(), address.host.c_str());
  ::SSL_set_connect_state(made->connection.get());
  if (auto shaken = shake_hands(made->connection.get(), made->socket, within); !shaken)
    return shaken.error();
  return std::unique_ptr<tls_session>{new tls_session{std::move(made)}};
}

result<std::unique_ptr<tls_session>> tls_session::accept(int socket, const peer_certificates& own, std::chrono::milliseconds within) {
  auto made = std::make_unique<parts>();
  made->socket = socket;
  auto context = open_context(own);
  if (!context)
    return context.error();
  made->context = std::move(*context);
  auto connection = open_connection(made->context.get(), socket);
  if (!connection)
    return connection.error();
  made->connection = std::move(*connection);
  ::SSL_set_accept_state(made->connection.get());
  if (auto shaken = shake_hands(made->connection.get(), socket, within); !shaken)
    return shaken.error();
  return std::unique_ptr<tls_session>{new tls_session{std::move(made)}};
}

namespace {

tls_session::outcome outcome_of(SSL* connection, int moved, std::size_t& count) {
  count = moved > 0 ? static_cast<std::size_t>(moved) : 0;
  if (moved > 0)
    return tls_session::outcome::done;
  const int kind = ::SSL_get_error(connection, moved);
  return kind == SSL_ERROR_WANT_READ || kind == SSL_ERROR_WANT_WRITE ? tls_session::outcome::wait : tls_session::outcome::broken;
}

int at_most_int(std::size_t size) { return static_cast<int>(std::min<std::size_t>(size, INT_MAX)); }

} // namespace

tls_session::outcome tls_session::read_some(void* into, std::size_t size, std::size_t& read) {
  forget_earlier_errors();
  return outcome_of(parts_->connection.get(), ::SSL_read(parts_->connection.get(), into, at_most_int(size)), read);
}

tls_session::outcome tls_session::write_some(const void* from, std::size_t size, std::size_t& written) {
  forget_earlier_errors();
  return outcome_of(parts_->connection.get(), ::SSL_write(parts_->connection.get(), from, at_most_int(size)), written);
}

std::size_t tls_session::pending() const { return static_cast<std::size_t>(::SSL_pending(parts_->connection.get())); }

int tls_session::release_socket() noexcept { return std::exchange(parts_->socket, -1); }

} // namespace dotmac
