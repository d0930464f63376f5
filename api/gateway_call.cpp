#include "api/gateway_call.hpp"

#include "api/json_grammar.hpp"
#include "core/utf8.hpp"

namespace dotmac {
std::optional<json> parse_json(const std::string& text, std::size_t depth_max, std::string& why_not) {
  if (!is_valid_utf8(text)) {
    why_not = "it is not valid UTF-8";
    return std::nullopt;
  }
  auto body = std::string_view{text};
  if (body.starts_with("\xEF\xBB\xBF"))
    body.remove_prefix(3);
  if (auto wrong = check_json(body, depth_max)) {
    why_not = body.empty() ? "it is empty" : *std::move(wrong);
    return std::nullopt;
  }
  auto document = json::parse(body, nullptr, false);
  if (document.is_discarded()) {
    why_not = "it has a number that is beyond a double";
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

void gateway_call::refuse(const failure& why) {
  if (describe(why.code).http_status != describe(error_code::validation_failed).http_status)
    return respond(error_response(why, request.request_id));
  complaint one{why.code == error_code::validation_failed ? "value_error" : std::string{describe(why.code).name}, {"body"}, why.message, nullptr};
  if (!why.field.empty())
    one.loc.emplace_back(why.field);
  refuse({std::move(one)}, why.code);
}

void gateway_call::refuse(const std::vector<complaint>& complaints, error_code code) {
  auto response = error_response({code, {}, {}}, request.request_id);
  json body{{"detail", to_json(complaints)}, {"code", std::string{describe(code).name}}, {"request_id", request.request_id}};
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
