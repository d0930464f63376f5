#include "api/decompress.hpp"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <memory>

namespace dotmac {
namespace {

constexpr std::size_t chunk_size = 64 * 1024;

failure not_valid(std::string_view what) { return {error_code::malformed_request, "the body is not valid " + std::string{what}, "body"}; }

/// The result as it grows: capacity doubles, and is reserved before it is taken.
class bounded_output {
public:
  bounded_output(std::size_t bytes_max, const reserve_bytes& reserve) : bytes_max_{bytes_max}, reserve_{reserve} {}

  result<void> append(const char* data, std::size_t size) {
    const auto needed = out_.size() + size;
    if (needed > bytes_max_)
      return failure{error_code::payload_too_large, "the decompressed body is over the limit of " + std::to_string(bytes_max_) + " bytes", "body"};
    if (needed > reserved_) {
      const auto wanted = std::min(bytes_max_, std::max(needed, 2 * reserved_));
      if (auto outcome = reserve_(wanted - reserved_); !outcome)
        return outcome;
      reserved_ = wanted;
      out_.reserve(wanted);
    }
    out_.append(data, size);
    return {};
  }
  bytes take() { return std::move(out_); }

private:
  std::size_t bytes_max_;
  const reserve_bytes& reserve_;
  std::size_t reserved_ = 0;
  bytes out_;
};

result<void> inflate_gzip(bytes_view compressed, bounded_output& out) {
  z_stream stream{};
  constexpr int gzip_only = 16 + MAX_WBITS;
  if (inflateInit2(&stream, gzip_only) != Z_OK)
    return failure{error_code::internal_error, "zlib could not be set up", {}};
  const std::unique_ptr<z_stream, int (*)(z_stream*)> end{&stream, inflateEnd};
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(compressed.data()));
  stream.avail_in = static_cast<uInt>(compressed.size());
  char chunk[chunk_size];
  for (;;) {
    stream.next_out = reinterpret_cast<Bytef*>(chunk);
    stream.avail_out = sizeof chunk;
    const int status = inflate(&stream, Z_NO_FLUSH);
    const auto produced = sizeof chunk - stream.avail_out;
    if ((status != Z_OK && status != Z_STREAM_END) || (status == Z_OK && produced == 0 && stream.avail_in == 0))
      return not_valid("gzip");
    if (auto outcome = out.append(chunk, produced); !outcome)
      return outcome;
    if (status == Z_STREAM_END && stream.avail_in == 0)
      return {};
    if (status == Z_STREAM_END && inflateReset(&stream) != Z_OK)
      return failure{error_code::internal_error, "zlib could not be set up again", {}};
  }
}

result<void> inflate_zstd(bytes_view compressed, bounded_output& out) {
  const std::unique_ptr<ZSTD_DCtx, std::size_t (*)(ZSTD_DCtx*)> context{ZSTD_createDCtx(), ZSTD_freeDCtx};
  if (!context || ZSTD_isError(ZSTD_DCtx_setParameter(context.get(), ZSTD_d_windowLogMax, zstd_window_bits_max)))
    return failure{error_code::internal_error, "zstd could not be set up", {}};
  ZSTD_inBuffer in{compressed.data(), compressed.size(), 0};
  char chunk[chunk_size];
  for (;;) {
    ZSTD_outBuffer made{chunk, sizeof chunk, 0};
    const auto left = ZSTD_decompressStream(context.get(), &made, &in);
    if (ZSTD_isError(left))
      return not_valid("zstd, or needs a window over " + std::to_string(zstd_window_bytes_max) + " bytes");
    if (auto outcome = out.append(chunk, made.pos); !outcome)
      return outcome;
    if (left == 0 && in.pos == in.size)
      return {};
    if (in.pos == in.size && made.pos < made.size)
      return not_valid("zstd: its end is missing");
  }
}

} // namespace

std::optional<content_encoding> content_encoding_named(std::string_view name) {
  std::string lower{name};
  for (auto& c : lower)
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  if (lower.empty() || lower == "identity")
    return content_encoding::identity;
  if (lower == "gzip" || lower == "x-gzip")
    return content_encoding::gzip;
  if (lower == "zstd")
    return content_encoding::zstd;
  return std::nullopt;
}

result<bytes> decompress(content_encoding encoding, bytes body, std::size_t bytes_max, const reserve_bytes& reserve) {
  if (encoding == content_encoding::identity)
    return body;
  bounded_output out{bytes_max, reserve};
  const auto outcome = encoding == content_encoding::gzip ? inflate_gzip(body, out) : inflate_zstd(body, out);
  if (!outcome)
    return outcome.error();
  return out.take();
}

} // namespace dotmac
