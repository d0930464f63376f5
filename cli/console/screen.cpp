#include "cli/console/screen.hpp"

#include "cli/console/help.hpp"
#include "cli/console/list_drawing.hpp"
#include "cli/console/short_numbers.hpp"
#include "cli/console/text_cells.hpp"

#include <algorithm>

namespace dotmac::console {
namespace {

constexpr std::size_t note_lines_max = 4;

std::size_t cells_of_line(const screen_line& line) {
  std::size_t cells = 0;
  for (const auto& each : line)
    cells += cells_of(each.text);
  return cells;
}

/// `left` and `right` at the ends of a line; where there is not room for both, `left` is cut at its begin.
screen_line both_ends(const std::string& left, const std::string& right, std::size_t cells, style in) {
  const auto right_cells = std::min(cells_of(right), cells);
  const auto left_cells = cells > right_cells + 1 ? cells - right_cells - 1 : 0;
  return {{to_left(end_of(left, left_cells), cells - right_cells) + to_left(right, right_cells), in}};
}

std::string time_of_day(const moment& at) { return format_timestamp({at.wall_ms / 1'000 * 1'000}).substr(11); }

screen_line title_line(const console_state& state) {
  const auto& pace = state.pace();
  const auto age = pace.good_at() ? state.now().steady_ms - pace.good_at()->steady_ms : 0;
  const bool is_old = pace.failing_since() || age > old_after_ms;
  const auto right = !pace.good_at() ? std::string{pace.failing_since() ? "no figures " : "asking "} : is_old ? "figures are " + short_age(age) + " old " : "live ";
  return both_ends(" DotMac Analytics  " + shown_text(state.url()), right, state.size().columns, style::title);
}

screen_line place_line(const console_state& state) {
  std::string place;
  for (const auto& each : state.levels())
    place += (place.empty() ? "" : " > ") + each.title;
  if (const auto* reading = std::get_if<reading_details>(&state.in_mode()))
    return both_ends(place + " > " + reading->what.of.name, "details", state.size().columns, style::strong);
  if (std::holds_alternative<reading_help>(state.in_mode()))
    return both_ends(place, "help", state.size().columns, style::strong);
  return both_ends(place, count_text(state.top()), state.size().columns, style::strong);
}

/// Since when there are no new figures, and why; none where all is well.
void add_trouble(std::vector<screen_line>& lines, const console_state& state) {
  const auto& pace = state.pace();
  if (!pace.failing_since())
    return;
  const auto& now = state.now();
  const auto wait = pace.next_at_ms() - now.steady_ms;
  auto text = "no answer since " + time_of_day(*pace.failing_since()) + ", for " + short_age(now.steady_ms - pace.failing_since()->steady_ms);
  if (pace.good_at())
    text += "; figures are of " + time_of_day(*pace.good_at());
  lines.push_back({{text + (wait > 0 ? "; next try in " + short_age(wait + 999) : "; trying"), style::bad}});
  lines.push_back({{pace.why(), style::bad}});
}

/// What is typed, or the last note; the last of these lines has its own place.
std::vector<screen_line> note_lines(const console_state& state) {
  const auto columns = state.size().columns;
  if (const auto* typing = std::get_if<typing_filter>(&state.in_mode()))
    return {{{"filter: ", style::strong}, {end_of(shown_text(typing->text) + "_", columns > 8 ? columns - 8 : 0), style::plain}}};
  const auto& note = state.last_note();
  std::vector<screen_line> lines;
  for (const auto& each : wrapped(note.text, columns))
    if (lines.size() < note_lines_max)
      lines.push_back({{each, note.in == tone::good ? style::good : note.in == tone::bad ? style::bad : style::plain}});
  return lines;
}

screen_line hint_line(const console_state& state) {
  std::vector<key_hint> hints;
  if (std::holds_alternative<browsing>(state.in_mode()))
    hints = hints_of(state.top().kind);
  else if (std::holds_alternative<typing_filter>(state.in_mode()))
    hints = {{"Enter", "keep it"}, {"Esc", "take it off"}};
  else if (std::holds_alternative<confirming>(state.in_mode()))
    hints = {{"y", "yes, do it"}, {"n", "no"}};
  else if (std::holds_alternative<choosing_node>(state.in_mode()))
    hints = {{"Enter", "choose"}, {"Esc", "none"}};
  else
    hints = {{"Esc", "back"}, {"Up Down PgUp PgDn", "scroll"}};
  screen_line line;
  std::size_t used = 0;
  for (const auto& each : hints) {
    const std::string between = line.empty() ? "" : "  ";
    used += between.size() + cells_of(each.key) + 1 + cells_of(each.does);
    if (used > state.size().columns)
      break; // the less needed ones come last, and are in the help
    line.push_back({between + each.key, style::strong});
    line.push_back({std::string{" "} + each.does, style::dim});
  }
  return line;
}

void add_reading(std::vector<screen_line>& into, const std::vector<detail_line>& text, std::size_t first, std::size_t lines) {
  first = std::min(first, text.size() > lines ? text.size() - lines : 0);
  for (auto at = first; at < text.size() && at < first + lines; ++at)
    into.push_back({{text[at].text, text[at].is_head ? style::head : style::plain}});
}

/// A question in the last lines of the list, so that what it is about stays in sight.
std::vector<screen_line> question_lines(const console_state& state) {
  std::vector<screen_line> lines;
  const auto columns = state.size().columns;
  const auto add = [&](const std::string& text, style in) { lines.push_back({{to_left(text, columns), in}}); };
  if (const auto* asking = std::get_if<confirming>(&state.in_mode()))
    for (const auto& each : wrapped(shown_text(asking->what.question), columns > 2 ? columns - 2 : 0))
      add(" " + each, style::warning);
  if (const auto* choosing = std::get_if<choosing_node>(&state.in_mode())) {
    const auto room = std::max<std::size_t>(state.list_lines() / 2, 1);
    const auto first = choosing->at >= room ? choosing->at - room + 1 : 0;
    add(" Move shard " + choosing->shard + " from " + shown_text(choosing->owner) + " to which node?", style::warning);
    for (auto at = first; at < choosing->nodes.size() && at < first + room; ++at)
      add("   " + shown_text(choosing->nodes[at]), at == choosing->at ? style::selected : style::plain);
  }
  return lines;
}

void cut(screen_line& line, std::size_t cells) {
  while (cells_of_line(line) > cells) {
    const auto others = cells_of_line(line) - cells_of(line.back().text);
    if (others >= cells)
      line.pop_back();
    else
      line.back().text = to_left(line.back().text, cells - others);
  }
}

} // namespace

std::string text_of_line(const screen_line& line) {
  std::string text;
  for (const auto& each : line)
    text += each.text;
  return text;
}

std::vector<screen_line> draw(const console_state& state) {
  const auto size = state.size();
  std::vector<screen_line> lines{title_line(state), place_line(state)};
  if (const auto* reading = std::get_if<reading_details>(&state.in_mode()))
    add_reading(lines, detail_lines(reading->what, size.columns), reading->what.first_line, state.reading_lines());
  else if (const auto* help = std::get_if<reading_help>(&state.in_mode()))
    add_reading(lines, help_lines(state.top(), size.columns), help->first_line, state.reading_lines());
  else
    add_list(lines, state);
  const auto list_end = lines_around_list - 2 + state.list_lines();
  lines.resize(std::max(lines.size(), list_end));
  add_trouble(lines, state);
  auto over = question_lines(state);
  const auto notes = note_lines(state);
  over.insert(over.end(), notes.begin(), notes.end() - 1);
  for (std::size_t i = 0; i < over.size() && i < lines.size(); ++i)
    lines[lines.size() - std::min(over.size(), lines.size()) + i] = over[i];
  lines.push_back(notes.back());
  lines.push_back(hint_line(state));
  if (lines.size() > size.lines) // too low for all of it: what is below the list matters most
    lines.erase(lines.begin(), lines.begin() + static_cast<std::ptrdiff_t>(lines.size() - size.lines));
  for (auto& each : lines)
    cut(each, size.columns);
  return lines;
}

} // namespace dotmac::console
