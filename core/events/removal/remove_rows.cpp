#include "core/events/event_storage.hpp"
#include "core/events/profiles/profile_questions.hpp"
#include "core/events/removal/keep_rows.hpp"
#include "core/events/removal/removal_condition.hpp"
#include "core/events/removal/text_usage.hpp"

#include <cassert>

namespace dotmac {
namespace {

/// The chunk without the rows that are meant; the same one where there are none.
std::shared_ptr<const chunk_columns> without_rows(std::shared_ptr<const chunk_columns> chunk, std::span<const removal_condition> conditions, std::vector<std::uint64_t>& removed) {
  const event_chunk rows{chunk};
  std::vector<std::uint8_t> keep(chunk->rows, 1);
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < conditions.size(); ++i) {
    const auto marked = conditions[i].mark(rows, keep);
    removed[i] += marked;
    sum += marked;
  }
  return sum == 0 ? std::move(chunk) : keep_rows(*chunk, keep);
}

class text_forgetter {
public:
  explicit text_forgetter(std::shared_ptr<forgotten_texts>& known) : known_{known}, now_{known == nullptr ? std::make_shared<forgotten_texts>() : std::make_shared<forgotten_texts>(*known)} {}

  template <class Needed> std::vector<std::uint32_t> forget(string_dictionary& in, const std::vector<bool>& used, std::vector<bool>& marks, Needed&& is_needed) {
    std::vector<std::uint32_t> out;
    for (std::uint32_t code = 1; code < used.size(); ++code)
      if (!used[code] && !in.is_forgotten(code) && !is_needed(code)) {
        in.forget(code);
        out.push_back(code);
      }
    if (!out.empty())
      marks.resize(std::max<std::size_t>(marks.size(), out.back() + 1));
    for (const auto code : out)
      marks[code] = true;
    is_any_ |= !out.empty();
    return out;
  }
  forgotten_texts& marks() noexcept { return *now_; }
  void finish() {
    if (is_any_)
      known_ = now_;
  }

private:
  std::shared_ptr<forgotten_texts>& known_;
  std::shared_ptr<forgotten_texts> now_;
  bool is_any_ = false;
};

} // namespace

std::vector<std::uint64_t> event_columns::remove_rows(std::span<const removal_condition> conditions) {
  auto& s = *storage_;
  assert(s.rows == s.committed);
  std::vector<std::uint64_t> removed(conditions.size());
  for (auto& place : s.sealed)
    if (place.columns != nullptr)
      if (auto left = without_rows(place.columns, conditions, removed); left != place.columns)
        place = {*left, std::move(left), {}, 0, nullptr};
  for (auto& each : s.open) {
    auto all = std::make_shared<const chunk_columns>(each.view(static_cast<std::uint32_t>(std::min<std::uint64_t>(s.rows - each.first_row, event_chunk_rows))));
    if (const auto left = without_rows(all, conditions, removed); left != all)
      each = reopened(*left);
  }
  return removed;
}

result<forgotten_codes> event_columns::forget_unused(text_usage usage, const std::function<bool(const profile_subject&, std::uint32_t)>& is_needed) {
  auto& s = *storage_;
  for (auto row = usage.row_count; row < s.rows; row += event_chunk_rows - row % event_chunk_rows) {
    const auto chunk = open(row);
    auto first = chunk.rows;
    while (first > 0 && chunk.row_number(first - 1) >= row)
      --first;
    note_used_texts(chunk, first, usage);
    if (chunk.why_incomplete()) // a snapshot has stored it since
      return *chunk.why_incomplete();
  }
  text_forgetter forgetter{s.forgotten};
  forgotten_codes out;
  for (std::size_t f = 0; f < event_field_count; ++f) {
    const auto which = static_cast<event_field>(f);
    if (which == event_field::event_type || which == event_field::event_name)
      continue;
    const auto subject = which == event_field::user_id ? std::optional{profile_subject{}} : which == event_field::customer_id ? std::optional{profile_subject{profile_kind::customer, {}}} : std::nullopt;
    out.fields[f] = forgetter.forget(s.fields[f], usage.fields[f], forgetter.marks().fields[f], [&](auto code) { return subject && is_needed(*subject, code); });
  }
  forgetter.marks().texts.resize(std::max(forgetter.marks().texts.size(), usage.texts.size()));
  for (std::uint32_t key = 0; key < usage.texts.size(); ++key) {
    const auto name = s.key_names.text(key + 1);
    const profile_subject group{profile_kind::group, std::string{name.substr(1)}};
    out.texts.push_back(forgetter.forget(*s.texts[key], usage.texts[key], forgetter.marks().texts[key], [&](auto code) { return name[0] == 'p' && is_needed(group, code); }));
  }
  forgetter.finish();
  return out;
}

} // namespace dotmac
