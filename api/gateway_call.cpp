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

/// "series.1.name" is an entry of a list: its place is "series", 1, "name". Any other text is one name.
static void add_place(std::vector<json>& to, const std::string& field) {
  const auto dot = field.find('.');
  const auto end = dot == field.npos ? field.npos : field.find('.', dot + 1);
  const auto number = dot == field.npos ? std::string{} : field.substr(dot + 1, end == field.npos ? end : end - dot - 1);
  if (number.empty() || number.size() > 9 || number.find_first_not_of("0123456789") != number.npos) {
    if (!field.empty())
      to.emplace_back(field);
    return;
  }
  to.emplace_back(field.substr(0, dot));
  to.emplace_back(std::stoul(number));
  if (end != field.npos)
    to.emplace_back(field.substr(end + 1));
}

void gateway_call::refuse(const failure& why) {
  if (describe(why.code).http_status != describe(error_code::validation_failed).http_status)
    return respond(error_response(why, request.request_id));
  complaint one{why.code == error_code::validation_failed ? "value_error" : std::string{describe(why.code).name}, {"body"}, why.message, nullptr};
  add_place(one.loc, why.field);
  refuse({std::move(one)}, why.code);
}

void gateway_call::refuse(const std::vector<complaint>& complaints, error_code code) {
  auto response = error_response({code, {}, {}}, request.request_id);
  json body{{"detail", to_json(complaints)}, {"code", std::string{describe(code).name}}, {"request_id", request.request_id}};
  response.body = body.dump(-1, ' ', false, json::error_handler_t::replace);
  respond(std::move(response));
}

gateway_call::~gateway_call() {
  if (is_answered) {
    host->give_back(*this); // of a stream that has ended; nothing else has anything left
    return;
  }
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

std::shared_ptr<response_stream> gateway_call::respond_in_pieces(http_response head) {
  if (is_answered.exchange(true))
    return nullptr;
  host->origins.add_headers(request.header("origin"), head);
  head.tenant = tenant;
  return exchange->begin_stream(std::move(head));
}

std::shared_ptr<message_stream> gateway_call::respond_in_messages() {
  if (is_answered.exchange(true))
    return nullptr;
  return exchange->begin_messages(*request.upgrade, tenant);
}

void gateway_call::fail(std::string_view what) {
  if (host->hooks.log_failure)
    host->hooks.log_failure(request.request_id, what);
  respond(error_response({error_code::internal_error, {}, {}}, request.request_id));
}

} // namespace dotmac
