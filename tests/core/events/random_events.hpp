#pragma once

/// Random events in a partition and beside it as plain structs; random filters over them.

#include "tests/core/events/held_segments.hpp"
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

/// What changes of profiles should make of them.
struct plain_profiles {
  std::map<profile_subject, std::map<std::string, std::map<std::string, value>>> known;
  std::map<std::string, std::string> merged; ///< user id -> the user it is

  std::string user_of(const std::string& id) const {
    const auto at = merged.find(id);
    return at == merged.end() ? id : at->second;
  }
  void apply(const profile_change& change) {
    const bool is_user = change.subject.kind == profile_kind::user;
    const auto id = is_user ? user_of(change.id) : change.id;
    auto& table = known[change.subject];
    if (!change.into.empty()) {
      const auto into = user_of(change.into);
      if (into == id)
        return;
      const auto moved = table[id];
      table[into].insert(moved.begin(), moved.end());
      table.erase(id);
      for (auto& [from, to] : merged)
        if (to == id)
          to = into;
      merged[id] = into;
      return;
    }
    const auto as_value = [](const profile_attribute& of) { return of.json.empty() ? std::visit([](const auto& held) { return value{held}; }, of.value) : value{nested{of.json}}; };
    auto& own = table[id];
    for (const auto& each : change.set)
      own[each.name] = as_value(each);
    for (const auto& each : change.set_once)
      own.emplace(each.name, as_value(each));
    for (const auto& each : change.unset)
      own.erase(each);
  }
  /// Makes the event what questions should see of it.
  void complete(event& e) const {
    auto& user = e.texts[static_cast<std::size_t>(event_field::user_id)];
    e.sent_user = user;
    user = user_of(user);
    for (const auto& [from, to] : merged)
      if (to == user)
        e.other_users.push_back(from);
    const auto add = [&](const profile_subject& subject, const std::string& id, const std::string& prefix) {
      if (const auto table = known.find(subject); table != known.end())
        if (const auto own = table->second.find(id); own != table->second.end())
          for (const auto& [name, held] : own->second)
            e.attributes[prefix + name] = held;
    };
    add({}, user, "user.");
    add({profile_kind::customer, {}}, e.texts[static_cast<std::size_t>(event_field::customer_id)], "customer.");
    if (const auto plan = e.properties.find({property_scope::properties, "plan"}); plan != e.properties.end())
      if (const auto* text = std::get_if<std::string>(&plan->second))
        add({profile_kind::group, "plan"}, *text, "groups.plan.");
  }
};

inline profile_attribute random_attribute(generator& random) {
  const char* names[] = {"tier", "score", "mixed"};
  profile_attribute out{one_of(random, names), {}, {}};
  const auto held = chance(random, 50) ? value{static_cast<std::int64_t>(random() % 4)} : random_value(random);
  if (const auto* inner = std::get_if<nested>(&held))
    out.json = inner->json;
  else
    out.value = is_absent(held) ? scalar{false} : as_scalar(held);
  return out;
}

inline profile_change random_profile_change(generator& random, const world_shape& shape) {
  profile_change out;
  const auto user = [&] { return "user " + std::to_string(random() % (shape.users + 3)); };
  out.id = user();
  if (chance(random, 30)) {
    out.into = user();
    return out;
  }
  if (chance(random, 30)) {
    out.subject.kind = profile_kind::customer;
    out.id = "c" + std::to_string(random() % 6);
  } else if (chance(random, 40)) {
    out.subject = {profile_kind::group, "plan"};
    const char* plans[] = {"fiber", "dsl", "ab", "nobody has it"};
    out.id = one_of(random, plans);
  }
  for (auto* list : {&out.set, &out.set_once})
    for (auto i = random() % 3; i > 0; --i)
      list->push_back(random_attribute(random));
  for (auto i = random() % 2; i > 0; --i)
    out.unset.push_back(random_attribute(random).name);
  return out;
}

