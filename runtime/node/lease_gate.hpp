#pragma once

/// Between the gateway and the tenants' actors: nothing is answered from memory once another node may own the data.
///
/// Promise   A call is passed on only while `holds` says that this node's leases run. An answer to a question is given only if they still
///           run then: a process that was stopped in between may hold what another node has changed since. The receipt of a write is given in
///           any case: the store has it.
/// Errors    ownership_lost, which may be retried.
/// Threads   as tenant_service; `holds` from any thread, cheap.

#include "actors/protocol/tenant_service.hpp"

namespace dotmac {

class lease_gate : public tenant_service {
public:
  lease_gate(tenant_service& behind, std::function<bool()> holds) : behind_{behind}, holds_{std::move(holds)} {}

  static failure refusal() {
    return {error_code::ownership_lost, "this node could not renew its leases in time: another one may own this data by now", {}};
  }

  void ask(call_options options, tenant_call call, std::function<void(result<tenant_answer>)> on_answer) override {
    if (!holds_())
      return on_answer(refusal());
    behind_.ask(std::move(options), std::move(call), [holds = holds_, answer = std::move(on_answer)](result<tenant_answer> outcome) {
      if (outcome && !is_receipt(*outcome) && !holds())
        return answer(refusal());
      answer(std::move(outcome));
    });
  }

private:
  static bool is_receipt(const tenant_answer& answer) {
    return std::visit([]<class Answer>(const Answer&) { return std::is_same_v<Answer, done> || std::is_same_v<Answer, events_appended>
                                                               || std::is_same_v<Answer, values_recorded>; }, answer);
  }

  tenant_service& behind_;
  const std::function<bool()> holds_;
};

} // namespace dotmac
