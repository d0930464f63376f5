#pragma once

/// One dashboard: what it shows, how that came about, and whether it is there at all.
///
///   state.stage({edit, author, now, edit_id}); // refused, or staged
///   journal(state.staged_payload());          // nothing to write: the edit changed nothing
///   state.commit_staged();
///
/// Promise   Every edit that changes something is a version, with its author and time; any version that is kept can be shown, and made the newest again.
///           An edit that is sent again, with its edit_id, has no second effect.
///           Removing is an edit: what is removed can be brought back, with its versions. Times of versions never go back, whatever the clock does.
/// Limits    versions_kept_max versions of together version_bytes_kept_max bytes: the oldest go first, the newest stays.
/// Errors    those of dashboard_edits.hpp; not_found before it is made, while it is removed, and for versions that are not kept; conflict where it is made
///           already, or where somebody else's edit came first (`expected_version`).
/// Journal   one fact per entry, as JSON: fields may be added, bounds may be widened.
/// Snapshot  JSON, so that an operator can read it with SQL.
/// Threads   one owner.
/// Cost      an edit is linear in the dashboard; a snapshot in all versions.

#include "core/bytes.hpp"
#include "core/dashboards/dashboard_edits.hpp"

#include <deque>
#include <functional>

namespace dotmac {

inline constexpr std::uint32_t dashboard_snapshot_version = 1;
inline constexpr std::size_t versions_kept_max = 200;
inline constexpr std::size_t version_bytes_kept_max = 4'194'304;

/// The first edit of a dashboard's life.
struct begin_dashboard {
  dashboard_content content;
};
template <> struct description<begin_dashboard> {
  static constexpr auto fields = std::tuple{field{"content", &begin_dashboard::content, "as it was asked for"}};
};

struct restore_version {
  std::uint64_t version = 0;
};
template <> struct description<restore_version> {
  static constexpr auto fields = std::tuple{field{"version", &restore_version::version, "that shall be the newest again"}};
};

struct remove_dashboard {};
template <> struct description<remove_dashboard> {
  static constexpr auto fields = std::tuple{};
};

using dashboard_edit = std::variant<begin_dashboard, content_edit, restore_version, remove_dashboard>;

struct dashboard_command {
  dashboard_edit edit;
  std::string by;
  timestamp at;
  std::string edit_id;                           ///< unique; new widgets have their ids from it
  std::optional<std::uint64_t> expected_version; ///< refused where another is the newest
};

class dashboard_state {
public:
  using segment_reader = std::function<result<bytes>(std::uint64_t)>;

  /// A second one waits for the first one's commit.
  result<void> stage(const dashboard_command& command);
  bool takes_more_staged() const noexcept { return !staged_; }
  /// Empty where nothing changes.
  bytes staged_payload() const;
  void commit_staged();
  void discard_staged() { staged_.reset(); }

  result<void> apply(bytes_view payload);
  result<void> restore(std::uint32_t version, bytes_view payload, const segment_reader& read);
  bytes snapshot() const;

  bool exists() const noexcept { return !versions_.empty() && !is_removed_; }
  bool is_removed() const noexcept { return is_removed_; }
  /// Of the first version, also when that is no longer kept.
  const dashboard_version& origin() const noexcept { return origin_; }

  struct kept_version {
    dashboard_version stamp;
    dashboard_content content;
    std::string edit_id;
  };
  /// Oldest first; the last one is how it is now.
  const std::deque<kept_version>& versions() const noexcept { return versions_; }
  result<const kept_version*> version(std::uint64_t number) const;
  /// As it was then; not_found before its first version, or where that one is no longer kept.
  result<const kept_version*> version_at(timestamp then) const;

  struct fact {
    kept_version saved;
    std::optional<bool> removed; ///< it is, or is no longer; none: as before
  };

private:
  result<std::optional<fact>> decide(const dashboard_command& command) const;
  result<std::optional<fact>> decide_content(const dashboard_command& command, const content_edit& edit) const;
  result<std::optional<fact>> decide_restore(const dashboard_command& command, std::uint64_t version) const;
  fact next_version(const dashboard_command& command, dashboard_content content, std::string summary) const;
  void make_true(fact of);
  void drop_old_versions();

  std::deque<kept_version> versions_;
  std::size_t bytes_ = 0; ///< of versions_
  dashboard_version origin_;
  bool is_removed_ = false;
  std::optional<std::optional<fact>> staged_; ///< none inside: nothing changes
};

} // namespace dotmac
