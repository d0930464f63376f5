/// How long funnels over random events in memory take: the question alone, without a server.
///
/// Use: funnel_rate [EVENTS] [ROUNDS]     milliseconds per question, the median of the rounds

#include "core/events/event_answers.hpp"
#include "core/events/event_partition.hpp"
#include "tests/core/events/test_executor.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>

namespace {

using namespace dotmac;

constexpr std::int64_t start_ms = 1'750'000'000'000;
constexpr std::int64_t span_ms = 30 * 86'400'000ll;

event_partition random_partition(std::size_t events) {
  constexpr const char* regions[] = {"north", "south", "east", "west", "centre"};
  std::mt19937_64 random{1};
  event_partition out{1};
  for (std::size_t done = 0; done < events;) {
    event_block_builder builder;
    for (std::size_t i = 0; i < 100'000 && done < events; ++i, ++done) {
      const auto at = start_ms + static_cast<std::int64_t>(done * static_cast<std::uint64_t>(span_ms) / events) + static_cast<std::int64_t>(random() % 60'000);
      builder.begin_event(timestamp{at});
      builder.set_timestamp({timestamp{at}, 0});
      builder.set_field(event_field::event_type, std::string(1, static_cast<char>('a' + random() % 20)));
      builder.set_field(event_field::event_name, "n");
      builder.set_field(event_field::user_id, "user-" + std::to_string(random() % std::max<std::size_t>(events / 20, 1)));
      builder.add_text(property_scope::properties, "region", regions[random() % 5]);
      builder.end_event();
    }
    static_cast<void>(out.stage(builder.finish()));
    out.commit_staged();
  }
  return out;
}

void measure(const char* what, const event_view& view, const count_funnel& question, std::size_t threads, int rounds) {
  test_executor executor{threads};
  scan_context context;
  context.executor = threads > 1 ? &executor : nullptr;
  context.memory_max = std::size_t{4} << 30;
  std::vector<double> took;
  std::uint64_t converted = 0;
  for (int i = 0; i < rounds; ++i) {
    const auto start = std::chrono::steady_clock::now();
    const auto counted = answer(view, question, context);
    took.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
    if (!counted)
      std::exit(1);
    converted = counted->all.steps.back().count;
  }
  std::sort(took.begin(), took.end());
  std::printf("%-22s %zu threads  median %7.1f ms  least %7.1f ms  %llu converted\n", what, threads, took[took.size() / 2], took.front(), static_cast<unsigned long long>(converted));
}

} // namespace

int main(int argc, char** argv) {
  const std::size_t events = argc > 1 ? static_cast<std::size_t>(std::atoll(argv[1])) : 10'000'000;
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 9;
  const auto partition = random_partition(events);
  const auto view = partition.snapshot();
  count_funnel question;
  for (const auto* type : {"a", "b", "c"})
    question.steps.push_back({.event_type = type});
  question.window_milliseconds = 5 * 86'400'000ll;
  for (const std::size_t threads : {1, 2}) {
    measure("three steps", view, question, threads, rounds);
    auto grouped = question;
    grouped.dimensions = {"region"};
    measure("by region", view, grouped, threads, rounds);
    auto strict = question;
    strict.order = funnel_order::strict;
    measure("strict", view, strict, threads, rounds);
    auto any = question;
    any.order = funnel_order::any;
    measure("any order", view, any, threads, rounds);
  }
}
