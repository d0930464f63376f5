#pragma once

/// One list of fields per record. The wire format between actors, the stored form, the JSON, the validation and the
/// API document are all derived from it; nothing else names a field.
///
///   struct funnel_options { std::int64_t window_seconds = 86'400; };
///   template <> struct description<funnel_options> {
///     static constexpr auto fields = std::tuple{
///       field{"window_seconds", &funnel_options::window_seconds, "from step 1 to the last", bounds{1, 31'536'000}}};
///   };
///
/// Bounds mean: the length of text in bytes (in Unicode code points where they say characters), the number of entries of a list or map, the value of a number.
/// A field is optional in JSON unless marked `required`; the value of a default-constructed record is its default.
/// In the binary form fields are written in order, without names: new fields go at the end and say since which protocol they are there,
///   field{"step_order", &funnel_options::step_order, "which step comes first"}.added_in(2)
/// and old ones stay, with their types (docs/decisions/0014).

#include <cstdint>
#include <limits>
#include <string_view>
#include <tuple>
#include <type_traits>

namespace dotmac {

enum class length_unit : std::uint8_t { in_bytes, in_characters };

struct bounds {
  std::int64_t min = std::numeric_limits<std::int64_t>::min();
  std::int64_t max = std::numeric_limits<std::int64_t>::max();
  length_unit unit = length_unit::in_bytes;
};

enum class presence : std::uint8_t { optional, required };

/// Protocols between nodes are numbered from here on (actors/protocol/protocols.hpp).
inline constexpr std::uint16_t first_protocol = 1;

template <class Record, class Value> struct field {
  std::string_view name;
  Value Record::*member;
  std::string_view meaning;
  bounds allowed{};
  presence present = presence::optional;
  std::uint16_t since = first_protocol; ///< the first protocol that has it

  constexpr field(std::string_view n, Value Record::*m, std::string_view text, bounds b = {},
                  presence p = presence::optional)
      : name{n}, member{m}, meaning{text}, allowed{b}, present{p} {}
  constexpr field(std::string_view n, Value Record::*m, std::string_view text, presence p)
      : name{n}, member{m}, meaning{text}, present{p} {}

  constexpr field added_in(std::uint16_t protocol) const {
    auto later = *this;
    later.since = protocol;
    return later;
  }
};

template <class Record> struct description;

template <class T>
concept described = requires { description<std::remove_cv_t<T>>::fields; };

/// Enumerations that have names in JSON specialize this: `static constexpr std::array names{...}` in enumerator order.
template <class Enum> struct enumeration;

template <class T>
concept named_enumeration = std::is_enum_v<T> && requires { enumeration<T>::names; };

template <named_enumeration E> constexpr std::string_view name_of(E value) noexcept {
  return enumeration<E>::names[static_cast<std::size_t>(value)];
}

template <described R, class Visitor> constexpr void for_each_field(Visitor&& visit) {
  std::apply([&](const auto&... each) { (visit(each), ...); }, description<std::remove_cv_t<R>>::fields);
}

} // namespace dotmac
