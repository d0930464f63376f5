#pragma once

/// A regular expression that a user may send: looked for anywhere in a text, in time linear in the text.
///
/// Syntax    RE2's: Perl's without back-references and look-around, so that no pattern and no text can make it slow or deep.
///           Texts and patterns are UTF-8; `.` is one code point.
/// Limits    pattern_size_max bytes; pattern_memory_max for the compiled form.
/// Errors    validation_failed with the reason.
/// Threads   any number over one pattern. Copies share the compiled form.
/// Cost      compiling: linear in its size and bounded repetitions. Looking: linear in the text.
/// Source    R. Cox, "Regular Expression Matching in the Wild" (2010); library RE2.

#include "core/result.hpp"

#include <cstddef>
#include <memory>
#include <string_view>

namespace re2 {
class RE2;
}

namespace dotmac {

inline constexpr std::size_t pattern_size_max = 200;
inline constexpr std::size_t pattern_memory_max = 256u << 10;

class pattern {
public:
  static result<pattern> compile(std::string_view text);
  bool is_in(std::string_view text) const;

private:
  explicit pattern(std::shared_ptr<const re2::RE2> compiled) : compiled_{std::move(compiled)} {}
  std::shared_ptr<const re2::RE2> compiled_;
};

} // namespace dotmac
