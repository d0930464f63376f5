#pragma once

/// Percent-encoding of paths and queries (RFC 3986; '+' is a blank in queries, as forms send it).

#include "core/utf8.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace dotmac {

/// Nothing where the text is not valid or its bytes are not valid UTF-8.
std::optional<std::string> decode_percent(std::string_view text, bool plus_is_blank);
bool parse_query(std::string_view text, std::map<std::string, std::string>& into);

} // namespace dotmac
