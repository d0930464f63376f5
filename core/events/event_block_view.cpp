#include "core/events/event_block_view.hpp"

#include <map>
#include <utility>

namespace dotmac {

std::string_view event_block_view::text(std::uint32_t code) const noexcept {
  std::uint32_t bounds[2] = {0, 0};
  if (code > 1)
    std::memcpy(&bounds[0], ends_ + (std::size_t{code} - 2) * 4, 4);
  std::memcpy(&bounds[1], ends_ + (std::size_t{code} - 1) * 4, 4);
  return {texts_ + bounds[0], bounds[1] - bounds[0]};
}

uuid_bytes event_block_view::uuid(std::uint32_t index) const noexcept {
  uuid_bytes id;
  std::memcpy(id.octets.data(), uuids_ + std::size_t{index} * 16, 16);
  return id;
}

/// Takes a block apart front to back; every step says whether the bytes allowed it.
class event_block_parser {
public:
  explicit event_block_parser(bytes_view block) : rest_{block} {}

  result<event_block_view> parse() {
    std::uint32_t version = 0;
    if (!take_number(version))
      return damaged("its header ends early");
    if (version != event_block_version)
      return failure{error_code::unknown_schema_version, "a block of events has a version that this program does not know"};
    std::uint32_t string_bytes = 0;
    if (!take_number(view_.rows_) || !take_number(view_.strings_) || !take_number(string_bytes)
        || !take_number(finer_) || !take_number(uuids_) || !take_number(column_count_))
      return damaged("its header ends early");
    if (view_.rows_ > event_block_rows_max || finer_ > view_.rows_ || uuids_ > view_.rows_)
      return damaged("its counts exceed event_block_rows_max");
    if (!take_strings(string_bytes))
      return damaged("its strings are out of bounds");
    if (!take_times())
      return damaged("its times are out of bounds");
    if (!take_fields())
      return damaged("its fields are out of bounds");
    for (std::uint32_t i = 0; i < column_count_; ++i)
      if (!take_column())
        return damaged("a property column is out of bounds");
    if (!rest_.empty())
      return damaged("bytes are left over");
    if (!keys_have_one_value_per_row())
      return damaged("a property has two values in one row");
    return std::move(view_);
  }

private:
  static failure damaged(std::string_view how) {
    return {error_code::corrupt_data, "a block of events is damaged: " + std::string{how}};
  }

  bool take_bytes(std::uint64_t size, const char*& start) {
    if (size > rest_.size())
      return false;
    start = rest_.data();
    rest_.remove_prefix(size);
    return true;
  }
  template <class T> bool take_number(T& into) {
    const char* from = nullptr;
    if (!take_bytes(sizeof(T), from))
      return false;
    std::memcpy(&into, from, sizeof(T));
    return true;
  }
  bool take_packed(std::uint32_t count, packed_integers& into) {
    std::uint8_t width = 0;
    std::int64_t base = 0;
    const char* from = nullptr;
    if (!take_number(width) || !take_number(base) || (width != 0 && width != 1 && width != 2 && width != 4 && width != 8)
        || !take_bytes(std::uint64_t{count} * width, from))
      return false;
    into = packed_integers{from, width, base, count};
    return true;
  }

  static bool all_within(const packed_integers& values, std::int64_t min, std::int64_t max) {
    if (values.width() == 0)
      return values.empty() || (values.base() >= min && values.base() <= max);
    bool good = true;
    for (std::uint32_t i = 0; i < values.size(); ++i)
      good &= values[i] >= min && values[i] <= max;
    return good;
  }
  bool are_rising_rows(const packed_integers& rows) const {
    std::int64_t before = -1;
    for (std::uint32_t i = 0; i < rows.size(); ++i) {
      if (rows[i] <= before || rows[i] >= view_.rows_)
        return false;
      before = rows[i];
    }
    return true;
  }

