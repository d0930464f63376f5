#include "api/event_batcher.hpp"

namespace dotmac {

std::optional<event_refusal> event_batcher::track(const std::string& tenant, std::string body, timestamp received_at, const event_schemas* schemas, answer on_answer) {
  std::optional<message> ready;
  std::optional<event_refusal> refused;
  std::vector<complaint> faults;
  {
    const std::lock_guard lock{mutex_};
    auto& mine = lanes_[tenant];
    if (mine.waiting.size() >= waiting_max) {
      refused = event_refusal{{error_code::too_many_requests, "more than " + std::to_string(waiting_max) + " events of this tenant wait", {}}, {}};
    } else if (auto parsed = parser_.parse_event(body, received_at, mine.builder, schemas, faults); !parsed) {
      refused = event_refusal{parsed.error(), std::move(faults)};
    } else {
      mine.waiting.push_back({std::move(on_answer), parsed->at});
      if (mine.under_way < appends_max)
        ready = take(tenant, mine);
    }
    if (refused && mine.under_way == 0 && mine.waiting.empty())
      lanes_.erase(tenant);
  }
  if (ready)
    send(std::move(*ready));
  return refused;
}

event_batcher::message event_batcher::take(const std::string& tenant, lane& from) {
  ++from.under_way;
  return {tenant, from.builder.finish(), std::exchange(from.waiting, {})};
}

void event_batcher::send(message batch) {
  call_options options{batch.tenant, std::chrono::steady_clock::now() + timeout_, {}};
  append_events call{std::move(batch.block), true};
  ask(tenants_, std::move(options), std::move(call),
      std::function<void(result<events_appended>)>{[this, tenant = batch.tenant, events = std::move(batch.events)](result<events_appended> outcome) {
        this->on_answer(tenant, events, outcome);
      }});
}

void event_batcher::on_answer(const std::string& tenant, const std::vector<waiting_event>& events, const result<events_appended>& outcome) {
  std::optional<message> next;
  {
    const std::lock_guard lock{mutex_};
    auto& mine = lanes_[tenant];
    --mine.under_way;
    if (!mine.waiting.empty())
      next = take(tenant, mine);
    else if (mine.under_way == 0)
      lanes_.erase(tenant);
  }
  if (next)
    send(std::move(*next));
  for (std::size_t row = 0; row < events.size(); ++row) {
    const auto& each = events[row];
    if (!outcome)
      each.on_answer(outcome.error());
    else if (row < outcome->outcomes.size() && row < outcome->event_ids.size())
      each.on_answer(tracked_event{outcome->event_ids[row], outcome->outcomes[row], each.sent_at});
    else
      each.on_answer(failure{error_code::internal_error, "the answer to an append lacks a row", {}});
  }
}

} // namespace dotmac
