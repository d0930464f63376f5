#pragma once

/// One request on its way through the gateway, and what its handler may use.

#include "api/ended_sessions.hpp"
#include "api/event_batcher.hpp"
#include "api/fair_workers.hpp"
#include "api/gateway.hpp"
#include "api/origins.hpp"
#include "api/routes.hpp"
#include "api/shared_calls.hpp"
#include "api/unknown_tenants.hpp"

#include <atomic>
#include <mutex>
#include <unordered_map>

namespace dotmac {

/// What the gateway keeps of a tenant.
struct known_tenant {
  explicit known_tenant(tenant_context given) : context{std::move(given)}, schemas{context.schemas} {}
  tenant_context context;
  event_schemas schemas;
  std::chrono::steady_clock::time_point asked_at = std::chrono::steady_clock::now();
};
using known_tenant_pointer = std::shared_ptr<const known_tenant>;

/// A key that a request names. No secret: the session of a browser has proven it.
struct claimed_key {
  std::string tenant, key_id;
  std::optional<std::string> secret;
};

struct gateway::implementation : std::enable_shared_from_this<gateway::implementation> {
  implementation(gateway_options given, tenant_service& service, gateway_hooks callbacks)
      : options{std::move(given)}, tenants{service}, hooks{std::move(callbacks)}, admitted{options.admission},
        origins{options.cors_origins}, batcher{service, options.request_timeout}, live_waits{service}, live_pages{service}, large_bodies{std::max<std::size_t>(1, options.http.threads)} {}

  void handle(http_request request, std::shared_ptr<http_exchange> exchange);
  void take(const gateway_call_pointer& call);
  void answer_options(const gateway_call_pointer& call, const std::string& allowed);
  result<void> take_upgrade(gateway_call& call);
  /// Of a token, where it holds and nobody has signed out of it.
  result<browser_session> session_of(std::string_view token) const;
  bool needs_credential(const http_request& request) const;
  bool is_stranger(const http_request& request) const;
  void authorize(const gateway_call_pointer& call, access_scope needed, std::function<void()> allowed);
  void authorize_by_cookie(const gateway_call_pointer& call, access_scope needed, std::function<void()> allowed);
  void authorize_by_key(const gateway_call_pointer& call, access_scope needed, const claimed_key& key, std::function<void()> allowed);
  bool may(const gateway_call_pointer& call, access_scope needed, const std::string& tenant, const std::vector<access_scope>& scopes);
  void run(const gateway_call_pointer& call);
  void run_with_body(const gateway_call_pointer& call);
  bool decompress_body(const gateway_call_pointer& call);

  /// Admits the call, or more bytes for it; what it holds is given back with its answer.
  result<void> reserve(gateway_call& call, std::size_t more);
  void give_back(gateway_call& call);

  /// What is known of a tenant; asked for where it is not. Forgotten by `forget_context` after a call that changes it.
  void with_context(const std::string& tenant, const gateway_call_pointer& call, std::function<void(const known_tenant_pointer&)> use);
  /// The same for a tenant that only a credential names: one that does not exist must leave nothing behind.
  /// `is_kept_good` false: it is asked for in any case.
  void with_claimed_context(const std::string& tenant, const gateway_call_pointer& call, bool is_kept_good, std::function<void(const known_tenant_pointer&)> use);
  void use_key(const gateway_call_pointer& call, access_scope needed, const claimed_key& key, bool may_be_new, std::function<void()> allowed);
  known_tenant_pointer kept_context(const std::string& tenant, std::uint64_t& asked_at);
  void forget_context(const std::string& tenant);
  void keep_context(const std::string& tenant, known_tenant_pointer known, std::uint64_t asked_at);

  gateway_options options;
  std::string session_secret; ///< set before the first request
  ended_sessions signed_out;
  tenant_service& tenants;
  gateway_hooks hooks;
  std::mutex admission_mutex;
  admission admitted;
  origin_rules origins;
  event_batcher batcher;
  shared_calls<await_events> live_waits;
  shared_calls<export_events> live_pages;
  std::mutex context_mutex;
  std::unordered_map<std::string, known_tenant_pointer> contexts;
  std::uint64_t context_changes = 0; ///< an answer asked for before a change is not kept
  unknown_tenants unknown;
  std::atomic<bool> stopping{false};
  std::unique_ptr<http_server> server;
  fair_workers large_bodies; ///< last, so that its tasks end before what they use
};

inline constexpr std::size_t large_body_bytes = 16'384; ///< from here on a body is not parsed on its connection's thread
inline constexpr std::size_t open_body_bytes_max = 8'192; ///< of who has proven nothing yet
inline constexpr std::size_t contexts_max = 10'000; ///< tenants whose keys are kept in the gateway

struct gateway_call {
  gateway_call(std::shared_ptr<gateway::implementation> gateway, http_request given, std::shared_ptr<http_exchange> its_exchange, timestamp now)
      : host{std::move(gateway)}, request{std::move(given)}, exchange{std::move(its_exchange)}, received_at{now} {}
  /// Answers where nobody did: a call that is lost on its way is a mistake of ours, not the client's wait.
  ~gateway_call();
  gateway_call(const gateway_call&) = delete;
  gateway_call& operator=(const gateway_call&) = delete;