  bool take_strings(std::uint32_t string_bytes) {
    if (!take_bytes(std::uint64_t{view_.strings_} * 4, view_.ends_) || !take_bytes(string_bytes, view_.texts_)
        || view_.strings_ > std::uint32_t{0xffff'fff0})
      return false;
    std::uint32_t before = 0;
    for (std::uint32_t i = 0; i < view_.strings_; ++i) {
      std::uint32_t end = 0;
      std::memcpy(&end, view_.ends_ + std::size_t{i} * 4, 4);
      if (end < before || end > string_bytes)
        return false;
      before = end;
    }
    return before == string_bytes;
  }

  bool take_times() {
    return take_packed(view_.rows_, view_.at) && take_packed(view_.rows_, view_.received_at)
           && take_packed(finer_, view_.finer_rows) && take_packed(finer_, view_.finer_nanoseconds)
           && all_within(view_.at, timestamp_min.milliseconds, timestamp_max.milliseconds)
           && all_within(view_.received_at, timestamp_min.milliseconds, timestamp_max.milliseconds)
           && are_rising_rows(view_.finer_rows) && all_within(view_.finer_nanoseconds, 1, 999'999);
  }

  bool take_fields() {
    for (std::size_t i = 0; i < event_field_count; ++i) {
      const bool is_id = i == static_cast<std::size_t>(event_field::event_id);
      if (!take_packed(view_.rows_, view_.fields[i])
          || !all_within(view_.fields[i], 0, std::int64_t{view_.strings_} + (is_id ? 1 : 0)))
        return false;
    }
    const packed_integers& ids = view_.fields[static_cast<std::size_t>(event_field::event_id)];
    std::uint32_t named = 0;
    for (std::uint32_t i = 0; i < ids.size(); ++i)
      named += ids[i] == std::int64_t{view_.uuid_code()};
    return named == uuids_ && take_bytes(std::uint64_t{uuids_} * 16, view_.uuids_);
  }

  bool take_column() {
    block_property_column column;
    std::uint8_t scope = 0;
    std::uint8_t kind = 0;
    if (!take_number(scope) || !take_number(kind) || !take_number(column.key) || !take_number(column.count) || scope > 1
        || kind >= value_kind_count || column.key == 0 || column.key > view_.strings_ || column.count == 0
        || column.count > view_.rows_)
      return false;
    column.scope = static_cast<property_scope>(scope);
    column.kind = static_cast<value_kind>(kind);
    if (column.count < view_.rows_ && (!take_packed(column.count, column.rows) || !are_rising_rows(column.rows)))
      return false;
    if (column.kind != value_kind::null && !take_packed(column.count, column.values))
      return false;
    const bool is_coded = column.kind == value_kind::text || column.kind == value_kind::json;
    if (is_coded && !all_within(column.values, 1, view_.strings_))
      return false;
    if (column.kind == value_kind::boolean && !all_within(column.values, 0, 1))
      return false;
    view_.columns.push_back(column);
    return true;
  }

  bool keys_have_one_value_per_row() const {
    std::map<std::pair<property_scope, std::string_view>, std::vector<const block_property_column*>> by_key;
    for (const block_property_column& each : view_.columns)
      by_key[{each.scope, view_.text(each.key)}].push_back(&each);
    std::vector<bool> taken;
    for (const auto& [key, columns] : by_key) {
      if (columns.size() < 2)
        continue;
      taken.assign(view_.rows_, false);
      for (const block_property_column* column : columns)
        for (std::uint32_t i = 0; i < column->count; ++i) {
          if (taken[column->row_at(i)])
            return false;
          taken[column->row_at(i)] = true;
        }
    }
    return true;
  }

  bytes_view rest_;
  event_block_view view_;
  std::uint32_t finer_ = 0;
  std::uint32_t uuids_ = 0;
  std::uint32_t column_count_ = 0;
};

result<event_block_view> event_block_view::parse(bytes_view block) { return event_block_parser{block}.parse(); }

result<std::size_t> check_event_block(bytes_view block) {
  const result<event_block_view> view = event_block_view::parse(block);
  if (!view)
    return view.error();
  return std::size_t{view->row_count()};
}

} // namespace dotmac
