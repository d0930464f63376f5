#pragma once

/// Between whoever asks this node and its actors: a call is let in only while the node owns the shard of its tenant.
///
/// Promise   A call is passed on only where `admits` says so, and an answer to a question is given only where `holds` still says so then: a process that
///           was stopped in between may remember what another node has changed since. The receipt of a write is given in any case: the store has it.
/// Errors    ownership_lost: nothing was done, or nothing is told; it may be asked again, elsewhere.
/// Threads   as tenant_service.

#include "actors/protocol/tenant_service.hpp"
#include "core/identity.hpp"

namespace dotmac {

struct shard_rights {
  std::function<bool(shard_id)> admits;
  std::function<bool(shard_id)> holds;
};

class shard_gate : public tenant_service {
public:
  shard_gate(tenant_service& behind, shard_rights rights) : behind_{behind}, rights_{std::move(rights)} {}

  static failure refusal() { return {error_code::ownership_lost, "this node does not own the data of this tenant (any more)", {}, {}}; }

  void ask(call_options options, tenant_call call, std::function<void(result<tenant_answer>)> on_answer) override {
    const auto shard = shard_of_tenant(options.tenant);
    if (!rights_.admits(shard))
      return on_answer(refusal());
    behind_.ask(std::move(options), std::move(call), [this, shard, answer = std::move(on_answer)](result<tenant_answer> outcome) {
      if (outcome && !is_receipt(*outcome) && !rights_.holds(shard))
        return answer(refusal());
      answer(std::move(outcome));
    });
  }

private:
  static bool is_receipt(const tenant_answer& answer) {
    return std::visit([]<class Answer>(const Answer&) { return std::is_same_v<Answer, done> || std::is_same_v<Answer, events_appended>
                                                               || std::is_same_v<Answer, values_recorded> || std::is_same_v<Answer, profiles_changed>
                                                               || std::is_same_v<Answer, removal_begun>; }, answer);
  }

  tenant_service& behind_;
  const shard_rights rights_;
};

} // namespace dotmac
