/// How many events a second one core parses into columns: the node's own parser over the bodies that load_generator sends.
///
///     parse_rate [seconds]

#include "api/event_parser.hpp"
#include "bench/sample_events.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <vector>

int main(int count, char** arguments) {
  using namespace dotmac;
  const double limit = count > 1 ? std::atof(arguments[1]) : 1;
  std::mt19937_64 random{7};
  std::int64_t at = 0;
  std::vector<std::string> bodies;
  for (int i = 0; i < 30; ++i)
    bodies.push_back(bench::sample_batch(random, 500'000, 1'000, at, 40'000));
  event_parser parser;
  event_block_builder builder;
  std::uint64_t events = 0;
  const auto begin = std::chrono::steady_clock::now();
  double seconds = 0;
  while (seconds < limit) {
    auto body = bodies[events / 1'000 % bodies.size()];
    const auto parsed = parser.parse_batch(body, timestamp{1}, builder, nullptr);
    if (!parsed || parsed->positions.size() != 1'000 || builder.finish().empty())
      return 1;
    events += 1'000;
    seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  }
  std::printf("{\"events_per_second\":%.0f}\n", static_cast<double>(events) / seconds);
}
