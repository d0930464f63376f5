#include "core/dashboards/dashboard_index.hpp"

#include <algorithm>

namespace dotmac {
namespace {

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool contains(const std::string& text, const std::string& part) {
  return std::search(text.begin(), text.end(), part.begin(), part.end(), [](char a, char b) { return lower(a) == lower(b); }) != text.end();
}

bool is_wanted(const dashboard_summary& summary, const list_dashboards& asked) {
  return summary.removed == asked.removed && (!asked.category || summary.category == *asked.category) && (!asked.favorite || summary.favorite == *asked.favorite)
         && (asked.search.empty() || contains(summary.name, asked.search) || contains(summary.display_name, asked.search) || contains(summary.description_text, asked.search));
}

} // namespace

/// Names of removed ones need not be different.
std::string place_in_list(const dashboard_summary& summary) { return summary.removed ? summary.name + '\n' + summary.dashboard_id : summary.name; }

result<void> dashboard_index::check(const dashboard_named& fact, const std::function<bool(const std::string&)>& is_being_made) const {
  const auto holder = ids_by_name_.find(fact.name);
  if (holder != ids_by_name_.end() && holder->second != fact.dashboard_id && (summaries_.contains(holder->second) || is_being_made(holder->second)))
    return failure{error_code::already_exists, "a dashboard named " + fact.name + " exists", "name"};
  if (summaries_.contains(fact.name) && fact.name != fact.dashboard_id)
    return failure{error_code::already_exists, "a dashboard has the id " + fact.name, "name"};
  const auto self = summaries_.find(fact.dashboard_id);
  const bool is_one_more = self == summaries_.end() || self->second.removed;
  if (is_one_more && count() >= dashboards_per_tenant_max)
    return failure{error_code::validation_failed, "a tenant has at most " + std::to_string(dashboards_per_tenant_max) + " dashboards", {}};
  return {};
}

result<void> dashboard_index::check(const dashboard_described& fact) const {
  const auto& told = fact.summary;
  const auto holder = ids_by_name_.find(told.name);
  if (!told.removed && is_news(fact) && (holder == ids_by_name_.end() || holder->second != told.dashboard_id))
    return failure{error_code::conflict, "the name " + told.name + " was not given to the dashboard " + told.dashboard_id, "name"};
  return {};
}

bool dashboard_index::is_news(const dashboard_named& fact) const {
  const auto holder = ids_by_name_.find(fact.name);
  return holder == ids_by_name_.end() || holder->second != fact.dashboard_id;
}

bool dashboard_index::is_news(const dashboard_described& fact) const {
  const auto held = summaries_.find(fact.summary.dashboard_id);
  if (held == summaries_.end() || held->second.revision < fact.summary.revision)
    return true;
  return held->second.revision == fact.summary.revision
         && std::any_of(ids_by_name_.begin(), ids_by_name_.end(), [&](const auto& each) { return each.second == fact.summary.dashboard_id && each.first != fact.summary.name; });
}

void dashboard_index::make_true(const dashboard_named& fact) { ids_by_name_[fact.name] = fact.dashboard_id; }

void dashboard_index::make_true(const dashboard_described& fact) {
  if (!is_news(fact))
    return;
  const auto& told = fact.summary;
  auto& held = summaries_[told.dashboard_id];
  removed_ += static_cast<std::size_t>(told.removed) - static_cast<std::size_t>(held.removed);
  held = told;
  forget_name_of(told.dashboard_id, told.removed ? std::string{} : told.name);
  if (!told.removed)
    ids_by_name_[told.name] = told.dashboard_id;
  if (removed_ > removed_dashboards_per_tenant_max)
    forget_the_first_removed();
}

void dashboard_index::forget_name_of(const std::string& dashboard_id, const std::string& but) {
  std::erase_if(ids_by_name_, [&](const auto& each) { return each.second == dashboard_id && each.first != but; });
}

void dashboard_index::forget_the_first_removed() {
  auto first = summaries_.end();
  for (auto each = summaries_.begin(); each != summaries_.end(); ++each)
    if (each->second.removed && (first == summaries_.end() || each->second.updated_at < first->second.updated_at))
      first = each;
  summaries_.erase(first);
  --removed_;
}

std::string dashboard_index::find(const std::string& id_or_name) const {
  if (summaries_.contains(id_or_name))
    return id_or_name;
  const auto named = ids_by_name_.find(id_or_name);
  return named != ids_by_name_.end() && summaries_.contains(named->second) ? named->second : std::string{};
}

dashboards_listed dashboard_index::list(const list_dashboards& asked) const {
  std::map<std::string, const dashboard_summary*> wanted;
  for (const auto& [id, summary] : summaries_)
    if (is_wanted(summary, asked))
      wanted.emplace(place_in_list(summary), &summary);
  dashboards_listed page;
  page.total = wanted.size();
  std::int64_t passed = 0;
  for (const auto& [place, summary] : wanted) {
    if ((asked.after && place <= *asked.after) || passed++ < asked.offset)
      continue;
    if (page.dashboards.size() < static_cast<std::size_t>(asked.limit))
      page.dashboards.push_back(*summary);
    else
      page.has_more = true;
  }
  return page;
}

std::vector<dashboard_summary> dashboard_index::summaries() const {
  std::vector<dashboard_summary> all;
  for (const auto& [id, summary] : summaries_)
    all.push_back(summary);
  return all;
}

std::vector<dashboard_named> dashboard_index::names() const {
  std::vector<dashboard_named> all;
  for (const auto& [name, id] : ids_by_name_)
    all.push_back({id, name});
  return all;
}

} // namespace dotmac
