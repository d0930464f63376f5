#pragma once

/// One request on its way through the gateway, and what its handler may use.

#include "api/event_batcher.hpp"
#include "api/fair_workers.hpp"
#include "api/gateway.hpp"
#include "api/routes.hpp"

#include <mutex>
#include <unordered_map>

namespace dotmac {

/// What the gateway keeps of a tenant.
struct known_tenant {
  explicit known_tenant(tenant_context given) : context{std::move(given)}, schemas{context.schemas} {}
  tenant_context context;
  event_schemas schemas;
};
using known_tenant_pointer = std::shared_ptr<const known_tenant>;

struct gateway::implementation : std::enable_shared_from_this<gateway::implementation> {
  implementation(gateway_options given, tenant_service& service, gateway_hooks callbacks)
      : options{std::move(given)}, tenants{service}, hooks{std::move(callbacks)}, admitted{options.admission},
        batcher{service, options.request_timeout}, large_bodies{std::max<std::size_t>(1, options.http.threads)} {}

  void handle(http_request request, respond_function respond);
  void authorize(const gateway_call_pointer& call, access_scope needed, std::function<void()> allowed);
  void run(const gateway_call_pointer& call);

  /// What is known of a tenant; asked for where it is not. Forgotten by `forget_context` after a call that changes it.
  void with_context(const std::string& tenant, const gateway_call_pointer& call, std::function<void(const known_tenant_pointer&)> use);
  void forget_context(const std::string& tenant);
  void keep_context(const std::string& tenant, known_tenant_pointer known, std::uint64_t asked_at);

  gateway_options options;
  tenant_service& tenants;
  gateway_hooks hooks;
  std::mutex admission_mutex;
  admission admitted;
  event_batcher batcher;
  std::mutex context_mutex;
  std::unordered_map<std::string, known_tenant_pointer> contexts;
  std::uint64_t context_changes = 0; ///< an answer asked for before a change is not kept
  std::unique_ptr<http_server> server;
  fair_workers large_bodies; ///< last, so that its tasks end before what they use
};

inline constexpr std::size_t large_body_bytes = 16'384; ///< from here on a body is not parsed on its connection's thread
inline constexpr std::size_t contexts_max = 10'000; ///< tenants whose keys are kept in the gateway

struct gateway_call {
  std::shared_ptr<gateway::implementation> host;
  http_request request;
  respond_function respond;
  const route* matched = nullptr;
  std::map<std::string, std::string> parameters;
  std::string tenant;
  bool may_act_for_all = false; ///< its credential is bound to no tenant
  timestamp received_at;

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
          if (!outcome)
            return self->refuse(outcome.error());
          use(*outcome);
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
    if constexpr (std::is_integral_v<value>)
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
