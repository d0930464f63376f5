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

void event_batcher::track(const std::string& tenant, std::string body, timestamp received_at, const event_schemas* schemas, answer on_answer) {
  thread_local event_parser parser;
  std::optional<message> ready;
  std::optional<failure> refused;
  for (bool is_done = false; !is_done;) {
    const auto mine = find_lane(tenant);
    const std::lock_guard lock{mine->mutex};
    if (mine->has_ended)
      continue;
    is_done = true;
    if (mine->waiting.size() >= waiting_max) {
      refused = failure{error_code::too_many_requests, "more than " + std::to_string(waiting_max) + " events of this tenant wait", {}};
    } else if (auto parsed = parser.parse_event(body, received_at, mine->builder, schemas); !parsed) {
      refused = parsed.error();
    } else {
      mine->waiting.push_back(std::move(on_answer));
      if (mine->under_way < appends_max)
        ready = take(tenant, *mine);
    }
    end_if_idle(tenant, *mine);
  }
  if (refused)
    on_answer(*refused);
  if (ready)
    send(std::move(*ready));
}

event_batcher::message event_batcher::take(const std::string& tenant, lane& from) {
  ++from.under_way;
  return {tenant, from.builder.finish(), std::exchange(from.waiting, {})};
}

void event_batcher::send(message batch) {
  call_options options{batch.tenant, std::chrono::steady_clock::now() + timeout_, {}};
  append_events call{std::move(batch.block), true};
  ask(tenants_, std::move(options), std::move(call),
      std::function<void(result<events_appended>)>{[this, tenant = batch.tenant, answers = std::move(batch.answers)](result<events_appended> outcome) {
        this->on_answer(tenant, answers, outcome);
      }});
}

void event_batcher::on_answer(const std::string& tenant, const std::vector<answer>& answers, const result<events_appended>& outcome) {
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
  for (std::size_t row = 0; row < answers.size(); ++row)
    try {
      if (!outcome)
        answers[row](outcome.error());
      else if (row < outcome->outcomes.size() && row < outcome->event_ids.size())
        answers[row](tracked_event{outcome->event_ids[row], outcome->outcomes[row]});
      else
        answers[row](failure{error_code::internal_error, "the answer to an append lacks a row", {}});
    } catch (const std::exception&) { // one that cannot be answered keeps no other from its answer; its call says so when it ends
    }
}

} // namespace dotmac
