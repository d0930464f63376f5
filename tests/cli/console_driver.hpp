#pragma once

/// A console without a terminal, a clock or a socket: a test presses keys, moves time and answers calls, or lets a node made of JSON answer.

#include "cli/console/screen.hpp"
#include "cli/json_member.hpp"

#include <deque>
#include <functional>
#include <stdexcept>

namespace dotmac::console {

inline json node_as_json(const std::string& id, const std::string& state = "serving") {
  return {{"id", id}, {"state", state}, {"role", "both"}, {"shards", 128}, {"shards_wanted", 128}, {"load", 2500}, {"since_heartbeat_ms", 300}, {"version", "0.1.0"}, {"http_address", "10.0.0.1:8000"}};
}

inline json cluster_as_json(const std::vector<std::string>& nodes) {
  json listed = json::array();
  for (const auto& each : nodes)
    listed.push_back(node_as_json(each));
  return {{"name", "main"}, {"node", nodes.front()}, {"coordinator", nodes.front()}, {"moving", 0}, {"nodes", listed},
          {"shards", json::array({json{{"shard", 17}, {"owner", nodes.front()}, {"load", 4321}, {"pinned", nodes.front()}}})}};
}

inline json actor_as_json(const std::string& kind, const std::string& path, std::uint64_t messages = 10, std::uint64_t busy = 200) {
  const auto parent = path.substr(0, path.rfind(kind == "events" ? "/events" : "/"));
  return {{"kind", kind}, {"path", path}, {"parent", parent}, {"children", 3}, {"tenant", kind == "shard" ? "" : "acme"}, {"uptime_seconds", 90}, {"messages", messages}, {"failures", 0},
          {"mailbox", 4}, {"waiting", 5}, {"waiting_seconds", nullptr}, {"restarts", 0}, {"memory_bytes", 2'048}, {"journal_position", 77}, {"snapshot_position", 70}, {"snapshot_at", nullptr},
          {"busy_microseconds", busy}, {"scan_microseconds", 1'500}, {"message_times", {{{"up_to_us", 100}, {"count", 9}}, {{"up_to_us", nullptr}, {"count", 1}}}}};
}

inline json page_of(json actors, std::uint64_t total, json next_cursor = nullptr) {
  return {{"actors", std::move(actors)}, {"count", 0}, {"total", total}, {"next_cursor", std::move(next_cursor)}};
}

class console_driver {
public:
  explicit console_driver(screen_size size = {80, 24}) : state{"http://127.0.0.1:8000", 1'000, size} { add(state.pass(now)); }

  void press(const std::string& characters) {
    for (const char each : characters)
      add(state.take(key_press{key::character, std::string(1, each)}, now));
  }
  void press(key what) { add(state.take(key_press{what}, now)); }
  void wait(std::int64_t ms) {
    now.steady_ms += ms;
    now.wall_ms += ms;
    add(state.pass(now));
  }
  bool has_call(lane in) const {
    return std::any_of(calls.begin(), calls.end(), [&](const call& each) { return each.in == in; });
  }
  /// The oldest call of this lane that was not taken.
  call take_call(lane in) {
    const auto found = std::find_if(calls.begin(), calls.end(), [&](const call& each) { return each.in == in; });
    if (found == calls.end())
      throw std::logic_error{"nothing was asked for"};
    const auto taken = *found;
    calls.erase(found);
    return taken;
  }
  void answer(const call& to, const json& body, int status = 200) { add(state.take(called{to.in, to.ticket, http_answer{status, *parse_json(body.dump()), body.dump(), 0}}, now)); }
  void fail(const call& to, const std::string& why) { add(state.take(called{to.in, to.ticket, failure{error_code::not_ready, why, {}}}, now)); }

  /// Lets `node` answer until nothing is asked for any more.
  void settle() {
    while (!calls.empty()) {
      const auto each = calls.front();
      calls.pop_front();
      asked.push_back(each);
      const auto [status, body] = node(each);
      answer(each, body, status);
    }
  }
  std::vector<std::string> lines() const {
    std::vector<std::string> text;
    for (const auto& each : draw(state))
      text.push_back(text_of_line(each));
    return text;
  }
  /// The first line with `text` in it; empty: none.
  std::string line_with(const std::string& text) const {
    for (const auto& each : lines())
      if (each.find(text) != each.npos)
        return each;
    return {};
  }

  moment now{1'000'000, 1'767'261'600'000};
  console_state state;
  std::deque<call> calls;
  std::vector<call> asked; ///< by settle
  std::function<std::pair<int, json>(const call&)> node = [](const call& each) -> std::pair<int, json> {
    if (each.path == "/admin/cluster")
      return {200, cluster_as_json({"a", "b"})};
    if (each.path.starts_with("/admin/actors?node=a&parent=node&"))
      return {200, page_of({actor_as_json("shard", "node/shard-17"), actor_as_json("shard", "node/shard-3")}, 2)};
    if (each.path.starts_with("/admin/actors?node=a&parent=node%2Fshard-17&"))
      return {200, page_of({actor_as_json("tenant", "node/shard-17/acme")}, 1)};
    if (each.path.starts_with("/admin/actors?node=a&parent=node%2Fshard-17%2Facme&"))
      return {200, page_of({actor_as_json("events", "node/shard-17/acme/events/0"), actor_as_json("metric", "node/shard-17/acme/m_1", 0, 0)}, 2)};
    return {404, {{"detail", "there is no such path"}, {"code", "not_found"}}};
  };

  /// From the nodes down to the actors of a tenant.
  void open_tenant() {
    settle();
    press(key::enter);
    settle();
    press(key::end); // shard-17 comes behind shard-3
    press(key::enter);
    settle();
    press(key::enter);
    settle();
  }

private:
  void add(std::vector<call> more) {
    for (auto& each : more)
      calls.push_back(std::move(each));
  }
};

} // namespace dotmac::console
