#pragma once

/// Which dashboards a tenant has, under which names: a pure state. Each dashboard's own state is its actor's; this is told of every change of it.
///
/// A name is first given to a dashboard (`named`), then the dashboard is made or renamed, and tells how it is now (`described`): from then on its former name
/// is free, or the new one where it was not used after all. Where the second step never comes, because a process was killed between, the name of a dashboard that was never made is given to whoever asks next.
///
/// Promise   A name belongs to one dashboard. What is told late, after something newer, changes nothing.
/// Limits    dashboards_per_tenant_max; removed_dashboards_per_tenant_max, beyond which the one that was removed first is forgotten.
/// Errors    already_exists, validation_failed, not_found.
/// Cost      look-ups by id or name are logarithmic; listing is linear in what is kept.

#include "core/dashboards/dashboard_messages.hpp"

#include <map>

namespace dotmac {

/// `dashboard_id` may be called so from now on.
struct dashboard_named {
  std::string dashboard_id;
  std::string name;
};
template <> struct description<dashboard_named> {
  static constexpr auto fields = std::tuple{field{"dashboard_id", &dashboard_named::dashboard_id, "whose name"}, field{"name", &dashboard_named::name, "its new one"}};
};

struct dashboard_described {
  dashboard_summary summary;
};
template <> struct description<dashboard_described> {
  static constexpr auto fields = std::tuple{field{"summary", &dashboard_described::summary, "how it is now"}};
};

/// What lists are sorted by, and go on after.
std::string place_in_list(const dashboard_summary& summary);

class dashboard_index {
public:
  /// `is_being_made` tells of a dashboard that was named and not described whether somebody is about it.
  result<void> check(const dashboard_named& fact, const std::function<bool(const std::string&)>& is_being_made) const;
  result<void> check(const dashboard_described& fact) const;
  /// They would change something.
  bool is_news(const dashboard_named& fact) const;
  bool is_news(const dashboard_described& fact) const;
  void make_true(const dashboard_named& fact);
  void make_true(const dashboard_described& fact);

  /// Its id; empty where there is none. One that was removed is found by its id only.
  std::string find(const std::string& id_or_name) const;
  dashboards_listed list(const list_dashboards& asked) const;
  std::size_t count() const noexcept { return summaries_.size() - removed_; }

  /// For snapshots: summaries, and names that were given and not used yet.
  std::vector<dashboard_summary> summaries() const;
  std::vector<dashboard_named> names() const;

private:
  void forget_name_of(const std::string& dashboard_id, const std::string& but);
  void forget_the_first_removed();

  std::map<std::string, dashboard_summary> summaries_; ///< by id; of those that were made
  std::map<std::string, std::string> ids_by_name_;     ///< of those that are not removed
  std::size_t removed_ = 0;
};

} // namespace dotmac
