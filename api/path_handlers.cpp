#include "api/path_requests.hpp"

#include "api/answer_forms.hpp"
#include "api/form_parts.hpp"
#include "api/handlers.hpp"

namespace dotmac {
namespace {

follow_paths paths_question(event_paths_request request) {
  follow_paths question;
  question.event = std::move(request.event);
  question.start_time = request.start_time;
  question.end_time = request.end_time;
  question.gap_minutes = request.gap;
  question.user_id_field = field_of(request.user_id_field);
  question.label_field = std::move(request.label_field);
  question.label_rules = std::move(request.label_rules);
  question.exclude = std::move(request.exclude);
  question.exclude_events = std::move(request.exclude_events);
  question.from = std::move(request.from);
  question.to = std::move(request.to);
  question.steps = request.steps;
  question.nodes_answered = request.nodes_per_step;
  question.merges_repeats = request.merge_repeats;
  return question;
}

json path_steps_as_json(const std::vector<path_step>& steps) {
  const auto count_or_null = [](const std::optional<std::uint64_t>& from) { return from ? json(*from) : json(nullptr); };
  json list = json::array();
  for (std::size_t i = 0; i < steps.size(); ++i) {
    json nodes = json::array();
    for (const auto& each : steps[i].nodes)
      nodes.push_back({{"label", write_json(each.label)}, {"is_other", each.label.index() == 0}, {"paths", each.paths}, {"users", each.users}, {"drop_offs", count_or_null(each.drop_offs)}});
    list.push_back({{"step", i + 1}, {"paths", steps[i].paths}, {"users", steps[i].users}, {"drop_offs", count_or_null(steps[i].drop_offs)}, {"nodes", std::move(nodes)}});
  }
  return list;
}

json path_links_as_json(const std::vector<path_link>& links) {
  json list = json::array();
  for (const auto& each : links)
    list.push_back({{"step", each.step + 1}, {"from", write_json(each.from)}, {"to", write_json(each.to)}, {"paths", each.paths},
                    {"average_seconds", each.paths == 0 ? json(nullptr) : json(static_cast<double>(each.milliseconds) / static_cast<double>(each.paths) / 1'000)}});
  return list;
}

} // namespace

void show_event_paths(const gateway_call_pointer& call) {
  auto body = call->read_body<event_paths_request>();
  if (!body || !check_interval(call, body->start_time, body->end_time))
    return;
  const auto start = body->start_time;
  const auto end = body->end_time;
  gateway_call::ask_tenant(call, paths_question(*std::move(body)), call->host->options.query_timeout, std::function<void(paths_followed&)>{[call, start, end](paths_followed& found) {
                             json answer{{"paths", found.paths}, {"users", found.users}, {"label_count", found.labels}, {"steps", path_steps_as_json(found.steps)},
                                         {"links", path_links_as_json(found.links)}};
                             add_scope(answer, found.scope, start, end);
                             call->answer(answer);
                           }});
}

json event_paths_form() {
  using namespace form_parts;
  const json drop_offs{{"type", json::array({"integer", "null"})}, {"minimum", 0}};
  const auto label = json_schema<scalar>();
  const auto node = object_of({{"label", label, "null of the others"}, {"is_other", {{"type", "boolean"}}, "all labels beyond nodes_per_step together"}, {"paths", count(), "through it"},
                               {"users", count(), "different ones"}, {"drop_offs", drop_offs, "paths without a further step; null in the last one"}});
  const auto step = object_of({{"step", count(), "from 1; with to counted back from the end"}, {"paths", count(), "with so many steps at least"}, {"users", count(), "different ones who have them"},
                               {"drop_offs", drop_offs, "paths without a further step; null in the last one"}, {"nodes", list_of(node), "most paths first, then by label; the others last"}});
  const auto link = object_of({{"step", count(), "leads from this step to the next; with to from the next to this one"}, {"from", label, "label of the earlier step; null: the others"},
                               {"to", label, "label of the later step; null: the others"}, {"paths", count(), "along it"}, {"average_seconds", number_or_null(), "between the two"}});
  return joined(object_of({{"paths", count(), "one per session that has one"}, {"users", count(), "who have them"}, {"label_count", count(), "different labels in these paths"},
                           {"steps", list_of(step), "as many as asked for"}, {"links", list_of(link), "by step, then most paths first"}}),
                scope_form());
}

} // namespace dotmac
