#pragma once

/// Waiting for events to come: answered when there are others than the asker knows of, or when its patience ends. As data.

#include "core/describe/description.hpp"

#include <cstdint>

namespace dotmac {

inline constexpr std::int64_t patience_milliseconds_max = 30'000;

struct await_events {
  std::uint64_t known_rows = 0; ///< by arrival
  std::int64_t patience_milliseconds = 0; ///< at most patience_milliseconds_max
};
template <> struct description<await_events> {
  static constexpr auto fields = std::tuple{field{"known_rows", &await_events::known_rows, "as many events as the asker knows of"},
                                            field{"patience_milliseconds", &await_events::patience_milliseconds, "how long to wait for more"}};
};

struct events_awaited {
  std::uint64_t row_count = 0; ///< events that there are
};
template <> struct description<events_awaited> {
  static constexpr auto fields = std::tuple{field{"row_count", &events_awaited::row_count, "events that there are"}};
};

} // namespace dotmac
