#pragma once

/// Seeds and sizes of random cases, and a calendar with a change of clocks in the data.

#include "tests/core/events/random_events.hpp"

#include <cstdlib>

namespace dotmac::plain {

inline zone_rules berlin_autumn() {
  return {"Europe/Berlin", {{timestamp_min, 7'200}, {timestamp{1'729'990'800'000}, 3'600}}}; // 2024-10-27T01:00:00Z
}

/// DOTMAC_TEST_SEED begins elsewhere, DOTMAC_TEST_CASES sets the number of worlds.
inline std::uint64_t from_environment(const char* name, std::uint64_t usual) {
  const char* given = std::getenv(name);
  return given == nullptr ? usual : static_cast<std::uint64_t>(std::atoll(given));
}

/// Mostly small: a mistake shows there as well, and can be understood. Some cross the border of a chunk.
inline std::size_t random_size(generator& random, std::uint64_t seed) {
  if (seed % 200 == 0)
    return event_chunk_rows + random() % 3'000;
  const std::size_t sizes[] = {0, 1, 2, 5, 12, 60, 250};
  return one_of(random, sizes);
}

inline std::string random_dimension(generator& random) {
  return chance(random, 5) ? chance(random, 50) ? "timestamp" : "received_at" : random_field(random);
}

} // namespace dotmac::plain
