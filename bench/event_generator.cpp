/// Writes a month of events of an ISP's customer portal to standard output, an event a line, in the order in which they would come.
///
///     event_generator [--events 10000000] [--users 500000] [--seed 7] [--uuids 0]
///
/// 30 days from 2026-01-01 UTC with quiet nights, users of very unequal activity, nine types of events. Who looks at a plan may go on to
/// the checkout and pay, minutes or hours later. A few per cent of the events come up to five minutes late. A user's region and plan are
/// his own, but some events come from elsewhere. The same arguments give the same bytes.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <numbers>
#include <queue>
#include <random>
#include <string>

namespace {

constexpr std::int64_t day = 86'400'000;
constexpr std::int64_t days = 30;
constexpr double late_share = 0.03, travelling_share = 0.03, session_share = 0.7;
constexpr std::int64_t late_max = 300'000;

enum event_type : std::size_t { page_view, click, login, search, speed_test, ticket_opened, plan_viewed, checkout, payment, type_count };
constexpr std::array<const char*, type_count> type_names{"page_view", "click", "login", "search", "speed_test", "ticket_opened", "plan_viewed", "checkout", "payment"};
/// Of the events that nothing led to; checkout and payment mostly follow a plan_viewed.
constexpr std::array<double, type_count> shares{0.54, 0.20, 0.09, 0.05, 0.04, 0.015, 0.05, 0.005, 0.01};
constexpr std::array<const char*, 12> regions{"north", "south", "east", "west", "centre", "coast", "hills", "lakes", "islands", "border", "valley", "capital"};
constexpr std::array<const char*, 6> plans{"fiber_1000", "fiber_500", "fiber_100", "cable_250", "dsl_50", "dsl_16"};
constexpr std::array<double, 6> plan_megabits{940, 480, 96, 240, 47, 15};
constexpr std::array<const char*, 4> devices{"phone", "laptop", "tablet", "tv"};
constexpr std::uint64_t page_count = 200;

struct options {
  std::uint64_t events = 10'000'000, users = 500'000, seed = 7;
  bool has_uuids = false;
};

struct follow_up {
  std::int64_t at;
  std::uint64_t user;
  event_type type;
  bool operator<(const follow_up& other) const { return at > other.at; }
};

class portal {
public:
  explicit portal(options given) : given_{given}, random_{given.seed} {}

  void run() {
    for (std::uint64_t i = 0; i < given_.events; ++i) {
      const auto at = time_of(static_cast<double>(i) / static_cast<double>(given_.events));
      if (!coming_.empty() && coming_.top().at <= at) {
        const auto next = coming_.top();
        coming_.pop();
        write(next.at, next.user, next.type);
        continue;
      }
      write(at, some_user(), some_type());
    }
    flush();
  }

private:
  double part() { return std::uniform_real_distribution<double>{}(random_); }

