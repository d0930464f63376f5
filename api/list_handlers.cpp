#include "api/handlers.hpp"

#include "api/list_requests.hpp"
#include "api/requests.hpp"

namespace dotmac {
namespace {

/// Where a list goes on; answers 422 and says false where its cursor is none of this list, or stands beside an offset.
template <class Request>
bool read_key(const gateway_call_pointer& call, cursor_kind kind, const Request& asked, std::optional<std::string>& after) {
  if (!asked.cursor)
    return true;
  after = key_of_cursor(kind, *asked.cursor);
  if (!after)
    return call->refuse({not_a_cursor("query", *asked.cursor)}), false;
  if (asked.offset != 0)
    return call->refuse({cursor_with_offset("query", asked.offset)}), false;
  return true;
}

/// Answers with one page of what is all at hand, sorted by its keys.
template <class Item, class Key, class Show>
void answer_page(const gateway_call_pointer& call, const char* name, cursor_kind kind, const list_request& asked, const std::optional<std::string>& after,
                 const std::vector<Item>& all, Key key_of, Show show) {
  json shown = json::array();
  page_figures page{0, all.size(), asked.limit, asked.offset, std::nullopt};
  std::string last;
  std::int64_t passed = 0;
  for (const auto& each : all) {
    if ((after && key_of(each) <= *after) || passed++ < asked.offset)
      continue;
    if (shown.size() == static_cast<std::size_t>(asked.limit)) {
      page.next_cursor = cursor_after(kind, last);
      break;
    }
    shown.push_back(show(each));
    last = key_of(each);
  }
  page.count = shown.size();
  auto body = write_json(page);
  body[name] = std::move(shown);
  call->answer(body);
}

} // namespace

void json_form<tag_list>::read(json_reader& in, const json& from, tag_list& into) {
  const auto text = from.get<std::string>();
  for (std::string_view rest = text; !rest.empty();) {
    const auto end = rest.find(',');
    const auto pair = rest.substr(0, end);
    rest = end == rest.npos ? std::string_view{} : rest.substr(end + 1);
    const auto colon = pair.find(':');
    if (colon == pair.npos || colon == 0)
      return in.complain("tags", "must be name:value, several divided by commas", from);
    into.tags[std::string{pair.substr(0, colon)}] = std::string{pair.substr(colon + 1)};
  }
}

json json_form<tag_list>::schema() { return {{"type", "string"}, {"pattern", "^([^:,]+:[^,]*)(,[^:,]+:[^,]*)*$"}}; }

void list_metric_definitions(const gateway_call_pointer& call) {
  const auto asked = call->read_query<metric_list_request>();
  std::optional<std::string> after;
  if (!asked || !read_key(call, cursor_kind::metrics, *asked, after))
    return;
  list_metrics question{asked->type, asked->tags ? asked->tags->tags : std::map<std::string, std::string>{}, asked->limit, asked->offset, after};
  gateway_call::ask_tenant(call, std::move(question), call->host->options.request_timeout,
                           std::function<void(metrics_listed&)>{[call, asked = *asked](metrics_listed& listed) {
                             page_figures page{listed.metrics.size(), listed.total, asked.limit, asked.offset, std::nullopt};
                             if (listed.has_more && !listed.metrics.empty())
                               page.next_cursor = cursor_after(cursor_kind::metrics, listed.metrics.back().name);
                             auto body = write_json(page);
                             auto& metrics = body["metrics"] = json::array();
                             for (const auto& each : listed.metrics)
                               metrics.push_back(metric_as_json(each));
                             call->answer(body);
                           }});
}

void list_schemas(const gateway_call_pointer& call) {
  const auto asked = call->read_query<list_request>();
  std::optional<std::string> after;
  if (!asked || !read_key(call, cursor_kind::schemas, *asked, after))
    return;
  gateway_call::ask_tenant(call, get_tenant_context{}, call->host->options.request_timeout,
                           std::function<void(tenant_context&)>{[call, asked = *asked, after](tenant_context& context) {
                             answer_page(call, "schemas", cursor_kind::schemas, asked, after, context.schemas, [](const event_schema& each) { return key_of(each); },
                                         [](const event_schema& each) { return schema_as_json(each); });
                           }});
}

void list_keys(const gateway_call_pointer& call) {
  const auto asked = call->read_query<list_request>();
  std::optional<std::string> after;
  if (!asked || !read_key(call, cursor_kind::api_keys, *asked, after))
    return;
  gateway_call::ask_tenant(call, get_tenant_context{}, call->host->options.request_timeout,
                           std::function<void(tenant_context&)>{[call, asked = *asked, after](tenant_context& context) {
                             answer_page(call, "api_keys", cursor_kind::api_keys, asked, after, context.api_keys, [](const api_key_record& each) { return each.key_id; }, key_as_json);
                           }});
}

namespace {

/// Who is bound to a tenant sees its actors alone.
template <class Request> actor_selection selection_of(const gateway_call& call, const Request& asked) {
  return {asked.kind.value_or(""), call.may_act_for_all ? asked.tenant.value_or("") : call.tenant, asked.path.value_or(""), asked.parent.value_or("")};
}

/// The actors of a page, each below its parent where that is on the page too. They come in the order of their paths, so that from the
/// last one on an actor has all its children when its turn comes.
json tree_of(json&& listed) {
  std::map<std::string, std::size_t> place;
  for (std::size_t i = 0; i < listed.size(); ++i)
    place.emplace(listed[i]["path"].get<std::string>(), i);
  json roots = json::array();
  for (std::size_t i = listed.size(); i-- > 0;) {
    auto actor = std::move(listed[i]);
    if (const auto children = actor.find("actors"); children != actor.end())
      std::reverse(children->begin(), children->end());
    const auto above = place.find(actor["parent"].get<std::string>());
    (above == place.end() ? roots : listed[above->second]["actors"]).push_back(std::move(actor));
  }
  std::reverse(roots.begin(), roots.end());
  return roots;
}

} // namespace

void show_actors(const gateway_call_pointer& call) {
  const auto asked = call->read_query<actor_list_request>();
  std::optional<std::string> after;
  if (!asked || !read_key(call, cursor_kind::actors, *asked, after))
    return;
  call->host->hooks.actors(asked->node.value_or(""), {selection_of(*call, *asked), after, asked->limit, asked->offset}, [call, asked = *asked](result<actor_list> outcome) {
    gateway_call::guard(call, [&] {
      if (!outcome)
        return call->refuse(outcome.error());
      page_figures page{outcome->actors.size(), outcome->total, asked.limit, asked.offset, std::nullopt};
      if (outcome->last_path)
        page.next_cursor = cursor_after(cursor_kind::actors, *outcome->last_path);
      auto body = write_json(page);
      body["actors"] = asked.shape == actor_list_shape::tree ? tree_of(std::move(outcome->actors)) : std::move(outcome->actors);
      call->answer(body);
    });
  });
}

void show_actor_series(const gateway_call_pointer& call) {
  if (const auto asked = call->read_query<actor_figures_request>())
    call->respond({200, prometheus_type, call->host->hooks.prometheus_text_of_actors(selection_of(*call, *asked), static_cast<std::size_t>(asked->limit)), {}});
}

namespace {

/// Whose entries are shown: of the tenant asked for, of all (empty) where there is none, and to who is bound to a tenant of that one
/// alone. Nothing, and answered 422, where what was asked for is no tenant id.
std::optional<std::string> tenant_to_show(const gateway_call_pointer& call, const std::optional<std::string>& asked) {
  if (asked && !is_valid_tenant_id(*asked))
    return call->refuse({{"tenant_id", {"query", "tenant"}, "a tenant id has 1 to 63 letters, digits, '-', '_' or '.', and begins with a letter or digit", asked->substr(0, 100)}}), std::nullopt;
  return call->may_act_for_all ? asked.value_or("") : call->tenant;
}

} // namespace

void list_dead_letters(const gateway_call_pointer& call) {
  const auto asked = call->read_query<dead_letters_request>();
  const auto tenant = asked ? tenant_to_show(call, asked->tenant) : std::nullopt;
  if (!tenant)
    return;
  call->host->hooks.dead_letters(*tenant, static_cast<std::size_t>(asked->limit), [call](result<std::vector<shown_dead_letter>> found) {
    gateway_call::guard(call, [&] {
      if (!found)
        return call->refuse(found.error());
      json letters = json::array();
      for (const auto& each : *found)
        letters.push_back({{"id", each.id}, {"tenant", each.tenant}, {"actor", each.actor}, {"recorded_at", format_timestamp(each.recorded_at)},
                           {"message_type", each.message_type}, {"reason", each.reason}, {"payload_bytes", each.payload_bytes}});
      call->answer({{"dead_letters", std::move(letters)}, {"count", found->size()}});
    });
  });
}

void list_audit_entries(const gateway_call_pointer& call) {
  const auto asked = call->read_query<audit_request>();
  const auto tenant = asked ? tenant_to_show(call, asked->tenant) : std::nullopt;
  if (!tenant)
    return;
  const auto limit = static_cast<std::size_t>(asked->limit);
  // One more than is shown tells whether there is a next page.
  call->host->hooks.audit_entries(*tenant, static_cast<std::uint64_t>(asked->before.value_or(0)), limit + 1, [call, limit](result<std::vector<shown_audit_entry>> found) {
    gateway_call::guard(call, [&] {
      if (!found)
        return call->refuse(found.error());
      const bool has_more = found->size() > limit;
      if (has_more)
        found->resize(limit);
      json entries = json::array();
      for (const auto& each : *found)
        entries.push_back({{"id", each.id}, {"recorded_at", format_timestamp(each.recorded_at)}, {"tenant", each.tenant}, {"act", each.act}, {"subject", each.subject}, {"details", each.details}});
      call->answer({{"entries", std::move(entries)}, {"next_before", has_more ? json(found->back().id) : json()}});
    });
  });
}

} // namespace dotmac
