#include "core/describe/binary.hpp"
#include "core/events/profiles/profile_book.hpp"

namespace dotmac {
namespace {

failure damaged_profiles(const char* how) { return {error_code::corrupt_data, std::string{"the profiles of a snapshot are damaged: "} + how, {}}; }

void write_table(bytes& out, const profile_subject& subject, const profile_table& table, const string_dictionary& ids, std::uint32_t id_count) {
  std::vector<std::uint32_t> codes;
  for (std::uint32_t code = 1; code <= id_count; ++code)
    if (table.has(code))
      codes.push_back(code);
  binary::write(out, subject);
  binary::write_length(out, codes.size());
  for (const auto code : codes)
    binary::write(out, std::string{ids.text(code)});
  std::vector<std::uint32_t> numbers(codes.size());
  const auto write_numbers = [&](auto&& number_of) {
    for (std::size_t i = 0; i < codes.size(); ++i)
      numbers[i] = number_of(codes[i]);
    binary::write(out, numbers);
  };
  write_numbers([&](std::uint32_t code) { return table.created[code]; });
  write_numbers([&](std::uint32_t code) { return table.updated[code]; });
  binary::write_length(out, table.attributes.size());
  for (const auto& each : table.attributes) {
    std::vector<std::uint32_t> renumbered(std::size_t{each.value_count} + 1);
    std::vector<std::string> texts;
    for (const auto code : codes)
      if (const auto value = each.codes[code]; value != 0 && renumbered[value] == 0) {
        texts.emplace_back(each.values->text(value));
        renumbered[value] = static_cast<std::uint32_t>(texts.size());
      }
    binary::write(out, each.name);
    binary::write(out, texts);
    write_numbers([&](std::uint32_t code) { return renumbered[each.codes[code]]; });
  }
}

/// Whether a text is what profile_value_text makes.
bool is_value_text(const std::string& text) {
  if (text.empty())
    return false;
  switch (text[0]) {
  case 'b': return text.size() == 2;
  case 'i': case 'd': return text.size() == 9;
  case 't': case 'j': return true;
  default: return false;
  }
}

} // namespace

void profile_book::write(bytes& out, const event_view& view) {
  const auto& state = *view.profiles();
  binary::write_length(out, state.tables.size());
  for (const auto& [subject, table] : state.tables) {
    const auto [ids, count] = view.subject_ids(subject);
    static const string_dictionary none;
    write_table(out, subject, table, ids == nullptr ? none : *ids, count);
  }
  std::vector<std::pair<std::string, std::string>> merges;
  const auto& users = view.dictionary(event_field::user_id);
  for (std::uint32_t code = 1; code <= view.dictionary_size(event_field::user_id); ++code)
    if (const auto root = state.merged[code]; root != 0)
      merges.emplace_back(users.text(code), users.text(root));
  binary::write(out, merges);
}

result<void> profile_book::read_table(binary::reader& in, event_columns& columns) {
  profile_subject subject;
  std::vector<std::string> ids;
  std::vector<std::uint32_t> created, updated;
  std::uint32_t count = 0;
  if (!in.read(subject) || !in.read(ids) || !in.read(created) || !in.read(updated) || created.size() != ids.size() || updated.size() != ids.size() || !in.read(count))
    return damaged_profiles("a table ends early");
  auto& table = writable().tables[subject];
  std::vector<std::uint32_t> codes;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const auto code = columns.insert_subject(subject, ids[i]);
    if (!code)
      return code.error();
    codes.push_back(*code);
    table.created.set(*code, created[i]);
    table.updated.set(*code, updated[i]);
  }
  for (std::uint32_t a = 0; a < count; ++a) {
    std::string name;
    std::vector<std::string> texts;
    std::vector<std::uint32_t> values;
    if (!in.read(name) || !in.read(texts) || !in.read(values) || values.size() != ids.size())
      return damaged_profiles("an attribute ends early");
    auto& column = table.attributes.emplace_back();
    column.name = std::move(name);
    for (const auto& each : texts)
      if (!is_value_text(each) || column.values->insert(each) != column.value_count + 1)
        return damaged_profiles("a value is none, or comes twice");
      else
        ++column.value_count;
    for (std::size_t i = 0; i < ids.size(); ++i) {
      if (values[i] > column.value_count)
        return damaged_profiles("it refers to a value that is not there");
      if (values[i] != 0)
        column.codes.set(codes[i], values[i]);
    }
  }
  return {};
}

result<void> profile_book::read(binary::reader& in, event_columns& columns) {
  std::uint32_t count = 0;
  if (!in.read(count))
    return damaged_profiles("they end early");
  for (std::uint32_t i = 0; i < count; ++i)
    if (auto done = read_table(in, columns); !done)
      return done;
  std::vector<std::pair<std::string, std::string>> merges;
  if (!in.read(merges))
    return damaged_profiles("they end early");
  writable();
  for (const auto& [from, into] : merges) {
    const auto user = columns.insert_subject({}, from);
    const auto root = columns.insert_subject({}, into);
    if (*user == *root || state_->merged[*user] != 0)
      return damaged_profiles("a user is merged twice");
    adopt(*user, *root);
  }
  columns.commit();
  return {};
}

} // namespace dotmac
