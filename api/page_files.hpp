#pragma once

/// The files of the pages (web/) inside the program: made by web/build.mjs when the program is built.

#include <cstddef>
#include <span>
#include <string_view>

namespace dotmac {

struct page_file {
  std::string_view name; ///< "app-0123456789abcdef.js", below /assets; of the document: empty
  std::string_view content_type;
  std::string_view hash; ///< of its content
  std::size_t plain_size = 0;
  std::string_view gzipped;
};

/// The document first, which all paths of pages are answered with; then what it loads.
std::span<const page_file> page_files();

} // namespace dotmac
