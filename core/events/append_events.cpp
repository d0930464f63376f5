#include "core/events/event_storage.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace dotmac {
std::string event_columns::storage::full_key(property_scope scope, std::string_view name) {
  std::string full(1, scope == property_scope::properties ? 'p' : 'c');
  return full.append(name);
}

template <class Codes> void event_columns::storage::translate(string_dictionary& into, const event_block_view& block, const Codes& visit_codes) {
  constexpr auto asked = ~std::uint32_t{0};
  translated.assign(block.string_count() + 1, 0);
  asked_codes.clear();
  asked_texts.clear();
  visit_codes([&](std::uint32_t code) {
    if (code == 0 || std::exchange(translated[code], asked) == asked)
      return;
    asked_codes.push_back(code);
    asked_texts.push_back(block.text(code));
  });
  found_codes.resize(asked_codes.size());
  into.insert(asked_texts, found_codes);
  for (std::size_t i = 0; i < asked_codes.size(); ++i)
    translated[asked_codes[i]] = found_codes[i];
}

std::uint32_t event_columns::storage::key_number(property_scope scope, std::string_view name) {
  const std::uint32_t code = key_names.insert(full_key(scope, name));
  if (code > texts.size()) {
    texts.push_back(make_dictionary());
    committed_texts.push_back(0);
  }
  return code - 1;
}

std::vector<bool> event_columns::rows_without_room(const event_block_view& block) const {
  const storage& s = *storage_;
  if (s.key_names.size() + block.columns.size() <= property_keys_max)
    return {};
  std::vector<bool> out;
  std::set<std::string> taken;
  for (const block_property_column& each : block.columns) {
    auto full = storage::full_key(each.scope, block.text(each.key));
    if (s.key_names.find(full) != 0 || taken.contains(full))
      continue;
    if (s.key_names.size() + taken.size() < property_keys_max) {
      taken.insert(std::move(full));
      continue;
    }
    out.resize(block.row_count());
    for (std::uint32_t i = 0; i < each.count; ++i)
      out[each.row_at(i)] = true;
  }
  return out;
}

result<void> event_columns::append(const event_block_view& block, std::span<const std::uint32_t> rows) {
  storage& s = *storage_;
  if (!s.has_room(block, rows))
    return failure{error_code::validation_failed, "more than property_keys_max = 10000 different property names", "properties"};
  std::vector<std::uint32_t> uuid_numbers; // per chosen row: which of the block's uuids is its own
  const packed_integers& ids = block.fields[static_cast<std::size_t>(event_field::event_id)];
  std::uint32_t passed = 0;
  std::uint32_t scanned = 0;
  for (const std::uint32_t row : rows) {
    for (; scanned < row; ++scanned)
      passed += ids[scanned] == std::int64_t{block.uuid_code()};
    uuid_numbers.push_back(passed);
  }
  for (std::size_t done = 0; done < rows.size();) {
    const std::uint32_t used = static_cast<std::uint32_t>(s.rows % event_chunk_rows);
    if (used == 0) {
      s.open.emplace_back();
      s.open.back().first_row = s.rows;
    }
    const std::size_t count = std::min<std::size_t>(rows.size() - done, event_chunk_rows - used);
    s.append_run(block, rows.subspan(done, count), std::span{uuid_numbers}.subspan(done, count));
    s.rows += count;
    done += count;
  }
  return {};
}

bool event_columns::storage::has_room(const event_block_view& block, std::span<const std::uint32_t> chosen) const {
  if (key_names.size() + block.columns.size() <= property_keys_max)
    return true;
  std::set<std::string> fresh;
  for (const block_property_column& each : block.columns)
    if (auto full = full_key(each.scope, block.text(each.key)); key_names.find(full) == 0)
      for (std::uint32_t i = 0; i < each.count; ++i)
        if (std::binary_search(chosen.begin(), chosen.end(), each.row_at(i))) {
          fresh.insert(std::move(full));
          break;
        }
  return key_names.size() + fresh.size() <= property_keys_max;
}

