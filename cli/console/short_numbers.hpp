#pragma once

/// Numbers in the few cells that a column has: at most five, but for exact_count.

#include <cstdint>
#include <string>

namespace dotmac::console {

std::string short_count(double count);                ///< "0", "99999", "123k", "1.2M"
std::string short_rate(double per_second);            ///< "0", "0.25", "12.5", "1234", "123k"
std::string short_bytes(double bytes);                ///< "0", "512", "1.5K", "340M"
std::string short_time(double microseconds);          ///< "15us", "1.5ms", "2.5s", "3m"
std::string short_age(std::int64_t milliseconds);     ///< "0s", "59s", "3m", "2h", "4d"

} // namespace dotmac::console
