#pragma once

/// The header of a request, checked and read out of Beast's message.
///
/// Errors    malformed_request: what RFC 9112 wants refused because the end or the aim of the request would not be certain.
/// Threads   pure.

#include "api/beast.hpp"
#include "api/http_message.hpp"

namespace dotmac {

using beast_request = boost::beast::http::request<boost::beast::http::string_body>;

/// Host where HTTP/1.1 wants one, at most one; a Transfer-Encoding only if it is chunked, without a Content-Length.
result<void> check_framing(const beast_request& message);

/// The part of a target before the query; of an absolute one ("http://host/path") what follows the host.
std::string_view path_of(std::string_view target);

/// Method, path, query and headers (names in lower case).
result<http_request> read_head(const beast_request& message);

/// A client's id is taken over where it is harmless in a header and a log line.
bool is_sane_request_id(std::string_view text);

} // namespace dotmac
