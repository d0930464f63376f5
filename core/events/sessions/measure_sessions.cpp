#include "core/events/event_answers.hpp"
#include "core/events/funnel/user_events.hpp"
#include "core/events/sessions/session_finder.hpp"

#include <numeric>

namespace dotmac {
namespace {

result<void> check(const measure_sessions& question) {
  const auto refuse = [](std::string why, std::string field) -> result<void> { return failure{error_code::validation_failed, std::move(why), std::move(field)}; };
  if (question.gap_minutes && question.rule == session_rule::session_id)
    return refuse("goes with by: gap", "gap");
  if (question.gap_minutes && (*question.gap_minutes < 1 || *question.gap_minutes > session_gap_minutes_max))
    return refuse("a gap has 1 to session_gap_minutes_max = 1440 minutes", "gap");
  if (question.dimensions.size() > question_dimensions_max)
    return refuse("more than question_dimensions_max = 3 dimensions", "dimensions");
  if (question.groups_answered < 1 || question.groups_answered > static_cast<std::int64_t>(session_groups_answered_max))
    return refuse("1 to session_groups_answered_max = 1000 groups can be asked for", "limit");
  if (question.edge_values_answered < 1 || question.edge_values_answered > static_cast<std::int64_t>(session_values_answered_max))
    return refuse("1 to session_values_answered_max = 1000 values can be asked for", "edge_limit");
  if (question.user_id_field == event_field::event_id)
    return refuse("an event_id is nobody: no two events share one", "user_id_field");
  return {};
}

class sessions_work {
public:
  sessions_work(const event_view& view, const measure_sessions& question, const scan_context& context)
      : view_{view}, question_{question}, context_{context}, memory_{context.memory_max}, has_ids_{question.rule == session_rule::session_id}, workers_(context.width()) {}

  result<sessions_measured> run() {
    auto buckets = bucket_list::make(view_, question_.start_time, question_.end_time, question_.size, question_.zone);
    if (!buckets)
      return buckets.error();
    buckets_ = std::move(*buckets);
    if (!buckets_.starts.empty())
      if (auto found = find(); !found)
        return found.error();
    if (has_ids_)
      if (auto sorted = bring_users_together(); !sorted)
        return sorted.error();
    return finish();
  }

private:
  struct worker {
    worker(const event_view& view, const measure_sessions& question, const bucket_list& buckets, memory_allowance& memory) : finder{view, question, buckets, memory} {}
    session_finder finder;
    user_events::workplace events;
  };
  worker& open(std::size_t number) {
    auto& mine = workers_[number];
    if (!mine)
      mine = std::make_unique<worker>(view_, question_, buckets_, memory_);
    return *mine;
  }

  /// The sessions of each part of the users, or of the session ids.
  result<void> find() {
    const std::array steps{question_.event};
    const auto matching = step_bits::make(view_, steps, {});
    if (!matching)
      return matching.error();
    const auto look_back = has_ids_ ? session_look_back : question_.gap_minutes.value_or(session_gap_minutes_default) * 60'000;
    const time_range range{looking_back(question_.start_time, look_back), question_.end_time.milliseconds};
    user_events events{view_, has_ids_ ? event_field::session_id : question_.user_id_field, false, workers_.size(), memory_};
    auto collected = scan_chunks(view_, range, context_, [&](std::size_t number, const event_chunk& chunk) {
      scanned_.fetch_add(chunk.rows, std::memory_order_relaxed);
      return events.add(number, chunk, range, *matching, context_);
    });
    if (!collected)
      return collected;
    parts_.resize(events.part_count());
    return share_out(parts_.size(), context_, [&](std::size_t number, std::size_t part) -> result<void> {
      if (context_.is_stopped())
        return question_cancelled();
      auto& mine = open(number);
      auto& out = parts_[part];
      out.worker = number;
      auto visited = events.visit(part, mine.events, [&](std::uint32_t code, std::span<const funnel_event> own) {
        has_ids_ ? mine.finder.add_session(own, out) : mine.finder.add_user(code, own, out);
      });
      if (!visited)
        return visited;
      if (auto taken = memory_.take(out.bytes()); !taken)
        return taken;
      return mine.finder.charge();
    });
  }

  /// Gives the groups of all workers the numbers of the first one, which it returns.
  result<worker*> match_groups() {
    auto& whole = open(0);
    for (std::size_t i = 1; i < workers_.size(); ++i) {
      if (!workers_[i])
        continue;
      const auto common = whole.finder.groups().take_in(workers_[i]->finder.groups());
      if (!common)
        return common.error();
      if (auto& edges = whole.finder.edges())
        if (auto merged = edges->merge(*workers_[i]->finder.edges()); !merged)
          return merged.error();
      if (question_.dimensions.empty())
        continue;
      const auto place_of = [&](std::uint32_t place) {
        const auto bucket_count = static_cast<std::uint32_t>(buckets_.size());
        return (*common)[place / bucket_count] * bucket_count + place % bucket_count;
      };
      for (auto& part : parts_) {
        if (part.worker != i)
          continue;
        if (context_.is_stopped())
          return question_cancelled();
        for (auto& each : part.records)
          each.place = place_of(each.place);
        for (auto& each : part.length_places)
          each = place_of(each);
        part.worker = 0;
      }
    }
    return &whole;
  }

