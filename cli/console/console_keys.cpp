#include "cli/console/console_state.hpp"
#include "cli/console/help.hpp"
#include "cli/console/text_cells.hpp"
#include "cli/json_member.hpp"

#include <algorithm>

namespace dotmac::console {
namespace {

bool is(const key_press& pressed, const char* text) { return pressed.what == key::character && pressed.text == text; }

bool goes_back(const key_press& pressed) { return pressed.what == key::escape || pressed.what == key::backspace || pressed.what == key::left; }

/// `first`, moved as the key says, so that the last of `all` lines stays in sight.
std::size_t scrolled(std::size_t first, key pressed, std::size_t all, std::size_t lines) {
  const auto last = all > lines ? all - lines : 0;
  switch (pressed) {
  case key::up:
    return first - std::min<std::size_t>(first, 1);
  case key::down:
    return std::min(first + 1, last);
  case key::page_up:
    return first - std::min(first, lines);
  case key::page_down:
    return std::min(first + lines, last);
  case key::home:
    return 0;
  case key::end:
    return last;
  default:
    return std::min(first, last);
  }
}

void remove_last_character(std::string& text) {
  while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xc0) == 0x80)
    text.pop_back();
  if (!text.empty())
    text.pop_back();
}

} // namespace

void console_state::press(const key_press& pressed) {
  std::visit([&](auto& in) { press_in(in, pressed); }, mode_);
}

void console_state::press_in(browsing&, const key_press& pressed) {
  if (move_in_list(pressed.what))
    return;
  if (pressed.what == key::character)
    return press_character(pressed.text);
  if (pressed.what == key::enter || pressed.what == key::right)
    return open_selected();
  if (pressed.what == key::escape && !filter_of(top()).empty()) {
    apply_filter(levels_.back(), {});
    look_anew();
  } else if (goes_back(pressed)) {
    go_back();
  }
}

bool console_state::move_in_list(key pressed) {
  auto& rows = levels_.back().rows;
  const auto page = static_cast<std::ptrdiff_t>(std::max<std::size_t>(list_lines(), 1));
  switch (pressed) {
  case key::up:
    return rows.move(-1), true;
  case key::down:
    return rows.move(1), true;
  case key::page_up:
    return rows.move(-page), true;
  case key::page_down:
    return rows.move(page), true;
  case key::home:
    return rows.select_first(), true;
  case key::end:
    return rows.select_last(), true;
  default:
    return false;
  }
}

void console_state::press_character(const std::string& text) {
  auto& in = levels_.back();
  if (text == "q") {
    has_quit_ = true;
  } else if (text == "?") {
    mode_ = reading_help{};
  } else if (text == "/") {
    mode_ = typing_filter{filter_of(in)};
  } else if (text == "s") {
    in.rows.sort_by_next(columns_within(in, size_.columns));
  } else if (text == "r") {
    in.rows.reverse();
  } else if (text == "d") {
    open_details();
  } else if (text == "L" && in.kind != level_kind::letters) {
    open_letters();
  } else if (text == "B" && in.kind == level_kind::cluster) {
    ask_first(rebalance_cluster());
  } else if (const auto* selected = in.rows.selected(); selected != nullptr && !press_act(text, *selected)) {
    note_ = {"? shows what the keys do", tone::plain};
  }
}

bool console_state::press_act(const std::string& text, const row& selected) {
  const auto& in = top();
  const auto pressed = text.size() == 1 ? text[0] : '\0';
  const bool is_node = in.kind == level_kind::cluster;
  const bool is_shard = in.kind == level_kind::node;
  const bool is_actor = in.kind == level_kind::shard || in.kind == level_kind::tenant;
  const bool is_letter = in.kind == level_kind::letters;
  if (is_node && (pressed == 'D' || pressed == 'C' || pressed == 'U'))
    return ask_first(schedule_node(selected.key, pressed == 'D' ? schedule::drain : pressed == 'C' ? schedule::cordon : schedule::serve)), true;
  if (is_shard && pressed == 'm')
    return choose_node_for(selected), true;
  if (is_shard && pressed == 'R' && !shard_number(selected.key).empty())
    return ask_first(release_shard(shard_number(selected.key))), true;
  if (is_actor && (pressed == 'p' || pressed == 'x'))
    return ask_first(end_actor(selected.key, in.node, selected.kind == "tenant", pressed == 'p' ? actor_end::passivate : actor_end::restart)), true;
  if (is_letter && (pressed == 'p' || pressed == 'x'))
    return ask_first(end_letter(selected.key, selected.name, pressed == 'p' ? letter_end::replay : letter_end::discard)), true;
  return false;
}

