#include "core/events/funnel/user_events.hpp"

#include "core/events/coded_rows.hpp"

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
  const auto* by_code = steps.by_code() && !takes_all_ && !mine->constants ? &*steps.by_code() : nullptr;
  if (by_code != nullptr) {
    mine->kinds = by_code->kinds;
    const auto taken = take_listed_rows(*mine, chunk, range, *by_code, context);
    if (!taken)
      return taken.error();
    if (*taken)
      return charge(*mine);
  }
  for (std::uint32_t first = 0; first < chunk.rows; first += scan_rows) {
    if (context.is_stopped())
      return question_cancelled();
    const auto count = std::min(scan_rows, chunk.rows - first);
    if (by_code != nullptr) {
      take_coded_run(*mine, chunk, first, count, range, *by_code);
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

/// False, and nothing taken, where the chunk does not list the rows of all these codes.
result<bool> user_events::take_listed_rows(found_by_worker& mine, const event_chunk& chunk, const time_range& range, const step_bits::kinds_by_code& kinds, const scan_context& context) {
  if (kinds.codes.size() > listed_codes_max)
    return false;
  std::array<std::shared_ptr<const coded_rows>, listed_codes_max> lists;
  for (std::size_t k = 0; k < kinds.codes.size(); ++k) {
    lists[k] = chunk.rows_with(kinds.field, kinds.codes[k], user_field_);
    if (lists[k] == nullptr)
      return false;
  }
  const bool is_inside = range.holds(chunk);
  if (is_inside && !chunk.has_merged_users(user_field_)) {
    if (auto kept = keep_lists(mine, std::span{lists}.first(kinds.codes.size()), chunk, kinds); !kept)
      return kept.error();
    return true;
  }
  for (std::size_t k = 0; k < kinds.codes.size(); ++k) {
    const auto kind = kinds.kind[kinds.codes[k]];
    for (std::uint32_t first = 0; first < lists[k]->size(); first += scan_rows) {
      if (context.is_stopped())
        return question_cancelled();
      const auto count = std::min(scan_rows, lists[k]->size() - first);
      const auto users = std::span{mine.users}.first(count);
      std::copy_n(lists[k]->users().begin() + first, count, users.begin());
      chunk.merge_users(user_field_, users);
      for (std::uint32_t i = 0; i < count; ++i)
        if (const auto at = lists[k]->at(first + i); is_inside || (at >= range.start && at < range.end))
          mine.put(users[i], chunk.first_row + lists[k]->rows()[first + i], at, kind);
    }
  }
  return true;
}

result<void> user_events::keep_lists(found_by_worker& mine, std::span<std::shared_ptr<const coded_rows>> lists, const event_chunk& chunk, const step_bits::kinds_by_code& kinds) {
  std::size_t held = 0;
  for (const auto& each : lists)
    held += each->memory_bytes();
  if (auto taken = memory_.take(held); !taken)
    return taken;
  for (std::size_t k = 0; k < lists.size(); ++k)
    if (lists[k]->size() > 0)
      mine.lists.push_back({std::move(lists[k]), chunk.first_row, kinds.kinds[kinds.kind[kinds.codes[k]]]});
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

} // namespace dotmac
