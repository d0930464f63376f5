#pragma once

/// Random changes of profiles and removals, and what they should make of plain events.

#include "core/events/event_partition.hpp"
#include "tests/core/events/random_event.hpp"

namespace dotmac::plain {

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
  /// Forgets a subject; returns the ids that it had.
  std::vector<std::string> remove(const profile_subject& subject, const std::string& id) {
    const bool is_user = subject.kind == profile_kind::user;
    const auto root = is_user ? user_of(id) : id;
    known[subject].erase(root);
    std::vector<std::string> ids{root};
    if (is_user)
      for (const auto& [from, to] : merged)
        if (to == root)
          ids.push_back(from);
    for (const auto& each : ids)
      if (is_user)
        merged.erase(each);
    return ids;
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

inline removal_change random_removal(generator& random, const world_shape& shape) {
  removal_change out;
  out.at = {world_start_ms + 210 * 86'400'000ll};
  if (chance(random, 10)) {
    out.what = removal_change::kind::expire;
    return out;
  }
  out.request.kind = chance(random, 70) ? removal_kind::user : removal_kind::customer;
  out.request.id = out.request.kind == removal_kind::user ? "user " + std::to_string(random() % (shape.users + 3)) : "c" + std::to_string(random() % 6);
  return out;
}

/// Of the events that were there.
inline void remove_plain(events& all, plain_profiles& profiles, const removal_change& change, const event_retention& retention) {
  const auto text_of = [](const event& e, event_field which) { return e.texts[static_cast<std::size_t>(which)]; };
  if (change.what == removal_change::kind::expire) {
    const auto day = start_of_day(change.at).milliseconds;
    std::erase_if(all, [&](const event& e) {
      auto days = retention.days;
      for (const auto& each : retention.rules)
        if (each.event_type == text_of(e, event_field::event_type))
          days = each.days;
      return days && e.at.at.milliseconds < day - *days * 86'400'000;
    });
    return;
  }
  const bool is_user = change.request.kind == removal_kind::user;
  const auto ids = profiles.remove({is_user ? profile_kind::user : profile_kind::customer, {}}, change.request.id);
  std::erase_if(all, [&](const event& e) {
    const auto id = text_of(e, is_user ? event_field::user_id : event_field::customer_id);
    return !id.empty() && std::find(ids.begin(), ids.end(), id) != ids.end();
  });
}

} // namespace dotmac::plain
