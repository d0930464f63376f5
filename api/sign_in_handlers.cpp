#include "api/sign_in_requests.hpp"

#include "api/answer_forms.hpp"
#include "api/browser_session.hpp"
#include "api/form_parts.hpp"
#include "api/handlers.hpp"

namespace dotmac {
namespace {

constexpr std::size_t session_id_bytes = 16;

using header_list = std::vector<std::pair<std::string, std::string>>;

/// Of one browser, and of now.
header_list uncached(header_list more = {}) {
  more.emplace_back("Cache-Control", "no-store");
  return more;
}

void answer_session(const gateway_call_pointer& call, header_list headers) {
  call->host->with_context(call->tenant, call, [call, headers = std::move(headers)](const known_tenant_pointer& known) {
    const json body{{"tenant_id", call->tenant}, {"timezone", known->context.timezone}, {"scopes", write_json(call->scopes)},
                    {"signed_in", call->session_ends_at.has_value()}, {"ends_at", optional_time(call->session_ends_at)}};
    call->respond({200, "application/json", body.dump(), headers, {}});
  });
}

} // namespace

json session_form() {
  using namespace form_parts;
  return object_of({{"tenant_id", text_or_null(), "whose data; null for who has to sign in first"}, {"timezone", text_or_null(), "calendar of its answers"}, {"scopes", list_of(one_of({"ingest", "read", "write", "admin"})), "what it may do"},
                    {"signed_in", {{"type", "boolean"}}, "whether this is the session of a browser"}, {"ends_at", time_or_null(), "of the session; null where there is none"}});
}

json session_ended_form() {
  using namespace form_parts;
  return object_of({{"status", {{"const", "signed_out"}}, ""}});
}

void begin_session(const gateway_call_pointer& call) {
  if (auto own = check_page_origin(call->request); !own) // else a page could sign its visitor in as somebody else
    return call->refuse(own.error());
  const auto body = call->read_body<session_request>();
  if (!body)
    return;
  const auto key = parse_api_key(body->api_key);
  if (!key)
    return call->refuse({error_code::unauthorized, "this is no API key: one begins with \"dma.\" and has three more parts", "api_key"});
  call->host->give_back(*call); // what was nobody's: from here on it is the tenant's call
  call->host->authorize_by_key(call, access_scope::read, {key->tenant, key->key_id, key->secret}, [call, key_id = key->key_id] {
    const browser_session session{call->tenant, key_id, random_identifier(session_id_bytes), {(call->received_at.milliseconds / 1'000 + std::chrono::seconds{session_lifetime}.count()) * 1'000}};
    call->session_ends_at = session.ends_at;
    answer_session(call, uncached({{"Set-Cookie", session_cookie(write_session(session, call->host->session_secret), call->request)}}));
  });
}

void show_session(const gateway_call_pointer& call) {
  if (!call->tenant.empty())
    return answer_session(call, uncached());
  const json nobody{{"tenant_id", nullptr}, {"timezone", nullptr}, {"scopes", json::array()}, {"signed_in", false}, {"ends_at", nullptr}};
  call->respond({200, "application/json", nobody.dump(), uncached(), {}});
}

void end_session(const gateway_call_pointer& call) {
  if (const auto token = session_token_in(call->request); !token.empty()) {
    if (auto page = check_page(call->request); !page)
      return call->refuse(page.error());
    if (const auto session = call->host->session_of(token))
      call->host->signed_out.add(*session, call->received_at);
  }
  call->respond({200, "application/json", json{{"status", "signed_out"}}.dump(), uncached({{"Set-Cookie", session_cookie({}, call->request)}}), {}});
}

} // namespace dotmac
