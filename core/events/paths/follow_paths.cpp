#include "core/events/event_answers.hpp"
#include "core/events/paths/path_labels.hpp"
#include "core/events/paths/path_tally.hpp"
#include "core/events/sessions/split_sessions.hpp"

namespace dotmac {
namespace {

result<void> check(const follow_paths& question) {
  const auto refuse = [](std::string why, std::string field) -> result<void> { return failure{error_code::validation_failed, std::move(why), std::move(field)}; };
  const auto is_long = [](const std::string& text) { return text.empty() || text.size() > static_cast<std::size_t>(path_pattern_size_max); };
  if (question.steps < path_steps_min || question.steps > path_steps_max)
    return refuse("a path has path_steps_min = 2 to path_steps_max = 10 steps", "steps");
  if (question.nodes_answered < 1 || question.nodes_answered > path_nodes_max)
    return refuse("1 to path_nodes_max = 50 nodes can be asked for", "nodes_per_step");
  if (question.gap_minutes < 1 || question.gap_minutes > session_gap_minutes_max)
    return refuse("a gap has 1 to session_gap_minutes_max = 1440 minutes", "gap");
  if (question.from && question.to)
    return refuse("goes without from: paths begin or end at an event", "to");
  if (question.label_rules.size() > path_label_rules_max)
    return refuse("more than path_label_rules_max = 100 rules", "label_rules");
  if (std::any_of(question.label_rules.begin(), question.label_rules.end(), [&](const path_label_rule& each) { return is_long(each.pattern) || is_long(each.label); }))
    return refuse("patterns and labels have 1 to path_pattern_size_max = 256 bytes", "label_rules");
  if (question.exclude.size() > path_exclusions_max)
    return refuse("more than path_exclusions_max = 100 labels", "exclude");
  if (std::any_of(question.exclude.begin(), question.exclude.end(), is_long))
    return refuse("labels have 1 to path_pattern_size_max = 256 bytes", "exclude");
  if (question.exclude_events.size() > path_exclude_events_max)
    return refuse("more than path_exclude_events_max = 32 events", "exclude_events");
  if (question.user_id_field == event_field::event_id)
    return refuse("nobody can be followed by an event_id: no two events share one", "user_id_field");
  return {};
}

bool is_any_event(const funnel_step& step) { return step.text.empty() && !step.event_type && !step.event_name && step.filters == filter_node{}; }

class paths_work {
public:
  paths_work(const event_view& view, const follow_paths& question, const scan_context& context)
      : view_{view}, question_{question}, context_{context}, memory_{context.memory_max}, gap_{question.gap_minutes * 60'000},
        events_{view, question.user_id_field, false, context.width(), memory_}, labels_(context.width()), walkers_(context.width()), parts_(events_.part_count()) {}

  result<paths_followed> run() {
    if (auto collected = collect(); !collected)
      return collected.error();
    std::vector<std::vector<std::uint32_t>> common;
    const auto labels = match_labels(labels_, common);
    if (!labels)
      return labels.error();
    name_kinds(common);
    path_tally tally{question_, labels->size(), labels_.size(), memory_};
    auto done = share_out(parts_.size(), context_, [&](std::size_t worker, std::size_t part) { return walk_part(worker, part, tally); });
    if (done)
      done = tally.choose();
    if (done)
      done = share_out(parts_.size(), context_, [&](std::size_t worker, std::size_t part) {
        return context_.is_stopped() ? result<void>{question_cancelled()} : tally.count_paths(worker, parts_[part]);
      });
    if (!done)
      return done.error();
    auto out = tally.finish(*labels);
    out.scope = {view_.newest(), scanned_};
    return out;
  }

private:
  /// The steps of each user, as numbers of labels.
  result<void> collect() {
    std::optional<step_bits> steps;
    const auto& anchor = question_.from ? question_.from : question_.to;
    if (anchor || !is_any_event(question_.event) || !question_.exclude_events.empty()) {
      std::vector<funnel_step> both{question_.event};
      if (anchor)
        both.push_back(*anchor);
      auto made = step_bits::make(view_, both, question_.exclude_events);
      if (!made)
        return made.error();
      steps = std::move(*made);
    }
    const time_range range{looking_back(question_.start_time, gap_), question_.end_time.milliseconds};
    return scan_chunks(view_, range, context_, [&](std::size_t worker, const event_chunk& chunk) {
      auto& mine = labels_[worker];
      if (!mine)
        mine = std::make_unique<path_labels>(view_, question_, range, steps ? &*steps : nullptr, memory_);
      scanned_.fetch_add(chunk.rows, std::memory_order_relaxed);
      return events_.add_kinds(worker, chunk, range, context_, [&](std::uint32_t first, std::span<std::uint32_t> kinds) { return mine->fill(chunk, first, kinds); });
    });
  }

  void name_kinds(const std::vector<std::vector<std::uint32_t>>& common) {
    for (std::size_t worker = 0; worker < common.size(); ++worker) {
      std::vector<std::uint64_t> bits;
      for (const std::uint64_t label : common[worker]) {
        bits.push_back(label << 1);
        bits.push_back(label << 1 | 1);
      }
      events_.set_kinds(worker, std::move(bits));
    }
  }

  result<void> walk_part(std::size_t worker, std::size_t part, path_tally& tally) {
    if (context_.is_stopped())
      return question_cancelled();
    auto& mine = walkers_[worker];
    if (!mine)
      mine = std::make_unique<walker>(walker{{question_, {}}, {}});
    auto& out = parts_[part];
    auto visited = events_.visit(part, mine->events, [&](std::uint32_t, std::span<const funnel_event> own) {
      bool is_first = true;
      split_sessions(own, gap_, question_.start_time.milliseconds, [&](std::span<const funnel_event> session) {
        if (mine->paths.walk(session))
          out.add(mine->paths.path, std::exchange(is_first, false));
      });
    });
    if (!visited)
      return visited;
    if (auto taken = memory_.take(out.bytes()); !taken)
      return taken;
    return tally.count_labels(worker, out);
  }

  struct walker {
    path_walker paths;
    user_events::workplace events;
  };
  const event_view& view_;
  const follow_paths& question_;
  const scan_context& context_;
  memory_allowance memory_;
  const std::int64_t gap_;
  user_events events_;
  std::vector<std::unique_ptr<path_labels>> labels_; ///< by worker
  std::vector<std::unique_ptr<walker>> walkers_;
  std::vector<kept_paths> parts_;
  std::atomic<std::uint64_t> scanned_{0};
};

} // namespace

result<paths_followed> answer(const event_view& view, const follow_paths& question, const scan_context& context) {
  if (auto checked = check(question); !checked)
    return checked.error();
  return paths_work{view, question, context}.run();
}

} // namespace dotmac