/// Of the tenant that one is in, or else of all.
void console_state::open_letters() {
  const auto& in = top();
  const auto tenant = in.kind == level_kind::tenant ? in.parent.substr(in.parent.rfind('/') + 1) : std::string{};
  note_ = {};
  levels_.push_back(letters_level(tenant, interval_ms_));
  look_anew();
}

void console_state::open_selected() {
  const auto* selected = top().rows.selected();
  if (selected == nullptr)
    return;
  if (top().kind == level_kind::tenant || top().kind == level_kind::letters)
    return open_details();
  note_ = {};
  levels_.push_back(level_below(top(), *selected, interval_ms_));
  look_anew();
}

void console_state::open_details() {
  const auto* selected = top().rows.selected();
  if (selected == nullptr)
    return;
  mode_ = reading_details{details_of(top(), *selected, interval_ms_)};
  look_anew();
}

void console_state::go_back() {
  if (levels_.size() == 1)
    return;
  note_ = {};
  levels_.pop_back();
  begin_anew(levels_.back(), false);
  look_anew();
}

void console_state::press_in(typing_filter& in, const key_press& pressed) {
  auto& list = levels_.back();
  const bool is_for_the_node = in.text.starts_with('^') && list.is_of_actors();
  if (pressed.what == key::character && in.text.size() + pressed.text.size() <= filter_bytes_max)
    in.text += pressed.text;
  else if (pressed.what == key::backspace)
    remove_last_character(in.text);
  else if (pressed.what == key::escape)
    in.text.clear();
  const bool is_done = pressed.what == key::enter || pressed.what == key::escape;
  if (!is_done && (is_for_the_node || (in.text.starts_with('^') && list.is_of_actors())))
    return; // asked for when it is complete
  const auto begin = list.begin;
  apply_filter(list, in.text);
  if (list.begin != begin)
    look_anew();
  if (is_done)
    mode_ = browsing{};
}

void console_state::press_in(confirming& in, const key_press& pressed) {
  const auto what = std::move(in.what);
  if (is(pressed, "y")) {
    start_act(what);
    mode_ = browsing{};
  } else if (is(pressed, "n") || is(pressed, "q") || goes_back(pressed)) {
    note_ = {shown_text(what.name) + ": not done", tone::plain};
    mode_ = browsing{};
  } else {
    in.what = what; // any other key is no answer
  }
}

void console_state::choose_node_for(const row& shard) {
  choosing_node choice{shard_number(shard.key), top().node, {}};
  for (const auto& each : list_member(cluster_, "nodes"))
    if (const auto id = text_member(each, "id"); id != top().node && text_member(each, "role") != "gateway" && text_member(each, "state") != "absent" && !id.empty())
      choice.nodes.push_back(id);
  if (choice.shard.empty() || choice.nodes.empty())
    note_ = {"there is no other node that could have it", tone::bad};
  else
    mode_ = std::move(choice);
}

void console_state::press_in(choosing_node& in, const key_press& pressed) {
  if (pressed.what == key::enter || pressed.what == key::right) {
    const auto chosen = std::move(in);
    mode_ = browsing{};
    ask_first(move_shard(chosen.shard, chosen.owner, chosen.nodes[chosen.at]));
  } else if (is(pressed, "q") || goes_back(pressed)) {
    mode_ = browsing{};
  } else if (pressed.what == key::up || pressed.what == key::home) {
    in.at = pressed.what == key::home ? 0 : in.at - std::min<std::size_t>(in.at, 1);
  } else if (pressed.what == key::down || pressed.what == key::end) {
    in.at = pressed.what == key::end ? in.nodes.size() - 1 : std::min(in.at + 1, in.nodes.size() - 1);
  }
}

void console_state::press_in(reading_details& in, const key_press& pressed) {
  if (is(pressed, "q")) {
    has_quit_ = true;
  } else if (goes_back(pressed) || is(pressed, "d")) {
    mode_ = browsing{};
    begin_anew(levels_.back(), false);
    look_anew();
  } else if (pressed.what == key::character) {
    const auto of = in.what.of;
    if (top().rows.selected() != nullptr && top().rows.selected()->key == of.key && press_act(pressed.text, of))
      look_anew(); // the list is shown again, with the question
  } else {
    in.what.first_line = scrolled(in.what.first_line, pressed.what, detail_lines(in.what, size_.columns).size(), reading_lines());
  }
}

void console_state::press_in(reading_help& in, const key_press& pressed) {
  if (goes_back(pressed) || is(pressed, "?") || is(pressed, "q") || pressed.what == key::enter)
    mode_ = browsing{};
  else
    in.first_line = scrolled(in.first_line, pressed.what, help_lines(top(), size_.columns).size(), reading_lines());
}

} // namespace dotmac::console
