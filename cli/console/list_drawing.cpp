#include "cli/console/list_drawing.hpp"

#include "cli/console/text_cells.hpp"
#include "cli/output.hpp"

namespace dotmac::console {
namespace {

const char* rows_name(level_kind kind) {
  switch (kind) {
  case level_kind::cluster:
    return "nodes";
  case level_kind::node:
    return "shards";
  case level_kind::shard:
    return "tenants";
  case level_kind::tenant:
    return "actors";
  case level_kind::letters:
    break;
  }
  return "letters";
}

/// What a person should see among many.
style style_of(const figure& of, const column& in) {
  const std::string_view head = in.head;
  if (head == "state" && of.text != "serving")
    return of.text == "absent" ? style::bad : style::warning;
  if ((head == "fail" || head == "rest") && of.number.value_or(0) > 0)
    return style::warning;
  return style::plain;
}

std::string cell_text(const std::string& text, const column& in) { return " " + (in.form == figure_form::text ? to_left(text, in.cells) : to_right(text, in.cells)); }

std::string empty_text(const level& of) {
  if (!of.is_whole)
    return of.pace.failing_since() ? "" : "asking";
  if (!filter_of(of).empty())
    return "nothing matches " + shown_text(filter_of(of));
  return of.kind == level_kind::letters ? "no dead letters" : of.kind == level_kind::cluster ? "no nodes" : std::string{"no "} + rows_name(of.kind) + " here that run";
}

} // namespace

std::string count_text(const level& of) {
  const auto shown = of.rows.shown().size();
  const auto there = of.rows.size();
  const auto filter = shown_text(filter_of(of));
  const auto total = of.total.value_or(there);
  auto text = with_separators(there) + " " + rows_name(of.kind);
  if (of.kind == level_kind::letters && of.is_whole && !of.total)
    text = "newest " + text;
  else if (total > there)
    text = (of.is_whole ? "first " : "") + with_separators(there) + " of " + with_separators(total) + " " + rows_name(of.kind);
  if (!of.rows.filter().empty())
    text = with_separators(shown) + " of " + text;
  if (!filter.empty())
    text += " match " + to_left(filter, std::min<std::size_t>(cells_of(filter), 20));
  if (const auto by = of.rows.sorted_by())
    text += std::string{", by "} + of.rows.columns()[*by].head + (of.rows.is_descending() ? " down" : " up");
  return text;
}

void add_list(std::vector<screen_line>& into, const console_state& state) {
  const auto& top = state.top();
  const auto columns = columns_within(top, state.size().columns);
  auto name_cells = state.size().columns;
  for (const auto each : columns)
    name_cells -= top.rows.columns()[each].cells + 1;
  screen_line heads{{to_left(name_head(top.kind), name_cells), style::head}};
  for (const auto each : columns)
    heads.push_back({cell_text(top.rows.columns()[each].head, top.rows.columns()[each]), top.rows.sorted_by() == each ? style::sorted_head : style::head});
  into.push_back(std::move(heads));
  const auto& rows = top.rows.shown();
  const auto lines = state.list_lines();
  const auto first = top.rows.scrolled_to(lines);
  for (auto at = first; at < rows.size() && at < first + lines; ++at) {
    const bool is_selected = at == top.rows.selected_at();
    screen_line line{{to_left(rows[at]->name, name_cells), is_selected ? style::selected : style::plain}};
    for (const auto each : columns) {
      const auto& in = top.rows.columns()[each];
      const auto& figure = rows[at]->figures[each];
      line.push_back({cell_text(shown_figure(figure, in), in), is_selected ? style::selected : style_of(figure, in)});
    }
    into.push_back(std::move(line));
  }
  if (rows.empty() && lines > 0)
    into.push_back({{" " + empty_text(top), style::dim}});
}

} // namespace dotmac::console
