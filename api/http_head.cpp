#include "api/http_head.hpp"

#include "api/url.hpp"

namespace dotmac {

namespace http = boost::beast::http;

namespace {

constexpr std::size_t request_id_size_max = 128;

failure malformed(std::string what, std::string field) { return {error_code::malformed_request, std::move(what), std::move(field)}; }

/// "http://host/path?query" as "/path?query"; any other target as it is.
std::string_view without_origin(std::string_view target) {
  const auto scheme_at = target.find("://");
  if (target.starts_with('/') || scheme_at == target.npos || scheme_at > target.find('?'))
    return target;
  const auto rest = target.substr(scheme_at + 3);
  const auto path_at = rest.find_first_of("/?");
  return path_at == rest.npos ? std::string_view{"/"} : rest.substr(path_at);
}

void append_lower_case(std::string& to, std::string_view text) {
  for (const char c : text)
    to.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c);
}

} // namespace

result<void> check_framing(const beast_request& message) {
  const auto hosts = message.count(http::field::host);
  if (hosts > 1 || (hosts == 0 && message.version() >= 11))
    return malformed("HTTP/1.1 wants exactly one Host header", "host");
  const auto encodings = message.count(http::field::transfer_encoding);
  if (encodings == 0)
    return {};
  if (encodings > 1 || !boost::beast::iequals(message[http::field::transfer_encoding], "chunked"))
    return malformed("the only Transfer-Encoding known is chunked", "transfer-encoding");
  if (message.count(http::field::content_length) > 0)
    return malformed("a request has either a Content-Length or a Transfer-Encoding", "content-length");
  if (message.version() < 11)
    return malformed("HTTP/1.0 has no Transfer-Encoding", "transfer-encoding");
  return {};
}

std::string_view path_of(std::string_view target) {
  const auto local = without_origin(target);
  const auto path = local.substr(0, local.find('?'));
  return path.empty() ? std::string_view{"/"} : path;
}

result<http_request> read_head(const beast_request& message) {
  http_request request;
  const std::string_view target{message.target().data(), message.target().size()};
  const auto query_at = target.find('?');
  const auto path = path_of(target);
  if (!decode_percent(path, false) || (query_at != target.npos && !parse_query(target.substr(query_at + 1), request.query)))
    return malformed("the path or query is not valid percent-encoded UTF-8", "path");
  request.method = std::string{message.method_string()};
  request.path = path;
  for (const auto& each : message) {
    auto& [name, value] = request.headers.emplace_back();
    append_lower_case(name, {each.name_string().data(), each.name_string().size()});
    value = std::string{each.value()};
  }
  return request;
}

bool is_sane_request_id(std::string_view text) {
  if (text.empty() || text.size() > request_id_size_max)
    return false;
  return text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.:") == text.npos;
}

} // namespace dotmac
