#include "core/events/event_block.hpp"

#include "core/events/event_block_view.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <bit>
#include <cassert>
#include <vector>

namespace dotmac {
namespace {

/// Numbers strings from 1; forgets the newest ones on request.
class block_strings {
public:
  std::uint32_t code_of(std::string_view text) {
    if ((ends_.size() + 1) * 2 > slots_.size())
      grow();
    const std::uint32_t hash = static_cast<std::uint32_t>(XXH3_64bits(text.data(), text.size()));
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t at = hash & mask;; at = (at + 1) & mask) {
      if (slots_[at] == 0) {
        texts_.append(text);
        ends_.push_back(static_cast<std::uint32_t>(texts_.size()));
        hashes_.push_back(hash);
        return slots_[at] = static_cast<std::uint32_t>(ends_.size());
      }
      if (hashes_[slots_[at] - 1] == hash && this->text(slots_[at]) == text)
        return slots_[at];
    }
  }
  std::string_view text(std::uint32_t code) const {
    const std::uint32_t start = code == 1 ? 0 : ends_[code - 2];
    return std::string_view{texts_}.substr(start, ends_[code - 1] - start);
  }
  std::uint32_t size() const { return static_cast<std::uint32_t>(ends_.size()); }
  const std::vector<std::uint32_t>& ends() const { return ends_; }
  const std::string& texts() const { return texts_; }

  /// The last ones in are the last of their probe runs, so removing in reverse order leaves the others findable.
  void truncate(std::uint32_t count) {
    const std::size_t mask = slots_.size() - 1;
    while (ends_.size() > count) {
      std::size_t at = hashes_.back() & mask;
      while (slots_[at] != ends_.size())
        at = (at + 1) & mask;
      slots_[at] = 0;
      hashes_.pop_back();
      ends_.pop_back();
    }
    texts_.resize(ends_.empty() ? 0 : ends_.back());
  }
  void clear() {
    texts_.clear();
    ends_.clear();
    hashes_.clear();
    std::fill(slots_.begin(), slots_.end(), 0);
  }

private:
  void grow() {
    slots_.assign(slots_.empty() ? 64 : slots_.size() * 2, 0);
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t i = 0; i < hashes_.size(); ++i) {
      std::size_t at = hashes_[i] & mask;
      while (slots_[at] != 0)
        at = (at + 1) & mask;
      slots_[at] = static_cast<std::uint32_t>(i + 1);
    }
  }
  std::string texts_;
  std::vector<std::uint32_t> ends_;
  std::vector<std::uint32_t> hashes_;
  std::vector<std::uint32_t> slots_;
};

template <class T> void put(bytes& out, T value) {
  char raw[sizeof(T)];
  std::memcpy(raw, &value, sizeof(T));
  out.append(raw, sizeof(T));
}

template <class Values> void put_packed(bytes& out, const Values& values) {
  const std::size_t header = out.size();
  out.append(9, '\0');
  const packed_layout layout = pack_values(out, values, values.size());
  out[header] = static_cast<char>(layout.width);
  std::memcpy(out.data() + header + 1, &layout.base, 8);
}

struct building_column {
  std::uint32_t key_code = 0;
  property_scope scope{};
  value_kind kind{};
  std::vector<std::uint32_t> rows;
  std::vector<std::int64_t> values;
};

constexpr std::uint32_t no_column = ~0u;

/// What is known of one (scope, key): its column of each kind, and where it stands in the present event.
struct building_key {
  std::array<std::uint32_t, value_kind_count> columns;
  std::uint32_t last_row = ~0u;
  std::uint32_t last_column = no_column;
};

} // namespace

class event_block_builder::implementation {
public:
  void begin(timestamp received_at) {
    assert(!open_ && at_.size() < event_block_rows_max);
    open_ = true;
    strings_before_ = strings_.size();
    columns_before_ = columns_.size();
    uuids_before_ = uuids_.size();
    finer_before_ = finer_rows_.size();
    at_.push_back(received_at.milliseconds);
    received_.push_back(received_at.milliseconds);
    for (std::vector<std::uint32_t>& each : fields_)
      each.push_back(0);
  }

