#pragma once

/// The dead letters in the store, for administrators: listed, sent again, thrown away.
///
/// Errors    not_found: no such letter. conflict: one that cannot be sent again. Else what came of sending it.
/// Threads   any; each `answer` is called once, from any thread.

#include "actors/protocol/tenant_service.hpp"
#include "api/gateway.hpp"
#include "runtime/actor/entity_environment.hpp"

namespace dotmac {

/// Reads them on a thread of `stores`, without their payloads; `answer` is called once, there or (where the pool is full or stopped) here.
void read_dead_letters(store_pool& stores, std::string tenant, std::size_t limit, dead_letters_answer answer);

/// The call that a letter was: what its sender asked for then. Values count as received `now`: a metric keeps them from their receipt on. Errors: conflict, where no caller sent it or an earlier release wrote it; corrupt_data.
result<tenant_call> call_in(const dead_letter& letter, timestamp now);

/// Writes the act down, and throws the letter away or has it sent again by `send`, which is called once the act is in the audit log.
void act_on_dead_letter(store_pool& stores, const dead_letter_act& act, const act_origin& origin, std::function<void(const dead_letter_summary& letter, act_answer answer)> send, act_answer answer);

struct letter_sender {
  std::shared_ptr<store_pool> stores;
  std::shared_ptr<shared_poison_ledger> poison;
  tenant_service& tenants;
  std::function<timestamp()> now;
};
/// On the node that answers for the letter's tenant: it takes the call once more, and the letter is gone where that succeeded. Where the actor fails at it
/// again, it is put aside again, and stays one letter.
void replay_dead_letter(const letter_sender& by, std::uint64_t id, act_answer answer);

} // namespace dotmac
