#include "runtime/node/door_options.hpp"

namespace dotmac {
namespace {

constexpr std::chrono::milliseconds contexts_kept_for{1'000}; ///< in a cluster

std::vector<std::string> split_by_comma(const std::string& text) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin < text.size();) {
    const auto end = std::min(text.find(',', begin), text.size());
    if (end > begin)
      parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

} // namespace

gateway_options door_options_of(const settings& given) {
  gateway_options options;
  options.http.host = given.host;
  options.http.port = static_cast<std::uint16_t>(given.port);
  options.http.threads = static_cast<std::size_t>(given.io_threads);
  options.http.limits.body_bytes_max = static_cast<std::size_t>(given.body_bytes_max);
  options.http.limits.connections_max = static_cast<std::size_t>(given.connections_max);
  options.http.limits.header_timeout = std::chrono::seconds{given.header_timeout_seconds};
  options.http.limits.body_timeout = std::chrono::seconds{given.body_timeout_seconds};
  options.http.limits.write_timeout = std::chrono::seconds{given.write_timeout_seconds};
  options.http.limits.idle_timeout = std::chrono::seconds{given.idle_timeout_seconds};
  options.admission.tenant_bytes_max = static_cast<std::size_t>(given.tenant_bytes_in_flight_max);
  options.admission.tenant_calls_max = static_cast<std::size_t>(given.tenant_calls_in_flight_max);
  options.admission.node_bytes_max = static_cast<std::size_t>(given.node_bytes_in_flight_max);
  options.admission.node_calls_max = static_cast<std::size_t>(given.node_calls_in_flight_max);
  options.request_timeout = std::chrono::seconds{given.request_timeout_seconds};
  options.query_timeout = std::chrono::seconds{given.query_timeout_seconds};
  options.takes_calls_of_tenants = given.node_role != "worker";
  options.context_kept_for = !given.cluster_name.empty() ? contexts_kept_for : std::chrono::milliseconds{0};
  options.secret_key = given.secret_key;
  options.is_production = given.is_production();
  options.cors_origins = split_by_comma(given.cors_origins);
  options.version = DOTMAC_VERSION;
  options.environment = given.environment;
  return options;
}

} // namespace dotmac
