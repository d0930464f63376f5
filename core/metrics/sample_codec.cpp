#include "core/metrics/sample_codec.hpp"

#include "core/describe/binary.hpp"
#include "core/metrics/bit_stream.hpp"

#include <algorithm>
#include <array>
#include <bit>

namespace dotmac {

namespace {

constexpr std::uint32_t codec_format = 1;
enum section : std::size_t { series_section, time_section, value_section, receipt_section, text_section, section_count };
constexpr std::size_t header_size = 4 * (2 + section_count);

failure damaged() { return {error_code::corrupt_data, "a chunk of samples is not in its stored form", {}}; }

// -- integers --------------------------------------------------------------------------------------------------------------

struct width_class {
  unsigned prefix_bits;
  std::uint64_t prefix;
  unsigned bits;
};
constexpr std::array classes{width_class{2, 0b10, 7}, width_class{3, 0b110, 12}, width_class{4, 0b1110, 20},
                             width_class{5, 0b11110, 36}, width_class{5, 0b11111, 64}};

std::uint64_t zigzag(std::uint64_t difference) { return difference << 1 ^ (0 - (difference >> 63)); }
std::uint64_t unzigzag(std::uint64_t folded) { return folded >> 1 ^ (0 - (folded & 1)); }

void write_folded(bit_writer& out, std::uint64_t folded) {
  if (folded == 0)
    return out.write(0, 1);
  for (const auto& each : classes)
    if (each.bits == 64 || folded >> each.bits == 0) {
      out.write(each.prefix, each.prefix_bits);
      return out.write(folded, each.bits);
    }
}

std::uint64_t read_folded(bit_reader& in) {
  if (in.read(1) == 0)
    return 0;
  for (std::size_t i = 0; i + 2 < classes.size(); ++i)
    if (in.read(1) == 0)
      return in.read(classes[i].bits);
  return in.read(1) == 0 ? in.read(36) : in.read(64);
}

template <class Integer> void write_integers(bit_writer& out, std::span<const Integer> values) {
  std::uint64_t previous = 0;
  std::uint64_t delta = 0;
  for (const auto each : values) {
    const auto value = static_cast<std::uint64_t>(each);
    write_folded(out, zigzag(value - previous - delta));
    delta = value - previous;
    previous = value;
  }
}

template <class Integer> void read_integers(bit_reader& in, std::span<Integer> into) {
  std::uint64_t previous = 0;
  std::uint64_t delta = 0;
  for (auto& each : into) {
    delta += unzigzag(read_folded(in));
    previous += delta;
    each = static_cast<Integer>(previous);
  }
}

// -- values ----------------------------------------------------------------------------------------------------------------

struct last_value {
  std::uint64_t bits = 0;
  unsigned leading = 64; ///< 64: no window yet
  unsigned trailing = 0;
};

void write_value(bit_writer& out, last_value& last, double value) {
  const auto bits = std::bit_cast<std::uint64_t>(value);
  const auto difference = bits ^ last.bits;
  last.bits = bits;
  if (difference == 0)
    return out.write(0, 1);
  const auto leading = std::min(31u, static_cast<unsigned>(std::countl_zero(difference)));
  const auto trailing = static_cast<unsigned>(std::countr_zero(difference));
  out.write(1, 1);
  if (last.leading != 64 && leading >= last.leading && trailing >= last.trailing) {
    out.write(0, 1);
    return out.write(difference >> last.trailing, 64 - last.leading - last.trailing);
  }
  last.leading = leading;
  last.trailing = trailing;
  const unsigned length = 64 - leading - trailing;
  out.write(1, 1);
  out.write(leading, 5);
  out.write(length - 1, 6);
  out.write(difference >> trailing, length);
}

bool read_value(bit_reader& in, last_value& last, double& into) {
  if (in.read(1) != 0) {
    if (in.read(1) != 0) {
      last.leading = static_cast<unsigned>(in.read(5));
      const auto length = static_cast<unsigned>(in.read(6)) + 1;
      if (last.leading + length > 64)
        return false;
      last.trailing = 64 - last.leading - length;
    } else if (last.leading == 64) {
      return false;
    }
    last.bits ^= in.read(64 - last.leading - last.trailing) << last.trailing;
  }
  into = std::bit_cast<double>(last.bits);
  return true;
}

// -- series: the numbers that occur, ascending, then per row the place in that list -----------------------------------------

struct local_series {
  std::vector<std::uint32_t> numbers;
  std::vector<std::uint32_t> codes; ///< per row
};

local_series localize(std::span<const std::uint32_t> series) {
  local_series local;
  local.numbers.assign(series.begin(), series.end());
  std::sort(local.numbers.begin(), local.numbers.end());
  local.numbers.erase(std::unique(local.numbers.begin(), local.numbers.end()), local.numbers.end());
  local.codes.reserve(series.size());
  for (const auto each : series)
    local.codes.push_back(static_cast<std::uint32_t>(std::lower_bound(local.numbers.begin(), local.numbers.end(), each) - local.numbers.begin()));
  return local;
}

result<bytes_view> section_of(bytes_view encoded, section wanted, std::uint32_t& rows) {
  std::array<std::uint32_t, 2 + section_count> header{};
  binary::reader in{encoded};
  if (!in.read(header) || header[0] != codec_format || header[1] > sample_chunk_rows_max)
    return damaged();
  rows = header[1];
  std::size_t at = header_size;
  for (std::size_t i = 0; i < section_count; ++i) {
    const std::size_t length = header[2 + i];
    if (length > encoded.size() - at)
      return damaged();
    if (i == wanted)
      return encoded.substr(at, length);
    at += length;
  }
  return damaged();
}

result<local_series> read_series(bytes_view encoded, std::size_t series_count) {
  std::uint32_t rows = 0;
  const auto section = section_of(encoded, series_section, rows);
  if (!section)
    return section.error();
  bit_reader in{*section};
  local_series local;
  const auto distinct = in.read(32);
  if (distinct > rows)
    return damaged();
  local.numbers.resize(distinct);
  local.codes.resize(rows);
  read_integers(in, std::span{local.numbers});
  read_integers(in, std::span{local.codes});
  const bool known = std::all_of(local.numbers.begin(), local.numbers.end(), [&](auto each) { return each < series_count; })
                     && std::all_of(local.codes.begin(), local.codes.end(), [&](auto each) { return each < distinct; });
  if (in.failed() || !known)
    return damaged();
  return local;
}

} // namespace

bytes encode_samples(const sample_spans& samples) {
  const auto local = localize(samples.series);
  std::array<bytes, section_count> sections;
  bit_writer series;
  series.write(local.numbers.size(), 32);
  write_integers(series, std::span<const std::uint32_t>{local.numbers});
  write_integers(series, std::span<const std::uint32_t>{local.codes});
  sections[series_section] = series.take();
  bit_writer times;
  write_integers(times, samples.at);
  sections[time_section] = times.take();
  bit_writer values;
  std::vector<last_value> last(local.numbers.size());
  for (std::size_t row = 0; row < samples.value.size(); ++row)
    write_value(values, last[local.codes[row]], samples.value[row]);
  sections[value_section] = values.take();
  bit_writer receipt;
  write_integers(receipt, samples.recorded_at);
  sections[receipt_section] = receipt.take();
  sections[text_section] = to_bytes(std::vector<sample_text>{samples.texts.begin(), samples.texts.end()});
  bytes out;
  binary::write(out, codec_format);
  binary::write(out, static_cast<std::uint32_t>(samples.at.size()));
  for (const auto& each : sections)
    binary::write(out, static_cast<std::uint32_t>(each.size()));
  for (const auto& each : sections)
    out.append(each);
  return out;
}

result<void> decode_numbers(bytes_view encoded, std::size_t series_count, sample_buffers& into) {
  const auto local = read_series(encoded, series_count);
  if (!local)
    return local.error();
  std::uint32_t rows = 0;
  const auto times = section_of(encoded, time_section, rows);
  const auto values = section_of(encoded, value_section, rows);
  if (!times || !values)
    return damaged();
  into.series.resize(rows);
  into.at.resize(rows);
  into.value.resize(rows);
  bit_reader time_bits{*times};
  read_integers(time_bits, std::span{into.at});
  bit_reader value_bits{*values};
  std::vector<last_value> last(local->numbers.size());
  for (std::size_t row = 0; row < rows; ++row) {
    const auto code = local->codes[row];
    into.series[row] = local->numbers[code];
    if (!read_value(value_bits, last[code], into.value[row]))
      return damaged();
  }
  return time_bits.failed() || value_bits.failed() ? result<void>{damaged()} : result<void>{};
}

result<void> decode_receipt(bytes_view encoded, sample_buffers& into) {
  std::uint32_t rows = 0;
  const auto section = section_of(encoded, receipt_section, rows);
  if (!section)
    return section.error();
  into.recorded_at.resize(rows);
  bit_reader in{*section};
  read_integers(in, std::span{into.recorded_at});
  return in.failed() ? result<void>{damaged()} : result<void>{};
}

result<void> decode_texts(bytes_view encoded, sample_buffers& into) {
  std::uint32_t rows = 0;
  const auto section = section_of(encoded, text_section, rows);
  if (!section)
    return section.error();
  auto texts = from_bytes<std::vector<sample_text>>(*section);
  if (!texts)
    return texts.error();
  for (const auto& each : *texts)
    if (each.row >= rows)
      return damaged();
  into.texts = std::move(*texts);
  return {};
}

} // namespace dotmac