inline change_profiles random_profile_changes(generator& random, const world_shape& shape) {
  change_profiles out;
  for (auto i = 1 + random() % 4; i > 0; --i)
    out.changes.push_back(random_profile_change(random, shape));
  out.at = {world_start_ms + static_cast<std::int64_t>(random() % 1'000'000'000)};
  return out;
}

struct world {
  plain_profiles profiles;
  event_partition partition{1};
  events all;
  std::shared_ptr<held_segments> segments = std::make_shared<held_segments>(); ///< those of its snapshots
  bool is_cold = false; ///< its views are read from stored segments
  event_view view() const {
    if (!is_cold)
      return partition.snapshot();
    if (!cold_ || cold_->row_count() != partition.row_count())
      cold_ = cold_view(partition.snapshot(), std::make_shared<held_segments>());
    return *cold_;
  }

private:
  mutable std::optional<event_view> cold_;
};

/// Batches are committed, thrown away, snapshotted; in the end the partition may be one that was recovered.
inline world random_world(generator& random, std::size_t count) {
  world out;
  const auto segments = out.segments;
  out.partition = event_partition{random(), dedupe_window_milliseconds_default, segments};
  out.is_cold = chance(random, 50);
  const auto shape = random_shape(random, count);
  const bool has_profiles = chance(random, 50);
  event_snapshot_image image;
  std::vector<bytes> journal;
  while (out.all.size() < count) {
    events batch;
    event_block_builder builder;
    for (std::size_t i = std::min<std::size_t>(count - out.all.size(), 1 + random() % (count / 4 + 1)); i > 0; --i) {
      batch.push_back(random_event(random, shape));
      if (chance(random, 30))
        batch.back().texts[static_cast<std::size_t>(event_field::event_id)] = "id " + std::to_string(out.all.size() + batch.size());
      add(builder, batch.back());
    }
    static_cast<void>(out.partition.stage(builder.finish()));
    const auto changes = has_profiles && chance(random, 50) ? std::optional{random_profile_changes(random, shape)} : std::nullopt;
    if (changes)
      static_cast<void>(out.partition.stage(*changes));
    if (chance(random, 15)) {
      out.partition.discard_staged();
      continue;
    }
    journal.push_back(out.partition.staged_payload());
    out.partition.commit_staged();
    if (changes)
      for (const auto& each : changes->changes)
        out.profiles.apply(each);
    for (auto& each : batch) {
      each.row = out.all.size();
      out.all.push_back(std::move(each));
    }
    if (chance(random, 25)) {
      image = out.partition.prepare_snapshot().encode();
      segments->keep(image);
      out.partition.snapshot_written(image);
      journal.clear();
    }
  }
  if (chance(random, 50)) {
    event_partition recovered{0};
    if (!image.payload.empty())
      recovered = *event_partition::restore(image.version, image.payload, segments->payloads(), segments);
    for (const auto& each : journal)
      static_cast<void>(recovered.apply(each));
    out.partition = std::move(recovered);
  }
  for (auto& each : out.all) {
    each.texts[static_cast<std::size_t>(event_field::event_id)] = (*out.partition.event_id_text(each.row));
    out.profiles.complete(each);
  }
  return out;
}

inline timestamp random_time(generator& random, const events& all) {
  if (all.empty() || chance(random, 20))
    return {world_start_ms + static_cast<std::int64_t>(random() % (200 * 86'400'000ull)) - 50 * 86'400'000ll};
  return {all[random() % all.size()].at.at.milliseconds + static_cast<std::int64_t>(random() % 3) - 1};
}

inline std::string random_field(generator& random) {
  const char* names[] = {"event_type", "event_name", "event_id", "user_id", "session_id", "customer_id", "source", "plan", "price", "flag", "mixed",
                         "properties.mixed", "context.mixed", "geo.city", "properties.geo.city", "only_null", "never_sent", "context.plan",
                         "user.tier", "user.score", "customer.tier", "groups.plan.tier", "groups.plan.score", "user.never"};
  return one_of(random, names);
}

/// A value of some event, or any.
inline scalar random_operand(generator& random, const events& all, const std::string& field) {
  if (!all.empty() && chance(random, 60))
    return as_scalar(look_up(all[random() % all.size()], field));
  return as_scalar(random_value(random));
}

inline filter_node random_condition(generator& random, const events& all) {
  filter_node out;
  out.kind = filter_kind::condition;
  if (chance(random, 10)) {
    const filter_operator comparisons[] = {filter_operator::equals, filter_operator::not_equals, filter_operator::greater_than,
                                           filter_operator::less_than, filter_operator::greater_equal, filter_operator::less_equal};
    out.field = chance(random, 80) ? "timestamp" : "received_at";
    out.operation = one_of(random, comparisons);
    out.values.push_back(format_timestamp(random_time(random, all)));
    return out;
  }
  const char* patterns[] = {"^a", "c$", "ber", "^$", "[0-9]+", "^(fiber|dsl)$", "ö"};
  out.field = random_field(random);
  out.operation = static_cast<filter_operator>(random() % 15);
  switch (out.operation) {
  case filter_operator::is_null: case filter_operator::is_not_null: break;
  case filter_operator::contains: case filter_operator::not_contains: case filter_operator::starts_with: case filter_operator::ends_with:
    out.values.push_back(std::string{one_of(random, texts)}.substr(0, random() % 4));
    break;
  case filter_operator::regex: out.values.push_back(std::string{one_of(random, patterns)}); break;
  case filter_operator::in: case filter_operator::not_in:
    for (auto i = random() % 4; i > 0; --i)
      out.values.push_back(random_operand(random, all, out.field));
    break;
  default: out.values.push_back(random_operand(random, all, out.field));
  }
  return out;
}

inline filter_node random_filter(generator& random, const events& all, int depth = 3) {
  if (depth == 0 || chance(random, 50))
    return random_condition(random, all);
  filter_node out;
  out.kind = static_cast<filter_kind>(random() % 3);
  for (auto i = out.kind == filter_kind::negation ? 1 : random() % 4; i > 0; --i)
    out.children.push_back(random_filter(random, all, depth - 1));
  return out;
}

} // namespace dotmac::plain
