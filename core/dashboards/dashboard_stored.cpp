// The journal and the snapshots of a dashboard: JSON, so that an operator can read them with SQL.

#include "core/dashboards/dashboard_state.hpp"
#include "core/describe/json_object_form.hpp"

namespace dotmac {
namespace {

constexpr std::uint32_t journal_format = 1;

struct stored_fact {
  std::uint32_t format = journal_format;
  dashboard_state::fact fact;
};
struct stored_dashboard {
  std::vector<dashboard_state::kept_version> versions;
  dashboard_version origin;
  bool removed = false;
};

failure damaged(const char* what) { return {error_code::corrupt_data, std::string{"the "} + what + " of a dashboard is not in its form", {}}; }

template <class Record> bytes to_text(const Record& record) { return write_json(record).dump(-1, ' ', false, json::error_handler_t::replace); }

} // namespace

template <> struct description<dashboard_state::kept_version> {
  static constexpr auto fields = std::tuple{field{"stamp", &dashboard_state::kept_version::stamp, "which"}, field{"content", &dashboard_state::kept_version::content, "as it was"},
                                            field{"edit_id", &dashboard_state::kept_version::edit_id, "of the edit that made it"}};
};
template <> struct description<dashboard_state::fact> {
  static constexpr auto fields = std::tuple{field{"saved", &dashboard_state::fact::saved, "the newest version", presence::required},
                                            field{"removed", &dashboard_state::fact::removed, "it is, or is no longer; none: as before"}};
};
template <> struct description<stored_fact> {
  static constexpr auto fields = std::tuple{field{"format", &stored_fact::format, "of what follows"}, field{"fact", &stored_fact::fact, "what became true", presence::required}};
};
template <> struct description<stored_dashboard> {
  static constexpr auto fields = std::tuple{field{"versions", &stored_dashboard::versions, "oldest first", bounds{0, versions_kept_max}}, field{"origin", &stored_dashboard::origin, "its first version"},
                                            field{"removed", &stored_dashboard::removed, "it is, and can be brought back"}};
};

bytes dashboard_state::staged_payload() const { return staged_ && *staged_ ? to_text(stored_fact{journal_format, **staged_}) : bytes{}; }

result<void> dashboard_state::apply(bytes_view payload) {
  const auto document = json::parse(payload, nullptr, false);
  stored_fact stored;
  json_reader in;
  if (document.is_discarded() || !in.read(document, stored))
    return damaged("journal");
  if (stored.format != journal_format)
    return failure{error_code::corrupt_data, "a dashboard's journal entry has the unknown format " + std::to_string(stored.format), {}};
  make_true(std::move(stored.fact));
  return {};
}

bytes dashboard_state::snapshot() const { return to_text(stored_dashboard{{versions_.begin(), versions_.end()}, origin_, is_removed_}); }

result<void> dashboard_state::restore(std::uint32_t version, bytes_view payload, const segment_reader&) {
  if (version != dashboard_snapshot_version)
    return failure{error_code::corrupt_data, "the snapshot of a dashboard has the unknown version " + std::to_string(version), {}};
  const auto document = json::parse(payload, nullptr, false);
  stored_dashboard stored;
  json_reader in;
  if (document.is_discarded() || !in.read(document, stored))
    return damaged("snapshot");
  for (auto& each : stored.versions)
    make_true({std::move(each), {}});
  origin_ = stored.origin;
  is_removed_ = stored.removed;
  return {};
}

} // namespace dotmac
