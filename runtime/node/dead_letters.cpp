#include "runtime/node/dead_letters.hpp"

#include "core/describe/binary.hpp"
#include "runtime/actor/poison_guard.hpp"

#include <nlohmann/json.hpp>

namespace dotmac {
namespace {

constexpr std::chrono::seconds replay_within{8}; ///< the node that was asked waits a little longer for this one

failure not_to_be_sent(const dead_letter& letter) {
  return {error_code::conflict, "a letter of type \"" + letter.message_type + "\" cannot be sent again: " +
                                    (letter.message_type == "removal_change" ? "the actor takes this step again by itself" : "this release does not know what it was"), "id"};
}

template <class Call> result<tenant_call> read_call(const dead_letter& letter) {
  auto call = from_bytes<Call>(letter.payload);
  return call ? result<tenant_call>{tenant_call{*std::move(call)}} : call.error();
}

audit_entry entry_of(const dead_letter_summary& letter, const dead_letter_act& act, const act_origin& origin) {
  audit_entry entry;
  entry.recorded_at_ms = origin.at.milliseconds;
  entry.tenant = letter.entity.tenant;
  entry.act = act.what == dead_letter_act::kind::replay ? "dead_letter_replayed" : "dead_letter_discarded";
  entry.subject = "dead letter " + std::to_string(letter.id);
  const nlohmann::json details{{"by", origin.by}, {"request", origin.request_id}, {"actor", to_string(letter.entity)}, {"message_type", letter.message_type}};
  entry.details = details.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return entry;
}

void remove_letter(store_pool& stores, const dead_letter& letter, act_answer answer) {
  stores.submit(letter.entity.tenant, [id = letter.id, answer = std::move(answer)](result<store*> session) {
    if (!session)
      return answer(session.error());
    auto removed = (*session)->dead_letters().remove_dead_letter(id);
    // Somebody else has sent it meanwhile: that is done too.
    answer(removed || removed.error().code == error_code::not_found ? result<void>{} : removed);
  });
}

result<void> check_replay(store& session, std::uint64_t id) {
  const auto whole = session.dead_letters().read_dead_letter(id);
  if (!whole)
    return whole.error();
  const auto call = call_in(*whole, timestamp{});
  return call ? result<void>{} : call.error();
}

void send_again(const letter_sender& by, const dead_letter& letter, act_answer answer) {
  auto call = call_in(letter, by.now());
  if (!call)
    return answer(call.error());
  const auto entity = to_string(letter.entity);
  const auto fingerprint = poison_guard::fingerprint_of(letter.payload);
  {
    const std::lock_guard lock{by.poison->mutex};
    by.poison->ledger.allow_again(entity, fingerprint);
  }
  by.tenants.ask({letter.entity.tenant, std::chrono::steady_clock::now() + replay_within, nullptr}, *std::move(call),
                 [by, letter, entity, fingerprint, answer = std::move(answer)](const result<tenant_answer>& outcome) {
                   if (!outcome)
                     return answer(outcome.error());
                   {
                     const std::lock_guard lock{by.poison->mutex};
                     by.poison->ledger.forget(entity, fingerprint);
                   }
                   remove_letter(*by.stores, letter, answer);
                 });
}

} // namespace

void read_dead_letters(store_pool& stores, std::string tenant, std::size_t limit, dead_letters_answer answer) {
  stores.submit(tenant, [tenant = std::move(tenant), limit, answer = std::move(answer)](result<store*> session) {
    if (!session)
      return answer(session.error());
    auto found = (*session)->dead_letters().list_dead_letters(tenant, limit);
    if (!found)
      return answer(found.error());
    std::vector<shown_dead_letter> shown;
    shown.reserve(found->size());
    for (auto& each : *found)
      shown.push_back({each.id, each.entity.tenant, to_string(each.entity), timestamp{each.recorded_at_ms}, std::move(each.message_type), std::move(each.reason), each.stored_bytes});
    answer(std::move(shown));
  });
}

result<tenant_call> call_in(const dead_letter& letter, timestamp now) {
  const auto& type = letter.message_type;
  if (type == "append_events")
    return tenant_call{append_events{letter.payload, false}};
  if (type == "record_values") {
    auto values = from_bytes<record_values>(letter.payload);
    if (values)
      for (auto& each : values->values)
        each.recorded_at = now;
    return values ? result<tenant_call>{of_metric<record_values>{letter.entity.name, *std::move(values)}} : values.error();
  }
  if (type == "change_profiles")
    return read_call<change_profiles>(letter);
  if (type == "remove_events")
    return read_call<remove_events>(letter);
  if (type == "set_event_retention")
    return read_call<set_event_retention>(letter);
  if (type == "create_tenant")
    return read_call<create_tenant>(letter);
  if (type == "create_api_key")
    return read_call<create_api_key>(letter);
  if (type == "revoke_api_key")
    return read_call<revoke_api_key>(letter);
  if (type == "create_event_schema")
    return read_call<create_event_schema>(letter);
  if (type == "create_metric")
    return read_call<create_metric>(letter);
  if (type == "create_dashboard")
    return read_call<create_dashboard>(letter);
  if (type == "edit_dashboard") {
    auto edit = from_bytes<edit_dashboard>(letter.payload);
    return edit ? result<tenant_call>{of_dashboard<edit_dashboard>{letter.entity.name, *std::move(edit)}} : edit.error();
  }
  return not_to_be_sent(letter);
}

void act_on_dead_letter(store_pool& stores, const dead_letter_act& act, const act_origin& origin, std::function<void(const dead_letter_summary&, act_answer)> send, act_answer answer) {
  stores.submit({}, [&stores, act, origin, send = std::move(send), answer = std::move(answer)](result<store*> session) {
    if (!session)
      return answer(session.error());
    const auto letter = (*session)->dead_letters().find_dead_letter(act.id);
    if (!letter)
      return answer(letter.error());
    if (!act.tenant.empty() && letter->entity.tenant != act.tenant)
      return answer(failure{error_code::not_found, "dead letter " + std::to_string(act.id) + " does not exist", "id"});
    if (act.what == dead_letter_act::kind::replay)
      if (auto possible = check_replay(**session, act.id); !possible)
        return answer(possible);
    if (auto added = (*session)->audit().add_audit_entry(entry_of(*letter, act, origin)); !added)
      return answer(added);
    if (act.what == dead_letter_act::kind::replay)
      return send(*letter, answer);
    answer((*session)->dead_letters().remove_dead_letter(act.id));
  });
}

void replay_dead_letter(const letter_sender& by, std::uint64_t id, act_answer answer) {
  by.stores->submit({}, [by, id, answer = std::move(answer)](result<store*> session) {
    if (!session)
      return answer(session.error());
    auto letter = (*session)->dead_letters().read_dead_letter(id);
    if (!letter)
      return answer(letter.error());
    send_again(by, *letter, answer);
  });
}

} // namespace dotmac
