#pragma once

/// The gateway's way to the tenants: ask, and be called back once.
///
/// Promise    `on_answer` is called exactly once, with an answer of the call's own index or with a failure; at the latest
///            shortly after the deadline (deadline_exceeded). A write that failed with deadline_exceeded may still take effect:
///            it is safe to send it again (writes are idempotent by id).
/// Threads    `ask` may be called from any thread; `on_answer` runs on the thread of the executor that the implementation
///            was given for the calling I/O thread, never inside `ask`.
/// Cancelling a question whose `cancellation` flag was set stops its scan and is answered with cancelled.
/// Errors     as in core/error_code.hpp; too_many_requests and 503 codes may be retried.

#include "actors/protocol/tenant_calls.hpp"

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>

namespace dotmac {

using cancellation_flag = std::shared_ptr<std::atomic<bool>>;

struct call_options {
  std::string tenant;
  std::chrono::steady_clock::time_point deadline;
  cancellation_flag cancellation; ///< may be null
};

class tenant_service {
public:
  virtual ~tenant_service() = default;
  virtual void ask(call_options options, tenant_call call, std::function<void(result<tenant_answer>)> on_answer) = 0;
};

/// The same for one kind of call, with its own answer type.
template <class Call>
void ask(tenant_service& service, call_options options, Call call,
         std::function<void(result<typename answer_of<Call>::type>)> on_answer) {
  using answer = typename answer_of<Call>::type;
  constexpr auto index = index_of_call<Call>(static_cast<tenant_call*>(nullptr));
  service.ask(std::move(options), tenant_call{std::move(call)},
              [callback = std::move(on_answer)](result<tenant_answer> outcome) {
                if (outcome)
                  callback(result<answer>{std::get<index>(*std::move(outcome))});
                else
                  callback(result<answer>{outcome.error()});
              });
}

} // namespace dotmac
