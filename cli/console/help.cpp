#include "cli/console/help.hpp"

#include "cli/console/text_cells.hpp"

#include <array>

namespace dotmac::console {
namespace {

struct key_line {
  const char* keys;
  const char* meaning;
};

constexpr std::array everywhere{
    key_line{"arrows, PgUp, PgDn, Home, End", "move"},
    key_line{"Enter, Right", "open: the level below, or the details of what has none"},
    key_line{"Backspace, Left, Esc", "back; Esc takes a filter off first"},
    key_line{"d", "details of the selected line"},
    key_line{"/", "filter: a part of the name or of a text; ^abc has the node look for names that begin so, also past the lines that are shown"},
    key_line{"s, r", "sort by the next column; reverse"},
    key_line{"L", "dead letters: of all tenants, below a tenant of this one"},
    key_line{"?, q", "this help; quit"},
};
constexpr std::array node_acts{
    key_line{"D", "drain: the node gives all its shards away, and goes on taking calls"},
    key_line{"C", "cordon: it keeps what it has, and gets no more"},
    key_line{"U", "uncordon: its share again"},
    key_line{"B", "rebalance: every shard that was moved by hand is released, loads are evened out"},
};
constexpr std::array shard_acts{
    key_line{"m", "move the shard to a node that you choose; it stays there until it is released"},
    key_line{"R", "release: it goes where it is even"},
};
constexpr std::array actor_acts{
    key_line{"p", "passivate: it finishes, writes a snapshot and ends until it is asked for again"},
    key_line{"x", "restart: it ends at once, what waits is refused; it is read from the store when it is asked for"},
};
constexpr std::array letter_acts{
    key_line{"p", "replay: the actor is given the message again"},
    key_line{"x", "discard: the message is removed"},
};

std::span<const key_line> acts_of(level_kind kind) {
  switch (kind) {
  case level_kind::cluster:
    return node_acts;
  case level_kind::node:
    return shard_acts;
  case level_kind::shard:
  case level_kind::tenant:
    return actor_acts;
  case level_kind::letters:
    break;
  }
  return letter_acts;
}

void add(std::vector<detail_line>& lines, const std::string& begin, const std::string& text, std::size_t cells) {
  const auto indent = cells_of(begin);
  auto before = begin;
  for (const auto& each : wrapped(text, cells > indent ? cells - indent : 0)) {
    lines.push_back({before + each});
    before = std::string(indent, ' ');
  }
}

} // namespace

std::vector<detail_line> help_lines(const level& of, std::size_t cells) {
  constexpr std::size_t keys_cells = 31;
  constexpr std::size_t head_cells = 12;
  std::vector<detail_line> lines{{"Keys", true}};
  for (const auto& each : everywhere)
    add(lines, "  " + to_left(each.keys, keys_cells), each.meaning, cells);
  lines.push_back({""});
  lines.push_back({"Acts upon the selected line; each is asked for first, and is in the audit log", true});
  for (const auto& each : acts_of(of.kind))
    add(lines, "  " + to_left(each.keys, head_cells), each.meaning, cells);
  lines.push_back({""});
  lines.push_back({"Columns; those for which there is no room are in the details", true});
  for (const auto& each : of.rows.columns())
    add(lines, "  " + to_left(each.head, head_cells), each.meaning, cells);
  return lines;
}

std::vector<key_hint> hints_of(level_kind kind) {
  switch (kind) {
  case level_kind::cluster:
    return {{"?", "help"}, {"q", "quit"}, {"Enter", "open"}, {"d", "details"}, {"D", "drain"}, {"C", "cordon"}, {"U", "uncordon"}, {"B", "rebalance"}, {"L", "letters"}};
  case level_kind::node:
    return {{"?", "help"}, {"q", "quit"}, {"Enter", "open"}, {"Bksp", "back"}, {"/", "filter"}, {"s", "sort"}, {"m", "move"}, {"R", "release"}, {"d", "details"}};
  case level_kind::shard:
  case level_kind::tenant:
    return {{"?", "help"}, {"q", "quit"}, {"Enter", "open"}, {"Bksp", "back"}, {"/", "filter"}, {"s", "sort"}, {"p", "passivate"}, {"x", "restart"}, {"L", "letters"}};
  case level_kind::letters:
    break;
  }
  return {{"?", "help"}, {"q", "quit"}, {"Enter", "details"}, {"Bksp", "back"}, {"/", "filter"}, {"p", "replay"}, {"x", "discard"}};
}

} // namespace dotmac::console
