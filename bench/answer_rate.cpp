/// What keeping answers costs and spares: the computation of a question, what a miss adds to it, and a hit.
///
/// Use: answer_rate [EVENTS] [ROUNDS]     microseconds per question, the median of the rounds

#include "core/events/event_answers.hpp"
#include "core/events/event_partition.hpp"
#include "runtime/actor/answer_cache.hpp"

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
  std::mt19937_64 random{1};
  event_partition out{1};
  for (std::size_t done = 0; done < events;) {
    event_block_builder builder;
    for (std::size_t i = 0; i < 100'000 && done < events; ++i, ++done) {
      const timestamp at{start_ms + static_cast<std::int64_t>(done * static_cast<std::uint64_t>(span_ms) / events)};
      builder.begin_event(at);
      builder.set_timestamp({at, 0});
      builder.set_field(event_field::event_type, std::string(1, static_cast<char>('a' + random() % 20)));
      builder.set_field(event_field::event_name, "n");
      builder.set_field(event_field::user_id, "user-" + std::to_string(random() % std::max<std::size_t>(events / 20, 1)));
      builder.end_event();
    }
    static_cast<void>(out.stage(builder.finish()));
    out.commit_staged();
  }
  return out;
}

double median(std::vector<double> of) {
  std::nth_element(of.begin(), of.begin() + static_cast<std::ptrdiff_t>(of.size() / 2), of.end());
  return of[of.size() / 2];
}

template <class Run> double microseconds(Run run) {
  const auto start = std::chrono::steady_clock::now();
  run();
  return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count();
}

template <class Answer, class Question> void measure(const char* what, const event_view& view, const Question& question, int rounds) {
  scan_context context;
  context.memory_max = std::size_t{4} << 30;
  const auto compute = [&]() -> result<Answer> {
    if constexpr (requires { answer(view, question, context); })
      return answer(view, question, context);
    else
      return answer(view, question, context.stop);
  };
  std::vector<double> computing, missing, hitting;
  answer_cache cache{64u << 20};
  answer_version version{"acme/events/0", 0, 1, view.row_count(), start_ms};
  std::size_t size = 0;
  for (int i = 0; i < rounds; ++i) {
    ++version.sequence;
    std::optional<result<Answer>> computed;
    computing.push_back(microseconds([&] { computed.emplace(compute()); }));
    if (!*computed)
      std::exit(1);
    size = to_bytes(**computed).size();
    // What a miss adds: everything but the computation.
    missing.push_back(microseconds([&] { computed.emplace(answer_once<Answer>(cache, version, "question", question, [&] { return std::move(*computed); })); }));
    hitting.push_back(microseconds([&] { computed.emplace(answer_once<Answer>(cache, version, "question", question, compute)); }));
  }
  if (const auto counted = cache.read_figures(); counted.hits != counted.misses)
    std::printf("%s: too large to be kept, so that a hit is a computation\n", what);
  std::printf("%-16s computed %9.1f us   a miss adds %6.1f us (%.3f %%)   a hit %6.1f us   %zu bytes\n", what, median(computing), median(missing), 100 * median(missing) / median(computing),
              median(hitting), size);
}

} // namespace

int main(int argc, char** argv) {
  const std::size_t events = argc > 1 ? static_cast<std::size_t>(std::atoll(argv[1])) : 1'000'000;
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 25;
  const auto partition = random_partition(events);
  const auto view = partition.snapshot();
  const timestamp start{start_ms}, end{start_ms + span_ms};
  aggregate_events by_type;
  by_type.selection.start_time = start;
  by_type.selection.end_time = end;
  by_type.dimensions = {"event_type"};
  measure<event_aggregates>("by type", view, by_type, rounds);
  auto by_user = by_type;
  by_user.dimensions = {"user_id"};
  by_user.size = granularity::all;
  measure<event_aggregates>("by user", view, by_user, rounds);
  count_funnel funnel;
  for (const auto* type : {"a", "b", "c"})
    funnel.steps.push_back({.event_type = type});
  funnel.window_milliseconds = 5 * 86'400'000ll;
  measure<funnel_counted>("funnel", view, funnel, rounds);
  find_events newest;
  measure<events_found>("newest 100", view, newest, rounds);
  measure<event_summary>("summary", view, summarize_events{}, rounds);
}
