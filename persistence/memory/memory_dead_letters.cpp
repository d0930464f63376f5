#include "persistence/memory/memory_session.hpp"

#include "persistence/failure_texts.hpp"
#include "persistence/payload_codec.hpp"
#include "persistence/write_checks.hpp"

#include <algorithm>

namespace dotmac {

result<void> memory_store::add_dead_letter(const dead_letter& letter) {
  if (auto valid = check_dead_letter(letter); !valid)
    return valid;
  return locked([&](memory_database& database) -> result<void> {
    auto stored = letter;
    stored.id = database.next_dead_letter_++;
    stored.reason = storable_reason(letter.reason);
    stored.payload = encode_payload(letter.payload);
    auto& letters = database.dead_letters_;
    letters.emplace(stored.id, std::move(stored));
    const auto is_of_tenant = [&](const auto& held) {
      return held.second.entity.tenant == letter.entity.tenant;
    };
    if (static_cast<std::size_t>(std::count_if(letters.begin(), letters.end(), is_of_tenant)) >
        dead_letters_per_tenant_max)
      letters.erase(std::find_if(letters.begin(), letters.end(), is_of_tenant));
    return {};
  });
}

result<dead_letter_summary> memory_store::find_dead_letter(std::uint64_t id) {
  return locked([&](memory_database& database) -> result<dead_letter_summary> {
    const auto held = database.dead_letters_.find(id);
    if (held == database.dead_letters_.end())
      return missing_dead_letter(id);
    const auto& each = held->second;
    return dead_letter_summary{each.id, each.entity, each.recorded_at_ms, each.message_type, each.reason, each.payload.size()};
  });
}

result<dead_letter> memory_store::read_dead_letter(std::uint64_t id) {
  return locked([&](memory_database& database) -> result<dead_letter> {
    const auto held = database.dead_letters_.find(id);
    if (held == database.dead_letters_.end())
      return missing_dead_letter(id);
    auto payload = decode_payload(held->second.payload, "dead letter " + std::to_string(id));
    if (!payload)
      return payload.error();
    auto letter = held->second;
    letter.payload = *std::move(payload);
    return letter;
  });
}

result<std::vector<dead_letter_summary>> memory_store::list_dead_letters(const std::string& tenant, std::size_t limit) {
  return locked([&](memory_database& database) -> result<std::vector<dead_letter_summary>> {
    std::vector<dead_letter_summary> letters;
    for (auto held = database.dead_letters_.rbegin(); held != database.dead_letters_.rend() && letters.size() < limit; ++held)
      if (const auto& each = held->second; tenant.empty() || each.entity.tenant == tenant)
        letters.push_back({each.id, each.entity, each.recorded_at_ms, each.message_type, each.reason, each.payload.size()});
    return letters;
  });
}

result<void> memory_store::remove_dead_letter(std::uint64_t id) {
  return locked([&](memory_database& database) -> result<void> {
    if (database.dead_letters_.erase(id) == 0)
      return missing_dead_letter(id);
    return {};
  });
}

} // namespace dotmac
