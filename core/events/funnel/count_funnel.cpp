#include "core/events/bucket_list.hpp"
#include "core/events/funnel/funnel_groups.hpp"
#include "core/events/funnel/funnel_pass.hpp"

namespace dotmac {
namespace {

/// By step, users by code.
using listed_users = std::vector<std::vector<std::uint32_t>>;

/// What one thread counts of the users whose parts it takes.
struct funnel_counter {
  funnel_counter(const event_view& view, const count_funnel& asked, const bucket_list& buckets, memory_allowance& allowance)
      : question{asked}, memory{allowance}, all{asked.steps.size(), buckets.size()}, groups{view, asked.dimensions, asked.steps.size(), buckets.size()}, bucket{buckets} {}

  void take(std::uint32_t user, const funnel_progress& progress, listed_users& listed) {
    if (!fits)
      return;
    const auto began = question.has_trend ? bucket.of(progress.started_at) : 0;
    all.add(progress, began);
    held += funnel_tally::size_of(progress);
    for (std::size_t k = 0; question.users_listed > 0 && k < progress.reached.size(); ++k)
      if (listed[k].size() < static_cast<std::size_t>(question.users_listed) && (listed[k].empty() || listed[k].back() != user)) { // he may have tried again
        listed[k].push_back(user);
        held += 2 * sizeof user; // an array that grows
      }
    if (!question.dimensions.empty()) {
      fits = groups.add(progress, attributed_row(progress, question), began);
      held += funnel_tally::size_of(progress);
    }
    if (fits && ++attempts % attempts_between_charges == 0) // one user may have very many
      fits = charge();
  }

  result<void> charge() {
    if (!fits)
      return fits;
    if (auto taken = groups.charge(memory); !taken)
      return taken;
    return memory.take(std::exchange(held, 0));
  }

  static constexpr std::uint64_t attempts_between_charges = 4'096;

  const count_funnel& question;
  memory_allowance& memory;
  funnel_tally all;
  funnel_groups groups;
  bucket_finder bucket;
  std::size_t held = 0; ///< bytes not yet taken from the question's memory
  std::uint64_t attempts = 0;
  result<void> fits; ///< or the limit that was passed: what comes then is not counted
};

class funnel_count {
public:
  funnel_count(const event_view& view, const count_funnel& question, const bucket_list& buckets, const scan_context& context)
      : view_{view}, question_{question}, buckets_{buckets}, context_{context}, memory_{context.memory_max}, pass_{view, question, context, memory_},
        counters_(context.width()), listed_(pass_.part_count()) {}

  result<funnel_counted> run() {
    if (auto collected = pass_.collect(); !collected)
      return collected.error();
    auto counted = share_out(pass_.part_count(), context_, [&](std::size_t worker, std::size_t part) { return count_part(worker, part); });
    if (!counted)
      return counted.error();
    return finish();
  }

private:
  funnel_counter& open(std::size_t worker) {
    auto& mine = counters_[worker];
    if (!mine)
      mine = std::make_unique<funnel_counter>(view_, question_, buckets_, memory_);
    return *mine;
  }

  result<void> count_part(std::size_t worker, std::size_t part) {
    if (context_.is_stopped())
      return question_cancelled();
    auto& mine = open(worker);
    listed_[part].resize(question_.steps.size());
    if (auto visited = pass_.visit(worker, part, [&](std::uint32_t user, const funnel_progress& progress) { mine.take(user, progress, listed_[part]); }); !visited)
      return visited;
    return mine.charge();
  }

  result<funnel_counted> finish() {
    auto& whole = open(0);
    for (std::size_t i = 1; i < counters_.size(); ++i) {
      if (!counters_[i])
        continue;
      whole.all.merge(counters_[i]->all);
      if (auto merged = whole.groups.merge(counters_[i]->groups); !merged)
        return merged.error();
      counters_[i].reset();
    }
    const auto of_all = whole.all.figure_count();
    auto figured = share_out(of_all + whole.groups.figure_count(), context_, [&](std::size_t, std::size_t number) -> result<void> {
      if (context_.is_stopped())
        return question_cancelled();
      number < of_all ? whole.all.figure_out(number, question_.histogram_bins) : whole.groups.figure_out(number - of_all);
      return {};
    });
    if (!figured)
      return figured.error();
    funnel_counted out;
    out.all = whole.all.finish(buckets_.starts);
    for (const auto& part : listed_)
      for (std::size_t k = 0; k < part.size(); ++k)
        for (const auto user : part[k])
          if (auto& users = out.all.steps[k].users; users.size() < static_cast<std::size_t>(question_.users_listed))
            users.emplace_back(view_.dictionary(question_.user_id_field).text(user));
    out.groups = whole.groups.finish(buckets_.starts);
    out.scope = {view_.newest(), pass_.rows_scanned()};
    return out;
  }

  const event_view& view_;
  const count_funnel& question_;
  const bucket_list& buckets_;
  const scan_context& context_;
  memory_allowance memory_;
  funnel_pass pass_;
  std::vector<std::unique_ptr<funnel_counter>> counters_; ///< by worker
  std::vector<listed_users> listed_;                      ///< by part
};

} // namespace

result<funnel_counted> answer(const event_view& view, const count_funnel& question, const scan_context& context) {
  if (auto checked = check_funnel(question); !checked)
    return checked.error();
  bucket_list buckets;
  if (question.has_trend) {
    auto made = bucket_list::make(view, question.start_time, question.end_time, question.size, question.zone);
    if (!made)
      return made.error();
    buckets = std::move(*made);
  }
  return funnel_count{view, question, buckets, context}.run();
}

} // namespace dotmac
