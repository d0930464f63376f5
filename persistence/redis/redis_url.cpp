#include "persistence/redis/redis_result_cache.hpp"

#include <charconv>

namespace dotmac {
namespace {

constexpr std::uint32_t redis_database_max = 65'535;

failure bad_redis_url(const std::string& why) {
  // The address itself is not told: it may hold a password.
  return {error_code::validation_failed, "REDIS_URL " + why + ": it must be redis://[user:password@]host[:port][/database]", "REDIS_URL"};
}

template <class Number> bool read_whole(std::string_view text, Number& into) {
  const auto [end, why] = std::from_chars(text.data(), text.data() + text.size(), into);
  return !text.empty() && why == std::errc{} && end == text.data() + text.size();
}

/// None where a percent sign is not followed by two hexadecimal digits.
std::optional<std::string> percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      out.push_back(text[at]);
      continue;
    }
    unsigned char code = 0;
    const auto digits = text.substr(at + 1, 2);
    const auto [end, why] = std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
    if (digits.size() != 2 || why != std::errc{} || end != digits.data() + 2)
      return std::nullopt;
    out.push_back(static_cast<char>(code));
    at += 2;
  }
  return out;
}

} // namespace

result<redis_address> parse_redis_url(const std::string& url) {
  constexpr std::string_view scheme = "redis://";
  if (!url.starts_with(scheme))
    return bad_redis_url("has another scheme");
  std::string_view rest = std::string_view{url}.substr(scheme.size());
  redis_address address;
  if (const auto at = rest.rfind('@'); at != std::string_view::npos) {
    const auto who = rest.substr(0, at);
    rest.remove_prefix(at + 1);
    const auto colon = who.find(':');
    if (colon == std::string_view::npos)
      return bad_redis_url("has a user without a password");
    const auto user = percent_decoded(who.substr(0, colon));
    const auto password = percent_decoded(who.substr(colon + 1));
    if (!user || !password || password->empty())
      return bad_redis_url("has a user or password that cannot be read");
    address.user = *user;
    address.password = *password;
  }
  if (const auto slash = rest.find('/'); slash != std::string_view::npos) {
    const auto database = rest.substr(slash + 1);
    rest = rest.substr(0, slash);
    if (!database.empty() && (!read_whole(database, address.database) || address.database > redis_database_max))
      return bad_redis_url("has a database that is no number");
  }
  const auto bracket = rest.starts_with('[') ? rest.find(']') : std::string_view::npos; // an address of IPv6
  const auto colon = rest.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (colon != std::string_view::npos && (!read_whole(rest.substr(colon + 1), address.port) || address.port == 0))
    return bad_redis_url("has a port that is no number from 1 to 65535");
  auto host = rest.substr(0, colon);
  if (bracket != std::string_view::npos) {
    if (host.back() != ']')
      return bad_redis_url("has no host");
    host = host.substr(1, host.size() - 2);
  }
  if (host.empty())
    return bad_redis_url("has no host");
  address.host = host;
  return address;
}

} // namespace dotmac
