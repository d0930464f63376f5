#pragma once

/// The profiles of one kind of subject, by the code that the subject has in the dictionary of its field or property; and which user codes are one user.
///
/// Values    kept as texts, each once per attribute; those that nobody has any more are let go when they are more than half.
/// Promise   a copy never changes (see code_blocks). Dictionaries are shared by copies: they only grow, and a copy reads below its own count.
/// Threads   one writer; copies may be read anywhere.

#include "core/events/profiles/code_blocks.hpp"
#include "core/events/profiles/profile_questions.hpp"
#include "core/events/string_dictionary.hpp"

#include <map>

namespace dotmac {

/// A value as a text that no other value has.
std::string profile_value_text(const scalar& value, const std::string& json);
struct profile_value {
  scalar value;
  std::string json; ///< where not empty, the value is this
};
profile_value profile_value_of(std::string_view text);

struct attribute_column {
  std::string name;
  std::shared_ptr<string_dictionary> values = std::make_shared<string_dictionary>();
  std::uint32_t value_count = 0;
  code_blocks codes; ///< of values, by subject
};

struct profile_table {
  std::vector<attribute_column> attributes; ///< in the order of their first use
  code_blocks created, updated;             ///< seconds since 1970; 0: there is no profile

  bool has(std::uint32_t code) const noexcept { return updated[code] != 0; }
  const attribute_column* find(std::string_view name) const noexcept;
  std::optional<profile_value> value(const attribute_column& of, std::uint32_t code) const;
  /// By name.
  std::vector<profile_attribute> attributes_of(std::uint32_t code) const;

  /// Whether something changed.
  bool set(std::uint32_t code, const std::string& name, const std::string& value_text);
  bool unset(std::uint32_t code, std::string_view name);
  void touch(std::uint32_t code, std::uint32_t second);
  /// What `from` has goes to `to`, whose own values stay; `from` is no more.
  void move(std::uint32_t from, std::uint32_t to, std::uint32_t second);
  void remove(std::uint32_t code);
  void next_generation();
  std::size_t memory_bytes() const;

private:
  void put(attribute_column& into, std::uint32_t code, std::uint32_t value);
};

/// All that is known of profiles at one time.
struct profile_state {
  std::map<profile_subject, profile_table> tables;
  code_blocks merged; ///< user code -> the user it is; 0: itself

  const profile_table* find(const profile_subject& subject) const noexcept;
  std::uint32_t user_of(std::uint32_t code) const noexcept {
    const auto root = merged[code];
    return root == 0 ? code : root;
  }
  std::size_t memory_bytes() const;
};

} // namespace dotmac