  void set_timestamp(fine_timestamp when) {
    at_.back() = when.at.milliseconds;
    if (finer_rows_.size() > finer_before_) {
      finer_rows_.pop_back();
      finer_.pop_back();
    }
    if (when.nanoseconds_below != 0) {
      finer_rows_.push_back(row());
      finer_.push_back(when.nanoseconds_below);
    }
  }

  void set_field(event_field which, std::string_view text) {
    std::uint32_t& code = fields_[static_cast<std::size_t>(which)].back();
    if (which == event_field::event_id) {
      uuids_.resize(uuids_before_);
      if (const auto id = parse_uuid(text)) {
        uuids_.push_back(*id);
        code = uuid_mark;
        return;
      }
    }
    code = text.empty() ? 0 : strings_.code_of(text);
  }

  std::uint32_t code_of(std::string_view text) { return strings_.code_of(text); }

  void add(property_scope scope, std::string_view key, value_kind kind, std::int64_t value) {
    assert(open_);
    const std::uint32_t code = strings_.code_of(key);
    std::vector<std::uint32_t>& numbers = key_numbers_[static_cast<std::size_t>(scope)];
    if (numbers.size() <= code)
      numbers.resize(code + 1, 0);
    if (numbers[code] == 0) {
      keys_.emplace_back().columns.fill(no_column);
      numbers[code] = static_cast<std::uint32_t>(keys_.size());
    }
    building_key& known = keys_[numbers[code] - 1];
    if (known.last_row == row())
      take_back(known);
    std::uint32_t& column = known.columns[static_cast<std::size_t>(kind)];
    if (column == no_column) {
      column = static_cast<std::uint32_t>(columns_.size());
      columns_.push_back({code, scope, kind, {}, {}});
    }
    columns_[column].rows.push_back(row());
    columns_[column].values.push_back(value);
    known.last_row = row();
    known.last_column = column;
    touched_.push_back(numbers[code] - 1);
  }

  void end() {
    assert(open_);
    open_ = false;
    touched_.clear();
  }

  void abandon() {
    assert(open_);
    for (const std::uint32_t each : touched_)
      if (keys_[each].last_row == row())
        take_back(keys_[each]);
    // Columns that began in this event are empty now. Its keys stay: without columns they are as good as new, also for
    // another string that gets their code.
    while (columns_.size() > columns_before_)
      columns_.pop_back();
    for (building_key& each : keys_)
      for (std::uint32_t& column : each.columns)
        if (column != no_column && column >= columns_before_)
          column = no_column;
    at_.pop_back();
    received_.pop_back();
    for (std::vector<std::uint32_t>& each : fields_)
      each.pop_back();
    uuids_.resize(uuids_before_);
    finer_rows_.resize(finer_before_);
    finer_.resize(finer_before_);
    strings_.truncate(strings_before_);
    end();
  }

  std::size_t row_count() const { return at_.size() - (open_ ? 1 : 0); }

  std::size_t byte_count() const {
    std::size_t total = 128 + strings_.texts().size() + strings_.size() * std::size_t{4} + at_.size() * 32 + uuids_.size() * 16;
    for (const building_column& each : columns_)
      total += 32 + each.values.size() * 10;
    return total;
  }

  bytes finish() {
    assert(!open_);
    bytes out;
    out.reserve(byte_count());
    const std::uint32_t rows = static_cast<std::uint32_t>(at_.size());
    std::uint32_t filled_columns = 0;
    for (const building_column& each : columns_)
      filled_columns += !each.rows.empty();
    for (const std::uint32_t each :
         {event_block_version, rows, strings_.size(), static_cast<std::uint32_t>(strings_.texts().size()),
          static_cast<std::uint32_t>(finer_rows_.size()), static_cast<std::uint32_t>(uuids_.size()), filled_columns})
      put(out, each);
    out.append(reinterpret_cast<const char*>(strings_.ends().data()), strings_.ends().size() * 4);
    out.append(strings_.texts());
    put_packed(out, at_);
    put_packed(out, received_);
    put_packed(out, finer_rows_);
    put_packed(out, finer_);
    for (std::uint32_t& each : fields_[static_cast<std::size_t>(event_field::event_id)])
      if (each == uuid_mark)
        each = strings_.size() + 1;
    for (const std::vector<std::uint32_t>& each : fields_)
      put_packed(out, each);
    out.append(reinterpret_cast<const char*>(uuids_.data()), uuids_.size() * 16);
    for (const building_column& each : columns_)
      if (!each.rows.empty())
        put_column(out, each, rows);
    clear();
    return out;
  }

private:
  static constexpr std::uint32_t uuid_mark = ~0u;

