#pragma once

/// Random events as plain structs, and how they are added to a block.

#include "core/events/event_partition.hpp"
#include "tests/core/events/plain_events.hpp"

#include <cstring>
#include <random>

namespace dotmac::plain {

using generator = std::mt19937_64;

template <class T, std::size_t N> const T& one_of(generator& random, const T (&from)[N]) { return from[random() % N]; }
inline bool chance(generator& random, unsigned in_hundred) { return random() % 100 < in_hundred; }

/// The hour before Central Europe's clocks went back in 2024: a day of 25 hours lies in the data.
inline constexpr std::int64_t world_start_ms = 1'729'983'600'000;

inline constexpr const char* property_keys[] = {"plan", "price", "flag", "mixed", "geo.city", "only_null"};
inline constexpr const char* texts[] = {"fiber", "dsl", "Fiber 1000", "", "öst", "ab", "abc", "[1,2]", "7"};
inline constexpr std::int64_t integers[] = {0, 7, -7, 100, 9'007'199'254'740'993, INT64_MAX, INT64_MIN};
inline constexpr double numbers[] = {0.0, -0.0, 7.0, 7.5, -0.25, 9'007'199'254'740'992.0, 9.3e18, -9223372036854775808.0, 1e300, 5e-324};
inline constexpr const char* documents[] = {"[1,2]", "{\"k\":1}", "[]", "18446744073709551615"};

inline value random_value(generator& random) {
  switch (random() % 7) {
  case 0: return std::monostate{};
  case 1: return chance(random, 50);
  case 2: return one_of(random, integers);
  case 3: return one_of(random, numbers);
  case 4: return nested{one_of(random, documents)};
  default: return std::string{one_of(random, texts)};
  }
}

inline value random_value_of(generator& random, const std::string& key) {
  if (key == "plan" || key == "geo.city")
    return std::string{one_of(random, texts)};
  if (key == "price")
    return chance(random, 50) ? value{static_cast<std::int64_t>(random() % 20)} : value{static_cast<double>(random() % 40) / 2};
  if (key == "flag")
    return chance(random, 50);
  if (key == "only_null")
    return std::monostate{};
  return random_value(random);
}

/// How the events of one world are spread: few users or many, one instant or days.
struct world_shape {
  std::uint64_t users = 10;
  std::int64_t span_ms = 1;
  std::int64_t step_ms = 1; ///< times are multiples of it, so that many are equal
  unsigned without_user = 10;
};

inline world_shape random_shape(generator& random, std::size_t count) {
  const std::uint64_t users[] = {1, 3, 20, 400};
  const std::int64_t spans[] = {1, 5'000, 3'600'000, 3 * 86'400'000ll, 100 * 86'400'000ll};
  const std::int64_t steps[] = {1, 250, 60'000};
  return {count > 1'000 ? 400 : one_of(random, users), one_of(random, spans), one_of(random, steps), static_cast<unsigned>(random() % 40)};
}

inline event random_event(generator& random, const world_shape& shape) {
  event e;
  const auto set = [&e](event_field which, std::string text) { e.texts[static_cast<std::size_t>(which)] = std::move(text); };
  const auto number = [&random](std::uint64_t below) { return std::to_string(random() % below); };
  set(event_field::event_type, std::string(1, static_cast<char>('a' + random() % 5)));
  set(event_field::event_name, std::string(1, static_cast<char>('d' + random() % 5))); // d and e are types and names
  if (!chance(random, shape.without_user))
    set(event_field::user_id, "user " + number(shape.users));
  if (chance(random, 70))
    set(event_field::session_id, "s" + number(shape.users * 3));
  if (chance(random, 30))
    set(event_field::customer_id, "c" + number(5));
  if (chance(random, 20))
    set(event_field::source, chance(random, 50) ? "web" : "app");
  e.received_at = {world_start_ms + 200 * 86'400'000ll + static_cast<std::int64_t>(random() % 1'000)};
  const auto at = world_start_ms + static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(shape.span_ms)) / shape.step_ms * shape.step_ms;
  e.at = chance(random, 3) ? fine_timestamp{e.received_at, 0} : fine_timestamp{{at}, chance(random, 10) ? static_cast<std::uint32_t>(random() % 1'000'000) : 0};
  for (const std::string key : property_keys)
    for (const auto scope : {property_scope::properties, property_scope::context})
      if (chance(random, scope == property_scope::context ? 10 : key == "only_null" ? 5 : 60))
        e.properties[{scope, key}] = random_value_of(random, key);
  return e;
}

inline void add(event_block_builder& to, const event& e) {
  to.begin_event(e.received_at);
  if (e.at.at != e.received_at || e.at.nanoseconds_below != 0)
    to.set_timestamp(e.at);
  for (std::size_t i = 0; i < event_field_count; ++i)
    to.set_field(static_cast<event_field>(i), e.texts[i]);
  for (const auto& [name, held] : e.properties)
    std::visit([&to, &name](const auto& each) {
      using type = std::decay_t<decltype(each)>;
      if constexpr (std::is_same_v<type, std::monostate>)
        to.add_null(name.first, name.second);
      else if constexpr (std::is_same_v<type, bool>)
        to.add_boolean(name.first, name.second, each);
      else if constexpr (std::is_same_v<type, std::int64_t>)
        to.add_integer(name.first, name.second, each);
      else if constexpr (std::is_same_v<type, double>)
        to.add_number(name.first, name.second, each);
      else if constexpr (std::is_same_v<type, std::string>)
        to.add_text(name.first, name.second, each);
      else
        to.add_json(name.first, name.second, each.json);
    }, held);
  to.end_event();
}

} // namespace dotmac::plain
