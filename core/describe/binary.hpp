#pragma once

/// The binary form of described records: what actors send each other and what definitions are journaled as.
///
/// Little-endian; lengths as 32 bits; doubles as their 64 bits (so infinities and NaN survive); optional, variant, list,
/// map, pair and nested records are supported. Reading never trusts a length: a list may not claim more entries than
/// bytes are left.
///
/// Protocol   Written and read in the form of a protocol, fields that came later are left out; whoever reads finds their default there. What is not for
///            another node has the form of this program, with every field.
/// Limits   records_deep_max records within each other; a list or a map takes no more than a small multiple of the bytes that were read.
/// Errors   corrupt_data when the bytes end early, are left over, or name an alternative that does not exist.
/// Cost     linear in the bytes.

#include "core/bytes.hpp"
#include "core/describe/description.hpp"
#include "core/result.hpp"

#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <map>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

namespace dotmac {
namespace binary {

template <class T> struct is_vector : std::false_type {};
template <class T> struct is_vector<std::vector<T>> : std::true_type {};
template <class T> struct is_optional : std::false_type {};
template <class T> struct is_optional<std::optional<T>> : std::true_type {};
template <class T> struct is_variant : std::false_type {};
template <class... Ts> struct is_variant<std::variant<Ts...>> : std::true_type {};
template <class T> struct is_map : std::false_type {};
template <class K, class V> struct is_map<std::map<K, V>> : std::true_type {};
template <class T> struct is_array : std::false_type {};
template <class T, std::size_t N> struct is_array<std::array<T, N>> : std::true_type {};
template <class T> struct is_pair : std::false_type {};
template <class A, class B> struct is_pair<std::pair<A, B>> : std::true_type {};

static_assert(std::endian::native == std::endian::little, "stored formats are little-endian");

inline constexpr std::size_t records_deep_max = 64; ///< one in the other, where it is read
inline constexpr std::uint16_t every_field = std::numeric_limits<std::uint16_t>::max();

/// What one writes in.
struct form {
  std::uint16_t protocol = every_field;
  bool is_whole = true; ///< false from then on: a field that the protocol does not have was left out, and had another value than its default
};

template <class T> void write(bytes& out, const T& value, form& as);
template <class T> void write(bytes& out, const T& value) {
  form as;
  write(out, value, as);
}

inline void write_length(bytes& out, std::size_t length) { write(out, static_cast<std::uint32_t>(length)); }

template <class T, std::size_t I> void write_field(bytes& out, const T& value, form& as) {
  constexpr auto& each = std::get<I>(description<T>::fields);
  if constexpr (each.since > first_protocol) {
    if (each.since > as.protocol) {
      bytes held, usual;
      write(held, value.*each.member);
      write(usual, T{}.*each.member);
      as.is_whole = as.is_whole && held == usual;
      return;
    }
  }
  write(out, value.*each.member, as);
}

template <class T, std::size_t... I> void write_fields(bytes& out, const T& value, form& as, std::index_sequence<I...>) { (write_field<T, I>(out, value, as), ...); }

template <class T> void write(bytes& out, const T& value, form& as) {
  if constexpr (described<T>) {
    write_fields(out, value, as, std::make_index_sequence<std::tuple_size_v<std::remove_cvref_t<decltype(description<T>::fields)>>>{});
  } else if constexpr (std::is_same_v<T, bool>) {
    out.push_back(value ? 1 : 0);
  } else if constexpr (std::is_arithmetic_v<T> || std::is_enum_v<T>) {
    char raw[sizeof(T)];
    std::memcpy(raw, &value, sizeof(T));
    out.append(raw, sizeof(T));
  } else if constexpr (std::is_same_v<T, std::string>) {
    write_length(out, value.size());
    out.append(value);
  } else if constexpr (is_vector<T>::value) {
    write_length(out, value.size());
    if constexpr (std::is_arithmetic_v<typename T::value_type> && !std::is_same_v<typename T::value_type, bool>) {
      out.append(reinterpret_cast<const char*>(value.data()), value.size() * sizeof(typename T::value_type));
    } else {
      for (const typename T::value_type& each : value)
        write(out, each, as);
    }
  } else if constexpr (is_map<T>::value) {
    write_length(out, value.size());
    for (const auto& [key, mapped] : value) {
      write(out, key, as);
      write(out, mapped, as);
    }
  } else if constexpr (is_array<T>::value) {
    for (const auto& each : value)
      write(out, each, as);
  } else if constexpr (is_optional<T>::value) {
    out.push_back(value ? 1 : 0);
    if (value)
      write(out, *value, as);
  } else if constexpr (is_pair<T>::value) {
    write(out, value.first, as);
    write(out, value.second, as);
  } else if constexpr (is_variant<T>::value) {
    out.push_back(static_cast<char>(value.index()));
    std::visit([&](const auto& held) { write(out, held, as); }, value);
  } else {
    static_assert(std::is_same_v<T, std::monostate>, "no binary form for this type");
  }
}

class reader {
public:
  explicit reader(bytes_view from, std::uint16_t protocol = every_field) : rest_{from}, protocol_{protocol} {}

