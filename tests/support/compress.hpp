#pragma once
// Bodies as servers with a content coding send them.

#include <stdexcept>
#include <string>
#include <string_view>

#include <zlib.h>

namespace millrace::test {

inline constexpr int as_gzip = MAX_WBITS + 16, as_zlib = MAX_WBITS, as_raw_deflate = -MAX_WBITS;

/// `format` is one of the above.
inline std::string compress(std::string_view text, int format, int level = 6) {
  z_stream stream{};
  if (deflateInit2(&stream, level, Z_DEFLATED, format, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::runtime_error("no deflate");
  std::string input(text), out(deflateBound(&stream, text.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(input.data());
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int code = deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  if (code != Z_STREAM_END) throw std::runtime_error("deflate did not end");
  return out;
}

}  // namespace millrace::test
