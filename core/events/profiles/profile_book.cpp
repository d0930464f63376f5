#include "core/events/profiles/profile_book.hpp"

#include <algorithm>
#include <cassert>
#include <set>

namespace dotmac {
namespace {

failure too_many(std::size_t change, bool is_merge, const std::string& what, const char* limit, std::size_t max) {
  return {error_code::validation_failed, "more than " + std::string{limit} + " = " + std::to_string(max) + " " + what, (is_merge ? "merges." : "profiles.") + std::to_string(change)};
}

std::uint32_t second_of(timestamp at) { return static_cast<std::uint32_t>(std::clamp<std::int64_t>(at.milliseconds / 1'000, 1, 0xffff'ffff)); }

/// What a call would make of the numbers that have limits, change by change, before anything is changed.
class limit_check {
public:
  limit_check(const profile_limits& limits, const profile_state* state, const std::unordered_map<std::uint32_t, std::vector<std::uint32_t>>& merged_into, const event_columns& columns)
      : limits_{limits}, state_{state}, merged_into_{merged_into}, columns_{columns} {}

  result<void> take(std::size_t number, const profile_change& change) {
    const auto* table = state_ == nullptr ? nullptr : state_->find(change.subject);
    if (table == nullptr && change.subject.kind == profile_kind::group) {
      new_groups_.insert(change.subject.property);
      if (new_groups_.size() + group_count() > limits_.group_properties_max)
        return too_many(number, false, "kinds of groups", "group_properties_max", limits_.group_properties_max);
    }
    auto& seen = seen_[change.subject];
    note_profile(seen, table, change.subject, change.into.empty() ? change.id : change.into);
    if (seen.profiles.size() + (table == nullptr ? 0 : table->updated.used()) > limits_.profiles_max)
      return too_many(number, !change.into.empty(), "profiles of one kind", "profiles_max", limits_.profiles_max);
    for (const auto* list : {&change.set, &change.set_once})
      for (const auto& each : *list)
        if (table == nullptr || table->find(each.name) == nullptr)
          seen.attributes.insert(each.name);
    if (seen.attributes.size() + (table == nullptr ? 0 : table->attributes.size()) > limits_.attributes_max)
      return too_many(number, false, "different attributes", "attributes_max", limits_.attributes_max);
    return change.into.empty() ? result<void>{} : take_merge(number, change);
  }

private:
  struct seen_of_subject {
    std::set<std::string> profiles, attributes; ///< new ones
  };

  std::size_t group_count() const {
    return state_ == nullptr ? 0 : static_cast<std::size_t>(std::count_if(state_->tables.begin(), state_->tables.end(), [](const auto& each) { return each.first.kind == profile_kind::group; }));
  }
  void note_profile(seen_of_subject& seen, const profile_table* table, const profile_subject& subject, const std::string& id) const {
    auto code = columns_.find_subject(subject, id);
    if (subject.kind == profile_kind::user && state_ != nullptr)
      code = state_->user_of(code);
    if (code == 0 || table == nullptr || !table->has(code))
      seen.profiles.insert(id);
  }
  std::string user_of(const std::string& id) const {
    auto user = id;
    if (const auto code = columns_.find_subject({}, id); code != 0 && state_ != nullptr)
      user = columns_.subject_text({}, state_->user_of(code));
    for (auto at = roots_.find(user); at != roots_.end(); at = roots_.find(user)) // no circle: only two different users are merged
      user = at->second;
    return user;
  }
  std::size_t size_of(const std::string& user) {
    const auto [at, is_new] = sizes_.emplace(user, 1);
    if (is_new)
      if (const auto known = merged_into_.find(columns_.find_subject({}, user)); known != merged_into_.end())
        at->second += known->second.size();
    return at->second;
  }
  result<void> take_merge(std::size_t number, const profile_change& change) {
    const auto from = user_of(change.id);
    const auto into = user_of(change.into);
    if (from == into)
      return {};
    const auto together = size_of(from) + size_of(into);
    if (together > limits_.user_ids_max)
      return too_many(number, true, "ids of one user", "user_ids_max", limits_.user_ids_max);
    sizes_[into] = together;
    roots_[from] = into;
    return {};
  }

