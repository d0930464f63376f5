#include "core/events/removal/keep_rows.hpp"

#include "core/events/growing_chunk.hpp"

#include <algorithm>
#include <cassert>
#include <deque>

namespace dotmac {
namespace {

/// Builds the columns of the rows that stay, as plain numbers.
class row_keeper {
public:
  row_keeper(const chunk_columns& from, std::span<const std::uint8_t> keep) : from_{from}, new_positions_(from.rows) {
    for (std::uint32_t row = 0; row < from.rows; ++row)
      if (keep[row] != 0) {
        new_positions_[row] = static_cast<std::uint32_t>(rows_.size());
        rows_.push_back(row);
      } else {
        new_positions_[row] = left_out;
      }
  }

  std::shared_ptr<const chunk_columns> run() {
    assert(rows_.size() < from_.rows);
    out_.first_row = from_.first_row;
    out_.row_span = from_.row_span;
    out_.rows = static_cast<std::uint32_t>(rows_.size());
    out_.at = picked(from_.at);
    out_.received_at = picked(from_.received_at);
    for (std::size_t f = 0; f < event_field_count; ++f)
      if (f != static_cast<std::size_t>(event_field::event_id))
        out_.codes[f] = picked(from_.codes[f]);
    keep_row_numbers();
    keep_entries(from_.finer_rows, from_.finer_nanoseconds, from_.finer_rows.size(), out_.finer_rows, out_.finer_nanoseconds);
    keep_ids();
    for (const auto& each : from_.properties)
      keep_property(each);
    if (!rows_.empty()) {
      const auto [low, high] = std::minmax_element(columns_[0].begin(), columns_[0].end());
      out_.min_at = *low;
      out_.max_at = *high;
      out_.max_received = *std::max_element(columns_[1].begin(), columns_[1].end());
    }
    out_.uuids = uuids_.data();
    out_.id_texts = id_texts_.data();
    return std::make_shared<chunk_columns>(narrow(out_, static_cast<std::uint32_t>(uuids_.size()), static_cast<std::uint32_t>(id_texts_.size())));
  }

private:
  static constexpr std::uint32_t left_out = ~0u;
  using values = std::vector<std::int64_t>;

  values& next_column() { return columns_.emplace_back(); }
  static packed_integers over(const values& of) { return {of.data(), sizeof(std::int64_t), 0, static_cast<std::uint32_t>(of.size())}; }

  packed_integers picked(const packed_integers& column) {
    auto& to = next_column();
    to.reserve(rows_.size());
    for (const auto row : rows_)
      to.push_back(column[row]);
    return over(to);
  }
  void keep_row_numbers() {
    auto& to = next_column();
    for (const auto row : rows_)
      to.push_back(from_.row_numbers.empty() ? row : from_.row_numbers[row]);
    out_.row_numbers = over(to);
  }
  /// Of a column that not every row has: `rows` empty means that every row has.
  void keep_entries(const packed_integers& rows, const packed_integers& from, std::uint32_t count, packed_integers& to_rows, packed_integers& to_values) {
    auto& kept_rows = next_column();
    auto& kept = next_column();
    for (std::uint32_t i = 0; i < count; ++i) {
      const auto position = new_positions_[rows.empty() ? i : static_cast<std::size_t>(rows[i])];
      if (position == left_out)
        continue;
      kept_rows.push_back(position);
      kept.push_back(from.empty() ? 0 : from[i]); // null has none
    }
    to_rows = over(kept_rows);
    to_values = over(kept);
  }
  void keep_ids() {
    auto& references = next_column();
    auto& ends = next_column();
    for (const auto row : rows_) {
      const auto reference = from_.id_references[row];
      if (reference == 0) {
        references.push_back(0);
      } else if (reference % 2 != 0) {
        references.push_back(static_cast<std::int64_t>(uuids_.size()) * 2 + 1);
        uuids_.push_back(from_.uuids[reference / 2]);
      } else {
        const auto number = static_cast<std::size_t>(reference / 2 - 1);
        const auto start = number == 0 ? 0 : from_.id_text_ends[number - 1];
        references.push_back(std::ssize(ends) * 2 + 2);
        id_texts_.append(from_.id_texts + start, static_cast<std::size_t>(from_.id_text_ends[number] - start));
        ends.push_back(std::ssize(id_texts_));
      }
    }
    out_.id_references = over(references);
    out_.id_text_ends = over(ends);
  }
  void keep_property(const property_slice& slice) {
    property_slice kept{slice.column, 0, {}, {}};
    keep_entries(slice.rows, slice.values, slice.count, kept.rows, kept.values);
    kept.count = kept.rows.size();
    if (kept.count > 0)
      out_.properties.push_back(kept);
  }

  const chunk_columns& from_;
  std::vector<std::uint32_t> rows_;
  std::vector<std::uint32_t> new_positions_; ///< by row
  std::deque<values> columns_;
  std::vector<uuid_bytes> uuids_;
  bytes id_texts_;
  chunk_columns out_;
};

} // namespace

std::shared_ptr<const chunk_columns> keep_rows(const chunk_columns& from, std::span<const std::uint8_t> keep) { return row_keeper{from, keep}.run(); }

} // namespace dotmac
