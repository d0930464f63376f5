#include "core/events/funnel/user_events.hpp"

#include <bit>
#include <cstring>

namespace dotmac {

user_events::user_events(const event_view& view, event_field user_field, bool takes_all, std::size_t workers, memory_allowance& memory, std::vector<std::string> constants)
    : view_{view}, user_field_{user_field}, takes_all_{takes_all}, part_count_{(view.dictionary_size(user_field) >> part_users_log) + 1}, memory_{memory}, constants_{std::move(constants)}, workers_(workers) {}

result<std::uint64_t> user_events::kind_of(found_by_worker& mine, std::uint64_t bits) {
  const auto known = std::find(mine.kinds.begin(), mine.kinds.end(), bits);
  if (known != mine.kinds.end())
    return static_cast<std::uint64_t>(known - mine.kinds.begin());
  if (mine.kinds.size() == kinds_max)
    return failure{error_code::query_too_large, "events serve more than " + std::to_string(kinds_max) + " different sets of steps at once", "funnel_steps"};
  mine.kinds.push_back(bits);
  return mine.kinds.size() - 1;
}

user_events::found_by_worker& user_events::open(std::size_t worker) {
  auto& mine = workers_[worker];
  if (!mine) {
    mine = std::make_unique<found_by_worker>();
    mine->parts.resize(part_count_);
    mine->bits = std::make_unique<step_bits::workplace>();
    if (!constants_.empty()) {
      mine->constants = std::make_unique<held_constants>(view_, constants_);
      mine->constant_parts.resize(part_count_);
    }
  }
  return *mine;
}

result<void> user_events::add(std::size_t worker, const event_chunk& chunk, const time_range& range, const step_bits& steps, const scan_context& context) {
  auto* mine = &open(worker);
  for (std::uint32_t first = 0; first < chunk.rows; first += scan_rows) {
    if (context.is_stopped())
      return question_cancelled();
    const auto count = std::min(scan_rows, chunk.rows - first);
    if (steps.by_code() && !takes_all_ && !mine->constants) {
      mine->kinds = steps.by_code()->kinds;
      take_coded_run(*mine, chunk, first, count, range, *steps.by_code());
      continue;
    }
    steps.fill(view_, chunk, first, count, *mine->bits);
    if (auto taken = take_run(*mine, chunk, first, count, range); !taken)
      return taken;
  }
  if (mine->constants)
    if (auto charged = mine->constants->charge(memory_); !charged)
      return charged;
  return charge(*mine);
}

result<void> user_events::charge(found_by_worker& mine) {
  std::size_t held = 0;
  for (const auto& each : mine.parts)
    held += each.bytes();
  for (const auto& each : mine.constant_parts)
    held += each.bytes();
  return memory_.take(held - std::exchange(mine.charged, held));
}

std::span<const std::uint32_t> user_events::constants_of_run(found_by_worker& mine, const event_chunk& chunk, std::uint32_t first, std::uint32_t count) const {
  if (!mine.constants)
    return {};
  const auto mask = std::span{mine.bits->mask}.first(count);
  for (std::uint32_t i = 0; i < count; ++i)
    mask[i] = takes_all_ || mine.bits->bits[i] != 0;
  return mine.constants->of(chunk, first, mask);
}

result<void> user_events::take_run(found_by_worker& mine, const event_chunk& chunk, std::uint32_t first, std::uint32_t count, const time_range& range) {
  chunk.codes(user_field_).unpack(first, std::span{mine.users}.first(count));
  chunk.at().unpack(first, std::span{mine.times}.first(count));
  std::uint64_t last_bits = ~std::uint64_t{0};
  std::uint64_t kind = 0;
  const auto constants = constants_of_run(mine, chunk, first, count);
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto bits = mine.bits->bits[i];
    if ((bits == 0 && !takes_all_) || (!constants.empty() && constants[i] == 0) || mine.users[i] == 0 || mine.times[i] < range.start || mine.times[i] >= range.end)
      continue;
    if (bits != last_bits) {
      const auto found = kind_of(mine, bits);
      if (!found)
        return found.error();
      kind = *found;
      last_bits = bits;
    }
    mine.put(mine.users[i], chunk.first_row + first + i, mine.times[i], kind);
    if (!constants.empty())
      mine.constant_parts[mine.users[i] >> part_users_log].push_back(constants[i]);
  }
  return {};
}

