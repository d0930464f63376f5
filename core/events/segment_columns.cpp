#include "core/events/segment_columns.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

namespace dotmac::segment_columns {
namespace {

constexpr std::array<double, 5> powers{1, 10, 100, 1'000, 10'000};
constexpr double whole_max = 0x1p52;

failure damaged(const char* how) { return {error_code::corrupt_data, std::string{"a segment of events is damaged: "} + how, {}}; }

/// What stands before the planes, per chunk.
struct header {
  form how{};
  std::uint8_t width = 0;
  std::int64_t base = 0;
  std::int64_t first = 0; ///< of differences
  std::uint32_t count = 0;
};

void write_header(bytes& out, const header& from) {
  binary::write(out, from.how);
  binary::write(out, from.width);
  binary::write(out, from.base);
  binary::write(out, from.first);
  binary::write(out, from.count);
}

bool read_header(binary::reader& in, header& into) {
  return in.read(into.how) && in.read(into.width) && in.read(into.base) && in.read(into.first) && in.read(into.count);
}

std::int64_t wrapping_difference(std::int64_t a, std::int64_t b) { return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b)); }
std::int64_t wrapping_sum(std::int64_t a, std::int64_t b) { return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b)); }

double from_decimal(std::int64_t whole, std::size_t digits) { return static_cast<double>(whole) / powers[digits]; }

/// The value as a whole number of 10^-digits, where it comes back bit by bit.
bool to_decimal(std::int64_t value_bits, std::size_t digits, std::int64_t& whole) {
  const double scaled = std::bit_cast<double>(value_bits) * powers[digits];
  if (!(std::abs(scaled) < whole_max))
    return false;
  whole = std::llround(scaled);
  return std::bit_cast<std::int64_t>(from_decimal(whole, digits)) == value_bits;
}

/// The fewest digits with which all values come back.
bool make_decimals(values& of, form& how) {
  values whole(of.size());
  for (std::size_t digits = 0; digits < powers.size(); ++digits) {
    std::size_t i = 0;
    while (i < of.size() && to_decimal(of[i], digits, whole[i]))
      ++i;
    if (i < of.size())
      continue;
    of = std::move(whole);
    how = static_cast<form>(static_cast<std::size_t>(form::decimals_0) + digits);
    return true;
  }
  return false;
}

values unpacked(const packed_integers& from) {
  values out(from.size());
  from.unpack(0, std::span{out});
  return out;
}

/// Changes the values to what is stored.
header transform(values& of, form wanted, bool are_numbers) {
  header out;
  out.count = static_cast<std::uint32_t>(of.size());
  if (of.empty())
    return out;
  if (are_numbers)
    make_decimals(of, out.how);
  if (wanted == form::differences) {
    out.how = form::differences;
    out.first = of[0];
    for (std::size_t i = of.size() - 1; i > 0; --i)
      of[i] = wrapping_difference(of[i], of[i - 1]);
    of[0] = of.size() > 1 ? of[1] : 0; // its own is `first`: the range should not suffer from it
  }
  const auto [low, high] = std::minmax_element(of.begin(), of.end());
  const auto layout = layout_of(*low, *high);
  out.width = layout.width;
  out.base = layout.base;
  return out;
}

void write_plane(bytes& out, const values& from, const header& of, std::size_t plane) {
  const auto begin = out.size();
  out.resize(begin + from.size());
  char* to = out.data() + begin;
  for (std::size_t i = 0; i < from.size(); ++i)
    to[i] = static_cast<char>((static_cast<std::uint64_t>(from[i]) - static_cast<std::uint64_t>(of.base)) >> (8 * plane));
}

/// Where the planes of a chunk stand.
using plane_places = std::array<const char*, 8>;

template <class U> U from_planes(const plane_places& planes, std::size_t i) {
  U out = 0;
  for (std::size_t plane = 0; plane < sizeof(U); ++plane)
    out = static_cast<U>(out | static_cast<U>(static_cast<U>(static_cast<unsigned char>(planes[plane][i])) << (8 * plane)));
  return out;
}

/// Calls `use` with a zero of the type that has as many bytes.
template <class Use> void with_width(std::uint8_t width, Use&& use) {
  switch (width) {
  case 1: return use(std::uint8_t{});
  case 2: return use(std::uint16_t{});
  case 4: return use(std::uint32_t{});
  case 8: return use(std::uint64_t{});
  default: return;
  }
}

