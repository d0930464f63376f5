#pragma once

/// Any described record with something in every field that is nowhere else in it, so that two fields that changed places are noticed.

#include "core/describe/binary.hpp"

namespace dotmac {

class record_filler {
public:
  template <class T> void fill(T& into) {
    if constexpr (described<T>) {
      ++depth_;
      for_each_field<T>([&](const auto& each) { fill(into.*each.member); });
      --depth_;
    } else if constexpr (std::is_same_v<T, bool>) {
      into = !into;
    } else if constexpr (named_enumeration<T>) {
      into = static_cast<T>(1 + next() % (enumeration<T>::names.size() - 1));
    } else if constexpr (std::is_floating_point_v<T>) {
      into = static_cast<T>(next()) + T(0.25);
    } else if constexpr (std::is_arithmetic_v<T>) {
      into = static_cast<T>(sizeof(T) > 2 ? next() * 1'000'003 : next());
    } else if constexpr (std::is_same_v<T, std::string>) {
      into = "text " + std::to_string(next());
    } else if constexpr (binary::is_vector<T>::value) {
      fill_list(into);
    } else if constexpr (binary::is_map<T>::value) {
      into.clear();
      for (int i = 0; i < 2; ++i)
        fill(into["key " + std::to_string(next())]);
    } else if constexpr (binary::is_array<T>::value) {
      for (auto& each : into)
        fill(each);
    } else if constexpr (binary::is_pair<T>::value) {
      fill(into.first);
      fill(into.second);
    } else if constexpr (binary::is_optional<T>::value) {
      fill(into.emplace());
    } else if constexpr (binary::is_variant<T>::value) {
      fill_alternative<0>(next() % std::variant_size_v<T>, into);
    } else {
      static_assert(std::is_same_v<T, std::monostate>, "nothing to fill it with");
    }
  }

private:
  std::uint64_t next() { return ++last_; }

  template <class T> void fill_list(std::vector<T>& into) {
    into.clear();
    if (depth_ > records_deep)
      return;
    std::size_t entries = described<T> ? 1 : 2;
    if constexpr (binary::is_variant<T>::value)
      entries = std::variant_size_v<T>;
    for (std::size_t i = 0; i < entries; ++i) {
      T each{};
      if constexpr (binary::is_variant<T>::value)
        fill_alternative<0>(i, each);
      else
        fill(each);
      into.push_back(std::move(each));
    }
  }

  template <std::size_t I, class... Ts> void fill_alternative(std::size_t index, std::variant<Ts...>& into) {
    if constexpr (I < sizeof...(Ts))
      index == I ? fill(into.template emplace<I>()) : fill_alternative<I + 1>(index, into);
  }

  static constexpr int records_deep = 4; ///< filters hold filters
  int depth_ = 0;
  std::uint64_t last_ = 0;
};

template <class T> T filled() {
  T value{};
  record_filler{}.fill(value);
  return value;
}

} // namespace dotmac