  /// Few events at night: each day's part of them, bent by a sine.
  std::int64_t time_of(double done) {
    const double whole = done * static_cast<double>(days);
    const double hours = whole - std::floor(whole);
    const double bent = std::floor(whole) + hours + 0.8 / (2 * std::numbers::pi) * std::sin(2 * std::numbers::pi * hours);
    return std::min(static_cast<std::int64_t>(bent * static_cast<double>(day)) + static_cast<std::int64_t>(part() * 1'000), days * day - 1);
  }

  std::uint64_t some_user() { return static_cast<std::uint64_t>(std::pow(part(), 2) * static_cast<double>(given_.users)); }

  event_type some_type() {
    double left = part();
    std::size_t type = 0;
    while (type + 1 < type_count && left >= shares[type])
      left -= shares[type++];
    return static_cast<event_type>(type);
  }

  void plan_follow_up(std::int64_t at, std::uint64_t user, event_type type) {
    const double share = type == plan_viewed ? 0.3 : type == checkout ? 0.6 : 0;
    const bool is_slow = part() < 0.3; // some take so long that a day's window misses them
    const auto after = 1 + static_cast<std::int64_t>(-std::log(1 - part()) * (is_slow ? 20.0 : 0.2) * 3'600'000);
    if (part() < share && at + after < days * day)
      coming_.push({at + after, user, type == plan_viewed ? checkout : payment});
  }

  void write(std::int64_t at, std::uint64_t user, event_type type) {
    plan_follow_up(at, user, type);
    if (part() < late_share)
      at = std::max<std::int64_t>(0, at - static_cast<std::int64_t>(part() * late_max));
    const auto own = user * 0x9E3779B97F4A7C15u >> 17;
    const auto plan = std::min<std::uint64_t>(own / 12 % 9, 5); // the last plan is the most common
    const auto region = part() < travelling_share ? random_() % regions.size() : own % regions.size();
    const auto page = static_cast<std::uint64_t>(std::pow(part(), 3) * page_count);
    add(R"({"event_type":"%s","event_name":"%s_%llu","user_id":"user-%06llu",)", type_names[type], type_names[type], number(page % 7), number(user));
    if (part() < session_share)
      add(R"("session_id":"s-%llx-%lld",)", number(own), static_cast<long long>(at / (day / 6)));
    if (given_.has_uuids)
      add_uuid();
    const auto milliseconds = at % 1'000, seconds = at / 1'000;
    add(R"("timestamp":"2026-01-%02dT%02d:%02d:%02d.%03dZ","properties":{"region":"%s","plan":"%s","device":"%s")", static_cast<int>(1 + at / day),
        static_cast<int>(seconds / 3'600 % 24), static_cast<int>(seconds / 60 % 60), static_cast<int>(seconds % 60), static_cast<int>(milliseconds),
        regions[region], plans[plan], devices[std::min<std::uint64_t>(random_() % 7, 3)]);
    add_own_property(type, page, plan);
    line_ += "}}\n";
    if (line_.size() > 1u << 20)
      flush();
  }

  void add_own_property(event_type type, std::uint64_t page, std::uint64_t plan) {
    if (type == page_view)
      add(R"(,"page":"/portal/%llu")", number(page));
    if (type == speed_test)
      add(R"(,"download_mbps":%.3f)", plan_megabits[plan] * (1 - 0.9 * std::pow(part(), 4)));
    if (type == payment)
      add(R"(,"amount":%llu.%02llu)", number(10 + random_() % 90), number(random_() % 100));
  }

  void add_uuid() {
    const auto high = (random_() & ~0xF000ull) | 0x4000;
    const auto low = (random_() & ~(3ull << 62)) | 1ull << 63;
    add(R"("event_id":"%08llx-%04llx-%04llx-%04llx-%012llx",)", number(high >> 32), number(high >> 16 & 0xFFFF), number(high & 0xFFFF), number(low >> 48),
        number(low & 0xFFFFFFFFFFFF));
  }

  static unsigned long long number(std::uint64_t value) { return value; }

  template <typename... T> void add(const char* format, T... values) {
    char text[256];
    line_.append(text, static_cast<std::size_t>(std::snprintf(text, sizeof text, format, values...)));
  }

  void flush() {
    if (std::fwrite(line_.data(), 1, line_.size(), stdout) != line_.size() || std::fflush(stdout) != 0) {
      std::perror("write");
      std::exit(1);
    }
    line_.clear();
  }

  options given_;
  std::mt19937_64 random_;
  std::priority_queue<follow_up> coming_;
  std::string line_;
};

options read_options(int count, char** arguments) {
  std::map<std::string, std::string> named;
  for (int i = 1; i + 1 < count; i += 2)
    named[arguments[i]] = arguments[i + 1];
  options out;
  const auto number = [&](const char* name, std::uint64_t& into) { if (named.contains(name)) into = std::strtoull(named[name].c_str(), nullptr, 10); };
  number("--events", out.events), number("--users", out.users), number("--seed", out.seed);
  out.has_uuids = named["--uuids"] == "1";
  return out;
}

} // namespace

int main(int count, char** arguments) {
  portal{read_options(count, arguments)}.run();
  return 0;
}
