#pragma once

/// Whether bytes are UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing beyond U+10FFFF.
///
/// Cost   one pass.

#include <string_view>

namespace dotmac {

bool is_valid_utf8(std::string_view text) noexcept;

} // namespace dotmac
