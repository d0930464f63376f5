#pragma once

/// The pages of lists: limit and offset, or a cursor that stays true whatever is inserted or deleted meanwhile, because it says after
/// which entry to go on and not how many to pass over. Every list answers count (of the page), total (of the whole), limit, offset and
/// next_cursor (null on the last page).
///
/// Errors   a cursor of another list, or a made-up one, is no cursor: the caller refuses it.
/// Threads  none of its own; pure.

#include "core/describe/json.hpp"
#include "core/events/event_questions.hpp"

#include <string>
#include <string_view>

namespace dotmac {

inline constexpr std::int64_t offset_max = 1'000'000'000;
inline constexpr std::int64_t list_limit_max = 1'000;
inline constexpr std::int64_t cursor_size_max = 2'000;

/// Which list a cursor belongs to: its first character.
enum class cursor_kind : char { events = 'e', oldest_events = 'o', values = 'v', metrics = 'm', schemas = 's', api_keys = 'k', actors = 'a', users = 'u', funnel_users = 'f', profiles = 'p', dashboards = 'd' };

std::string cursor_after(cursor_kind kind, const event_position& last);
std::optional<event_position> position_of_cursor(cursor_kind kind, std::string_view cursor);

std::string cursor_after(cursor_kind kind, std::string_view last_key);
std::optional<std::string> key_of_cursor(cursor_kind kind, std::string_view cursor);

/// What is wrong with the cursor of a list, in the one wording.
complaint not_a_cursor(const char* where, const std::string& cursor);
complaint cursor_with_offset(const char* where, std::int64_t offset);

/// The part of an answer that every list has.
struct page_figures {
  std::size_t count = 0;
  std::uint64_t total = 0;
  std::int64_t limit = 0;
  std::int64_t offset = 0;
  std::optional<std::string> next_cursor;
};
template <> struct description<page_figures> {
  using r = page_figures;
  static constexpr auto fields = std::tuple{
      field{"count", &r::count, "entries of this page"}, field{"total", &r::total, "entries of the whole list"}, field{"limit", &r::limit, "as asked for"},
      field{"offset", &r::offset, "as asked for"}, field{"next_cursor", &r::next_cursor, "cursor of the next page; null on the last one"}};
};

} // namespace dotmac
