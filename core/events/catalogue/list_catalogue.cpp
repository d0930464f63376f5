#include "core/events/catalogue/name_tally.hpp"
#include "core/events/event_answers.hpp"

#include <numeric>

namespace dotmac {
namespace {

result<void> check(const list_event_catalogue& question) {
  const auto refuse = [](std::string why, std::string field) -> result<void> { return failure{error_code::validation_failed, std::move(why), std::move(field)}; };
  if (question.limit < 1 || question.limit > catalogue_entries_max)
    return refuse("1 to catalogue_entries_max = 1000 entries of each list can be asked for", "limit");
  if (question.offset < 0 || question.offset > catalogue_offset_max)
    return refuse("0 to catalogue_offset_max = 1000000000 entries can be passed over", "offset");
  if (question.search.size() > static_cast<std::size_t>(catalogue_search_size_max))
    return refuse("has more than catalogue_search_size_max = 256 bytes", "search");
  return {};
}

/// The part of a ranking that was asked for, in order. Errors: cancelled.
template <class Candidate, class Before, class Write>
auto page_of(std::vector<Candidate>& candidates, const list_event_catalogue& question, Before&& before, Write&& write) {
  catalogue_page<decltype(write(candidates[0]))> out{{}, candidates.size()};
  const auto first = std::min<std::size_t>(candidates.size(), static_cast<std::size_t>(question.offset));
  const auto end = std::min<std::size_t>(candidates.size(), first + static_cast<std::size_t>(question.limit));
  std::partial_sort(candidates.begin(), candidates.begin() + static_cast<std::ptrdiff_t>(end), candidates.end(), before);
  for (auto i = first; i < end; ++i)
    out.entries.push_back(write(candidates[i]));
  return out;
}

class catalogue_work {
public:
  catalogue_work(const event_view& view, const list_event_catalogue& question, const scan_context& context)
      : view_{view}, question_{question}, context_{context}, memory_{context.memory_max}, search_{question.search, question.match}, workers_(context.width()) {}

  result<event_catalogue> run() {
    auto plan = selection_plan::make(view_, question_.selection);
    if (!plan)
      return plan.error();
    choose_columns();
    if (auto scanned = scan(*plan); !scanned)
      return scanned.error();
    const auto gathered = gather();
    if (!gathered)
      return gathered.error();
    const name_tally& whole = **gathered;
    event_catalogue out;
    out.event_count = whole.event_count();
    out.scope = {view_.newest(), scanned_};
    if (auto written = write_events(out, whole); !written)
      return written.error();
    if (wants(catalogue_list::fields))
      out.fields = fields_page(whole);
    if (wants(catalogue_list::properties))
      out.properties = properties_page(whole);
    return out;
  }

private:
  struct worker {
    worker(const names_wanted& wanted, memory_allowance& memory) : tally{wanted, memory} {}
    name_tally tally;
    selected_rows rows;
  };
  /// A type, or a name of one.
  struct seen_event {
    std::uint32_t type, name;
    events_seen seen;
  };

  /// What all threads counted.
  result<const name_tally*> gather() {
    std::sort(workers_.begin(), workers_.end(), [](const auto& a, const auto& b) { return a && !b; }); // not all threads found work
    if (!workers_[0])
      workers_[0] = std::make_unique<worker>(wanted_, memory_);
    for (std::size_t i = 1; i < workers_.size() && workers_[i]; ++i) {
      if (auto merged = workers_[0]->tally.merge(workers_[i]->tally); !merged)
        return merged.error();
      workers_[i].reset();
    }
    return &workers_[0]->tally;
  }

  bool wants(catalogue_list which) const {
    return question_.lists.empty() || std::find(question_.lists.begin(), question_.lists.end(), which) != question_.lists.end();
  }

  void choose_columns() {
    wanted_.events = wants(catalogue_list::event_types) || wants(catalogue_list::event_names);
    if (wants(catalogue_list::fields))
      for (std::size_t field = 0; field < event_field_count; ++field)
        wanted_.fields[field] = search_.fits(event_field_names[field]);
    if (!wants(catalogue_list::properties))
      return;
    const auto wanted = search_.wanted();
    const bool names_scope = wanted.starts_with(properties_prefix) || wanted.starts_with(context_prefix);
    for (const auto& each : view_.keys())
      wanted_.keys.push_back(search_.fits(each.name) || (names_scope && search_.fits(name_of_property(each.scope, each.name))));
  }

  result<void> scan(const selection_plan& plan) {
    return scan_chunks(view_, plan.range, context_, [&](std::size_t number, const event_chunk& chunk) -> result<void> {
      auto& mine = workers_[number];
      if (!mine)
        mine = std::make_unique<worker>(wanted_, memory_);
      if (wanted_.reads_rows() || !plan.takes_all(chunk))
        scanned_.fetch_add(chunk.rows, std::memory_order_relaxed);
      if (auto selected = mine->rows.select(view_, chunk, plan, context_); !selected)
        return selected;
      return mine->tally.add(chunk, mine->rows, context_);
    });
  }