  std::shared_ptr<gateway::implementation> host;
  http_request request;
  std::shared_ptr<http_exchange> exchange;
  const route* matched = nullptr;
  std::map<std::string, std::string> parameters;
  std::string tenant;
  std::vector<access_scope> scopes; ///< of its credential
  std::optional<timestamp> session_ends_at; ///< where its credential is the session of a browser
  bool may_act_for_all = false; ///< its credential is bound to no tenant
  std::string caller;           ///< who asks: "key 0123456789abcdef", "token ann", "loopback"
  timestamp received_at;
  bool is_admitted = false;
  std::size_t admitted_bytes = 0;
  std::atomic<bool> is_answered{false};

  /// The first response is sent, with the headers that all have; later ones are not.
  void respond(http_response response);
  /// Instead of `respond`: the body goes out piece by piece. What the call was admitted with is held until the call goes, so the driver of the
  /// stream keeps the call. Nothing where somebody has answered already.
  std::shared_ptr<response_stream> respond_in_pieces(http_response head);
  /// The same with messages, for a request with `upgrade`.
  std::shared_ptr<message_stream> respond_in_messages();
  /// Answers 500 and logs why.
  void fail(std::string_view what);
  /// Runs `act`; what it throws is answered as `fail` does.
  template <class Act> static void guard(const gateway_call_pointer& self, Act&& act) {
    try {
      act();
    } catch (const std::exception& why) {
      self->fail(why.what());
    } catch (...) {
      self->fail("an exception that says nothing");
    }
  }

  void answer(const json& body) { respond({200, "application/json", body.dump(-1, ' ', false, json::error_handler_t::replace), {}}); }
  void refuse(const failure& why);
  /// 422 with the list of what is wrong with the request.
  void refuse(const std::vector<complaint>& complaints, error_code code = error_code::validation_failed);

  /// Answers 400 or 422 and returns nothing where the body is not JSON, or not a `Record`.
  std::optional<json> parse_body();
  template <class Record> std::optional<Record> read_record(const json& document);
  template <class Record> std::optional<Record> read_body() {
    const auto document = parse_body();
    return document ? read_record<Record>(*document) : std::nullopt;
  }
  /// Answers 422 and returns nothing where the query of the request is not a `Record`: unknown names are refused, numbers are read from their text.
  template <class Record> std::optional<Record> read_query();

  call_options options_for(std::chrono::milliseconds timeout) const {
    return {tenant, std::chrono::steady_clock::now() + timeout, request.cancellation};
  }

  /// Asks the tenant; a failure is answered here, an answer goes to `use`.
  template <class Call>
  static void ask_tenant(const gateway_call_pointer& self, Call message, std::chrono::milliseconds timeout,
                         std::function<void(typename answer_of<Call>::type&)> use) {
    using answer_type = typename answer_of<Call>::type;
    ask(self->host->tenants, self->options_for(timeout), std::move(message),
        std::function<void(result<answer_type>)>{[self, use = std::move(use)](result<answer_type> outcome) {
          guard(self, [&] { outcome ? use(*outcome) : self->refuse(outcome.error()); });
        }});
  }
};

/// A document nested deeper than `depth_max` would cost the stack of whoever walks it.
std::optional<json> parse_json(const std::string& text, std::size_t depth_max, std::string& why_not);

template <class Record> std::optional<Record> gateway_call::read_record(const json& document) {
  Record record;
  json_reader in;
  if (in.read(document, record))
    return record;
  refuse(in.complaints());
  return std::nullopt;
}

template <class Record> std::optional<Record> gateway_call::read_query() {
  json sent(request.query);
  for_each_field<Record>([&](const auto& each) {
    using value = std::remove_cvref_t<decltype(std::declval<Record>().*each.member)>;
    if constexpr (std::is_integral_v<value> || std::is_same_v<value, std::optional<std::int64_t>>)
      if (const auto found = sent.find(each.name); found != sent.end())
        if (auto number = json::parse(found->template get<std::string>(), nullptr, false); number.is_number_integer())
          *found = std::move(number);
  });
  Record record;
  json_reader in{"query"};
  if (in.read(sent, record))
    return record;
  refuse(in.complaints());
  return std::nullopt;
}

} // namespace dotmac
