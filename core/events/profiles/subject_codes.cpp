// Ids of profiles in the dictionaries of events.

#include "core/events/event_storage.hpp"
#include "core/events/profiles/profile_table.hpp"

namespace dotmac {
namespace {

event_field field_of_subject(const profile_subject& subject) { return subject.kind == profile_kind::user ? event_field::user_id : event_field::customer_id; }

std::string key_of_subject(const profile_subject& subject) { return "p" + subject.property; } // as event_columns has it

} // namespace

std::uint32_t event_columns::find_subject(const profile_subject& subject, std::string_view id) const {
  const storage& s = *storage_;
  if (subject.kind != profile_kind::group)
    return s.fields[static_cast<std::size_t>(field_of_subject(subject))].find(id);
  const auto key = s.key_names.find(key_of_subject(subject));
  return key == 0 ? 0 : s.texts[key - 1]->find(id);
}

std::string_view event_columns::subject_text(const profile_subject& subject, std::uint32_t code) const {
  const storage& s = *storage_;
  if (subject.kind != profile_kind::group)
    return s.fields[static_cast<std::size_t>(field_of_subject(subject))].text(code);
  return s.texts[s.key_names.find(key_of_subject(subject)) - 1]->text(code);
}

result<std::uint32_t> event_columns::insert_subject(const profile_subject& subject, std::string_view id) {
  storage& s = *storage_;
  if (subject.kind != profile_kind::group)
    return s.fields[static_cast<std::size_t>(field_of_subject(subject))].insert(id);
  if (s.key_names.find(key_of_subject(subject)) == 0 && s.key_names.size() >= property_keys_max)
    return failure{error_code::validation_failed, "more than property_keys_max = 10000 different property names", "profiles"};
  return s.texts[s.key_number(property_scope::properties, subject.property)]->insert(id);
}

std::pair<const string_dictionary*, std::uint32_t> event_view::subject_ids(const profile_subject& subject) const {
  if (subject.kind != profile_kind::group) {
    const auto field = field_of_subject(subject);
    return {&dictionary(field), dictionary_size(field)};
  }
  const auto key = find_key(property_scope::properties, subject.property);
  return key ? std::pair{keys_[*key].texts, keys_[*key].text_count} : std::pair<const string_dictionary*, std::uint32_t>{nullptr, 0};
}

void event_view::set_profiles(std::shared_ptr<const profile_state> profiles) {
  profiles_ = std::move(profiles);
  for (auto& each : chunks_)
    each.profiles = profiles_.get();
}

} // namespace dotmac
