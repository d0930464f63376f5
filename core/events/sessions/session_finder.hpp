#pragma once

/// Turns the events of a user, or of a session id, into session records: what one thread does.
///
/// Threads  one owner each.
/// Limits   the question's memory, session_groups_max: query_too_large.
/// Cost     linear in the events, and a few look-ups of the first and the last event of each session.

#include "core/events/bucket_list.hpp"
#include "core/events/sessions/edge_values.hpp"
#include "core/events/sessions/session_lines.hpp"
#include "core/events/sessions/split_sessions.hpp"

#include <limits>

namespace dotmac {

class session_finder {
public:
  session_finder(const event_view& view, const measure_sessions& question, const bucket_list& buckets, memory_allowance& memory)
      : question_{question}, memory_{memory}, bucket_count_{static_cast<std::uint32_t>(buckets.size())}, finder_{buckets}, users_{view, user_field_name(question.user_id_field)},
        groups_{view, question.dimensions, memory} {
    if (!question.edge_field.empty())
      edges_.emplace(view, question.edge_field, memory);
  }

  /// By gap: `user` has these events, by time, then row.
  void add_user(std::uint32_t user, std::span<const funnel_event> events, found_sessions& out) {
    const auto gap = question_.gap_minutes.value_or(session_gap_minutes_default) * 60'000;
    split_sessions(events, gap, question_.start_time.milliseconds, [&](std::span<const funnel_event> own) { put(user, own, out); });
  }
  /// By session_id: these are the events of one.
  void add_session(std::span<const funnel_event> events, found_sessions& out) {
    split_sessions(events, std::numeric_limits<std::int64_t>::max(), question_.start_time.milliseconds, [&](std::span<const funnel_event> own) {
      std::uint32_t user = 0;
      for (std::size_t i = 0; i < own.size() && user == 0; ++i)
        user = users_.code_at(own[i].row);
      put(user, own, out);
    });
  }
  /// Takes the memory of what came since the last time.
  /// Errors: query_too_large; that of a stored column that could not be read.
  result<void> charge() {
    if (!fits_)
      return fits_;
    if (auto taken = users_.charge(memory_); !taken) // a user who could not be read would be nobody
      return taken;
    if (edges_)
      if (auto taken = edges_->charge(); !taken)
        return taken;
    return groups_.charge();
  }

  session_groups& groups() noexcept { return groups_; }
  std::optional<edge_values>& edges() noexcept { return edges_; }

private:
  static std::string_view user_field_name(event_field field) {
    return field == event_field::customer_id ? "customer_id" : field == event_field::session_id ? "session_id" : "user_id";
  }
  void put(std::uint32_t user, std::span<const funnel_event> own, found_sessions& out) {
    if (!fits_)
      return;
    const auto& first = own.front();
    const auto place = groups_.number_of(first.row) * bucket_count_ + finder_.of(first.at);
    out.records.push_back({user, place, static_cast<std::uint32_t>(own.size())});
    if (const auto length = own.back().at - first.at; length > 0) {
      out.length_places.push_back(place);
      out.lengths.push_back(length);
    }
    if (edges_)
      edges_->add(first.row, own.back().row, own.size() == 1);
    if (++sessions_ % sessions_between_charges == 0) // one user may have very many
      fits_ = charge();
  }
  static constexpr std::uint64_t sessions_between_charges = 4'096;

  const measure_sessions& question_;
  memory_allowance& memory_;
  const std::uint32_t bucket_count_;
  bucket_finder finder_;
  dimension_codes users_;
  session_groups groups_;
  std::optional<edge_values> edges_;
  std::uint64_t sessions_ = 0;
  result<void> fits_; ///< or the limit that was passed: what comes then is not kept
};

} // namespace dotmac
