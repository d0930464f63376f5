#include "api/actor_path.hpp"
#include "api/handlers.hpp"
#include "api/list_requests.hpp"

#include <charconv>

namespace dotmac {
namespace {

/// What one actor holds is for who may act for all, or for the tenant whose it is.
bool may_see(const gateway_call_pointer& call, const std::string& path) {
  if (call->may_act_for_all || tenant_at(path) == call->tenant)
    return true;
  call->refuse({error_code::forbidden, "this credential is bound to the tenant " + call->tenant, "path"});
  return false;
}

json_answer answered(const gateway_call_pointer& call) {
  return [call](const result<json>& told) { gateway_call::guard(call, [&] { told ? call->answer(*told) : call->refuse(told.error()); }); };
}

void act_on_letter(const gateway_call_pointer& call, dead_letter_act::kind what, const char* status) {
  const auto& text = call->parameters["letter_id"];
  std::uint64_t id = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), id);
  if (read.ec != std::errc{} || read.ptr != text.data() + text.size() || id > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
    return call->refuse({{"letter_id", {"path", "letter_id"}, "must be the number of a dead letter", text.substr(0, 100)}});
  const dead_letter_act act{what, id, call->may_act_for_all ? std::string{} : call->tenant};
  call->host->hooks.act_on_dead_letter(act, {call->caller, call->request.request_id, call->received_at}, [call, id, status](const result<void>& done) {
    gateway_call::guard(call, [&] { done ? call->answer({{"id", id}, {"status", status}}) : call->refuse(done.error()); });
  });
}

} // namespace

void show_actor_details(const gateway_call_pointer& call) {
  const auto asked = call->read_query<actor_details_request>();
  if (asked && may_see(call, asked->path))
    call->host->hooks.actor_details(asked->node.value_or(""), asked->path, answered(call));
}

void show_actor_snapshot(const gateway_call_pointer& call) {
  const auto asked = call->read_query<actor_snapshot_request>();
  if (!asked || !may_see(call, asked->path))
    return;
  snapshot_question question{asked->path, std::nullopt};
  if (asked->sequence)
    question.sequence = static_cast<std::uint64_t>(*asked->sequence);
  call->host->hooks.snapshot(question, answered(call));
}

void replay_dead_letter(const gateway_call_pointer& call) { act_on_letter(call, dead_letter_act::kind::replay, "replayed"); }
void discard_dead_letter(const gateway_call_pointer& call) { act_on_letter(call, dead_letter_act::kind::discard, "discarded"); }

} // namespace dotmac
