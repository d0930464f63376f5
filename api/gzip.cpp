#include "api/gzip.hpp"

#include <zlib.h>

#include <memory>

namespace dotmac {

result<bytes> decompress_gzip(bytes_view compressed, std::size_t bytes_max) {
  z_stream stream{};
  constexpr int gzip_only = 16 + MAX_WBITS;
  if (inflateInit2(&stream, gzip_only) != Z_OK)
    return failure{error_code::internal_error, "zlib could not be set up", {}};
  const std::unique_ptr<z_stream, int (*)(z_stream*)> end{&stream, inflateEnd};
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(compressed.data()));
  stream.avail_in = static_cast<uInt>(compressed.size());
  bytes out;
  char chunk[64 * 1024];
  int status = Z_OK;
  while (status != Z_STREAM_END) {
    stream.next_out = reinterpret_cast<Bytef*>(chunk);
    stream.avail_out = sizeof chunk;
    status = inflate(&stream, Z_NO_FLUSH);
    const auto produced = sizeof chunk - stream.avail_out;
    if ((status != Z_OK && status != Z_STREAM_END) || (status == Z_OK && produced == 0 && stream.avail_in == 0))
      return failure{error_code::malformed_request, "the body is not valid gzip", "body"};
    if (out.size() + produced > bytes_max)
      return failure{error_code::payload_too_large,
                     "the decompressed body is over the limit of " + std::to_string(bytes_max) + " bytes", "body"};
    out.append(chunk, produced);
  }
  if (stream.avail_in != 0)
    return failure{error_code::malformed_request, "bytes follow the end of the gzip body", "body"};
  return out;
}

} // namespace dotmac
