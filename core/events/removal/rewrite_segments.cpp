#include "core/events/removal/rewrite_segments.hpp"

#include "core/events/removal/keep_rows.hpp"

#include <algorithm>

namespace dotmac {
namespace {

/// Whether one of the rising codes lies in (before, end].
bool has_between(const std::vector<std::uint32_t>& codes, std::uint32_t before, std::uint32_t end) {
  const auto at = std::upper_bound(codes.begin(), codes.end(), before);
  return at != codes.end() && *at <= end;
}

class segment_rewriter {
public:
  segment_rewriter(const event_view& view, const segment_rewriting& how, std::uint64_t& next_number) : view_{view}, how_{how}, next_number_{next_number} {}

  /// A full segment, and those before it that hold texts for it.
  void take(std::span<const event_segment> unit) {
    const auto& last = unit.back();
    auto done = rewrite(last);
    if (!done && !out_.why_not)
      out_.why_not = done.error();
    if (done && *done)
      return finish_unit(last);
    for (const auto& each : unit) {
      out_.live.push_back(without_content(each));
      if (!is_left_) {
        out_.live.back().clean_through = how_.last_removal;
        out_.live.back().blank_through = how_.forgotten.size();
      }
    }
    before_ = last.end;
  }
  rewritten_segments finish() {
    for (std::size_t i = 0; i < how_.conditions.size(); ++i)
      if (removed_[i] > 0)
        out_.removed.emplace_back(how_.conditions[i].number, removed_[i]);
    return std::move(out_);
  }

private:
  /// True where it was written anew; false where it stays: because there is no need, or, with `is_left_`, until later.
  result<bool> rewrite(const event_segment& of) {
    is_left_ = true;
    if (of.clean_through == how_.last_removal && of.blank_through == how_.forgotten.size()) {
      is_left_ = false;
      return false;
    }
    const auto place = std::make_shared<stored_columns>(stored_columns{*of.directory, how_.source});
    std::vector<std::vector<std::uint8_t>> keep;
    std::vector<std::uint64_t> removed(how_.conditions.size());
    for (std::size_t c = 0; c < of.directory->chunks.size(); ++c) {
      const event_chunk chunk{place, c};
      keep.emplace_back(chunk.rows, std::uint8_t{1});
      for (std::size_t i = 0; i < how_.conditions.size(); ++i)
        if (how_.conditions[i].number > of.clean_through)
          removed[i] += how_.conditions[i].condition.mark(chunk, keep.back());
      if (chunk.why_incomplete())
        return *chunk.why_incomplete();
    }
    const bool has_removed = std::any_of(removed.begin(), removed.end(), [](auto each) { return each > 0; });
    if (!has_removed && !has_forgotten(of)) {
      is_left_ = false;
      return false;
    }
    if (rewritten_ == how_.rewritten_max)
      return false;
    if (auto encoded = encode(of, *place, keep); !encoded)
      return encoded.error();
    ++rewritten_;
    for (std::size_t i = 0; i < removed.size(); ++i)
      removed_[i] += removed[i];
    return true;
  }

  bool has_forgotten(const event_segment& of) const {
    for (auto time = of.blank_through; time < how_.forgotten.size(); ++time) {
      const auto& codes = how_.forgotten[time];
      for (std::size_t f = 0; f < event_field_count; ++f)
        if (has_between(codes.fields[f], before_->fields[f], of.end->fields[f]))
          return true;
      for (std::size_t key = 0; key < codes.texts.size(); ++key)
        if (has_between(codes.texts[key], before_->texts_of(key), of.end->texts_of(key)))
          return true;
    }
    return false;
  }

  result<void> encode(const event_segment& of, const stored_columns& stored, const std::vector<std::vector<std::uint8_t>>& keep) {
    const auto& directory = stored.directory;
    std::vector<std::shared_ptr<const segment_column>> parts;
    for (std::uint32_t part = 0; part < directory.columns.size(); ++part) {
      auto column = how_.source->column(directory, part);
      if (!column)
        return column.error();
      parts.push_back(std::move(*column));
    }
    std::vector<std::shared_ptr<const chunk_columns>> held;
    std::vector<const chunk_columns*> chunks;
    for (std::size_t c = 0; c < directory.chunks.size(); ++c) {
      held.push_back(assemble(directory, c, parts));
      if (std::find(keep[c].begin(), keep[c].end(), 0) != keep[c].end())
        held.back() = keep_rows(*held.back(), keep[c]);
      chunks.push_back(held.back().get());
    }
    encoded_ = encode_chunks(view_, of.first_row, chunks, *before_, of.end, next_number_);
    return {};
  }

  void finish_unit(const event_segment& of) {
    for (auto& each : encoded_) {
      each.clean_through = how_.last_removal;
      each.blank_through = how_.forgotten.size();
      out_.live.push_back(without_content(each));
      out_.fresh.push_back(std::move(each));
    }
    encoded_.clear();
    before_ = of.end;
  }

  const event_view& view_;
  const segment_rewriting& how_;
  std::uint64_t& next_number_;
  std::shared_ptr<const dictionary_counts> before_ = std::make_shared<const dictionary_counts>();
  std::vector<event_segment> encoded_;
  std::vector<std::uint64_t> removed_ = std::vector<std::uint64_t>(how_.conditions.size());
  std::size_t rewritten_ = 0;
  bool is_left_ = false; ///< the last one was: it is neither clean nor written anew
  rewritten_segments out_;
};

} // namespace

event_segment without_content(const event_segment& of) {
  return {of.number, of.first_row, of.row_count, of.min_time_ms, of.max_time_ms, {}, of.end, {}, of.directory, of.clean_through, of.blank_through};
}

rewritten_segments rewrite_segments(const event_view& view, std::vector<event_segment> kept, const segment_rewriting& how, std::uint64_t& next_number) {
  segment_rewriter rewriter{view, how, next_number};
  for (std::size_t begin = 0; begin < kept.size();) {
    auto end = begin;
    while (kept[end].row_count != event_segment_rows)
      ++end;
    rewriter.take(std::span{kept}.subspan(begin, end + 1 - begin));
    begin = end + 1;
  }
  return rewriter.finish();
}

} // namespace dotmac
