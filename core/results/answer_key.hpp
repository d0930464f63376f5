#pragma once

/// What an answer depends on, as bytes: two questions whose keys are equal have the same answer.
///
/// An answer is decided by the state that was looked at and by the question, and by nothing else: the rules of a time zone are part of the question, and core/ has no
/// clock. The state of a partition is named by its entity and the sequence of the last journal entry in it: the store takes one entry
/// per sequence, so that number means the same on every node and after every recovery. A store that was wiped and filled again
/// counts from one again; the partition's key, drawn when it first wrote, tells the two apart. Where a store went back to a backup, rows and the time of the newest
/// receipt tell apart the histories whose events differ (docs/administration.md says what is left).
///
/// Cost   linear in the question.

#include "core/describe/binary.hpp"

#include <string_view>

namespace dotmac {

/// Rises when answers get another binary form, or another meaning, without another question.
inline constexpr std::uint32_t answer_form_version = 1;

struct answer_version {
  std::string entity; ///< "acme/events/0"
  std::uint64_t sequence = 0;
  std::uint64_t key = 0;
  std::uint64_t rows = 0;
  std::int64_t newest_received_ms = 0;
};
template <> struct description<answer_version> {
  using r = answer_version;
  static constexpr auto fields = std::tuple{field{"entity", &r::entity, "whose state"}, field{"sequence", &r::sequence, "of the last entry in it"}, field{"key", &r::key, "of the partition"},
                                            field{"rows", &r::rows, "of the view"}, field{"newest_received_ms", &r::newest_received_ms, "of the newest rows"}};
};

/// `type` is the name under which the question travels: two kinds of questions may have the same fields.
template <class Question> bytes answer_key(const answer_version& of, std::string_view type, const Question& question) {
  bytes key;
  binary::write(key, answer_form_version);
  binary::write(key, of);
  binary::write(key, std::string{type});
  binary::write(key, question);
  return key;
}

} // namespace dotmac
