#pragma once

/// Which protocols between nodes this program speaks. A protocol is the form of everything that nodes send each other; its number rises by one in a
/// release that adds to it (docs/decisions/0014 has the rules, tests/actors/golden the bytes).
///
/// Promise   Every release speaks the protocol of the release before as well: nodes of both run beside each other, and each pair of them speaks the newest
///           that both know.

#include "core/describe/description.hpp"
#include "core/result.hpp"

namespace dotmac {

struct protocol_range {
  std::uint16_t oldest = first_protocol;
  std::uint16_t newest = first_protocol;
};

/// Of this program.
protocol_range spoken_protocols() noexcept;

/// upgrade_required, with both ranges, where they have none in common.
result<std::uint16_t> agree_on_protocol(const protocol_range& own, const protocol_range& other);

/// The first protocol that has a call and its answer; a later one specializes it.
template <class Call> inline constexpr std::uint16_t call_since = first_protocol;

} // namespace dotmac
