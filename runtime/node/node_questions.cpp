#include "runtime/node/node_questions.hpp"

#include "runtime/node/actor_details.hpp"
#include "runtime/node/node_acts.hpp"
#include "runtime/node/node_figures.hpp"

namespace dotmac {
namespace {

using nlohmann::json;

result<std::string> list(figures_registry& registry, const json& question) {
  actor_list_question asked;
  asked.which = {question.value("kind", ""), question.value("tenant", ""), question.value("path", ""), question.value("parent", "")};
  if (question.contains("after"))
    asked.after = question.value("after", "");
  asked.limit = question.value("limit", asked.limit);
  asked.offset = question.value("offset", asked.offset);
  auto listed = describe_actors(registry, asked);
  json told{{"actors", std::move(listed.actors)}, {"total", listed.total}};
  if (listed.last_path)
    told["last_path"] = *listed.last_path;
  return told.dump(-1, ' ', false, json::error_handler_t::replace);
}

result<std::string> act(figures_registry& registry, const json& question, actor_act_kind what) {
  auto done = carry_out_actor_act(registry, {{}, question.value("path", ""), what});
  return done ? result<std::string>{"{}"} : result<std::string>{done.error()};
}

std::string as_text(const json& told) { return told.dump(-1, ' ', false, json::error_handler_t::replace); }

failure not_understood() { return {error_code::validation_failed, "this node does not know the question: it has another release", {}}; }

} // namespace

std::string text_of(const actor_list_question& asked) {
  json text{{"ask", "actors"}, {"kind", asked.which.kind}, {"tenant", asked.which.tenant}, {"path", asked.which.path}, {"parent", asked.which.parent}, {"limit", asked.limit}, {"offset", asked.offset}};
  if (asked.after)
    text["after"] = *asked.after;
  return text.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string text_of(const actor_act& act) {
  return json{{"ask", act.what == actor_act_kind::passivate ? "passivate" : "restart"}, {"path", act.path}}.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string text_of_actor_details(const std::string& path) { return as_text({{"ask", "actor"}, {"path", path}}); }
std::string text_of_replay(std::uint64_t letter) { return as_text({{"ask", "replay"}, {"id", letter}}); }

void answer_node_question(const questioned_node& node, const std::string& text, const std::function<void(result<std::string>)>& answer) {
  try {
    const auto question = json::parse(text);
    const auto asked = question.value("ask", "");
    if (asked == "actors")
      return answer(list(*node.registry, question));
    if (asked == "actor")
      return describe_actor(*node.registry, question.value("path", ""), [answer](const result<json>& told) { answer(told ? result<std::string>{as_text(*told)} : told.error()); });
    if (asked == "replay")
      return replay_dead_letter(node.letters, question.value("id", std::uint64_t{0}), [answer](const result<void>& done) { answer(done ? result<std::string>{"{}"} : done.error()); });
    if (asked == "passivate")
      return answer(act(*node.registry, question, actor_act_kind::passivate));
    if (asked == "restart")
      return answer(act(*node.registry, question, actor_act_kind::restart));
    answer(not_understood());
  } catch (const json::exception&) {
    answer(not_understood());
  }
}

result<actor_list> actor_list_in(const std::string& answer) {
  try {
    auto told = json::parse(answer);
    actor_list listed{std::move(told.at("actors")), told.at("total").get<std::uint64_t>(), std::nullopt};
    if (!listed.actors.is_array())
      return failure{error_code::corrupt_data, "the node told of no list of actors", {}};
    if (told.contains("last_path"))
      listed.last_path = told.at("last_path").get<std::string>();
    return listed;
  } catch (const json::exception& why) {
    return failure{error_code::corrupt_data, "the node's list of actors cannot be read", {}, why.what()};
  }
}

result<json> object_in(const std::string& answer) {
  auto told = json::parse(answer, nullptr, false);
  if (!told.is_object())
    return failure{error_code::corrupt_data, "the node's answer cannot be read", {}};
  return told;
}

} // namespace dotmac
