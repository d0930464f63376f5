#include "api/routes.hpp"

#include "api/url.hpp"

#include <algorithm>

namespace dotmac {

std::vector<std::string_view> segments_of(std::string_view path) {
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    const auto end = path.find('/');
    if (const auto part = path.substr(0, end); !part.empty())
      parts.push_back(part);
    path = end == path.npos ? std::string_view{} : path.substr(end + 1);
  }
  return parts;
}

bool is_path_parameter(std::string_view part) { return part.size() > 2 && part.front() == '{'; }

namespace {

/// Of a path as it was sent.
std::vector<std::string> decoded_segments_of(std::string_view path) {
  std::vector<std::string> parts;
  for (const auto part : segments_of(path))
    parts.push_back(decode_percent(part, false).value_or(std::string{part}));
  return parts;
}

struct split_route {
  const route* of;
  std::vector<std::string_view> parts;
};

/// All routes, their paths in parts.
const std::vector<split_route>& split_routes() {
  static const auto all = [] {
    std::vector<split_route> out;
    for (const auto& each : all_routes())
      out.push_back({&each, segments_of(each.path)});
    return out;
  }();
  return all;
}

bool matches(std::span<const std::string_view> wanted, std::span<const std::string> given) {
  if (!wanted.empty() && wanted.back() == "*") {
    wanted = wanted.first(wanted.size() - 1);
    given = given.first(std::min(wanted.size(), given.size()));
  }
  return std::equal(wanted.begin(), wanted.end(), given.begin(), given.end(), [](std::string_view part, const std::string& each) { return part == each || is_path_parameter(part); });
}

std::map<std::string, std::string> parameters_of(std::span<const std::string_view> wanted, std::span<const std::string> given) {
  std::map<std::string, std::string> parameters;
  for (std::size_t i = 0; i < wanted.size(); ++i)
    if (is_path_parameter(wanted[i]))
      parameters[std::string{wanted[i].substr(1, wanted[i].size() - 2)}] = given[i];
  return parameters;
}

} // namespace

route_match match_route(std::string_view method, std::string_view path) {
  constexpr std::string_view prefix = "/api/v1";
  const bool is_for_programs = path == prefix || path.starts_with("/api/v1/");
  if (is_for_programs)
    path.remove_prefix(prefix.size());
  // The one path whose slash means something.
  const bool is_prometheus = path == "/metrics";
  const auto given = decoded_segments_of(path);
  route_match match;
  for (const auto& [of, parts] : split_routes()) {
    const route& each = *of;
    const bool wants_prometheus = each.path == "/metrics";
    if (wants_prometheus && !is_prometheus)
      continue;
    if ((each.is_page && is_for_programs) || !matches(parts, given))
      continue;
    if (is_prometheus && !wants_prometheus && method == "GET")
      continue;
    if (each.method == method || (method == "HEAD" && each.method == "GET")) {
      if (!match.found) {
        match.found = &each;
        match.parameters = parameters_of(parts, given);
      }
      continue;
    }
    if (match.allowed.find(each.method) == match.allowed.npos)
      match.allowed.append(match.allowed.empty() ? "" : ", ").append(each.method);
  }
  return match;
}

} // namespace dotmac
