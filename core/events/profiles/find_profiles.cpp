#include "core/events/event_answers.hpp"

#include "core/events/parallel_scan.hpp"
#include "core/events/profiles/profile_table.hpp"
#include "core/events/row_selection.hpp"

#include <algorithm>
#include <map>

namespace dotmac {
namespace {

timestamp time_of_second(std::uint32_t second) { return {std::int64_t{second} * 1'000}; }

/// A filter on attributes: each condition decided once per value.
class attribute_filter {
public:
  static result<attribute_filter> make(const filter_node& from, const profile_table& table, const string_dictionary& ids) {
    attribute_filter out{from, table, ids};
    for (const auto& each : from.children) {
      auto child = make(each, table, ids);
      if (!child)
        return child.error();
      out.children_.push_back(std::move(*child));
    }
    if (from.kind != filter_kind::condition)
      return out;
    auto compiled = pattern_of(from);
    if (!compiled)
      return compiled.error();
    out.pattern_ = std::move(*compiled);
    out.column_ = from.field == "id" ? nullptr : table.find(from.field);
    const auto of_null = fulfils(from, scalar{}, out.pattern_);
    out.decided_.assign(1, of_null);
    for (std::uint32_t value = 1; out.column_ != nullptr && value <= out.column_->value_count; ++value) {
      const auto held = profile_value_of(out.column_->values->text(value));
      out.decided_.push_back(fulfils(from, held.value, out.pattern_, !held.json.empty()));
    }
    return out;
  }
  bool is_true_of(std::uint32_t code) const {
    const auto of_child = [code](const attribute_filter& child) { return child.is_true_of(code); };
    switch (from_->kind) {
    case filter_kind::all: return std::all_of(children_.begin(), children_.end(), of_child);
    case filter_kind::any: return std::any_of(children_.begin(), children_.end(), of_child);
    case filter_kind::negation: return !children_[0].is_true_of(code);
    case filter_kind::condition: break;
    }
    if (from_->field == "id")
      return fulfils(*from_, std::string{ids_->text(code)}, pattern_);
    return decided_[column_ == nullptr ? 0 : column_->codes[code]] != 0;
  }

private:
  attribute_filter(const filter_node& from, const profile_table&, const string_dictionary& ids) : from_{&from}, ids_{&ids} {}
  const filter_node* from_;
  const string_dictionary* ids_;
  std::vector<attribute_filter> children_;
  std::optional<pattern> pattern_;
  const attribute_column* column_ = nullptr;
  std::vector<std::uint8_t> decided_; ///< by value, of conditions
};

/// The other ids of some users.
void add_other_ids(const event_view& view, std::map<std::uint32_t, found_profile*>& by_code) {
  const auto& merged = view.profiles()->merged;
  const auto& ids = view.dictionary(event_field::user_id);
  for (std::uint32_t code = 1; merged.used() > 0 && code <= view.dictionary_size(event_field::user_id); ++code)
    if (const auto user = merged[code]; user != 0)
      if (const auto at = by_code.find(user); at != by_code.end())
        at->second->other_ids.emplace_back(ids.text(code));
  for (auto& [code, each] : by_code)
    std::sort(each->other_ids.begin(), each->other_ids.end());
}

found_profile profile_of(const profile_table& table, std::uint32_t code, std::string_view id) {
  return {std::string{id}, {}, table.attributes_of(code), time_of_second(table.created[code]), time_of_second(table.updated[code])};
}

std::uint32_t code_of_id(const event_view& view, const profile_subject& subject, const string_dictionary& ids, std::uint32_t count, std::string_view id) {
  for (std::uint32_t code = 1; code <= count; ++code)
    if (ids.text(code) == id)
      return subject.kind == profile_kind::user ? view.profiles()->user_of(code) : code;
  return 0;
}

/// The codes of profiles that match, by id.
std::vector<std::uint32_t> matching(const event_view& view, const find_profiles& question, const profile_table& table, const attribute_filter& filter) {
  const auto [ids, count] = view.subject_ids(question.subject);
  std::vector<std::uint32_t> out;
  if (question.ids.empty()) {
    for (std::uint32_t code = 1; code <= count; ++code)
      if (table.has(code) && filter.is_true_of(code))
        out.push_back(code);
  } else {
    for (const auto& each : question.ids)
      if (const auto code = code_of_id(view, question.subject, *ids, count, each); code != 0 && table.has(code) && filter.is_true_of(code))
        out.push_back(code);
  }
  std::sort(out.begin(), out.end(), [ids = ids](std::uint32_t left, std::uint32_t right) { return ids->text(left) < ids->text(right); });
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

} // namespace

result<profiles_found> answer(const event_view& view, const find_profiles& question, const scan_context&) {
  for (const filter_node& each : question.filters.kind == filter_kind::all ? std::span{question.filters.children} : std::span{&question.filters, 1})
    if (auto checked = check_filter(each); !checked)
      return checked.error();
  profiles_found out;
  const auto* table = view.profiles() == nullptr ? nullptr : view.profiles()->find(question.subject);
  const auto* ids = view.subject_ids(question.subject).first;
  if (table == nullptr || ids == nullptr)
    return out;
  const auto filter = attribute_filter::make(question.filters, *table, *ids);
  if (!filter)
    return filter.error();
  const auto codes = matching(view, question, *table, *filter);
  out.total = codes.size();
  auto at = question.after.empty() ? codes.begin()
                                   : std::partition_point(codes.begin(), codes.end(), [&](std::uint32_t code) { return ids->text(code) <= question.after; });
  std::map<std::uint32_t, found_profile*> by_code;
  const auto page = std::min<std::ptrdiff_t>(question.limit, codes.end() - at);
  out.profiles.reserve(static_cast<std::size_t>(page));
  for (const auto end = at + page; at != end; ++at)
    by_code[*at] = &out.profiles.emplace_back(profile_of(*table, *at, ids->text(*at)));
  out.has_more = at != codes.end();
  if (question.subject.kind == profile_kind::user)
    add_other_ids(view, by_code);
  return out;
}

namespace {

struct type_tally {
  std::uint64_t count = 0;
  std::int64_t first = timestamp_max.milliseconds;
  std::int64_t last = timestamp_min.milliseconds;
};

/// The events of one subject, by type.
class subject_tally {
public:
  subject_tally(const event_view& view, const scan_context& context) : view_{view}, context_{context}, workers_(context.width()) {}

  result<void> run(const filter_plan& plan) {
    return scan_chunks(view_, {}, context_, [&](std::size_t worker, const event_chunk& chunk) -> result<void> {
      auto& mine = workers_[worker];
      for (std::uint32_t first = 0; first < chunk.rows; first += scan_rows) {
        if (context_.is_stopped())
          return question_cancelled();
        mine.selection.select(view_, chunk, first, std::min(scan_rows, chunk.rows - first), plan, {});
        for (const auto row : mine.selection.rows()) {
          auto& tally = mine.types[static_cast<std::uint32_t>(chunk.codes(event_field::event_type)[first + row])];
          const auto at = chunk.at()[first + row];
          ++tally.count;
          tally.first = std::min(tally.first, at);
          tally.last = std::max(tally.last, at);
        }
      }
      return {};
    });
  }
  std::vector<profile_events> together() const {
    std::map<std::uint32_t, type_tally> all;
    for (const auto& one : workers_)
      for (const auto& [type, each] : one.types) {
        auto& into = all[type];
        into.count += each.count;
        into.first = std::min(into.first, each.first);
        into.last = std::max(into.last, each.last);
      }
    std::vector<profile_events> out;
    for (const auto& [type, each] : all)
      out.push_back({std::string{view_.dictionary(event_field::event_type).text(type)}, each.count, timestamp{each.first}, timestamp{each.last}});
    std::sort(out.begin(), out.end(), [](const auto& left, const auto& right) { return left.count != right.count ? left.count > right.count : left.event_type < right.event_type; });
    return out;
  }

private:
  struct worker_tally {
    row_selection selection;
    std::map<std::uint32_t, type_tally> types;
  };
  const event_view& view_;
  const scan_context& context_;
  std::vector<worker_tally> workers_;
};

} // namespace

result<profile_described> answer(const event_view& view, const describe_profile& question, const scan_context& context) {
  profile_described out;
  find_profiles one;
  one.subject = question.subject;
  one.ids.push_back(question.id);
  auto found = answer(view, one, context);
  if (!found)
    return found.error();
  if (!found->profiles.empty())
    out.profile = std::move(found->profiles[0]);
  const auto field = question.subject.kind == profile_kind::user ? std::string{"user_id"} : question.subject.kind == profile_kind::customer ? "customer_id" : "properties." + question.subject.property;
  const auto plan = filter_plan::make(view, condition(field, filter_operator::equals, question.id));
  if (!plan)
    return plan.error();
  subject_tally tally{view, context};
  if (auto scanned = tally.run(*plan); !scanned)
    return scanned.error();
  out.events = tally.together();
  out.scope = {view.newest(), view.event_count()};
  return out;
}

} // namespace dotmac
