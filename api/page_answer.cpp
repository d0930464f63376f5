#include "api/page_answer.hpp"

#include "api/decompress.hpp"

#include <algorithm>
#include <cstdlib>
#include <vector>

namespace dotmac {
namespace {

/// Scripts, styles, calls: all from this node; nothing inline, nothing that frames the page.
constexpr const char* content_security_policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; font-src 'self'; base-uri 'none'; "
                                                "frame-ancestors 'none'; form-action 'self'";

std::string_view trimmed(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  return text.substr(0, text.find_last_not_of(" \t") + 1);
}

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto end = text.find(at);
    parts.push_back(trimmed(text.substr(0, end)));
    if (end == text.npos)
      return parts;
    text.remove_prefix(end + 1);
  }
}

bool is_word(std::string_view text, std::string_view lower_case) {
  return std::equal(text.begin(), text.end(), lower_case.begin(), lower_case.end(), [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a | 0x20 : a) == b; });
}

/// "gzip;q=0" refuses it.
bool is_wanted(std::span<const std::string_view> parameters) {
  for (const auto each : parameters)
    if (each.size() > 2 && (each[0] | 0x20) == 'q' && each[1] == '=')
      return std::strtod(std::string{each.substr(2)}.c_str(), nullptr) > 0;
  return true;
}

} // namespace

bool accepts_gzip(std::string_view accept_encoding) {
  std::optional<bool> of_any;
  for (const auto entry : split(accept_encoding, ',')) {
    const auto parts = split(entry, ';');
    const bool wanted = is_wanted(std::span{parts}.subspan(1));
    if (is_word(parts.front(), "gzip") || is_word(parts.front(), "x-gzip"))
      return wanted;
    if (parts.front() == "*")
      of_any = wanted;
  }
  return of_any.value_or(false);
}

bool names_tag(std::string_view if_none_match, std::string_view tag) {
  for (auto each : split(if_none_match, ',')) {
    if (each.starts_with("W/"))
      each.remove_prefix(2);
    if (each == tag || each == "*")
      return true;
  }
  return false;
}

http_response page_answer(const page_file& file, const http_request& request) {
  const bool is_gzipped = accepts_gzip(request.header("accept-encoding"));
  const auto tag = "\"" + std::string{file.hash} + (is_gzipped ? "-gzip\"" : "\"");
  http_response response{200, std::string{file.content_type}, {}, {{"ETag", tag}, {"Vary", "Accept-Encoding"}}, {}};
  response.headers.emplace_back("Cache-Control", file.name.empty() ? "no-cache" : "public, max-age=31536000, immutable");
  for (const auto& [name, value] : {std::pair{"Content-Security-Policy", content_security_policy}, std::pair{"X-Content-Type-Options", "nosniff"}, std::pair{"Referrer-Policy", "same-origin"},
                                    std::pair{"Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=()"}, std::pair{"Cross-Origin-Resource-Policy", "same-origin"}})
    response.headers.emplace_back(name, value);
  if (names_tag(request.header("if-none-match"), tag)) {
    response.status = 304;
    return response;
  }
  if (is_gzipped) {
    response.headers.emplace_back("Content-Encoding", "gzip");
    response.body = file.gzipped;
    return response;
  }
  auto plain = decompress(content_encoding::gzip, std::string{file.gzipped}, file.plain_size, [](std::size_t) { return result<void>{}; });
  if (!plain)
    throw std::logic_error{"a file of the pages does not decompress: " + plain.error().message};
  response.body = *std::move(plain);
  return response;
}

} // namespace dotmac
