#include "api/event_batcher.hpp"

namespace dotmac {

std::shared_ptr<event_batcher::lane> event_batcher::find_lane(const std::string& tenant) {
  const std::lock_guard lock{mutex_};
  auto& mine = lanes_[tenant];
  if (!mine)
    mine = std::make_shared<lane>();
  return mine;
}

void event_batcher::end_if_idle(const std::string& tenant, lane& mine) {
  if (mine.under_way > 0 || !mine.waiting.empty())
    return;
  mine.has_ended = true;
  const std::lock_guard lock{mutex_};
  lanes_.erase(tenant);
}

std::optional<event_refusal> event_batcher::track(const std::string& tenant, std::string body, timestamp received_at, const event_schemas* schemas, answer on_answer) {
  thread_local event_parser parser;
  std::optional<message> ready;
  std::optional<event_refusal> refused;
  std::vector<complaint> faults;
  for (bool is_done = false; !is_done;) {
    const auto mine = find_lane(tenant);
    const std::lock_guard lock{mine->mutex};
    if (mine->has_ended)
      continue;
    is_done = true;
    if (mine->waiting.size() >= waiting_max) {
      refused = event_refusal{{error_code::too_many_requests, "more than " + std::to_string(waiting_max) + " events of this tenant wait", {}}, {}};
    } else if (auto parsed = parser.parse_event(body, received_at, mine->builder, schemas, faults); !parsed) {
      refused = event_refusal{parsed.error(), std::move(faults)};
    } else {
      if (mine->waiting.empty())
        mine->waits_since = std::chrono::steady_clock::now();
      mine->waiting.push_back({std::move(on_answer), parsed->at});
      if (mine->under_way < appends_max)
        ready = take(tenant, *mine);
    }
    end_if_idle(tenant, *mine);
  }
  if (ready)
    send(std::move(*ready));
  return refused;
}

event_batcher::message event_batcher::take(const std::string& tenant, lane& from) {
  ++from.under_way;
  return {tenant, from.builder.finish(), std::exchange(from.waiting, {}), from.waits_since + timeout_};
}

void event_batcher::send(message batch) {
  call_options options{batch.tenant, batch.deadline, {}};
  append_events call{std::move(batch.block), true};
  ask(tenants_, std::move(options), std::move(call),
      std::function<void(result<events_appended>)>{[this, tenant = batch.tenant, events = std::move(batch.events)](result<events_appended> outcome) {
        this->on_answer(tenant, events, outcome);
      }});
}

void event_batcher::on_answer(const std::string& tenant, const std::vector<waiting_event>& events, const result<events_appended>& outcome) {
  std::optional<message> next;
  {
    const auto mine = find_lane(tenant);
    const std::lock_guard lock{mine->mutex};
    --mine->under_way;
    if (!mine->waiting.empty())
      next = take(tenant, *mine);
    end_if_idle(tenant, *mine);
  }
  if (next)
    send(std::move(*next));
  for (std::size_t row = 0; row < events.size(); ++row)
    try {
      if (!outcome)
        events[row].on_answer(outcome.error());
      else if (row < outcome->outcomes.size() && row < outcome->event_ids.size())
        events[row].on_answer(tracked_event{outcome->event_ids[row], outcome->outcomes[row], events[row].sent_at});
      else
        events[row].on_answer(failure{error_code::internal_error, "the answer to an append lacks a row", {}});
    } catch (const std::exception&) { // one that cannot be answered keeps no other from its answer; its call says so when it ends
    }
}

} // namespace dotmac