/// Most rows serve no step: they are passed over eight at a time, and only of the others user and time are looked up.
void user_events::take_coded_run(found_by_worker& mine, const event_chunk& chunk, std::uint32_t first, std::uint32_t count, const time_range& range,
                                 const step_bits::kinds_by_code& kinds) {
  auto& kind_of_row = mine.bits->mask;
  std::fill_n(kind_of_row.begin() + count, std::min<std::size_t>(8, kind_of_row.size() - count), std::uint8_t{0});
  chunk.codes(kinds.field).look_up(first, kinds.kind, std::span{kind_of_row}.first(count));
  const auto& users = chunk.codes(user_field_);
  const bool is_inside = range.holds(chunk);
  for (std::uint32_t word_at = 0; word_at < count; word_at += 8) {
    std::uint64_t word;
    std::memcpy(&word, kind_of_row.data() + word_at, sizeof word);
    for (; word != 0; word &= ~(std::uint64_t{0xff} << (std::countr_zero(word) & ~7))) {
      const auto i = word_at + static_cast<std::uint32_t>(std::countr_zero(word)) / 8;
      const auto user = static_cast<std::uint32_t>(users[first + i]);
      const auto at = chunk.at()[first + i];
      if (user == 0 || (!is_inside && (at < range.start || at >= range.end)))
        continue;
      mine.put(user, chunk.first_row + first + i, at, kind_of_row[i]);
    }
  }
}

void user_events::take_numbered_run(found_by_worker& mine, const event_chunk& chunk, std::uint32_t first, std::span<const std::uint32_t> kinds, const time_range& range) {
  const auto count = static_cast<std::uint32_t>(kinds.size());
  chunk.codes(user_field_).unpack(first, std::span{mine.users}.first(count));
  chunk.at().unpack(first, std::span{mine.times}.first(count));
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto user = mine.users[i];
    if (kinds[i] != not_taken && user != 0 && mine.times[i] >= range.start && mine.times[i] < range.end)
      mine.put(user, chunk.first_row + first + i, mine.times[i], kinds[i]);
  }
}

result<void> user_events::match_constants() {
  held_constants* common = nullptr;
  for (const auto& each : workers_) {
    if (!each || !each->constants)
      continue;
    if (common == nullptr)
      common = each->constants.get();
    else
      each->common_numbers = common->take_in(*each->constants);
  }
  return common == nullptr ? result<void>{} : common->charge(memory_);
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

result<void> user_events::gather(std::size_t part, workplace& into) {
  into.ends.assign(part_users + 1, 0);
  std::size_t total = 0;
  for (const auto& each : workers_)
    if (each) {
      total += each->parts[part].size();
      for (const auto& event : each->parts[part])
        ++into.ends[event.user() + 1];
    }
  for (std::size_t user = 1; user < into.ends.size(); ++user)
    into.ends[user] += into.ends[user - 1]; // where each user begins; moves to where he ends
  if (const auto had = into.events.capacity(); total > had) {
    const auto event_bytes = (constants_.empty() ? 1 : 2) * sizeof(funnel_event); // by constant, a user's events are put in order in a copy
    if (auto taken = memory_.take((total - had) * event_bytes); !taken)
      return taken;
    into.events = {};
    into.events.reserve(total);
  }
  into.events.resize(total);
  for (const auto& each : workers_) {
    if (!each)
      continue;
    if (each->constants)
      place_with_constants(*each, part, into);
    else
      for (const auto& event : each->parts[part])
        into.events[into.ends[event.user()]++] = event_of(*each, event, 0);
    memory_.give_back(each->parts[part].bytes());
    each->parts[part] = {};
  }
  into.ends.pop_back();
  return {};
}

std::span<const funnel_event> user_events::put_in_order(std::span<funnel_event> own) {
  const auto is_before = [](const funnel_event& a, const funnel_event& b) { return a.at != b.at ? a.at < b.at : a.row < b.row; };
  if (!std::is_sorted(own.begin(), own.end(), is_before))
    std::sort(own.begin(), own.end(), is_before);
  return own;
}

} // namespace dotmac
