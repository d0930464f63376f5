/// The least that Boost.Beast can do: reads a request with its body and answers 200 with two bytes, on one thread. The limit that
/// the node's answers per second are held against.
///
///     empty_server PORT

#include <boost/asio.hpp>
#include <boost/beast.hpp>

#include <cstdlib>
#include <memory>
#include <optional>

namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;

struct session : std::enable_shared_from_this<session> {
  explicit session(asio::ip::tcp::socket given) : socket{std::move(given)} {}
  void read() {
    parser.emplace();
    parser->body_limit(64u << 20);
    http::async_read(socket, buffer, *parser, [self = shared_from_this()](boost::system::error_code why, std::size_t) {
      if (!why)
        self->write();
    });
  }
  void write() {
    asio::async_write(socket, asio::buffer(answer), [self = shared_from_this()](boost::system::error_code why, std::size_t) {
      if (!why)
        self->read();
    });
  }
  static constexpr std::string_view answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
  asio::ip::tcp::socket socket;
  boost::beast::flat_buffer buffer;
  std::optional<http::request_parser<http::string_body>> parser;
};

} // namespace

int main(int count, char** arguments) {
  if (count != 2)
    return 2;
  asio::io_context io{1};
  asio::ip::tcp::acceptor acceptor{io, {asio::ip::address_v4::loopback(), static_cast<std::uint16_t>(std::atoi(arguments[1]))}};
  struct accepting {
    static void next(asio::ip::tcp::acceptor& from) {
      from.async_accept([&from](boost::system::error_code why, asio::ip::tcp::socket socket) {
        if (!why) {
          boost::system::error_code ignored; // costs latency only
          socket.set_option(asio::ip::tcp::no_delay{true}, ignored);
          std::make_shared<session>(std::move(socket))->read();
        }
        next(from);
      });
    }
  };
  accepting::next(acceptor);
  io.run();
}