  std::string_view type_of(const seen_event& event) const { return view_.dictionary(event_field::event_type).text(event.type); }
  std::string_view name_of(const seen_event& event) const { return view_.dictionary(event_field::event_name).text(event.name); }

  result<void> write_events(event_catalogue& out, const name_tally& whole) {
    if (!wanted_.events)
      return {};
    std::vector<seen_event> names, types;
    whole.visit_events([&](std::uint32_t type, std::uint32_t name, const events_seen& seen) { names.push_back({type, name, seen}); });
    if (auto taken = memory_.take(2 * names.capacity() * sizeof(seen_event)); !taken)
      return taken;
    std::sort(names.begin(), names.end(), [](const seen_event& a, const seen_event& b) { return a.type < b.type; });
    for (const auto& each : names) {
      if (types.empty() || types.back().type != each.type)
        types.push_back({each.type, 0, {}});
      types.back().seen.merge(each.seen);
    }
    const auto before = [this](const seen_event& a, const seen_event& b) {
      return a.seen.count != b.seen.count ? a.seen.count > b.seen.count : type_of(a) != type_of(b) ? type_of(a) < type_of(b) : name_of(a) < name_of(b);
    };
    const auto write = [this](const seen_event& each) {
      return catalogue_event{std::string{type_of(each)}, std::string{name_of(each)}, each.seen.count, {each.seen.first}, {each.seen.last}};
    };
    if (wants(catalogue_list::event_types)) {
      if (auto kept = keep_fitting(types, [this](const seen_event& each) { return type_of(each); }); !kept)
        return kept;
      out.event_types = page_of(types, question_, before, write);
    }
    if (wants(catalogue_list::event_names)) {
      if (auto kept = keep_fitting(names, [this](const seen_event& each) { return name_of(each); }); !kept)
        return kept;
      out.event_names = page_of(names, question_, before, write);
    }
    return {};
  }

  template <class Text> result<void> keep_fitting(std::vector<seen_event>& events, Text&& text_of) {
    std::size_t looked_at = 0;
    bool is_stopped = false;
    std::erase_if(events, [&](const seen_event& each) {
      if (++looked_at % scan_rows == 0)
        is_stopped = is_stopped || context_.is_stopped();
      return is_stopped || text_of(each).empty() || !search_.fits(text_of(each));
    });
    return is_stopped ? result<void>{question_cancelled()} : result<void>{};
  }

  catalogue_page<catalogue_field> fields_page(const name_tally& whole) {
    std::vector<catalogue_field> all;
    for (std::size_t field = 0; field < event_field_count; ++field)
      if (wanted_.fields[field])
        all.push_back({std::string{event_field_names[field]}, catalogue_kind::text, whole.field_count(static_cast<event_field>(field))});
    for (const auto* time : {"timestamp", "received_at"})
      if (search_.fits(time))
        all.push_back({time, catalogue_kind::time, whole.event_count()});
    std::vector<std::size_t> order(all.size());
    for (std::size_t i = 0; i < order.size(); ++i)
      order[i] = i;
    return page_of(order, question_, std::less<>{}, [&](std::size_t i) { return all[i]; });
  }

  catalogue_page<catalogue_property> properties_page(const name_tally& whole) {
    std::vector<std::pair<std::string, catalogue_property>> found; // by name
    for (std::size_t key = 0; key < wanted_.keys.size(); ++key) {
      catalogue_property each{view_.keys()[key].scope, std::string{view_.keys()[key].name}, 0, whole.kinds_of(key)};
      const auto events = std::accumulate(each.kinds.begin(), each.kinds.end(), std::uint64_t{0});
      each.count = events - each.kinds[static_cast<std::size_t>(catalogue_kind::null)];
      if (events > 0)
        found.emplace_back(name_of_property(each.scope, each.key), std::move(each));
    }
    return page_of(
        found, question_, [](const auto& a, const auto& b) { return a.second.count != b.second.count ? a.second.count > b.second.count : a.first < b.first; },
        [](const auto& each) { return each.second; });
  }

  const event_view& view_;
  const list_event_catalogue& question_;
  const scan_context& context_;
  memory_allowance memory_;
  text_search search_;
  names_wanted wanted_;
  std::vector<std::unique_ptr<worker>> workers_;
  std::atomic<std::uint64_t> scanned_{0};
};

} // namespace

result<event_catalogue> answer(const event_view& view, const list_event_catalogue& question, const scan_context& context) {
  if (auto checked = check(question); !checked)
    return checked.error();
  return catalogue_work{view, question, context}.run();
}

} // namespace dotmac
