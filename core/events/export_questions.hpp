#pragma once

/// The question of a page of an export, and its answer, as data.

#include "core/events/event_questions.hpp"

namespace dotmac {

inline constexpr std::uint64_t export_page_bytes = 1u << 20; ///< of the texts of its events, as answer_size counts

struct export_events {
  event_selection selection;
  std::uint64_t first_row = 0;          ///< where the page before ended
  std::optional<std::uint64_t> end_row; ///< of the first page; none: all that is there now
  std::uint64_t page_bytes = export_page_bytes; ///< at most export_page_bytes
};
template <> struct description<export_events> {
  using r = export_events;
  static constexpr auto fields = std::tuple{field{"selection", &r::selection, "which"}, field{"first_row", &r::first_row, "by arrival, where to begin"},
                                            field{"end_row", &r::end_row, "by arrival, where to end"},
                                            field{"page_bytes", &r::page_bytes, "about how large a page may be"}};
};

struct events_exported {
  std::vector<found_event> events; ///< by arrival
  std::uint64_t next_row = 0;      ///< where the next page begins; end_row after the last one
  std::uint64_t end_row = 0;
};
template <> struct description<events_exported> {
  using r = events_exported;
  static constexpr auto fields = std::tuple{field{"events", &r::events, "by arrival"}, field{"next_row", &r::next_row, "where the next page begins"},
                                            field{"end_row", &r::end_row, "where the export ends"}};
};

} // namespace dotmac
