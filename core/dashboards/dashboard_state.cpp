#include "core/dashboards/dashboard_state.hpp"

#include "core/overload.hpp"

#include <algorithm>

namespace dotmac {
namespace {

failure no_dashboard() { return {error_code::not_found, "there is no such dashboard", "dashboard_id"}; }

failure not_kept(const std::string& what, const std::deque<dashboard_state::kept_version>& versions) {
  const auto kept = versions.empty() ? std::string{"none is"} : std::to_string(versions.front().stamp.version) + " to " + std::to_string(versions.back().stamp.version) + " are";
  return {error_code::not_found, what + " is not kept; of the versions " + kept, "version"};
}

} // namespace

dashboard_state::fact dashboard_state::next_version(const dashboard_command& command, dashboard_content content, std::string summary) const {
  const auto number = versions_.empty() ? 1 : versions_.back().stamp.version + 1;
  const auto at = versions_.empty() ? command.at : std::max(command.at, versions_.back().stamp.at);
  return {kept_version{{number, at, command.by, std::move(summary)}, std::move(content), command.edit_id}, {}};
}

result<std::optional<dashboard_state::fact>> dashboard_state::decide_content(const dashboard_command& command, const content_edit& edit) const {
  const auto& before = versions_.back().content;
  auto after = edited(before, edit, command.edit_id);
  if (!after)
    return after.error();
  auto summary = difference(before, *after);
  return summary.empty() ? std::optional<fact>{} : next_version(command, std::move(*after), std::move(summary));
}

result<std::optional<dashboard_state::fact>> dashboard_state::decide_restore(const dashboard_command& command, std::uint64_t number) const {
  const auto wanted = version(number);
  if (!wanted)
    return wanted.error();
  if (!is_removed_ && (*wanted)->content == versions_.back().content)
    return std::optional<fact>{};
  auto restored = next_version(command, (*wanted)->content, "restored version " + std::to_string(number));
  restored.removed = false;
  return std::optional{std::move(restored)};
}

result<std::optional<dashboard_state::fact>> dashboard_state::decide(const dashboard_command& command) const {
  using outcome = result<std::optional<fact>>;
  if (std::any_of(versions_.begin(), versions_.end(), [&](const kept_version& each) { return each.edit_id == command.edit_id; }))
    return std::optional<fact>{};
  if (const auto* first = std::get_if<begin_dashboard>(&command.edit)) {
    if (!versions_.empty())
      return failure{error_code::conflict, "the dashboard is there already", "dashboard_id"};
    auto content = begun(first->content, command.edit_id);
    return content ? outcome{next_version(command, std::move(*content), "created")} : outcome{content.error()};
  }
  if (versions_.empty() || (is_removed_ && !std::holds_alternative<restore_version>(command.edit)))
    return no_dashboard();
  if (command.expected_version && *command.expected_version != versions_.back().stamp.version)
    return failure{error_code::conflict, "version " + std::to_string(versions_.back().stamp.version) + " is the newest, by " + versions_.back().stamp.by, "expected_version"};
  return std::visit(overload{
                        [](const begin_dashboard&) { return outcome{std::nullopt}; },
                        [&](const content_edit& edit) { return decide_content(command, edit); },
                        [&](const restore_version& edit) { return decide_restore(command, edit.version); },
                        [&](const remove_dashboard&) {
                          auto removed = next_version(command, versions_.back().content, "removed");
                          removed.removed = true;
                          return outcome{std::move(removed)};
                        }},
                    command.edit);
}

result<void> dashboard_state::stage(const dashboard_command& command) {
  auto decided = decide(command);
  if (!decided)
    return decided.error();
  staged_ = std::move(*decided);
  return {};
}

void dashboard_state::commit_staged() {
  if (*staged_)
    make_true(std::move(**staged_));
  staged_.reset();
}

void dashboard_state::make_true(fact of) {
  if (origin_.version == 0)
    origin_ = of.saved.stamp;
  bytes_ += size_of(of.saved.content);
  versions_.push_back(std::move(of.saved));
  is_removed_ = of.removed.value_or(is_removed_);
  drop_old_versions();
}

void dashboard_state::drop_old_versions() {
  while (versions_.size() > 1 && (versions_.size() > versions_kept_max || bytes_ > version_bytes_kept_max)) {
    bytes_ -= size_of(versions_.front().content);
    versions_.pop_front();
  }
}

result<const dashboard_state::kept_version*> dashboard_state::version(std::uint64_t number) const {
  const auto found = std::find_if(versions_.begin(), versions_.end(), [&](const kept_version& each) { return each.stamp.version == number; });
  return found == versions_.end() ? result<const kept_version*>{not_kept("version " + std::to_string(number), versions_)} : &*found;
}

result<const dashboard_state::kept_version*> dashboard_state::version_at(timestamp then) const {
  const auto after = std::find_if(versions_.begin(), versions_.end(), [&](const kept_version& each) { return each.stamp.at > then; });
  return after == versions_.begin() ? result<const kept_version*>{not_kept("the version of that time", versions_)} : &*std::prev(after);
}

} // namespace dotmac
