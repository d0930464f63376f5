#include "actors/event_removal_steps.hpp"

#include "actors/supervision.hpp"
#include "core/events/removal/text_usage.hpp"

namespace dotmac {
namespace {

constexpr auto look_again = removal_work::look_again;

event_partition& partition_of(event_self self) { return self->state.entity->domain()->partition(); }

void log(event_self self, const std::string& what, const failure& why) { self->state.environment.entity.log(self->state.entity->id(), "removal_delayed", what + ": " + text_for_log(why)); }

/// What was under way has ended. Where it failed the next look comes with the clock.
void end_step(event_self self, bool goes_on) {
  self->state.removals.is_busy = false;
  if (goes_on)
    go_on_removing(self);
}

void journal_change(event_self self, removal_change change) {
  auto& state = self->state;
  state.removals.is_busy = true;
  state.last_used = std::chrono::steady_clock::now(); // not to be let go in the middle
  const bool waits = change.what == removal_change::kind::step || change.what == removal_change::kind::finish;
  bytes content;
  binary::write(content, change);
  state.entity->submit({content.size(), [change](event_domain& domain) { return domain.partition().stage(change); },
                        [self, waits](const result<void>& outcome) {
                          self->state.removals.waits_for_snapshot = waits && outcome;
                          if (!outcome)
                            log(self, "its next step is not in the journal", outcome.error());
                          end_step(self, outcome && !waits);
                        },
                        [content] { return command_content{"removal_change", content}; }});
}

void look_for_unused_texts(event_self self) {
  auto& state = self->state;
  state.removals.is_busy = true;
  const auto& tenant = state.entity->id().tenant;
  const auto post = post_to(self);
  const auto finish = [self, post](std::shared_ptr<result<text_usage>> usage) {
    post([self, usage] {
      const auto done = !*usage ? result<void>{usage->error()} : partition_of(self).forget_unused(std::move(**usage));
      if (!done)
        log(self, "the texts that nobody has any more cannot be told", done.error());
      end_step(self, done.has_value());
    });
  };
  const auto fail = [finish](failure why) { finish(std::make_shared<result<text_usage>>(std::move(why))); };
  const bool is_taken = state.environment.entity.background->submit(
      tenant, {[view = partition_of(self).snapshot(), finish](std::size_t) { finish(std::make_shared<result<text_usage>>(find_used_texts(view, {}))); },
               [fail] { fail({error_code::draining, "the node is stopping", {}}); }, [fail](const std::string& what) { fail({error_code::internal_error, "it threw: " + what, {}}); }});
  if (!is_taken)
    fail({error_code::too_many_requests, "too much waits to be done in the background", {}});
}

std::string kind_of(const removal_record& of) { return std::string{enumeration<removal_kind>::names[static_cast<std::size_t>(of.kind)]}; }

audit_entry entry_of(const std::string& tenant, timestamp now, const char* act, const removal_record& of, bool is_done) {
  auto details = "removal " + std::to_string(of.number) + " (" + kind_of(of) + "), asked for at " + format_timestamp(of.requested_at);
  if (is_done)
    details += "; " + std::to_string(of.removed_events) + " events removed";
  return {0, now.milliseconds, tenant, act, of.digest.empty() ? "events past their days" : "sha256:" + of.digest, details};
}

/// Writes these, in their order, and calls `then` on the actor's thread.
void audit(event_self self, std::vector<audit_entry> entries, std::function<void(const result<void>&)> then) {
  const auto post = post_to(self);
  self->state.environment.entity.stores->submit(self->state.entity->id().tenant, [post, entries = std::move(entries), then = std::move(then)](result<store*> session) {
    result<void> outcome = session ? result<void>{} : result<void>{session.error()};
    for (std::size_t i = 0; i < entries.size() && outcome; ++i)
      outcome = (*session)->audit().add_audit_entry(entries[i]);
    post([then, outcome] { then(outcome); });
  });
}

/// False where the audit log has all of it already.
bool audit_requests(event_self self) {
  auto& state = self->state;
  const auto last = partition_of(self).last_removal();
  std::vector<audit_entry> entries;
  for (const auto& each : partition_of(self).tell_removals().removals)
    if (!each.done_at && each.number > state.removals.audited_through)
      entries.push_back(entry_of(state.entity->id().tenant, state.environment.now(), "removal_requested", each, false));
  if (entries.empty())
    return false;
  state.removals.is_busy = true;
  audit(self, std::move(entries), [self, last](const result<void>& outcome) {
    if (outcome)
      self->state.removals.audited_through = last;
    else
      log(self, "the audit log cannot be written", outcome.error());
    end_step(self, outcome.has_value());
  });
  return true;
}

void audit_and_finish(event_self self, removal_change change) {
  auto& state = self->state;
  std::vector<audit_entry> entries;
  for (const auto& each : partition_of(self).tell_removals().removals)
    if (!each.done_at && each.number <= change.number)
      entries.push_back(entry_of(state.entity->id().tenant, state.environment.now(), "removal_done", each, true));
  state.removals.is_busy = true;
  audit(self, std::move(entries), [self, change](const result<void>& outcome) {
    if (!outcome)
      log(self, "the audit log cannot be written", outcome.error());
    outcome ? journal_change(self, change) : end_step(self, false);
  });
}

void take_step(event_self self) {
  auto& partition = partition_of(self);
  const auto now = self->state.environment.now();
  if (partition.has_expired_events(now)) {
    removal_change change;
    change.what = removal_change::kind::expire;
    change.at = now;
    return journal_change(self, std::move(change));
  }
  const auto step = partition.next_removal_step();
  if (step == removal_step::none || audit_requests(self))
    return;
  if (step == removal_step::wait) {
    self->state.removals.is_busy = true;
    return self->delayed_send(self, removal_work::look_at_readers, actor_task{[self] { end_step(self, true); }});
  }
  if (step == removal_step::find_unused_texts)
    return look_for_unused_texts(self);
  if (step == removal_step::done)
    return audit_and_finish(self, partition.change_for(step, now));
  journal_change(self, partition.change_for(step, now));
}

} // namespace

void go_on_removing(event_self self) {
  const auto& state = self->state;
  if (state.entity->domain() != nullptr && !state.entity->is_stopping() && !state.removals.is_busy && !state.removals.waits_for_snapshot)
    take_step(self);
}

void watch_removals(event_self self) {
  self->state.entity->read([self](const result<event_domain*>& domain) {
    if (domain)
      go_on_removing(self);
  });
  self->delayed_send(self, look_again, actor_task{[self] {
    self->state.removals.waits_for_snapshot = false; // it may have failed: a further step asks for another one
    watch_removals(self);
  }});
}

caf::result<removal_begun> begin_removal(event_self self, const remove_events& message) {
  const message_timer timer{*self->state.figures, waiting_in_mailbox(self)};
  removal_change change;
  change.what = removal_change::kind::request;
  change.request = message;
  bytes content;
  binary::write(content, message);
  return submit_write<removal_begun, event_domain>(
      self, content.size(), [change](event_domain& domain) { return domain.partition().stage(change); },
      [self] {
        post_to(self)([self] { go_on_removing(self); });
        return removal_begun{partition_of(self).last_removal()};
      },
      [content] { return command_content{"remove_events", content}; });
}

caf::result<done> set_retention(event_self self, const set_event_retention& message) {
  const message_timer timer{*self->state.figures, waiting_in_mailbox(self)};
  removal_change change;
  change.what = removal_change::kind::retention;
  change.retention = message.retention;
  bytes content;
  binary::write(content, message);
  return submit_write<done, event_domain>(
      self, content.size(), [change](event_domain& domain) { return domain.partition().stage(change); },
      [self] {
        post_to(self)([self] { go_on_removing(self); });
        return done{};
      },
      [content] { return command_content{"set_event_retention", content}; });
}

caf::result<removals_told> tell_removals(event_self self) {
  const message_timer timer{*self->state.figures, waiting_in_mailbox(self)};
  if (self->state.entity->is_stopping())
    return not_handled();
  auto promise = self->make_response_promise<removals_told>();
  self->state.last_used = std::chrono::steady_clock::now();
  self->state.entity->read([to = caller_answer<removals_told>{promise}](const result<event_domain*>& domain) { domain ? to.deliver((*domain)->partition().tell_removals()) : to.deliver(domain.error()); });
  return promise;
}

} // namespace dotmac
