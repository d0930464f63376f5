#pragma once

/// What the lists of the console show: each column declared once, with its place in a node's answer and its meaning for the help and the documentation.
///
/// A figure is what the node answered, or what follows from two looks at a counter; where there is nothing to tell it is absent, never zero.
/// Errors   an entry without an id or path is no row. A member of another type than expected is an absent figure.

#include "core/describe/json.hpp"

#include <array>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace dotmac::console {

enum class figure_form : std::uint8_t {
  text,
  count,
  bytes,
  seconds,      ///< of a member in seconds
  milliseconds, ///< since then
  microseconds,
  rate,         ///< how much the counter grew in a second
  time_each     ///< growth of the counter `member`, in microseconds, for each message
};

struct column {
  const char* head;
  std::size_t cells;
  figure_form form;
  const char* member;
  const char* meaning;
};

inline constexpr std::array node_columns{
    column{"state", 8, figure_form::text, "state", "serving, cordoned, draining, leaving or absent"},
    column{"role", 7, figure_form::text, "role", "both, or gateway: it owns no shards"},
    column{"shards", 6, figure_form::count, "shards", "that it owns"},
    column{"wanted", 6, figure_form::count, "shards_wanted", "shards that it shall own"},
    column{"load", 5, figure_form::count, "load", "of its shards: microseconds of work a second, and one for each KiB of memory"},
    column{"heard", 5, figure_form::milliseconds, "since_heartbeat_ms", "when it was last heard of"},
    column{"version", 8, figure_form::text, "version", "of the program"},
    column{"address", 21, figure_form::text, "http_address", "where it takes calls"},
};

/// Of all actors; the first ones are shown where there is not room for all.
inline constexpr std::array actor_columns{
    column{"msg/s", 5, figure_form::rate, "messages", "messages handled a second, since the look before"},
    column{"mbox", 5, figure_form::count, "mailbox", "mailbox: messages that stood behind the last one handled"},
    column{"wait", 5, figure_form::count, "waiting", "writes that wait for a commit"},
    column{"fail", 5, figure_form::count, "failures", "writes and questions that failed"},
    column{"rest", 5, figure_form::count, "restarts", "restarts after failures"},
    column{"memory", 6, figure_form::bytes, "memory_bytes", "held by its state"},
    column{"t/msg", 5, figure_form::time_each, "busy_microseconds", "time per message: of those since the look before; where there were none, of all"},
    column{"journal", 7, figure_form::count, "journal_position", "entries that it has journaled"},
    column{"below", 5, figure_form::count, "children", "running actors that it supervises"},
    column{"load", 5, figure_form::count, "load", "of a shard: as of a node"},
    column{"pinned", 8, figure_form::text, "pinned", "of a shard: the node where an operator wants it"},
    column{"snap", 7, figure_form::count, "snapshot_position", "the entry of its newest snapshot"},
    column{"up", 5, figure_form::seconds, "uptime_seconds", "how long it has been running"},
    column{"scans", 6, figure_form::microseconds, "scan_microseconds", "time of questions, on the threads that look through its data"},
};

inline constexpr std::array letter_columns{
    column{"recorded at", 24, figure_form::text, "recorded_at", "when it was put aside"},
    column{"message", 14, figure_form::text, "message_type", "what kind of message it is"},
    column{"bytes", 5, figure_form::bytes, "payload_bytes", "of the message as it is stored"},
    column{"reason", 40, figure_form::text, "reason", "what the actor failed with"},
};

/// Absent: neither. A text has both where it was made from nothing else.
struct figure {
  std::optional<double> number;
  std::string text;
};

struct row {
  std::string key;  ///< by which it stays the same from look to look: id of a node or letter, path of an actor
  std::string name; ///< that is shown
  std::string kind, tenant;
  std::vector<figure> figures; ///< in the order of the columns
  std::optional<double> messages, busy; ///< counters, kept for the next look
  std::int64_t looked_at_ms = 0;
};

std::optional<row> read_node(const json& of);
/// `parent` is left out of its name.
std::optional<row> read_actor(const json& of, const std::string& parent);
std::optional<row> read_letter(const json& of);

/// What counters tell together with the look before, if there was one. One that was set back meanwhile tells nothing.
void compare_looks(row& now, const row* before, std::span<const column> columns);

/// "-" where it is absent.
std::string shown_figure(const figure& of, const column& in);

} // namespace dotmac::console
