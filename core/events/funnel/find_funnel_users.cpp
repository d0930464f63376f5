#include "core/events/funnel/funnel_pass.hpp"

#include "core/events/dimension_codes.hpp"

#include <cmath>

namespace dotmac {
namespace {

result<void> check(const find_funnel_users& question) {
  const auto refuse = [](std::string why, std::string field) -> result<void> { return failure{error_code::validation_failed, std::move(why), std::move(field)}; };
  if (auto checked = check_funnel(question.funnel); !checked)
    return checked;
  if (question.funnel.unit != funnel_unit::users)
    return refuse("users are listed by their best attempt", "count");
  if (question.step < 1 || question.step > static_cast<std::int64_t>(question.funnel.steps.size()))
    return refuse("is none of the funnel's " + std::to_string(question.funnel.steps.size()) + " steps", "step");
  if (question.outcome == funnel_outcome::dropped && question.step == 1)
    return refuse("nobody drops before step 1: who has not reached it is in no funnel", "step");
  if (question.limit < 0 || question.limit > funnel_users_found_max)
    return refuse("0 to funnel_users_found_max = 1000 users can be listed", "limit");
  if (question.group && question.group->size() != question.funnel.dimensions.size())
    return refuse("a group has a value for each dimension", "group");
  return {};
}

/// Whether a row is of the group asked for. Threads: one owner.
class group_match {
public:
  group_match(const event_view& view, const std::vector<std::string>& dimensions, const std::vector<scalar>& wanted) {
    for (std::size_t d = 0; d < dimensions.size(); ++d) {
      auto& each = dimensions_.emplace_back(view, dimensions[d]);
      codes_.push_back(code_of(view, each, resolve_event_field(dimensions[d]), wanted[d]));
    }
  }
  bool holds(std::optional<std::uint64_t> row) {
    for (std::size_t d = 0; d < dimensions_.size(); ++d)
      if (!codes_[d] || *codes_[d] != (row ? dimensions_[d].code_at(*row) : 0))
        return false;
    return true;
  }
  result<void> charge(memory_allowance& memory) {
    for (auto& each : dimensions_)
      if (auto taken = each.charge(memory); !taken)
        return taken;
    return {};
  }

private:
  /// None where no event has such a value.
  static std::optional<std::uint32_t> code_of(const event_view& view, dimension_codes& dimension, const event_reference& of, scalar wanted) {
    if (wanted.index() == 0)
      return 0;
    if (const auto* number = std::get_if<double>(&wanted); number != nullptr && std::floor(*number) == *number && *number >= -0x1p63 && *number < 0x1p63)
      wanted = static_cast<std::int64_t>(*number); // 1 and 1.0 are one value
    if (!dimension.is_field())
      return dimension.code_of(std::move(wanted));
    const auto* text = std::get_if<std::string>(&wanted);
    const auto code = text == nullptr ? 0 : view.find_code(of.field, *text);
    return code == 0 ? std::nullopt : std::optional{code};
  }

  std::vector<dimension_codes> dimensions_;
  std::vector<std::optional<std::uint32_t>> codes_;
};

class funnel_users_search {
public:
  funnel_users_search(const event_view& view, const find_funnel_users& question, const scan_context& context)
      : view_{view}, question_{question}, context_{context}, memory_{context.memory_max}, pass_{view, question.funnel, context, memory_}, workers_(context.width()) {}

  result<funnel_users_found> run() {
    if (auto collected = pass_.collect(); !collected)
      return collected.error();
    auto searched = share_out(pass_.part_count(), context_, [&](std::size_t number, std::size_t part) -> result<void> {
      if (context_.is_stopped())
        return question_cancelled();
      auto& mine = workers_[number];
      if (question_.group && !mine.group)
        mine.group.emplace(view_, question_.funnel.dimensions, *question_.group);
      if (auto visited = pass_.visit(number, part, [&](std::uint32_t user, const funnel_progress& progress) { take(mine, user, progress); }); !visited)
        return visited;
      return mine.group ? mine.group->charge(memory_) : result<void>{};
    });
    if (!searched)
      return searched.error();
    return finish();
  }

private:
  struct found {
    std::string_view id;
    std::vector<std::int64_t> reached;
    std::optional<std::uint64_t> row; ///< of his group's values
    friend bool operator<(const found& a, const found& b) { return a.id < b.id; }
  };
  struct worker {
    std::optional<group_match> group;
    std::uint64_t total = 0;
    std::vector<found> page; ///< a heap, the last on top; one more than the page
  };

  void take(worker& mine, std::uint32_t user, const funnel_progress& progress) const {
    const auto step = static_cast<std::size_t>(question_.step);
    const auto depth = progress.reached.size();
    if (question_.outcome == funnel_outcome::converted ? depth < step : depth != step - 1)
      return;
    const auto row = attributed_row(progress, question_.funnel);
    if (mine.group && !mine.group->holds(row))
      return;
    ++mine.total;
    const auto wanted = static_cast<std::size_t>(question_.limit) + 1;
    const auto id = view_.dictionary(question_.funnel.user_id_field).text(user);
    if (question_.limit == 0 || (question_.after && id <= *question_.after) || (mine.page.size() == wanted && id > mine.page.front().id))
      return;
    mine.page.push_back({id, progress.reached, row});
    std::push_heap(mine.page.begin(), mine.page.end());
    if (mine.page.size() > wanted) {
      std::pop_heap(mine.page.begin(), mine.page.end());
      mine.page.pop_back();
    }
  }

  result<funnel_users_found> finish() {
    funnel_users_found out;
    std::vector<found> page;
    for (auto& each : workers_) {
      out.total += each.total;
      std::move(each.page.begin(), each.page.end(), std::back_inserter(page));
    }
    std::sort(page.begin(), page.end());
    out.has_more = page.size() > static_cast<std::size_t>(question_.limit);
    page.resize(std::min(page.size(), static_cast<std::size_t>(question_.limit)));
    std::vector<event_reference> dimensions;
    for (const auto& each : question_.funnel.dimensions)
      dimensions.push_back(resolve_event_field(each));
    for (const auto& each : page) {
      auto& user = out.users.emplace_back();
      user.id = each.id;
      for (const auto at : each.reached)
        user.reached.push_back(timestamp{at});
      for (const auto& of : dimensions) {
        auto value = each.row ? dimension_value(view_, *each.row, of) : result<scalar>{scalar{}};
        if (!value)
          return value.error();
        user.dimensions.push_back(std::move(*value));
      }
    }
    out.scope = {view_.newest(), pass_.rows_scanned()};
    return out;
  }

  const event_view& view_;
  const find_funnel_users& question_;
  const scan_context& context_;
  memory_allowance memory_;
  funnel_pass pass_;
  std::vector<worker> workers_;
};

} // namespace

result<funnel_users_found> answer(const event_view& view, const find_funnel_users& question, const scan_context& context) {
  if (auto checked = check(question); !checked)
    return checked.error();
  return funnel_users_search{view, question, context}.run();
}

} // namespace dotmac