  std::uint32_t row() const { return static_cast<std::uint32_t>(at_.size() - 1); }

  void take_back(building_key& known) {
    columns_[known.last_column].rows.pop_back();
    columns_[known.last_column].values.pop_back();
    known.last_row = ~0u;
  }

  static void put_column(bytes& out, const building_column& column, std::uint32_t rows) {
    put(out, static_cast<std::uint8_t>(column.scope));
    put(out, static_cast<std::uint8_t>(column.kind));
    put(out, column.key_code);
    put(out, static_cast<std::uint32_t>(column.rows.size()));
    if (column.rows.size() < rows)
      put_packed(out, column.rows);
    if (column.kind != value_kind::null)
      put_packed(out, column.values);
  }

  void clear() {
    strings_.clear();
    at_.clear();
    received_.clear();
    finer_rows_.clear();
    finer_.clear();
    uuids_.clear();
    for (std::vector<std::uint32_t>& each : fields_)
      each.clear();
    for (std::vector<std::uint32_t>& each : key_numbers_)
      each.clear();
    keys_.clear();
    columns_.clear();
  }

  bool open_ = false;
  std::uint32_t strings_before_ = 0;
  std::size_t columns_before_ = 0;
  std::size_t uuids_before_ = 0;
  std::size_t finer_before_ = 0;
  block_strings strings_;
  std::vector<std::int64_t> at_;
  std::vector<std::int64_t> received_;
  std::vector<std::uint32_t> finer_rows_;
  std::vector<std::uint32_t> finer_;
  std::array<std::vector<std::uint32_t>, event_field_count> fields_;
  std::vector<uuid_bytes> uuids_;
  std::array<std::vector<std::uint32_t>, 2> key_numbers_; ///< by scope and code of the key: position in keys_ + 1
  std::vector<building_key> keys_;
  std::vector<building_column> columns_;
  std::vector<std::uint32_t> touched_; ///< keys of the present event
};

event_block_builder::event_block_builder() : implementation_{std::make_unique<implementation>()} {}
event_block_builder::~event_block_builder() = default;
event_block_builder::event_block_builder(event_block_builder&&) noexcept = default;
event_block_builder& event_block_builder::operator=(event_block_builder&&) noexcept = default;

void event_block_builder::begin_event(timestamp received_at) { implementation_->begin(received_at); }
void event_block_builder::set_timestamp(fine_timestamp at) { implementation_->set_timestamp(at); }
void event_block_builder::set_field(event_field which, std::string_view text) { implementation_->set_field(which, text); }
void event_block_builder::add_text(property_scope scope, std::string_view key, std::string_view text) {
  implementation_->add(scope, key, value_kind::text, implementation_->code_of(text));
}
void event_block_builder::add_integer(property_scope scope, std::string_view key, std::int64_t value) {
  implementation_->add(scope, key, value_kind::integer, value);
}
void event_block_builder::add_number(property_scope scope, std::string_view key, double value) {
  implementation_->add(scope, key, value_kind::number, std::bit_cast<std::int64_t>(value));
}
void event_block_builder::add_boolean(property_scope scope, std::string_view key, bool value) {
  implementation_->add(scope, key, value_kind::boolean, value ? 1 : 0);
}
void event_block_builder::add_null(property_scope scope, std::string_view key) {
  implementation_->add(scope, key, value_kind::null, 0);
}
void event_block_builder::add_json(property_scope scope, std::string_view key, std::string_view json) {
  implementation_->add(scope, key, value_kind::json, implementation_->code_of(json));
}
void event_block_builder::end_event() { implementation_->end(); }
void event_block_builder::abandon_event() { implementation_->abandon(); }
std::size_t event_block_builder::row_count() const noexcept { return implementation_->row_count(); }
std::size_t event_block_builder::byte_count() const noexcept { return implementation_->byte_count(); }
bytes event_block_builder::finish() { return implementation_->finish(); }

} // namespace dotmac
