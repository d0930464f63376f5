#pragma once

/// Which values the first and the last events of sessions have under one name.
///
/// Threads  one owner each; `merge` takes what another one counted.
/// Limits   the question's memory: query_too_large.
/// Cost     two look-ups a session; of a field 12 bytes per entry of its dictionary, of a property per value that came.

#include "core/events/dimension_codes.hpp"
#include "core/events/sessions/session_questions.hpp"

#include <algorithm>

namespace dotmac {

class edge_values {
public:
  edge_values(const event_view& view, const std::string& name, memory_allowance& memory) : memory_{memory}, codes_{view, name} {}

  void add(std::uint64_t first_row, std::uint64_t last_row, bool is_bounce) {
    auto& entry = tally_of(codes_.code_at(first_row));
    ++entry.entries;
    entry.bounces += is_bounce;
    ++tally_of(is_bounce ? codes_.code_at(first_row) : codes_.code_at(last_row)).exits;
  }
  result<void> charge() {
    if (auto taken = codes_.charge(memory_); !taken)
      return taken;
    const auto held = tallies_.capacity() * sizeof(tally);
    return memory_.take(held - std::exchange(charged_, held));
  }
  result<void> merge(const edge_values& other) {
    for (std::uint32_t code = 0; code < other.tallies_.size(); ++code) {
      const auto& from = other.tallies_[code];
      if (from.entries + from.exits == 0)
        continue;
      auto& to = tally_of(codes_.is_field() || code == 0 ? code : codes_.code_of(other.codes_.value(code)));
      to.entries += from.entries;
      to.bounces += from.bounces;
      to.exits += from.exits;
    }
    return charge();
  }
  session_values entries(std::size_t most) const { return largest(most, &tally::entries); }
  session_values exits(std::size_t most) const { return largest(most, &tally::exits); }

private:
  struct tally {
    std::uint32_t entries = 0, bounces = 0, exits = 0; ///< event_rows_max fits
  };
  tally& tally_of(std::uint32_t code) {
    if (code >= tallies_.size())
      tallies_.resize(std::max<std::size_t>(code + 1, tallies_.size() * 2));
    return tallies_[code];
  }
  /// The bounces of a value are the same seen from both ends.
  session_values largest(std::size_t most, std::uint32_t tally::*count) const {
    std::vector<std::uint32_t> found;
    for (std::uint32_t code = 0; code < tallies_.size(); ++code)
      if (tallies_[code].*count > 0)
        found.push_back(code);
    session_values out{{}, found.size()};
    const auto kept = std::min(most, found.size());
    std::partial_sort(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(kept), found.end(), [&](std::uint32_t a, std::uint32_t b) {
      return tallies_[a].*count != tallies_[b].*count ? tallies_[a].*count > tallies_[b].*count : codes_.value(a) < codes_.value(b);
    });
    for (std::size_t i = 0; i < kept; ++i)
      out.values.push_back({codes_.value(found[i]), tallies_[found[i]].*count, tallies_[found[i]].bounces});
    return out;
  }

  memory_allowance& memory_;
  dimension_codes codes_;
  std::vector<tally> tallies_; ///< by code
  std::size_t charged_ = 0;
};

} // namespace dotmac
