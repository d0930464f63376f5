#include "core/text/case_fold.hpp"

#include <array>

namespace dotmac {
namespace {

/// Capital letters of [first, last] become small ones by adding `distance`; where `is_paired`, capital and small letters alternate and those at the
/// positions of `first` are the capitals.
struct case_range {
  char32_t first, last;
  std::int32_t distance;
  bool is_paired;
};

constexpr std::array ranges{
    case_range{0x00C0, 0x00D6, 32, false},   case_range{0x00D8, 0x00DE, 32, false},   case_range{0x0100, 0x012F, 1, true},     case_range{0x0132, 0x0137, 1, true},
    case_range{0x0139, 0x0148, 1, true},     case_range{0x014A, 0x0177, 1, true},     case_range{0x0178, 0x0178, -121, false}, case_range{0x0179, 0x017E, 1, true},
    case_range{0x018F, 0x018F, 202, false},  case_range{0x01A0, 0x01A5, 1, true},     case_range{0x01AF, 0x01B0, 1, true},     case_range{0x01CD, 0x01DC, 1, true},
    case_range{0x01DE, 0x01EF, 1, true},     case_range{0x01F8, 0x021F, 1, true},     case_range{0x0222, 0x0233, 1, true},
    case_range{0x0386, 0x0386, 38, false},   case_range{0x0388, 0x038A, 37, false},   case_range{0x038C, 0x038C, 64, false},   case_range{0x038E, 0x038F, 63, false},
    case_range{0x0391, 0x03A1, 32, false},   case_range{0x03A3, 0x03AB, 32, false},   case_range{0x03C2, 0x03C2, 1, false},    case_range{0x0400, 0x040F, 80, false},
    case_range{0x0410, 0x042F, 32, false},   case_range{0x0460, 0x0481, 1, true},     case_range{0x048A, 0x04BF, 1, true},     case_range{0x04C0, 0x04C0, 15, false},
    case_range{0x04C1, 0x04CE, 1, true},     case_range{0x04D0, 0x052F, 1, true},     case_range{0x0531, 0x0556, 48, false},   case_range{0x1E00, 0x1E95, 1, true},
    case_range{0x1E9E, 0x1E9E, -7'615, false}, case_range{0x1EA0, 0x1EFF, 1, true},
};

constexpr auto folded_ascii = [] {
  std::array<char, 128> out{};
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] = static_cast<char>(i >= 'A' && i <= 'Z' ? i + 32 : i);
  return out;
}();

/// Of two or three bytes; 0 where they are no such character.
char32_t decode(std::string_view from, std::size_t size) noexcept {
  if (from.size() < size)
    return 0;
  char32_t out = static_cast<unsigned char>(from[0]) & (size == 2 ? 0x1Fu : 0x0Fu);
  for (std::size_t i = 1; i < size; ++i) {
    if ((static_cast<unsigned char>(from[i]) & 0xC0u) != 0x80u)
      return 0;
    out = out << 6 | (static_cast<unsigned char>(from[i]) & 0x3Fu);
  }
  return out;
}

void append_character(std::string& out, char32_t character) {
  if (character < 0x800) {
    out += static_cast<char>(0xC0 | character >> 6);
  } else {
    out += static_cast<char>(0xE0 | character >> 12);
    out += static_cast<char>(0x80 | (character >> 6 & 0x3F));
  }
  out += static_cast<char>(0x80 | (character & 0x3F));
}

} // namespace

char32_t fold_case(char32_t character) noexcept {
  if (character < 128)
    return static_cast<unsigned char>(folded_ascii[character]);
  for (const auto& each : ranges)
    if (character >= each.first && character <= each.last)
      return each.is_paired && ((character - each.first) & 1) != 0 ? character : static_cast<char32_t>(static_cast<std::int32_t>(character) + each.distance);
  return character;
}

void append_folded(std::string& out, std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const auto byte = static_cast<unsigned char>(text[at]);
    const std::size_t size = byte >= 0xC2 && byte < 0xE0 ? 2 : byte >= 0xE0 && byte < 0xF0 ? 3 : 1; // nothing that is folded has four bytes
    const auto whole = size == 1 ? char32_t{0} : decode(text.substr(at), size);
    const auto folded = whole == 0 ? whole : fold_case(whole);
    if (folded != whole)
      append_character(out, folded);
    else if (size == 1)
      out += byte < 128 ? folded_ascii[byte] : text[at];
    else
      out.append(text.substr(at, whole == 0 ? 1 : size));
    at += whole == 0 ? 1 : size;
  }
}

} // namespace dotmac
