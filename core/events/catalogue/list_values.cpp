#include "core/events/catalogue/value_tally.hpp"
#include "core/events/event_answers.hpp"

#include "core/describe/json.hpp" // after value_kind, which has a json of its own

namespace dotmac {
namespace {

result<void> check(const list_event_values& question) {
  const auto refuse = [](std::string why, std::string field) -> result<void> { return failure{error_code::validation_failed, std::move(why), std::move(field)}; };
  if (question.field.empty() || question.field.size() > static_cast<std::size_t>(catalogue_field_size_max))
    return refuse("has 1 to catalogue_field_size_max = 256 bytes", "field");
  if (question.search.size() > static_cast<std::size_t>(catalogue_search_size_max))
    return refuse("has more than catalogue_search_size_max = 256 bytes", "search");
  if (question.limit < 1 || question.limit > catalogue_values_max)
    return refuse("1 to catalogue_values_max = 1000 values can be asked for", "limit");
  return {};
}

class values_work {
public:
  values_work(const event_view& view, const list_event_values& question, const scan_context& context)
      : view_{view}, question_{question}, context_{context}, of_{resolve_event_field(question.field)}, memory_{context.memory_max}, search_{question.search, question.match},
        workers_(context.width()) {}

  result<event_values> run() {
    auto plan = selection_plan::make(view_, question_.selection);
    if (!plan)
      return plan.error();
    const auto scanned = scan_chunks(view_, plan->range, context_, [&](std::size_t number, const event_chunk& chunk) -> result<void> {
      auto& mine = workers_[number];
      if (!mine)
        mine = std::make_unique<worker>(view_, of_, search_, memory_);
      scanned_.fetch_add(chunk.rows, std::memory_order_relaxed);
      if (auto selected = mine->rows.select(view_, chunk, *plan, context_); !selected)
        return selected;
      return mine->tally.add(chunk, mine->rows, context_);
    });
    if (!scanned)
      return scanned.error();
    auto whole = gather();
    return whole ? finish(**whole) : result<event_values>{whole.error()};
  }

private:
  struct worker {
    worker(const event_view& view, const event_reference& of, const text_search& search, memory_allowance& memory) : tally{view, of, search, memory} {}
    value_tally tally;
    selected_rows rows;
  };
  using entry = value_tally::entry;

  /// What all threads counted.
  result<value_tally*> gather() {
    std::sort(workers_.begin(), workers_.end(), [](const auto& a, const auto& b) { return a && !b; }); // not all threads found work
    if (!workers_[0])
      workers_[0] = std::make_unique<worker>(view_, of_, search_, memory_);
    for (std::size_t i = 1; i < workers_.size() && workers_[i]; ++i) {
      if (auto merged = workers_[0]->tally.merge(workers_[i]->tally); !merged)
        return merged.error();
      workers_[i].reset();
    }
    return &workers_[0]->tally;
  }

  result<event_values> finish(const value_tally& whole) {
    event_values out;
    out.event_count = whole.event_count();
    out.value_events = whole.value_events();
    out.scope = {view_.newest(), scanned_};
    std::vector<entry> fitting;
    std::uint64_t fitting_events = 0;
    std::optional<entry> least, most;
    std::size_t looked_at = 0;
    result<void> goes_on;
    whole.visit([&](const entry& each) {
      if (goes_on && ++looked_at % scan_rows == 0)
        goes_on = context_.is_stopped() ? result<void>{question_cancelled()} : memory_.take(scan_rows * 2 * sizeof(entry));
      if (!goes_on)
        return;
      if (each.where == value_tally::place::wholes || each.where == value_tally::place::fractions) {
        if (!least || whole.is_before(each, *least))
          least = each;
        if (!most || whole.is_before(*most, each))
          most = each;
      }
      if (search_.is_everything() || fits(whole, each)) {
        fitting.push_back(each);
        fitting_events += each.count;
      }
    });
    if (!goes_on)
      return goes_on.error();
    out.value_count = fitting.size();
    if (least) {
      out.min = whole.value(*least);
      out.max = whole.value(*most);
    }
    list_first(out, whole, fitting);
    out.other_values = out.value_count - out.values.size();
    out.other_events = fitting_events;
    for (const auto& each : out.values)
      out.other_events -= each.count;
    return out;
  }

  /// Numbers and booleans as the answer shows them. Ids that do not fit were never counted.
  bool fits(const value_tally& whole, const entry& each) {
    switch (each.where) {
    case value_tally::place::texts: case value_tally::place::nested: return search_.fits(whole.text(each));
    case value_tally::place::ids: return true;
    case value_tally::place::booleans: return search_.fits(each.number != 0 ? "true" : "false");
    case value_tally::place::fractions: return search_.fits(json(whole.fraction(each)).dump());
    case value_tally::place::wholes: break;
    }
    const auto value = whole.value(each);
    const auto* time = std::get_if<std::string>(&value);
    return search_.fits(time != nullptr ? *time : std::to_string(whole.whole(each)));
  }

  void list_first(event_values& out, const value_tally& whole, std::vector<entry>& fitting) const {
    const auto listed = std::min(fitting.size(), static_cast<std::size_t>(question_.limit));
    std::partial_sort(fitting.begin(), fitting.begin() + static_cast<std::ptrdiff_t>(listed), fitting.end(), [&whole](const entry& a, const entry& b) {
      return a.count != b.count ? a.count > b.count : whole.kind(a) != whole.kind(b) ? whole.kind(a) < whole.kind(b) : whole.is_before(a, b);
    });
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < listed; ++i) {
      catalogue_value value{whole.value(fitting[i]), whole.kind(fitting[i]), fitting[i].count};
      if (const auto* text = std::get_if<std::string>(&value.value))
        bytes += text->size();
      if (bytes > catalogue_value_bytes_max && i > 0)
        return;
      out.values.push_back(std::move(value));
    }
  }

  const event_view& view_;
  const list_event_values& question_;
  const scan_context& context_;
  const event_reference of_;
  memory_allowance memory_;
  text_search search_;
  std::vector<std::unique_ptr<worker>> workers_;
  std::atomic<std::uint64_t> scanned_{0};
};

} // namespace

result<event_values> answer(const event_view& view, const list_event_values& question, const scan_context& context) {
  if (auto checked = check(question); !checked)
    return checked.error();
  return values_work{view, question, context}.run();
}

} // namespace dotmac
