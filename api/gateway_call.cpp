#include "api/gateway_call.hpp"

#include "api/url.hpp"

#include <algorithm>
#include <charconv>

namespace dotmac {
namespace {

std::size_t nesting_of(std::string_view text) {
  std::size_t depth = 0;
  std::size_t deepest = 0;
  bool in_text = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_text) {
      if (c == '\\')
        ++i;
      else if (c == '"')
        in_text = false;
    } else if (c == '"') {
      in_text = true;
    } else if (c == '[' || c == '{') {
      deepest = std::max(deepest, ++depth);
    } else if ((c == ']' || c == '}') && depth > 0) {
      --depth;
    }
  }
  return deepest;
}

} // namespace

std::optional<json> parse_json(const std::string& text, std::size_t depth_max, std::string& why_not) {
  if (nesting_of(text) > depth_max) {
    why_not = "it is nested deeper than the limit of " + std::to_string(depth_max);
    return std::nullopt;
  }
  if (!is_valid_utf8(text)) {
    why_not = "it is not valid UTF-8";
    return std::nullopt;
  }
  auto document = json::parse(text, nullptr, false);
  if (document.is_discarded()) {
    why_not = text.empty() ? "it is empty" : "its syntax is wrong";
    return std::nullopt;
  }
  return document;
}

std::optional<json> gateway_call::parse_body() {
  std::string why_not;
  auto document = parse_json(request.body, json_depth_max, why_not);
  if (!document)
    refuse(failure{error_code::malformed_request, "the body is not valid JSON: " + why_not, "body"});
  return document;
}

std::optional<std::int64_t> gateway_call::query_number(const std::string& name, std::int64_t otherwise, bounds allowed) {
  const auto sent = request.query.find(name);
  if (sent == request.query.end())
    return otherwise;
  std::int64_t value = 0;
  const auto& text = sent->second;
  const auto [end, why] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (why == std::errc{} && end == text.data() + text.size() && value >= allowed.min && value <= allowed.max)
    return value;
  refuse({{"out_of_bounds", {"query", name}, "must be a whole number from " + std::to_string(allowed.min) + " to " + std::to_string(allowed.max), text}});
  return std::nullopt;
}

void gateway_call::refuse(const failure& why) {
  if (why.code == error_code::validation_failed && !why.field.empty())
    return refuse({{"value_error", {"body", why.field}, why.message, nullptr}});
  respond(error_response(why, request.request_id));
}

void gateway_call::refuse(const std::vector<complaint>& complaints) {
  auto response = error_response({error_code::validation_failed, {}, {}}, request.request_id);
  json body{{"detail", to_json(complaints)}, {"code", "validation_failed"}, {"request_id", request.request_id}};
  response.body = body.dump(-1, ' ', false, json::error_handler_t::replace);
  respond(std::move(response));
}

gateway_call::~gateway_call() {
  if (is_answered)
    return;
  try {
    if (host->stopping)
      refuse({error_code::draining, "the node is stopping", {}});
    else
      fail("the call was lost on its way");
  } catch (const std::exception&) { // no memory for an answer: the connection ends with the exchange
  }
}

void gateway_call::respond(http_response response) {
  if (is_answered.exchange(true))
    return;
  host->give_back(*this);
  host->origins.add_headers(request.header("origin"), response);
  response.tenant = tenant;
  exchange->respond(std::move(response));
}

void gateway_call::fail(std::string_view what) {
  if (host->hooks.log_failure)
    host->hooks.log_failure(request.request_id, what);
  respond(error_response({error_code::internal_error, {}, {}}, request.request_id));
}

} // namespace dotmac
