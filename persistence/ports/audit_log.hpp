#pragma once

/// Who did what to a tenant's data, or to the cluster, and when, for those who must be able to show it later. Part of the store (store.hpp), whose errors
/// and threads are those of this port.
///
/// Promise   What is added stays: nothing here changes or deletes an entry. One that was added (the call returned without an error) survives
///           a kill of this process and of the database. An entry is what it says: where one with the same tenant, act, subject and details
///           is there already, adding it does nothing and is no error; the first time of recording stays. So a write can simply be repeated,
///           after a crash or after commit_uncertain, and leaves one entry. Whatever makes an act unique (the id of a request, its
///           time) belongs into the details therefore.
/// Limits    audit_act_bytes_max, audit_subject_bytes_max, audit_details_bytes_max; a tenant is a valid tenant id, or empty: an act on
///           the nodes. The number of entries
///           has no limit.
/// Errors    validation_failed, naming field and limit: a text over its limit, an empty act or subject, an act that is not made of printable
///           ASCII, a subject or details with a zero byte or bytes that are no UTF-8, a time outside of the years 1 to 9999. Nothing was
///           written.
/// Cost      an addition is one commit. Reading goes along an index, whatever the number of entries, and holds those of one page.

#include "core/result.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace dotmac {

inline constexpr std::size_t audit_act_bytes_max = 100;
inline constexpr std::size_t audit_subject_bytes_max = 1'000;
inline constexpr std::size_t audit_details_bytes_max = 8'000;

struct audit_entry {
  std::uint64_t id = 0;
  std::int64_t recorded_at_ms = 0; ///< milliseconds since 1970
  std::string tenant;
  std::string act;     ///< what was done: "removal_requested"
  std::string subject; ///< what it was done to
  std::string details; ///< a sentence, or JSON; may be empty
};

class audit_log {
public:
  virtual ~audit_log() = default;
  /// `id` is chosen by the store, rising; the one given is not looked at.
  virtual result<void> add_audit_entry(const audit_entry& entry) = 0;
  /// The newest `limit` with an id below `before_id` (0: the newest of all), newest first; of every tenant where `tenant` is empty. An entry
  /// that is being added meanwhile may be missed by a reader who is past its id already: a new reading from the newest finds it.
  virtual result<std::vector<audit_entry>> read_audit_entries(const std::string& tenant, std::uint64_t before_id, std::size_t limit) = 0;
};

} // namespace dotmac
