#include "core/events/coded_rows.hpp"
#include "core/events/funnel/user_events.hpp"

#include <bit>
#include <limits>

namespace dotmac {

/// To the rows of the part's users. Parts mostly come one behind the other.
void user_events::move_lists(std::size_t part, workplace& into) const {
  if (part < into.next_part || part == 0 || into.lists.empty()) {
    into.lists.clear();
    for (const auto& worker : workers_)
      if (worker)
        for (const auto& each : worker->lists)
          into.lists.push_back({&each, 0, 0});
    std::sort(into.lists.begin(), into.lists.end(), [](const auto& a, const auto& b) { return a.of->first_row != b.of->first_row ? a.of->first_row < b.of->first_row : a.of->bits < b.of->bits; });
  }
  into.next_part = part + 1;
  const auto begin = code_of(part, 0);
  const auto last = code_of(part, part_users - 1);
  for (auto& [of, next, end] : into.lists) {
    const auto users = of->list->users();
    for (next = end; next < users.size() && users[next] < begin;)
      ++next;
    for (end = next; end < users.size() && users[end] <= last;)
      ++end;
  }
}

/// `use(list, first, end)` of those that have some.
template <class Use> void user_events::for_each_listed(const workplace& into, Use&& use) const {
  for (const auto& [of, next, end] : into.lists)
    if (next < end)
      use(*of, next, end);
}

funnel_event user_events::event_of(const found_by_worker& by, const entry& event, std::uint32_t constant) {
  return step_bits::event_of(by.kinds[event.kind()], event.at, event.row, constant);
}

void user_events::place_with_constants(found_by_worker& by, std::size_t part, workplace& into) {
  auto own = by.constant_parts[part].begin();
  for (const auto& event : by.parts[part]) {
    into.events[into.ends[event.user()]++] = event_of(by, event, by.common_numbers.empty() ? *own : by.common_numbers[*own]);
    ++own;
  }
  memory_.give_back(by.constant_parts[part].bytes());
  by.constant_parts[part] = {};
}

/// By user, into ends of the one behind him. How many there are.
std::size_t user_events::count_events(std::size_t part, workplace& into) const {
  std::size_t total = 0;
  for (const auto& each : workers_)
    if (each) {
      total += each->parts[part].size();
      for (const auto& event : each->parts[part])
        ++into.ends[event.user() + 1];
    }
  for_each_listed(into, [&](const listed_rows& rows, std::uint32_t first, std::uint32_t end) {
    total += end - first;
    for (const auto user : rows.list->users().subspan(first, end - first))
      ++into.ends[(user & (part_users - 1)) + 1];
  });
  return total;
}

/// Likewise of users with events of the steps 1 and 2; of the others what their events come to.
std::size_t user_events::count_who_went_on(std::size_t part, workplace& into) const {
  into.steps.assign(part_users, 0);
  into.firsts.assign(part_users, std::numeric_limits<std::int64_t>::max());
  into.first_rows.assign(part_users, std::numeric_limits<std::uint32_t>::max());
  for (const auto& each : workers_) {
    if (!each)
      continue;
    for (const auto& event : each->parts[part]) {
      const auto user = event.user();
      const auto bits = static_cast<std::uint32_t>(each->kinds[event.kind()]);
      ++into.ends[user + 1];
      into.steps[user] |= bits;
      if ((bits & 1) != 0)
        into.note_first(user, event.at, event.row);
    }
  }
  for_each_listed(into, [&](const listed_rows& rows, std::uint32_t begin, std::uint32_t end) {
    const auto bits = static_cast<std::uint32_t>(rows.bits);
    const auto users = rows.list->users();
    for (auto i = begin; i < end; ++i) {
      const auto user = users[i] & (part_users - 1);
      ++into.ends[user + 1];
      into.steps[user] |= bits;
    }
    if ((bits & 1) != 0)
      rows.list->with_times([&](auto at) {
        for (auto i = begin; i < end; ++i)
          into.note_first(users[i] & (part_users - 1), at(i), static_cast<std::uint32_t>(rows.first_row) + rows.list->rows()[i]);
      });
  });
  std::size_t total = 0;
  for (std::size_t user = 0; user < part_users; ++user) {
    auto& count = into.ends[user + 1];
    count = (into.steps[user] & 3) == 3 ? count : 0;
    total += count;
  }
  return total;
}

result<void> user_events::gather(std::size_t part, workplace& into, passed_over who) {
  move_lists(part, into);
  into.ends.assign(part_users + 1, 0);
  const bool takes_all = who == passed_over::nobody;
  const auto total = takes_all ? count_events(part, into) : count_who_went_on(part, into);
  for (std::size_t user = 1; user < into.ends.size(); ++user)
    into.ends[user] += into.ends[user - 1]; // where each user begins; moves to where he ends
  if (const auto had = into.events.capacity(); total + 1 > had) {
    const auto event_bytes = (constants_.empty() ? 1 : 2) * sizeof(funnel_event); // by constant, a user's events are put in order in a copy
    if (auto taken = memory_.take((total + 1 - had) * event_bytes); !taken)
      return taken;
    into.events = {};
    into.events.reserve(total + 1);
  }
  into.events.resize(total + 1); // the last one is room for what is passed over
  for (const auto& each : workers_) {
    if (!each)
      continue;
    if (each->constants)
      place_with_constants(*each, part, into);
    else if (takes_all)
      for (const auto& event : each->parts[part])
        into.events[into.ends[event.user()]++] = event_of(*each, event, 0);
    else
      place_who_went_on(*each, part, into);
    memory_.give_back(each->parts[part].bytes());
    each->parts[part] = {};
  }
  place_listed(into, takes_all);
  into.ends.pop_back();
  return {};
}

void user_events::place_listed(workplace& into, bool takes_all) const {
  const auto spare = into.events.size() - 1;
  for_each_listed(into, [&](const listed_rows& rows, std::uint32_t first, std::uint32_t end) {
    auto event = step_bits::event_of(rows.bits, 0, 0);
    const auto users = rows.list->users();
    rows.list->with_times([&](auto at) {
      for (auto i = first; i < end; ++i) {
        const auto user = users[i] & (part_users - 1);
        event.at = at(i);
        event.row = static_cast<std::uint32_t>(rows.first_row) + rows.list->rows()[i];
        const bool is_placed = takes_all || (into.steps[user] & 3) == 3;
        into.events[is_placed ? into.ends[user] : spare] = event;
        into.ends[user] += is_placed;
      }
    });
  });
}

void user_events::place_who_went_on(const found_by_worker& by, std::size_t part, workplace& into) {
  const auto spare = into.events.size() - 1;
  for (const auto& event : by.parts[part]) {
    auto& end = into.ends[event.user()];
    const bool is_placed = (into.steps[event.user()] & 3) == 3;
    into.events[is_placed ? end : spare] = event_of(by, event, 0);
    end += is_placed;
  }
}

bool user_events::serve_one_step_each() const {
  return std::all_of(workers_.begin(), workers_.end(), [](const auto& each) {
    return !each || std::all_of(each->kinds.begin(), each->kinds.end(), [](std::uint64_t bits) { return bits < step_bits::exclusion_bit && std::popcount(bits) <= 1; });
  });
}

namespace {

/// Most users have a handful of events.
template <class Before> std::span<const funnel_event> put_in(std::span<funnel_event> own, Before is_before) {
  constexpr std::size_t inserted_max = 16;
  if (own.size() > inserted_max) {
    if (!std::is_sorted(own.begin(), own.end(), is_before))
      std::sort(own.begin(), own.end(), is_before);
    return own;
  }
  for (std::size_t i = 1; i < own.size(); ++i) {
    const auto moved = own[i];
    std::size_t to = i;
    for (; to > 0 && is_before(moved, own[to - 1]); --to)
      own[to] = own[to - 1];
    own[to] = moved;
  }
  return own;
}

} // namespace

std::span<const funnel_event> user_events::put_in_order(std::span<funnel_event> own) {
  return put_in(own, [](const funnel_event& a, const funnel_event& b) { return a.at != b.at ? a.at < b.at : a.row < b.row; });
}

std::span<const funnel_event> user_events::put_later_steps_first(std::span<funnel_event> own) {
  return put_in(own, [](const funnel_event& a, const funnel_event& b) { return a.at != b.at ? a.at < b.at : a.steps != b.steps ? a.steps > b.steps : a.row < b.row; });
}

} // namespace dotmac