void event_columns::storage::append_run(const event_block_view& block, std::span<const std::uint32_t> chosen,
                                        std::span<const std::uint32_t> uuid_numbers) {
  growing_chunk& to = open.back();
  const std::uint32_t first = to.at.size();
  for (std::uint32_t i = 0; to.has_gaps && i < chosen.size(); ++i)
    to.row_numbers.push_back(static_cast<std::uint32_t>(rows - to.first_row) + i);
  const packed_integers& ids = block.fields[static_cast<std::size_t>(event_field::event_id)];
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    const std::uint32_t row = chosen[i];
    to.at.push_back(block.at[row]);
    to.received.push_back(block.received_at[row]);
    const auto code = static_cast<std::uint32_t>(ids[row]);
    if (code == 0) {
      to.id_references.push_back(0);
    } else if (code == block.uuid_code()) {
      to.id_references.push_back(to.uuids.size() * 2 + 1);
      to.uuids.push_back(block.uuid(uuid_numbers[i]));
    } else {
      const std::string_view text = block.text(code);
      to.id_references.push_back(to.id_text_ends.size() * 2 + 2);
      to.id_texts.append(text.data(), static_cast<std::uint32_t>(text.size()));
      to.id_text_ends.push_back(to.id_texts.size());
    }
  }
  for (std::size_t f = 0; f < event_field_count; ++f) {
    if (f == static_cast<std::size_t>(event_field::event_id))
      continue;
    translate(fields[f], block, [&](const auto& visit) {
      for (const std::uint32_t row : chosen)
        visit(static_cast<std::uint32_t>(block.fields[f][row]));
    });
    for (const std::uint32_t row : chosen)
      to.codes[f].push_back(translated[static_cast<std::size_t>(block.fields[f][row])]);
  }
  std::uint32_t position = 0;
  for (std::uint32_t i = 0; i < block.finer_rows.size(); ++i) {
    while (position < chosen.size() && chosen[position] < block.finer_rows[i])
      ++position;
    if (position < chosen.size() && chosen[position] == block.finer_rows[i]) {
      to.finer_rows.push_back(first + position);
      to.finer_nanoseconds.push_back(static_cast<std::uint32_t>(block.finer_nanoseconds[i]));
    }
  }
  for (const block_property_column& each : block.columns)
    append_column(to, block, each, chosen, first);
}

void event_columns::storage::append_column(growing_chunk& to, const event_block_view& block,
                                           const block_property_column& column, std::span<const std::uint32_t> chosen,
                                           std::uint32_t first) {
  const auto visit_chosen = [&](auto&& visit) {
    std::uint32_t i = column.rows.empty() ? 0 : column.rows.lower_bound(chosen.front());
    for (std::uint32_t position = 0; position < chosen.size() && i < column.count; ++position) {
      while (i < column.count && column.row_at(i) < chosen[position])
        ++i;
      if (i < column.count && column.row_at(i) == chosen[position])
        visit(position, column.values.empty() ? 0 : column.values[i]);
    }
  };
  bool has_any = column.rows.empty(); // a name that only rows left out have gets no number
  if (!has_any)
    visit_chosen([&](std::uint32_t, std::int64_t) { has_any = true; });
  if (!has_any)
    return;
  const auto key_index = key_number(column.scope, block.text(column.key));
  growing_slice& slice = to.properties[key_index * value_kind_count + static_cast<std::uint32_t>(column.kind)];
  const bool is_coded = column.kind == value_kind::text || column.kind == value_kind::json;
  if (is_coded)
    translate(*texts[key_index], block, [&](const auto& visit) { visit_chosen([&](std::uint32_t, std::int64_t value) { visit(static_cast<std::uint32_t>(value)); }); });
  visit_chosen([&](std::uint32_t position, std::int64_t value) {
    slice.rows.push_back(first + position);
    slice.values.push_back(is_coded ? std::int64_t{translated[static_cast<std::size_t>(value)]} : value);
  });
}

} // namespace dotmac