  /// The sessions of one user may have ids in any part.
  result<void> bring_users_together() {
    if (auto matched = match_groups(); !matched)
      return matched.error();
    for (auto& each : workers_) // matched: once is enough
      if (each && each != workers_.front())
        each.reset();
    constexpr std::uint32_t together_log = 11;
    std::vector<std::vector<session_record>> by_user((view_.dictionary_size(question_.user_id_field) >> together_log) + 1);
    for (auto& part : parts_) {
      if (context_.is_stopped())
        return question_cancelled();
      if (auto taken = memory_.take(part.records.size() * 2 * sizeof(session_record)); !taken) // an array that grows may take twice what it holds
        return taken;
      for (const auto& each : part.records)
        by_user[each.user >> together_log].push_back(each);
      memory_.give_back(part.records.capacity() * sizeof(session_record));
      part.records = {};
    }
    parts_.resize(std::max(parts_.size(), by_user.size()));
    return share_out(by_user.size(), context_, [&](std::size_t, std::size_t number) -> result<void> {
      if (context_.is_stopped())
        return question_cancelled();
      std::sort(by_user[number].begin(), by_user[number].end(), [](const session_record& a, const session_record& b) { return a.user < b.user; });
      parts_[number].records = std::move(by_user[number]);
      return {};
    });
  }

  /// Most sessions first; of equal ones by values.
  result<std::vector<std::size_t>> largest(const session_groups& groups) {
    if (question_.dimensions.empty())
      return std::vector<std::size_t>{};
    std::vector<std::uint64_t> sessions(groups.size());
    for (const auto& part : parts_) {
      if (context_.is_stopped())
        return question_cancelled();
      for (const auto& each : part.records)
        ++sessions[each.place / buckets_.size()];
    }
    std::vector<std::size_t> out(groups.size());
    std::iota(out.begin(), out.end(), std::size_t{0});
    const auto kept = std::min(out.size(), static_cast<std::size_t>(question_.groups_answered));
    std::partial_sort(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(kept), out.end(), [&](std::size_t a, std::size_t b) {
      return sessions[a] != sessions[b] ? sessions[a] > sessions[b] : groups.values_of(a) < groups.values_of(b);
    });
    out.resize(kept);
    return out;
  }

  result<sessions_measured> finish() {
    const auto whole = match_groups();
    if (!whole)
      return whole.error();
    auto& groups = (*whole)->finder.groups();
    const auto chosen = largest(groups);
    if (!chosen)
      return chosen.error();
    session_lines lines{buckets_.size(), groups.size(), context_, memory_};
    if (auto made = lines.choose(*chosen, !question_.dimensions.empty()); !made)
      return made.error();
    auto added = share_out(parts_.size(), context_, [&](std::size_t number, std::size_t part) -> result<void> {
      return context_.is_stopped() ? result<void>{question_cancelled()} : lines.add(number, parts_[part].records);
    });
    if (added)
      added = lines.add_lengths(parts_);
    if (!added)
      return added.error();
    auto made = lines.finish();
    if (!made)
      return made.error();
    return told(std::move(*made), *chosen, lines.has_other(), (*whole)->finder);
  }

  sessions_measured told(std::vector<session_line> lines, const std::vector<std::size_t>& chosen, bool has_other, session_finder& whole) {
    sessions_measured out;
    for (const auto each : buckets_.starts)
      out.buckets.push_back(timestamp{each});
    out.all = std::move(lines.back());
    lines.pop_back();
    for (std::size_t i = 0; i < chosen.size(); ++i)
      lines[i].dimensions = whole.groups().values_of(chosen[i]);
    if (has_other)
      lines.back().is_other = true;
    out.groups = std::move(lines);
    out.group_count = whole.groups().size();
    if (const auto& edges = whole.edges()) {
      out.entries = edges->entries(static_cast<std::size_t>(question_.edge_values_answered));
      out.exits = edges->exits(static_cast<std::size_t>(question_.edge_values_answered));
    }
    out.scope = {view_.newest(), scanned_};
    return out;
  }

  const event_view& view_;
  const measure_sessions& question_;
  const scan_context& context_;
  memory_allowance memory_;
  const bool has_ids_;
  bucket_list buckets_;
  std::vector<std::unique_ptr<worker>> workers_;
  std::vector<found_sessions> parts_;
  std::atomic<std::uint64_t> scanned_{0};
};

} // namespace

result<sessions_measured> answer(const event_view& view, const measure_sessions& question, const scan_context& context) {
  if (auto checked = check(question); !checked)
    return checked.error();
  return sessions_work{view, question, context}.run();
}

} // namespace dotmac
