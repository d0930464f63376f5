#pragma once

/// What a later release may make of actors/protocol/frame_heads.hpp: it speaks one protocol more, in which every call and every answer carries more. Found in its
/// place by the program that stands for that release in tests/cluster/upgrade_test.py.

#include "core/describe/description.hpp"

#include <string>

namespace dotmac {

inline constexpr std::uint16_t oldest_spoken_protocol = 1;
inline constexpr std::uint16_t newest_spoken_protocol = 2;

struct call_head {
  std::uint64_t id = 0;
  std::int64_t left = 0;
  std::string tenant;
  std::string asked_by = "a gateway of the next release";
};
template <> struct description<call_head> {
  static constexpr auto fields = std::tuple{field{"id", &call_head::id, "of the call, on its link"}, field{"left", &call_head::left, "milliseconds until its deadline"},
                                            field{"tenant", &call_head::tenant, "whose data"}, field{"asked_by", &call_head::asked_by, "a gateway"}.added_in(2)};
};

struct answer_head {
  std::uint64_t id = 0;
  std::uint8_t code = 0;
  std::uint64_t took = 0x4142434445464748;
};
template <> struct description<answer_head> {
  static constexpr auto fields = std::tuple{field{"id", &answer_head::id, "of the call"}, field{"code", &answer_head::code, "of core/error_code.hpp; 0: the answer follows"},
                                            field{"took", &answer_head::took, "nanoseconds"}.added_in(2)};
};

struct told_failure {
  std::string message;
  std::string field;
  bool is_new = true;
};
template <> struct description<told_failure> {
  static constexpr auto fields = std::tuple{field{"message", &told_failure::message, "a sentence"}, dotmac::field{"field", &told_failure::field, "at fault"},
                                            dotmac::field{"is_new", &told_failure::is_new, "or old"}.added_in(2)};
};

} // namespace dotmac
