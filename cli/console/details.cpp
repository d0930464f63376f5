#include "cli/console/details.hpp"

#include "cli/console/short_numbers.hpp"
#include "cli/console/text_cells.hpp"
#include "cli/http_client.hpp"
#include "cli/json_member.hpp"

namespace dotmac::console {
namespace {

constexpr std::size_t name_cells = 14;
constexpr std::size_t value_cells = 12;

class line_writer {
public:
  explicit line_writer(std::size_t cells) : cells_{cells} {}

  void head(const std::string& text) {
    if (!lines_.empty())
      add("");
    add(text, true);
  }
  /// `text` behind `begin`; where it goes on in lines below, it is moved in as far.
  void entry(const std::string& begin, const std::string& text) {
    const auto moved_in = cells_of(begin);
    auto before = "  " + begin;
    for (const auto& each : wrapped(text, cells_ > moved_in + 10 ? cells_ - moved_in : 10)) {
      add(before + each);
      before = std::string(2 + moved_in, ' ');
    }
  }
  std::vector<detail_line> take() { return std::move(lines_); }

private:
  void add(std::string text, bool is_head = false) {
    if (lines_.size() < detail_lines_max)
      lines_.push_back({std::move(text), is_head});
    else
      lines_.back() = {"... more is not shown", false};
  }
  std::size_t cells_;
  std::vector<detail_line> lines_;
};

std::string told_text(const json& of, const char* name) {
  const auto text = text_of(member(of, name));
  return text.empty() ? "-" : shown_text(text);
}

void add_figures(line_writer& out, const details& of) {
  for (std::size_t i = 0; i < of.columns.size() && i < of.of.figures.size(); ++i) {
    const auto& in = of.columns[i];
    const auto& has = of.of.figures[i];
    if (in.form != figure_form::text && !has.number)
      continue;
    if (in.form == figure_form::text && has.text.empty())
      continue;
    const auto value = shown_figure(has, in);
    if (in.form == figure_form::text)
      out.entry(to_left(in.head, name_cells), value);
    else
      out.entry(to_left(in.head, name_cells) + to_left(value, value_cells), in.meaning);
  }
}

void add_missing(line_writer& out, const char* what) { out.entry("", std::string{"the node does not tell "} + what); }

void add_state(line_writer& out, const json& told) {
  out.head("state");
  const auto& state = member(told, "state");
  if (!state.is_object())
    return add_missing(out, "it");
  if (state.empty())
    out.entry("", "nothing to tell");
  for (const auto& [name, value] : state.items())
    out.entry(to_left(shown_text(name), 2 * name_cells) + " ", shown_text(text_of(value)));
}

void add_failures(line_writer& out, const json& told) {
  out.head("last failures, newest first");
  const auto& failures = member(told, "last_failures");
  if (!failures.is_array())
    return add_missing(out, "them");
  if (failures.empty())
    out.entry("", "none");
  for (const auto& each : failures)
    out.entry(told_text(each, "at") + "  ", told_text(each, "code") + "  " + told_text(each, "message"));
}

void add_snapshots(line_writer& out, const json& told) {
  out.head("snapshots, newest first");
  const auto& snapshots = member(told, "snapshots");
  if (!snapshots.is_array())
    return add_missing(out, "them");
  if (snapshots.empty())
    out.entry("", "none");
  for (const auto& each : snapshots) {
    const auto bytes = count_member(each, "bytes");
    out.entry("", "entry " + told_text(each, "sequence") + "  form " + told_text(each, "version") + "  " + (bytes ? short_bytes(static_cast<double>(*bytes)) : "-") + " bytes  written "
                      + told_text(each, "written_at"));
  }
}

void add_times(line_writer& out, const json& told) {
  const auto& times = list_member(told, "message_times");
  if (times.empty())
    return;
  out.head("messages by the time that each took");
  std::string text;
  for (const auto& each : times) {
    const auto count = count_member(each, "count").value_or(0);
    const auto bound = count_member(each, "up_to_us");
    if (count > 0)
      text += (text.empty() ? "" : "   ") + (bound ? "to " + short_time(static_cast<double>(*bound)) : std::string{"longer"}) + ": " + short_count(static_cast<double>(count));
  }
  out.entry("", text.empty() ? "none yet" : text);
}

} // namespace

details details_of(const level& in, const row& selected, std::int64_t interval_ms) {
  return {selected, in.rows.columns(), in.is_of_actors() ? in.node : std::string{}, in.parent, look_pace{interval_ms}};
}

std::string path_of_details(const details& of) {
  const auto place = "node=" + path_part(of.node);
  if (of.is_listed_only) // in the order of paths: its own comes before those that go on from it
    return "/admin/actors?" + place + "&parent=" + path_part(of.parent) + "&path=" + path_part(of.of.key) + "&limit=1";
  return "/admin/actors/details?" + place + "&path=" + path_part(of.of.key);
}

void miss_details(details& into, std::string why) {
  into.trouble = std::move(why);
  into.is_listed_only = true;
}

void take_details(details& into, const json& answer, const json& cluster, std::int64_t at_ms) {
  const auto& listed = list_member(answer, "actors");
  auto told = !into.is_listed_only ? answer : listed.empty() ? json{} : listed.front();
  if (told.is_object())
    add_place(told, cluster);
  auto read = read_actor(told, into.parent);
  if (!read || read->key != into.of.key) {
    into.trouble = "it does not run at present";
    into.is_listed_only = false;
    return;
  }
  if (!into.is_listed_only)
    into.trouble.clear();
  read->looked_at_ms = at_ms;
  compare_looks(*read, &into.of, into.columns);
  into.of = std::move(*read);
  into.told = std::move(told);
}

std::vector<detail_line> detail_lines(const details& of, std::size_t cells) {
  line_writer out{cells > 2 ? cells - 2 : 0};
  out.head(shown_text(of.of.kind) + " " + shown_text(of.of.key) + (of.node.empty() ? "" : " on " + shown_text(of.node)));
  if (of.of.kind == "letter")
    out.entry(to_left("whose", name_cells), of.of.name);
  if (!of.of.tenant.empty())
    out.entry(to_left("tenant", name_cells), shown_text(of.of.tenant));
  add_figures(out, of);
  if (of.node.empty())
    return out.take();
  if (!of.trouble.empty())
    out.entry("No details: ", shown_text(of.trouble));
  if (of.told.is_null())
    return out.take();
  add_times(out, of.told);
  if (of.is_listed_only)
    return out.take();
  add_state(out, of.told);
  add_failures(out, of.told);
  add_snapshots(out, of.told);
  return out.take();
}

} // namespace dotmac::console
