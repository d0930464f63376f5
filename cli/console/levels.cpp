#include "cli/console/levels.hpp"

#include "cli/console/text_cells.hpp"
#include "cli/http_client.hpp"
#include "cli/json_member.hpp"

#include <charconv>

namespace dotmac::console {
namespace {

constexpr const char* root_path = "node"; ///< of the actor above all others of a node

/// Numbers of the columns with these heads, so that each level has its own order.
std::vector<std::size_t> named(std::span<const column> all, std::initializer_list<std::string_view> heads) {
  std::vector<std::size_t> numbers;
  for (const auto head : heads)
    for (std::size_t i = 0; i < all.size(); ++i)
      if (all[i].head == head)
        numbers.push_back(i);
  return numbers;
}

std::vector<std::size_t> columns_in_order(level_kind kind) {
  switch (kind) {
  case level_kind::cluster:
    return named(node_columns, {"state", "role", "shards", "wanted", "load", "heard", "version", "address"});
  case level_kind::node:
    return named(actor_columns, {"below", "load", "msg/s", "mbox", "wait", "fail", "rest", "memory", "t/msg", "pinned", "up"});
  case level_kind::shard:
    return named(actor_columns, {"below", "msg/s", "mbox", "wait", "fail", "rest", "memory", "t/msg", "journal", "snap", "up", "scans"});
  case level_kind::tenant:
    return named(actor_columns, {"msg/s", "mbox", "wait", "fail", "rest", "memory", "t/msg", "journal", "snap", "up", "scans"});
  case level_kind::letters:
    break;
  }
  return named(letter_columns, {"reason", "recorded at", "message", "bytes"});
}

std::size_t name_cells_min(level_kind kind) {
  switch (kind) {
  case level_kind::cluster:
    return 12;
  case level_kind::node:
    return 10;
  case level_kind::shard:
  case level_kind::tenant:
    return 20;
  case level_kind::letters:
    break;
  }
  return 24;
}

} // namespace

level cluster_level(std::int64_t interval_ms) { return {level_kind::cluster, "cluster", {}, {}, listing{node_columns}, look_pace{interval_ms}}; }

level level_below(const level& of, const row& opened, std::int64_t interval_ms) {
  const look_pace pace{interval_ms};
  switch (of.kind) {
  case level_kind::cluster:
    return {level_kind::node, opened.name, opened.key, root_path, listing{actor_columns}, pace};
  case level_kind::node:
    return {level_kind::shard, opened.name, of.node, opened.key, listing{actor_columns}, pace};
  case level_kind::shard:
  case level_kind::tenant:
  case level_kind::letters:
    break;
  }
  return {level_kind::tenant, opened.name, of.node, opened.key, listing{actor_columns}, pace};
}

level letters_level(const std::string& tenant, std::int64_t interval_ms) {
  return {level_kind::letters, tenant.empty() ? "dead letters" : "dead letters of " + shown_text(tenant), {}, tenant, listing{letter_columns, true}, look_pace{interval_ms}};
}

std::vector<std::size_t> columns_within(const level& of, std::size_t cells) {
  std::vector<std::size_t> fitting;
  auto used = name_cells_min(of.kind);
  for (const auto each : columns_in_order(of.kind)) {
    used += of.rows.columns()[each].cells + 1;
    if (used > cells)
      break;
    fitting.push_back(each);
  }
  return fitting;
}

const char* name_head(level_kind kind) {
  switch (kind) {
  case level_kind::cluster:
    return "node";
  case level_kind::node:
    return "shard";
  case level_kind::shard:
    return "tenant";
  case level_kind::tenant:
    return "actor";
  case level_kind::letters:
    break;
  }
  return "whose message";
}

std::string path_of_page(const level& of) {
  if (of.kind == level_kind::letters)
    return "/admin/dead-letters?limit=" + std::to_string(letters_max) + (of.parent.empty() ? "" : "&tenant=" + path_part(of.parent));
  auto path = "/admin/actors?node=" + path_part(of.node) + "&parent=" + path_part(of.parent) + "&limit=" + std::to_string(page_rows);
  if (!of.begin.empty())
    path += "&path=" + path_part(of.parent + "/" + of.begin);
  if (!of.cursor.empty())
    path += "&cursor=" + path_part(of.cursor);
  return path;
}

void add_place(json& actor, const json& cluster) {
  const auto text = shard_number(text_member(actor, "path"));
  std::uint64_t number = 0;
  if (text.empty() || std::from_chars(text.data(), text.data() + text.size(), number).ec != std::errc{})
    return;
  for (const auto& each : list_member(cluster, "shards"))
    if (count_member(each, "shard") == number) {
      actor["load"] = member(each, "load");
      actor["pinned"] = member(each, "pinned");
    }
}

void take_nodes(level& into, const json& cluster, std::int64_t at_ms) {
  const auto name = text_member(cluster, "name");
  into.title = name.empty() ? "node alone" : "cluster " + shown_text(name);
  std::vector<row> part;
  for (const auto& each : list_member(cluster, "nodes"))
    if (auto read = read_node(each))
      part.push_back(std::move(*read));
  into.total = part.size();
  into.rows.take(std::move(part), at_ms);
  into.rows.end_round();
  into.is_whole = true;
}

void take_page(level& into, const json& answer, const json& cluster, std::int64_t at_ms) {
  std::vector<row> part;
  if (into.kind == level_kind::letters) {
    for (const auto& each : list_member(answer, "dead_letters"))
      if (auto read = read_letter(each))
        part.push_back(std::move(*read));
    into.total = part.size() < letters_max ? std::optional<std::uint64_t>{part.size()} : std::nullopt;
  } else {
    for (auto each : list_member(answer, "actors")) {
      if (into.kind == level_kind::node)
        add_place(each, cluster);
      if (auto read = read_actor(each, into.parent))
        part.push_back(std::move(*read));
    }
    into.total = count_member(answer, "total");
  }
  into.rows.take(std::move(part), at_ms);
  into.cursor = text_member(answer, "next_cursor");
  if (into.cursor.empty() || ++into.pages >= pages_max) {
    into.rows.end_round();
    into.cursor.clear();
    into.pages = 0;
    into.is_whole = true;
  }
}

void begin_anew(level& of, bool forget) {
  of.cursor.clear();
  of.pages = 0;
  of.rows.break_round();
  if (!forget)
    return;
  of.rows.clear();
  of.total.reset();
  of.is_whole = false;
}

void apply_filter(level& of, const std::string& text) {
  const auto begin = of.is_of_actors() && text.starts_with('^') ? text.substr(1) : std::string{};
  of.rows.set_filter(of.is_of_actors() && text.starts_with('^') ? std::string{} : text);
  if (begin == of.begin)
    return;
  of.begin = begin;
  begin_anew(of, true);
}

std::string filter_of(const level& of) { return of.begin.empty() ? of.rows.filter() : "^" + of.begin; }

std::string shard_number(const std::string& path) {
  constexpr std::string_view before = "node/shard-";
  const auto number = path.starts_with(before) ? path.substr(before.size()) : std::string{};
  return number.find_first_not_of("0123456789") == number.npos ? number : std::string{};
}

} // namespace dotmac::console
