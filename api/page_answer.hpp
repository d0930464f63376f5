#pragma once

/// How files of the pages are answered: compressed where the client takes it, and not at all where it has them already.
///
/// Promise   Names of files below /assets hold a hash of their content: they are kept for good. The document is asked for again each time, by its ETag.
/// Threads   pure.

#include "api/http_message.hpp"
#include "api/page_files.hpp"

namespace dotmac {

/// Of the header Accept-Encoding (RFC 9110, 12.5.3); an empty one takes no gzip.
bool accepts_gzip(std::string_view accept_encoding);

/// Of the header If-None-Match (RFC 9110, 13.1.2): entity tags separated by commas, or "*".
bool names_tag(std::string_view if_none_match, std::string_view tag);

http_response page_answer(const page_file& file, const http_request& request);

} // namespace dotmac
