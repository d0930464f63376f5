#pragma once

/// A gateway on a free port before a tenant that answers plainly.

#include "api/credentials.hpp"
#include "api/event_parser.hpp"
#include "api/gateway.hpp"
#include "core/describe/json.hpp"
#include "tests/api/fake_tenant_service.hpp"
#include "tests/api/http_test_client.hpp"

#include <gtest/gtest.h>

#include <cstring>

namespace dotmac {

inline constexpr timestamp test_now{1'767'225'600'000}; // 2026-01-01T00:00:00Z

class gateway_test : public testing::Test {
protected:
  void start(gateway_options options = {}) {
    options.http.port = 0;
    options.version = "1.2.3";
    options.environment = "test";
    gateway_hooks hooks;
    hooks.now = [] { return test_now; };
    hooks.why_not_ready = [this]() -> std::optional<failure> { return is_ready ? std::nullopt : std::optional{failure{error_code::not_ready, "the store is away", {}}}; };
    hooks.why_closed = [this]() -> std::optional<failure> { return is_open ? std::nullopt : std::optional{failure{error_code::not_ready, "the node is starting", {}}}; };
    hooks.health_components = [] { return json{{"store", {{"status", "healthy"}, {"latency_ms", 0.5}}}}; };
    hooks.actors = [](const std::string&, const actor_list_question& asked, const actor_list_answer& answer) {
      if (asked.which.kind == "throw")
        throw std::runtime_error{"thrown by the test"};
      answer(actor_list{json::array({json{{"tenant", asked.which.tenant}}}), 1, std::nullopt});
    };
    hooks.prometheus_text = [] { return std::string{"dotmac_up 1\n"}; };
    hooks.log_access = [this](const access_record& record) {
      const std::lock_guard lock{log_mutex};
      log.push_back({std::string{record.method}, std::string{record.path}, std::string{record.request_id}, std::string{record.tenant}, record.status});
    };
    hooks.log_failure = [this](std::string_view request_id, std::string_view what) {
      const std::lock_guard lock{log_mutex};
      failures.push_back(std::string{request_id} + ": " + std::string{what});
    };
    subject.emplace(std::move(options), tenants, std::move(hooks));
    const auto outcome = subject->start();
    ASSERT_TRUE(outcome) << outcome.error().message;
    port = *outcome;
  }
  void TearDown() override {
    tenants.hold(false);
    if (subject)
      subject->stop(std::chrono::milliseconds{2'000});
  }

  test_response call(std::string_view method, std::string_view path, std::string_view body = {}, std::string_view headers = {}) {
    http_test_client client{port};
    auto response = client.call(method, path, body, headers);
    EXPECT_TRUE(response) << method << " " << path << ": no response";
    return response.value_or(test_response{});
  }

  result<tenant_answer> answer(const fake_tenant_service::asked& asked) {
    if (next_failure)
      return *next_failure;
    if (std::holds_alternative<get_tenant_context>(asked.call))
      return tenant_answer{std::in_place_index<index_of_call<get_tenant_context>(static_cast<tenant_call*>(nullptr))>, context};
    if (const auto* append = std::get_if<append_events>(&asked.call)) {
      // The row count stands behind the format version: see core/events/event_block.hpp.
      const auto rows = rows_of(append->block);
      events_appended appended{std::vector<event_outcome>(rows), {}};
      if (append->wants_event_ids)
        for (std::size_t i = 0; i < rows; ++i)
          appended.event_ids.push_back("id-" + std::to_string(i));
      return tenant_answer{std::in_place_index<index_of_call<append_events>(static_cast<tenant_call*>(nullptr))>, std::move(appended)};
    }
    if (const auto* values = std::get_if<of_metric<record_values>>(&asked.call)) {
      if (values->metric == "unknown")
        return failure{error_code::not_found, "there is no metric unknown", "metric_id"};
      values_recorded recorded{std::vector<value_outcome>(values->question.values.size()), std::vector<std::string>(values->question.values.size(), "v")};
      return tenant_answer{std::in_place_index<index_of_call<of_metric<record_values>>(static_cast<tenant_call*>(nullptr))>, std::move(recorded)};
    }
    if (std::holds_alternative<await_events>(asked.call)) {
      if (awaits_before_failure-- == 0)
        return await_failure;
      return tenant_answer{std::in_place_index<index_of_call<await_events>(static_cast<tenant_call*>(nullptr))>, events_awaited{rows_awaited}};
    }
    if (const auto* page = std::get_if<export_events>(&asked.call)) {
      if (page->first_row >= pages_before_failure)
        return failure{error_code::storage_unavailable, "the store is away", {}};
      found_event event;
      event.texts[0] = std::string(page_text_size, 'x');
      return tenant_answer{std::in_place_index<index_of_call<export_events>(static_cast<tenant_call*>(nullptr))>, events_exported{{event}, page->first_row + 1, pages_in_export}};
    }
    return default_answer(asked.call, std::make_index_sequence<std::variant_size_v<tenant_call>>{});
  }
  static std::size_t rows_of(const bytes& block) {
    const auto rows = check_event_block(block);
    return rows ? *rows : 0;
  }

  template <std::size_t... I> static tenant_answer default_answer(const tenant_call& call, std::index_sequence<I...>) {
    tenant_answer made;
    ((call.index() == I ? (void)made.emplace<I>() : void()), ...);
    return made;
  }
  template <class Call> std::vector<Call> asked_for() {
    std::vector<Call> found;
    for (const auto& each : tenants.calls())
      if (const auto* one = std::get_if<Call>(&each.call))
        found.push_back(*one);
    return found;
  }

  std::atomic<bool> is_ready{true};
  std::atomic<bool> is_open{true};
  tenant_context context{true, "UTC", {}, {}};
  std::optional<failure> next_failure;
  std::atomic<bool> throws_when_asked{false};
  std::uint64_t pages_in_export = 3;
  std::uint64_t pages_before_failure = UINT64_MAX;
  std::size_t page_text_size = 10;
  std::uint64_t awaits_before_failure = UINT64_MAX; ///< these three are set before `start`
  failure await_failure;
  std::uint64_t rows_awaited = 0;
  std::mutex log_mutex;
  struct logged {
    std::string method, path, request_id, tenant;
    unsigned status;
  };
  std::vector<logged> log;
  std::vector<std::string> failures;
  fake_tenant_service tenants{[this](const auto& asked) { return answer(asked); }, [this] {
                                if (throws_when_asked)
                                  throw std::runtime_error{"thrown by the test"};
                              }};
  std::optional<gateway> subject;
  std::uint16_t port = 0;
};

inline constexpr std::string_view one_event = R"({"event_type":"click","event_name":"buy"})";

} // namespace dotmac
