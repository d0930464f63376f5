#pragma once

/// Binary data. A string, because every vendor (SQLite, libpq, CAF, Beast, zstd) takes one without a copy.

#include <string>
#include <string_view>

namespace dotmac {

using bytes = std::string;
using bytes_view = std::string_view;

} // namespace dotmac
