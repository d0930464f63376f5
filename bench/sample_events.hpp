#pragma once

/// Bodies of requests that all benchmarks share: events of an ISP's pages with a user, a session and four properties.

#include <cstdint>
#include <random>
#include <string>

namespace dotmac::bench {

inline std::string sample_event(std::mt19937_64& random, std::uint64_t users, std::int64_t at_seconds) {
  static constexpr const char* types[] = {"page_view", "click", "conversion", "customer_event"};
  static constexpr const char* plans[] = {"fiber_100", "fiber_500", "dsl_16", "cable_250"};
  static constexpr const char* regions[] = {"north", "south", "east", "west", "centre"};
  char text[512];
  const auto user = random() % users;
  std::snprintf(text, sizeof text,
                R"({"event_type":"%s","event_name":"page_%llu","user_id":"user-%llu","session_id":"s-%llu","timestamp":"%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",)"
                R"("properties":{"plan":"%s","region":"%s","price":%llu.5,"duration_ms":%llu}})",
                types[random() % 4], static_cast<unsigned long long>(random() % 40), static_cast<unsigned long long>(user),
                static_cast<unsigned long long>(user * 7 + random() % 7), 2026, 9, 1 + static_cast<int>(at_seconds / 86'400 % 30),
                static_cast<int>(at_seconds / 3'600 % 24), static_cast<int>(at_seconds / 60 % 60), static_cast<int>(at_seconds % 60),
                static_cast<int>(random() % 1'000), plans[random() % 4], regions[random() % 5], static_cast<unsigned long long>(random() % 100),
                static_cast<unsigned long long>(random() % 5'000));
  return text;
}

inline std::string sample_batch(std::mt19937_64& random, std::uint64_t users, std::size_t size, std::int64_t& at_seconds, std::int64_t seconds_per_event_1000) {
  std::string body = "{\"events\":[";
  for (std::size_t i = 0; i < size; ++i) {
    body += (i == 0 ? "" : ",") + sample_event(random, users, at_seconds / 1'000);
    at_seconds += seconds_per_event_1000;
  }
  return body + "]}";
}

} // namespace dotmac::bench
