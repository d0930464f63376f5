#pragma once

/// Bodies as clients compress them.

#include <zlib.h>
#include <zstd.h>

#include <string>

namespace dotmac {

inline std::string gzipped(const std::string& plain) {
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, plain.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

/// `window_bits`: 0 for what zstd chooses.
inline std::string zstd_compressed(const std::string& plain, int window_bits = 0) {
  std::string out(ZSTD_compressBound(plain.size()), '\0');
  ZSTD_CCtx* context = ZSTD_createCCtx();
  if (window_bits > 0) {
    ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, window_bits);
    ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0);
  }
  ZSTD_inBuffer in{plain.data(), plain.size(), 0};
  ZSTD_outBuffer made{out.data(), out.size(), 0};
  ZSTD_compressStream2(context, &made, &in, window_bits > 0 ? ZSTD_e_continue : ZSTD_e_end);
  while (window_bits > 0 && ZSTD_compressStream2(context, &made, &in, ZSTD_e_end) != 0) {
  }
  ZSTD_freeCCtx(context);
  out.resize(made.pos);
  return out;
}

} // namespace dotmac
