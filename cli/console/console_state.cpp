#include "cli/console/console_state.hpp"

#include "cli/console/text_cells.hpp"
#include "cli/json_member.hpp"

#include <algorithm>

namespace dotmac::console {

console_state::console_state(std::string url, std::int64_t interval_ms, screen_size size)
    : url_{std::move(url)}, size_{size}, interval_ms_{interval_ms} {
  levels_.reserve(depth_max); // they stay where they are
  levels_.push_back(cluster_level(interval_ms));
}

/// Of an actor: those of nodes and letters are in their lists.
details* console_state::details_on_screen() {
  auto* reading = std::get_if<reading_details>(&mode_);
  return reading != nullptr && !reading->what.node.empty() ? &reading->what : nullptr;
}

const look_pace& console_state::pace() const {
  const auto* reading = std::get_if<reading_details>(&mode_);
  return reading != nullptr && !reading->what.node.empty() ? reading->what.pace : top().pace;
}

std::vector<call> console_state::take(const key_press& pressed, moment now) {
  now_ = now;
  press(pressed);
  return due_calls();
}

std::vector<call> console_state::pass(moment now) {
  now_ = now;
  return due_calls();
}

std::vector<call> console_state::take(const called& answered, moment now) {
  now_ = now;
  const auto is_wanted = [&](std::uint64_t& ticket) { return ticket != 0 && std::exchange(ticket, answered.ticket == ticket ? 0 : ticket) == answered.ticket; };
  if (answered.in == lane::cluster && is_wanted(cluster_ticket_))
    take_cluster(answered.outcome);
  if (answered.in == lane::list && is_wanted(list_ticket_))
    take_list(answered.outcome);
  if (answered.in == lane::act && is_wanted(act_ticket_))
    take_act(answered.outcome);
  return due_calls();
}

std::vector<call> console_state::due_calls() {
  auto calls = std::exchange(started_, {});
  const auto ask = [&](lane in, look_pace& pace, std::string path) {
    pace.asked(now_);
    calls.push_back({in, ++last_ticket_, "GET", std::move(path)});
    return last_ticket_;
  };
  if (auto& pace = levels_.front().pace; cluster_ticket_ == 0 && pace.is_due(now_))
    cluster_ticket_ = ask(lane::cluster, pace, "/admin/cluster");
  auto* reading = details_on_screen();
  if (list_ticket_ != 0 || (reading == nullptr && top().kind == level_kind::cluster))
    return calls;
  if (auto& pace = reading != nullptr ? reading->pace : levels_.back().pace; pace.is_due(now_))
    list_ticket_ = ask(lane::list, pace, reading != nullptr ? path_of_details(*reading) : path_of_page(top()));
  return calls;
}

/// Whether a look has failed; a node's answer has the member `mark`.
bool console_state::fail(look_pace& into, const result<http_answer>& outcome, const char* mark) {
  if (!outcome) {
    into.failed(now_, shown_text(outcome.error().message), 0);
    return true;
  }
  if (outcome->status == 200 && !member(outcome->body, mark).is_null())
    return false;
  const bool is_refused = outcome->status == 401 || outcome->status == 403;
  const auto said = outcome->status == 200 ? url_ + " does not answer like a node of DotMac Analytics" : explain(*outcome);
  into.failed(now_, (is_refused ? "the credential is refused: " : "") + shown_text(said), outcome->retry_after_seconds);
  return true;
}

void console_state::take_cluster(const result<http_answer>& outcome) {
  auto& nodes = levels_.front();
  if (fail(nodes.pace, outcome, "nodes"))
    return;
  nodes.pace.succeeded(now_);
  cluster_ = outcome->body;
  take_nodes(nodes, cluster_, now_.steady_ms);
  auto* reading = std::get_if<reading_details>(&mode_);
  if (reading == nullptr || top().kind != level_kind::cluster)
    return;
  for (const auto* each : nodes.rows.shown())
    if (each->key == reading->what.of.key)
      reading->what.of = *each;
}

/// What is on the screen is what was asked for: look_anew forgets the call otherwise.
void console_state::take_list(const result<http_answer>& outcome) {
  if (auto* reading = details_on_screen()) {
    if (outcome && outcome->status == 404 && !reading->is_listed_only) {
      miss_details(*reading, explain(*outcome));
      return reading->pace.hurry();
    }
    if (fail(reading->pace, outcome, reading->is_listed_only ? "actors" : "path"))
      return;
    reading->pace.succeeded(now_);
    return take_details(*reading, outcome->body, cluster_, now_.steady_ms);
  }
  auto& list = levels_.back();
  if (fail(list.pace, outcome, list.kind == level_kind::letters ? "dead_letters" : "actors"))
    return begin_anew(list, false);
  list.pace.succeeded(now_);
  take_page(list, outcome->body, cluster_, now_.steady_ms);
  if (!list.is_whole)
    list.pace.hurry();
}

void console_state::take_act(const result<http_answer>& outcome) {
  if (!outcome)
    note_ = {act_name_ + ": no answer, it may have been done: " + shown_text(outcome.error().message), tone::bad};
  else if (outcome->status >= 400)
    note_ = {act_name_ + ": " + shown_text(explain(*outcome)), tone::bad};
  else
    note_ = {act_name_ + ": " + [&] {
      const auto status = text_member(outcome->body, "status");
      return status.empty() ? std::string{"done"} : shown_text(status);
    }(), tone::good};
  levels_.front().pace.hurry();
  levels_.back().pace.hurry();
}

/// Another list or actor is on the screen: what was asked for the one before is not waited for.
void console_state::look_anew() {
  list_ticket_ = 0;
  if (auto* reading = details_on_screen())
    reading->pace.hurry();
  else if (top().kind != level_kind::cluster)
    levels_.back().pace.hurry();
}

void console_state::ask_first(act what) {
  if (act_ticket_ != 0) {
    note_ = {"wait: " + act_name_ + " has no answer yet", tone::bad};
    return;
  }
  mode_ = confirming{std::move(what)};
}

void console_state::start_act(const act& what) {
  act_ticket_ = ++last_ticket_;
  act_name_ = shown_text(what.name);
  note_ = {act_name_ + ": under way", tone::plain};
  started_.push_back({lane::act, act_ticket_, what.method, what.path, what.body});
}

std::size_t console_state::list_lines() const {
  const auto others = lines_around_list + (pace().failing_since() ? lines_of_trouble : 0);
  return size_.lines > others ? size_.lines - others : 0;
}

std::size_t console_state::reading_lines() const { return list_lines() + 1; } // no heads of columns

} // namespace dotmac::console
