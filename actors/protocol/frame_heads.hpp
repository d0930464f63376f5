#pragma once

/// What stands before every call and every answer between nodes. The id comes first in all protocols: what cannot be read is answered by it.

#include "core/describe/description.hpp"

#include <string>

namespace dotmac {

/// The protocols of this release: see actors/protocol/protocols.hpp, which everybody else asks.
inline constexpr std::uint16_t oldest_spoken_protocol = 1;
inline constexpr std::uint16_t newest_spoken_protocol = 1;

struct call_head {
  std::uint64_t id = 0;
  std::int64_t left = 0; ///< milliseconds until its deadline
  std::string tenant;
};
template <> struct description<call_head> {
  static constexpr auto fields = std::tuple{field{"id", &call_head::id, "of the call, on its link"}, field{"left", &call_head::left, "milliseconds until its deadline"},
                                            field{"tenant", &call_head::tenant, "whose data"}};
};

struct answer_head {
  std::uint64_t id = 0;
  std::uint8_t code = 0;
};
template <> struct description<answer_head> {
  static constexpr auto fields = std::tuple{field{"id", &answer_head::id, "of the call"}, field{"code", &answer_head::code, "of core/error_code.hpp; 0: the answer follows"}};
};

/// What follows where there is no answer.
struct told_failure {
  std::string message;
  std::string field;
};
template <> struct description<told_failure> {
  static constexpr auto fields = std::tuple{field{"message", &told_failure::message, "a sentence"}, dotmac::field{"field", &told_failure::field, "at fault"}};
};

} // namespace dotmac