bytes move_together(const plane_places& planes, std::uint8_t width, std::uint32_t count) {
  bytes out(std::size_t{width} * count, '\0');
  char* to = out.data();
  with_width(width, [&]<class U>(U) {
    for (std::size_t i = 0; i < count; ++i) {
      const U value = from_planes<U>(planes, i);
      std::memcpy(to + i * sizeof(U), &value, sizeof(U));
    }
  });
  return out;
}

packed_values repack(const values& from) {
  packed_values out;
  out.count = static_cast<std::uint32_t>(from.size());
  out.layout = pack_values(out.data, from, from.size());
  return out;
}

packed_values restore(const header& from, const plane_places& planes, values& scratch) {
  packed_values stored{move_together(planes, from.width, from.count), {from.base, from.width}, from.count};
  if (from.how == form::plain || from.count == 0)
    return stored;
  scratch.resize(from.count);
  stored.over(stored.data).unpack(0, std::span{scratch});
  if (from.how == form::differences) {
    scratch[0] = from.first;
    for (std::size_t i = 1; i < scratch.size(); ++i)
      scratch[i] = wrapping_sum(scratch[i], scratch[i - 1]);
  } else {
    const auto digits = static_cast<std::size_t>(from.how) - static_cast<std::size_t>(form::decimals_0);
    for (auto& each : scratch)
      each = std::bit_cast<std::int64_t>(from_decimal(each, digits));
  }
  return repack(scratch);
}

} // namespace

void write(bytes& out, std::span<const packed_integers> chunks, form wanted, bool are_numbers) {
  std::vector<values> all;
  std::vector<header> headers;
  for (const auto& each : chunks) {
    all.push_back(unpacked(each));
    headers.push_back(transform(all.back(), wanted, are_numbers));
    write_header(out, headers.back());
  }
  for (std::size_t plane = 0; plane < 8; ++plane)
    for (std::size_t c = 0; c < all.size(); ++c)
      if (plane < headers[c].width)
        write_plane(out, all[c], headers[c], plane);
}

std::pair<std::int64_t, std::int64_t> packed_values::bounds() const noexcept {
  if (count == 0)
    return {};
  const auto all = over(data);
  std::pair out{all[0], all[0]};
  with_width(layout.width, [&]<class U>(U) {
    const auto base = static_cast<std::uint64_t>(layout.base);
    for (std::size_t i = 0; i < count; ++i) {
      U raw;
      std::memcpy(&raw, data.data() + i * sizeof(U), sizeof(U));
      const auto value = static_cast<std::int64_t>(base + raw);
      out = {std::min(out.first, value), std::max(out.second, value)};
    }
  });
  return out;
}

result<std::vector<packed_values>> read_packed(binary::reader& in, std::size_t chunks, std::uint32_t count_max) {
  std::vector<header> headers(chunks);
  for (auto& each : headers) {
    if (!read_header(in, each))
      return damaged("a column ends early");
    if (each.how > form::decimals_4 || each.count > count_max || (each.width != 0 && each.width != 1 && each.width != 2 && each.width != 4 && each.width != 8))
      return damaged("a column's header says what cannot be");
  }
  std::vector<plane_places> planes(chunks);
  for (std::size_t plane = 0; plane < 8; ++plane)
    for (std::size_t c = 0; c < chunks; ++c) {
      if (plane >= headers[c].width)
        continue;
      bytes_view bytes_of_plane;
      if (!in.take(headers[c].count, bytes_of_plane))
        return damaged("a column ends early");
      planes[c][plane] = bytes_of_plane.data();
    }
  std::vector<packed_values> out;
  values scratch;
  for (std::size_t c = 0; c < chunks; ++c)
    out.push_back(restore(headers[c], planes[c], scratch));
  return out;
}

result<std::vector<values>> read(binary::reader& in, std::size_t chunks, std::uint32_t count_max) {
  const auto packed = read_packed(in, chunks, count_max);
  if (!packed)
    return packed.error();
  std::vector<values> out;
  for (const auto& each : *packed)
    each.over(each.data).unpack(0, std::span{out.emplace_back(each.count)});
  return out;
}

} // namespace dotmac::segment_columns
