#include "api/user_requests.hpp"

#include "api/answer_forms.hpp"
#include "api/form_parts.hpp"
#include "api/handlers.hpp"

#include <charconv>

namespace dotmac {
namespace {

std::string cursor_after_user(const found_user& last) { return cursor_after(cursor_kind::users, std::to_string(last.count) + "." + last.id); }

std::optional<user_position> user_position_of(const std::string& cursor) {
  const auto key = key_of_cursor(cursor_kind::users, cursor);
  if (!key)
    return std::nullopt;
  user_position position;
  const auto [end, why] = std::from_chars(key->data(), key->data() + key->size(), position.count);
  if (why != std::errc{} || end == key->data() + key->size() || *end != '.')
    return std::nullopt;
  position.id = key->substr(static_cast<std::size_t>(end - key->data()) + 1);
  return position;
}

json found_users_as_json(const std::vector<found_user>& users) {
  json list = json::array();
  for (const auto& each : users)
    list.push_back({{"id", each.id}, {"count", each.count}, {"first_time", format_timestamp(each.first_time)}, {"last_time", format_timestamp(each.last_time)}});
  return list;
}

} // namespace

void find_event_users(const gateway_call_pointer& call) {
  auto body = call->read_body<event_users_request>();
  if (!body || !check_interval(call, body->start_time, body->end_time))
    return;
  find_users question{std::move(body->event), body->start_time, body->end_time, body->min_count, body->max_count, field_of(body->user_id_field), body->limit, std::nullopt};
  if (body->cursor) {
    question.after = user_position_of(*body->cursor);
    if (!question.after)
      return call->refuse({not_a_cursor("body", *body->cursor)});
  }
  gateway_call::ask_tenant(call, std::move(question), call->host->options.query_timeout,
                           std::function<void(users_found&)>{[call, start = body->start_time, end = body->end_time](users_found& found) {
                             json answer{{"total", found.total}, {"users", found_users_as_json(found.users)},
                                         {"next_cursor", found.has_more && !found.users.empty() ? json(cursor_after_user(found.users.back())) : json(nullptr)}};
                             add_scope(answer, found.scope, start, end);
                             call->answer(answer);
                           }});
}

json event_users_form() {
  using namespace form_parts;
  const auto user = object_of({{"id", text(), "of the field asked for"}, {"count", count(), "his events"}, {"first_time", time(), "of the first of them"}, {"last_time", time(), "of the last of them"}});
  return joined(object_of({{"total", count(), "users, whatever the page"}, {"users", list_of(user), "most events first, then by id"},
                           {"next_cursor", text_or_null(), "cursor of the next page; null on the last one"}}),
                scope_form());
}

} // namespace dotmac