  /// `into` as it was made: what the protocol does not have stays.
  template <class T> bool read(T& into) {
    if constexpr (described<T>) {
      bool good = ++depth_ <= records_deep_max;
      for_each_field<T>([&](const auto& each) { good = good && (each.since > protocol_ || read(into.*each.member)); });
      --depth_;
      return good;
    } else if constexpr (std::is_same_v<T, bool>) {
      std::uint8_t raw = 0;
      if (!read(raw) || raw > 1)
        return false;
      into = raw == 1;
      return true;
    } else if constexpr (std::is_arithmetic_v<T> || std::is_enum_v<T>) {
      return read_raw(&into, sizeof(T)) && is_named(into);
    } else if constexpr (std::is_same_v<T, std::string>) {
      std::uint32_t length = 0;
      if (!read(length) || length > rest_.size())
        return false;
      into.assign(rest_.substr(0, length));
      rest_.remove_prefix(length);
      return true;
    } else if constexpr (is_vector<T>::value) {
      return read_vector(into);
    } else if constexpr (is_map<T>::value) {
      return read_map(into);
    } else if constexpr (is_array<T>::value) {
      for (auto& each : into)
        if (!read(each))
          return false;
      return true;
    } else if constexpr (is_optional<T>::value) {
      bool present = false;
      if (!read(present))
        return false;
      if (!present) {
        into.reset();
        return true;
      }
      return read(into.emplace());
    } else if constexpr (is_pair<T>::value) {
      return read(into.first) && read(into.second);
    } else if constexpr (is_variant<T>::value) {
      std::uint8_t index = 0;
      return read(index) && read_alternative<0>(index, into);
    } else {
      static_assert(std::is_same_v<T, std::monostate>, "no binary form for this type");
      return true;
    }
  }

  /// The next `size` bytes, where they stand.
  bool take(std::size_t size, bytes_view& into) noexcept {
    if (rest_.size() < size)
      return false;
    into = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return true;
  }
  bool at_end() const noexcept { return rest_.empty(); }
  bytes_view rest() const noexcept { return rest_; }

private:
  template <class T> static bool is_named(const T& value) {
    if constexpr (named_enumeration<T>)
      return static_cast<std::size_t>(value) < enumeration<T>::names.size();
    else
      return true;
  }

  bool read_raw(void* into, std::size_t size) {
    if (rest_.size() < size)
      return false;
    std::memcpy(into, rest_.data(), size);
    rest_.remove_prefix(size);
    return true;
  }

  template <class T> bool read_vector(std::vector<T>& into) {
    std::uint32_t length = 0;
    if (!read(length))
      return false;
    into.clear();
    if constexpr (std::is_arithmetic_v<T> && !std::is_same_v<T, bool>) {
      if (length > rest_.size() / sizeof(T))
        return false;
      into.resize(length);
      return length == 0 || read_raw(into.data(), length * sizeof(T));
    } else {
      for (std::uint32_t i = 0; i < length; ++i) {
        if (rest_.empty())
          return false;
        T each{};
        if (!read(each))
          return false;
        into.push_back(std::move(each));
      }
      return true;
    }
  }

  template <class K, class V> bool read_map(std::map<K, V>& into) {
    std::uint32_t length = 0;
    if (!read(length))
      return false;
    into.clear();
    for (std::uint32_t i = 0; i < length; ++i) {
      K key{};
      V mapped{};
      if (rest_.empty() || !read(key) || !read(mapped))
        return false;
      into.emplace(std::move(key), std::move(mapped));
    }
    return true;
  }

  template <std::size_t I, class... Ts> bool read_alternative(std::size_t index, std::variant<Ts...>& into) {
    if constexpr (I == sizeof...(Ts)) {
      return false;
    } else {
      if (index == I)
        return read(into.template emplace<I>());
      return read_alternative<I + 1>(index, into);
    }
  }

  bytes_view rest_;
  std::uint16_t protocol_;
  std::size_t depth_ = 0;
};

} // namespace binary

template <class T> bytes to_bytes(const T& value) {
  bytes out;
  binary::write(out, value);
  return out;
}

template <class T> result<T> from_bytes(bytes_view from) {
  T value{};
  binary::reader in{from};
  if (!in.read(value) || !in.at_end())
    return failure{error_code::corrupt_data, "a stored or received record is not in its binary form"};
  return value;
}

} // namespace dotmac
