#pragma once

/// Checks JSON (RFC 8259) that is kept as it was sent, or read by a parser that takes more than it should.
///
/// Promise   Numbers may have any size; a key given twice in one object is a fault, however it is escaped, and so is an escape
///           of half a surrogate pair.
/// Limits    `depth_max` levels of lists and objects.
/// Errors    a sentence that names the key, the limit or the byte.
/// Threads   pure.
/// Cost      linear; an object of n keys n log n. Holds 16 bytes per key of the objects around the present place.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace dotmac {

/// `text` is valid UTF-8 by contract. Nothing where it is one JSON value.
std::optional<std::string> check_json(std::string_view text, std::size_t depth_max);

} // namespace dotmac
