#include "cli/console/tables.hpp"

#include "cli/console/short_numbers.hpp"
#include "cli/console/text_cells.hpp"
#include "cli/json_member.hpp"

namespace dotmac::console {
namespace {

std::optional<double> number_member(const json& of, const char* name) {
  const auto& found = member(of, name);
  return found.is_number() ? std::optional{found.get<double>()} : std::nullopt;
}

std::vector<figure> read_figures(const json& of, std::span<const column> columns) {
  std::vector<figure> figures;
  figures.reserve(columns.size());
  for (const auto& each : columns) {
    if (each.form == figure_form::text)
      figures.push_back({std::nullopt, shown_text(text_member(of, each.member))});
    else if (each.form == figure_form::rate || each.form == figure_form::time_each)
      figures.push_back({}); // two looks tell
    else
      figures.push_back({number_member(of, each.member), {}});
  }
  return figures;
}

} // namespace

std::optional<row> read_node(const json& of) {
  const auto id = text_member(of, "id");
  if (id.empty())
    return std::nullopt;
  return row{id, shown_text(id), "node", {}, read_figures(of, node_columns), {}, {}, 0};
}

std::optional<row> read_actor(const json& of, const std::string& parent) {
  const auto path = text_member(of, "path");
  if (path.empty())
    return std::nullopt;
  const auto name = path.starts_with(parent + "/") ? path.substr(parent.size() + 1) : path;
  return row{path, shown_text(name), text_member(of, "kind"), text_member(of, "tenant"), read_figures(of, actor_columns), number_member(of, "messages"), number_member(of, "busy_microseconds"), 0};
}

std::optional<row> read_letter(const json& of) {
  const auto id = count_member(of, "id");
  if (!id)
    return std::nullopt;
  return row{std::to_string(*id), shown_text(text_member(of, "actor")), "letter", text_member(of, "tenant"), read_figures(of, letter_columns), {}, {}, 0};
}

void compare_looks(row& now, const row* before, std::span<const column> columns) {
  const bool has_both = before != nullptr && now.messages && before->messages && *now.messages >= *before->messages && now.looked_at_ms > before->looked_at_ms;
  const double grown = has_both ? *now.messages - *before->messages : 0;
  for (std::size_t i = 0; i < columns.size() && i < now.figures.size(); ++i) {
    auto& into = now.figures[i].number;
    if (columns[i].form == figure_form::rate && has_both)
      into = grown * 1'000 / static_cast<double>(now.looked_at_ms - before->looked_at_ms);
    if (columns[i].form != figure_form::time_each || !now.busy || !now.messages)
      continue;
    if (has_both && grown > 0 && before->busy && *now.busy >= *before->busy)
      into = (*now.busy - *before->busy) / grown;
    else if (*now.messages > 0)
      into = *now.busy / *now.messages;
  }
}

std::string shown_figure(const figure& of, const column& in) {
  if (in.form == figure_form::text)
    return of.text.empty() ? "-" : of.text;
  if (!of.number)
    return "-";
  switch (in.form) {
  case figure_form::bytes:
    return short_bytes(*of.number);
  case figure_form::rate:
    return short_rate(*of.number);
  case figure_form::seconds:
    return short_age(static_cast<std::int64_t>(*of.number * 1'000));
  case figure_form::milliseconds:
    return short_age(static_cast<std::int64_t>(*of.number));
  case figure_form::microseconds:
  case figure_form::time_each:
    return short_time(*of.number);
  case figure_form::text:
  case figure_form::count:
    break;
  }
  return short_count(*of.number);
}

} // namespace dotmac::console
