#include "actors/dashboard_actor.hpp"

#include "actors/supervision.hpp"
#include "core/describe/binary.hpp"

namespace dotmac {

template <> struct snapshot_of<dashboard_state> {
  static std::function<encoded_snapshot()> prepare(dashboard_state& state) {
    return [text = state.snapshot()] {
      encoded_snapshot encoded;
      encoded.version = dashboard_snapshot_version;
      encoded.payload = text;
      return encoded;
    };
  }
  static void written(dashboard_state&, const encoded_snapshot&) {}
};

state_summary summary_of(dashboard_state& state) {
  if (state.versions().empty())
    return {{"exists", std::string{"no"}}};
  const auto& newest = state.versions().back();
  return {{"exists", std::string{state.exists() ? "yes" : "removed"}}, {"name", newest.content.name}, {"widgets", std::uint64_t{newest.content.widgets.size()}},
          {"version", newest.stamp.version}, {"versions_kept", std::uint64_t{state.versions().size()}}};
}

namespace {

using dashboard_self = dashboard_shell_actor::stateful_pointer<dashboard_shell>;

constexpr std::chrono::seconds tenant_answers_within{20};

failure no_such_dashboard() { return {error_code::not_found, "there is no such dashboard", "dashboard_id"}; }

dashboard_shown shown(const std::string& id, const dashboard_state& state, const dashboard_state::kept_version& which) {
  return {id, which.stamp, state.origin(), state.is_removed(), which.content};
}

dashboard_summary summarize(const std::string& id, const dashboard_state& state, journal_sequence revision) {
  const auto& [stamp, content, edit_id] = state.versions().back();
  return {id, content.name, content.display_name, content.description_text, content.category, content.owner_id, content.is_public, content.favorite, state.is_removed(),
          content.widgets.size(), stamp.version, state.origin().at, stamp.at, stamp.by, to_number(revision)};
}

/// What the dashboard would be called afterwards, where that is not how it is called now.
std::optional<std::string> name_wanted(const dashboard_state& state, const dashboard_edit& edit) {
  if (state.versions().empty())
    return std::nullopt; // whoever makes it has given it its name
  const auto& newest = state.versions().back().content;
  if (const auto* restored = std::get_if<restore_version>(&edit)) {
    const auto version = state.version(restored->version);
    return version && (state.is_removed() || (*version)->content.name != newest.name) ? std::optional{(*version)->content.name} : std::nullopt;
  }
  const auto* of_content = std::get_if<content_edit>(&edit);
  const auto* changed = of_content == nullptr ? nullptr : std::get_if<change_content>(of_content);
  return changed != nullptr && changed->name && *changed->name != newest.name ? changed->name : std::nullopt;
}

/// Tells the tenant how the dashboard is now; `then` gets no failure where it took it.
void tell_tenant(dashboard_self self, const tenant_actor& tenant, const dashboard_state& state, std::function<void(std::optional<failure>)> then) {
  const auto& entity = *self->state.entity;
  self->request(tenant, tenant_answers_within, dashboard_described{summarize(entity.id().name, state, entity.position())})
      .then([then](const done&) { then(std::nullopt); }, [then](const caf::error& why) { then(to_failure(why)); });
}

void commit(dashboard_self self, const tenant_actor& tenant, const edit_dashboard& message, const caller_answer<dashboard_shown>& to) {
  const auto size = to_bytes(message).size();
  self->state.entity->submit(
      {size,
       [message, at = self->state.environment.now()](dashboard_state& state) { return state.stage({message.edit, message.by, at, message.edit_id, message.expected_version}); },
       [self, tenant, to](const result<void>& outcome) {
         auto* state = self->state.entity->domain();
         if (!outcome) {
           self->state.figures->note_failure(outcome.error());
           to.deliver(outcome.error());
           if (state != nullptr && !state->versions().empty())
             tell_tenant(self, tenant, *state, [](const std::optional<failure>&) {}); // a name that was given for it is free again
           return;
         }
         tell_tenant(self, tenant, *state, [to, answer = shown(self->state.entity->id().name, *state, state->versions().back())](const std::optional<failure>& why) {
           why ? to.deliver(*why) : to.deliver(dashboard_shown{answer});
         });
       },
       [message] { return command_content{"edit_dashboard", to_bytes(message)}; }});
}

caf::result<dashboard_shown> edit(dashboard_self self, const tenant_actor& tenant, const edit_dashboard& message) {
  const message_timer timer{*self->state.figures, waiting_in_mailbox(self)};
  if (self->state.entity->is_stopping())
    return not_handled();
  auto promise = self->make_response_promise<dashboard_shown>();
  self->state.last_used = std::chrono::steady_clock::now();
  self->state.entity->read([self, tenant, message, to = caller_answer<dashboard_shown>{promise}](result<dashboard_state*> state) {
    if (!state)
      return to.deliver(state.error());
    const auto name = name_wanted(**state, message.edit);
    if (!name)
      return commit(self, tenant, message, to);
    self->request(tenant, tenant_answers_within, dashboard_named{self->state.entity->id().name, *name})
        .then([self, tenant, message, to](const done&) { commit(self, tenant, message, to); }, [to](const caf::error& why) { to.deliver(to_failure(why)); });
  });
  return promise;
}

template <class Answer> caf::result<Answer> look(dashboard_self self, std::function<result<Answer>(const dashboard_state&)> answer) {
  const message_timer timer{*self->state.figures, waiting_in_mailbox(self)};
  if (self->state.entity->is_stopping())
    return not_handled();
  auto promise = self->make_response_promise<Answer>();
  self->state.last_used = std::chrono::steady_clock::now();
  self->state.entity->read([to = caller_answer<Answer>{promise}, answer = std::move(answer)](result<dashboard_state*> state) {
    if (!state)
      return to.deliver(state.error());
    auto outcome = (*state)->versions().empty() ? result<Answer>{no_such_dashboard()} : answer(**state);
    outcome ? to.deliver(std::move(*outcome)) : to.deliver(outcome.error());
  });
  return promise;
}

result<dashboard_shown> show(const std::string& id, const dashboard_state& state, const show_dashboard& asked) {
  if (asked.version || asked.at) {
    const auto found = asked.version ? state.version(*asked.version) : state.version_at(*asked.at);
    return found ? result<dashboard_shown>{shown(id, state, **found)} : found.error();
  }
  return state.exists() ? result<dashboard_shown>{shown(id, state, state.versions().back())} : no_such_dashboard();
}

dashboard_versions_listed list(const dashboard_state& state, const list_dashboard_versions& asked) {
  dashboard_versions_listed page;
  page.total = state.versions().size();
  for (auto each = state.versions().rbegin(); each != state.versions().rend(); ++each) {
    if (asked.before && each->stamp.version >= *asked.before)
      continue;
    if (page.versions.size() >= static_cast<std::size_t>(asked.limit)) {
      page.has_more = true;
      break;
    }
    page.versions.push_back(each->stamp);
  }
  return page;
}

} // namespace

dashboard_shell_actor::behavior_type run_dashboard_actor(dashboard_self self, entity_id id, shard_claim claim, actor_environment environment, actor_place place,
                                                         tenant_actor supervisor) {
  const auto child = std::string{to_string(id.kind)} + "/" + id.name;
  start_entity<dashboard_state>(self, std::move(id), claim, environment, std::move(place), [] { return std::make_unique<dashboard_state>(); },
                                {[self](const failure& why) { self->quit(to_caf_error(why)); }, [self, supervisor, child] { self->send(supervisor, passivate_child{child}); }});
  end_with_supervisor(self, caf::actor_cast<caf::actor>(supervisor));
  watch_idleness(self, supervisor, child);
  // What was committed and not told before the process ended, or the tenant did.
  self->state.entity->read([self, supervisor](result<dashboard_state*> state) {
    if (state && !(*state)->versions().empty())
      tell_tenant(self, supervisor, **state, [](const std::optional<failure>&) {});
  });
  return {
      [self, supervisor](const edit_dashboard& message) { return edit(self, supervisor, message); },
      [self](const show_dashboard& asked) {
        return look<dashboard_shown>(self, [asked, name = self->state.entity->id().name](const dashboard_state& state) { return show(name, state, asked); });
      },
      [self](const list_dashboard_versions& asked) {
        return look<dashboard_versions_listed>(self, [asked](const dashboard_state& state) { return result<dashboard_versions_listed>{list(state, asked)}; });
      },
      [self](const stop_actor& how) -> caf::result<done> {
        auto promise = self->make_response_promise<done>();
        self->state.entity->stop(how.is_handed_over, [self, to = caller_answer<done>{promise}] {
          to.deliver(done{});
          self->quit();
        });
        return promise;
      },
      [self](const actor_task& task) { run_task(self, task); },
  };
}

} // namespace dotmac
