#pragma once

/// Answers to the questions of event_questions.hpp, exact, from one view.
///
/// Definitions beyond those of the contract
///   Group by     1 and 1.0 are one value; nested values count by their JSON text; absent and null are one.
///   Funnel       Events of a user are ordered by time, then arrival. Of the attempts that came furthest the one that came there
///                first counts, of several such the latest start. An exclusion ends the attempts that began before it; if it is a step
///                itself it is served first. Strict: the very next event of the user must be the next step.
///                Any order: step k is reached when distinct events of one window serve the steps 1 to k; the time to it is counted
///                from when steps 1 to k - 1 were served. `start: first` goes with ordered and strict only. Time to convert is counted from the
///                attempt's first event to its last step; a trend is by the time of the first event. Of one that did not reach `attribution_step` every
///                dimension is null. Held constant: events that lack a value are left out, those of equal values are followed as if they were the user's
///                only ones, and the best attempt over all values counts. Attempts: funnel_walk.hpp.
///   Sessions     see core/events/sessions/session_questions.hpp.
///   Paths        see core/events/paths/path_questions.hpp.
///   Users        ids that were merged are one user, in every question; an event read back has the id that was sent. Attributes are those of now.
///   Catalogue    see core/events/catalogue/catalogue_questions.hpp.
///   Retention    see core/events/retention/retention_questions.hpp; stickiness and lifecycle: habit_questions.hpp beside it.
/// Limits     found_bytes_max, answer_groups_max, funnel_steps_max, question_dimensions_max, event_query_reach_max, those of funnel_questions.hpp.
/// Errors     validation_failed; query_too_large naming the limit; cancelled.
/// Threads    pure: any number of threads over one view.
/// Cost       linear in the rows of chunks that the times do not rule out; a funnel sorts its matching events by user.

#include "core/events/catalogue/catalogue_questions.hpp"
#include "core/events/event_messages.hpp"
#include "core/events/filter_plan.hpp"
#include "core/events/funnel/funnel_questions.hpp"
#include "core/events/paths/path_questions.hpp"
#include "core/events/retention/habit_questions.hpp"
#include "core/events/retention/retention_questions.hpp"
#include "core/events/retention/user_questions.hpp"
#include "core/events/sessions/session_questions.hpp"
#include "core/events/trends/trend_questions.hpp"

namespace dotmac {

struct attribute_column;

inline constexpr std::int64_t event_query_reach_max = 1'000'000; ///< offset + limit
/// Bytes of the texts of one page of events: it ends early there, after one event at least (whose size its body's limit bounds).
inline constexpr std::size_t found_bytes_max = 16u << 20;
/// What an event weighs in an answer: its texts, and a little for the names and marks around each.
std::size_t answer_size(const found_event& event);

result<events_found> answer(const event_view& view, const find_events& question, const scan_context& context);
result<event_aggregates> answer(const event_view& view, const aggregate_events& question, const scan_context& context);
result<funnel_counted> answer(const event_view& view, const count_funnel& question, const scan_context& context);
result<funnel_users_found> answer(const event_view& view, const find_funnel_users& question, const scan_context& context);
result<event_summary> answer(const event_view& view, const summarize_events& question, const scan_context& context);
result<trends_measured> answer(const event_view& view, const measure_trends& question, const scan_context& context);
result<retention_measured> answer(const event_view& view, const measure_retention& question, const scan_context& context);
result<stickiness_measured> answer(const event_view& view, const measure_stickiness& question, const scan_context& context);
result<lifecycle_measured> answer(const event_view& view, const measure_lifecycle& question, const scan_context& context);
result<users_found> answer(const event_view& view, const find_users& question, const scan_context& context);
result<sessions_measured> answer(const event_view& view, const measure_sessions& question, const scan_context& context);
result<paths_followed> answer(const event_view& view, const follow_paths& question, const scan_context& context);
result<profiles_found> answer(const event_view& view, const find_profiles& question, const scan_context& context);
result<profile_described> answer(const event_view& view, const describe_profile& question, const scan_context& context);
result<event_catalogue> answer(const event_view& view, const list_event_catalogue& question, const scan_context& context);
result<event_values> answer(const event_view& view, const list_event_values& question, const scan_context& context);

inline constexpr std::size_t event_kinds_told_max = 1'000; ///< in a summary

/// Calls `visit(chunk, first, mask)` for each run of up to scan_rows rows in which a row may match, times included in the mask.
/// Returns the rows looked at.
result<std::uint64_t> scan_events(const event_view& view, const filter_plan& plan, timestamp start, timestamp end, const stop_check& stop,
                                  const std::function<result<void>(const event_chunk&, std::uint32_t, std::span<const std::uint8_t>)>& visit);

/// The value to group by (see above) of one row.
scalar dimension_value(const attribute_column& of, std::uint32_t value); ///< by its number among those of the attribute
scalar dimension_value(const event_view& view, const event_chunk& chunk, std::uint32_t at, const event_reference& of);
/// Opens the chunk for it alone. `place`: of a row, first_row of its chunk and its position there.
result<scalar> dimension_value(const event_view& view, std::uint64_t place, const event_reference& of);

} // namespace dotmac
