#pragma once

/// A request and its response as the rest of the gateway sees them: no Beast here.

#include "actors/protocol/tenant_service.hpp"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace dotmac {

struct http_request {
  std::string method;
  std::string path;                         ///< as sent, without the query: valid percent-encoded UTF-8, decoded part by part (api/routes.hpp)
  std::map<std::string, std::string> query; ///< decoded; of a repeated name the last
  std::vector<std::pair<std::string, std::string>> headers; ///< names in lower case
  std::string body;                         ///< decompressed
  std::string request_id;
  std::string remote_address;
  bool is_from_loopback = false;
  cancellation_flag cancellation; ///< set when the client hangs up

  /// Empty where there is none.
  std::string_view header(std::string_view lower_case_name) const {
    for (const auto& [name, value] : headers)
      if (name == lower_case_name)
        return value;
    return {};
  }
};

struct http_response {
  unsigned status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
};

} // namespace dotmac