  const profile_limits& limits_;
  const profile_state* state_;
  const std::unordered_map<std::uint32_t, std::vector<std::uint32_t>>& merged_into_;
  const event_columns& columns_;
  std::set<std::string> new_groups_;
  std::map<profile_subject, seen_of_subject> seen_;
  std::map<std::string, std::string> roots_; ///< of users merged by this call
  std::map<std::string, std::size_t> sizes_;
};

} // namespace

result<void> profile_book::check(const event_columns& columns, const change_profiles& changes) const {
  limit_check limits{limits_, state_.get(), merged_into_, columns};
  for (std::size_t i = 0; i < changes.changes.size(); ++i)
    if (auto fits = limits.take(i, changes.changes[i]); !fits)
      return fits;
  return {};
}

result<std::vector<profile_book::resolved>> profile_book::resolve(event_columns& columns, const change_profiles& changes) {
  std::vector<resolved> out;
  for (const auto& each : changes.changes) {
    const auto id = columns.insert_subject(each.subject, each.id);
    if (!id)
      return id.error();
    auto& codes = out.emplace_back(resolved{*id, 0});
    if (!each.into.empty())
      codes.into = *columns.insert_subject(each.subject, each.into);
  }
  return out;
}

result<void> profile_book::stage(event_columns& columns, change_profiles changes) {
  assert(!staged_);
  if (auto fits = check(columns, changes); !fits)
    return fits;
  auto codes = resolve(columns, changes);
  if (!codes)
    return codes.error();
  staged_codes_ = std::move(*codes);
  staged_ = std::move(changes);
  return {};
}

std::uint64_t profile_book::commit_staged() {
  std::uint64_t changed = 0;
  const auto second = second_of(staged_->at);
  for (std::size_t i = 0; i < staged_->changes.size(); ++i)
    changed += carry_out(staged_->changes[i], staged_codes_[i], second);
  discard_staged();
  return changed;
}

void profile_book::discard_staged() noexcept {
  staged_.reset();
  staged_codes_.clear();
}

result<void> profile_book::apply(event_columns& columns, const change_profiles& changes) {
  const auto codes = resolve(columns, changes);
  if (!codes)
    return codes.error();
  for (std::size_t i = 0; i < changes.changes.size(); ++i)
    carry_out(changes.changes[i], (*codes)[i], second_of(changes.at));
  return {};
}

profile_state& profile_book::writable() {
  if (state_ == nullptr) {
    state_ = std::make_shared<profile_state>();
  } else if (std::exchange(is_shared_, false)) {
    state_ = std::make_shared<profile_state>(*state_);
    state_->merged.next_generation();
    for (auto& [subject, table] : state_->tables)
      table.next_generation();
  }
  return *state_;
}

std::shared_ptr<const profile_state> profile_book::share() const {
  is_shared_ = state_ != nullptr;
  return state_;
}

bool profile_book::carry_out(const profile_change& change, const resolved& codes, std::uint32_t second) {
  auto& state = writable();
  const bool is_user = change.subject.kind == profile_kind::user;
  const auto code = is_user ? state.user_of(codes.id) : codes.id;
  if (!change.into.empty())
    return merge(code, state.user_of(codes.into), second);
  auto& table = state.tables[change.subject];
  bool is_changed = !table.has(code);
  for (const auto& each : change.set)
    is_changed |= table.set(code, each.name, profile_value_text(each.value, each.json));
  for (const auto& each : change.set_once)
    if (const auto* known = table.find(each.name); known == nullptr || known->codes[code] == 0)
      is_changed |= table.set(code, each.name, profile_value_text(each.value, each.json));
  for (const auto& each : change.unset)
    is_changed |= table.unset(code, each);
  if (is_changed)
    table.touch(code, second);
  return is_changed;
}

bool profile_book::merge(std::uint32_t from, std::uint32_t into, std::uint32_t second) {
  if (from == into)
    return false;
  state_->tables[profile_subject{}].move(from, into, second);
  auto moved = std::move(merged_into_[from]);
  merged_into_.erase(from);
  moved.push_back(from);
  for (const auto each : moved)
    adopt(each, into);
  return true;
}

std::vector<std::uint32_t> profile_book::remove(const profile_subject& subject, std::uint32_t code) {
  if (code == 0)
    return {};
  if (state_ == nullptr)
    return {code};
  auto& state = writable();
  const bool is_user = subject.kind == profile_kind::user;
  const auto root = is_user ? state.user_of(code) : code;
  std::vector<std::uint32_t> codes{root};
  if (auto others = is_user ? merged_into_.extract(root) : decltype(merged_into_)::node_type{}) {
    codes.insert(codes.end(), others.mapped().begin(), others.mapped().end());
    for (const auto each : others.mapped())
      state.merged.set(each, 0);
  }
  if (const auto table = state.tables.find(subject); table != state.tables.end())
    table->second.remove(root);
  return codes;
}

bool profile_book::knows(const profile_subject& subject, std::uint32_t code) const {
  if (state_ == nullptr)
    return false;
  const auto* table = state_->find(subject);
  return (table != nullptr && table->has(code)) || (subject.kind == profile_kind::user && (state_->merged[code] != 0 || merged_into_.contains(code)));
}

void profile_book::adopt(std::uint32_t user, std::uint32_t root) {
  state_->merged.set(user, root);
  merged_into_[root].push_back(user);
}

} // namespace dotmac
