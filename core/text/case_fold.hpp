#pragma once

/// Text without the difference between capital and small letters: for finding what somebody types.
///
/// Promise  letters that present-day languages write in Latin, Greek, Cyrillic and Armenian, one for one as Unicode's simple case folding has them;
///          all else stays as it is. So ß is not SS, and ı stays apart from i.
/// Threads  fold_case is pure; a text_search has one owner.
/// Cost     linear in the text; bytes of ASCII a table's look-up each.

#include <cstdint>
#include <string>
#include <string_view>

namespace dotmac {

char32_t fold_case(char32_t character) noexcept;

/// Adds the folded text to `out`. Bytes that are no UTF-8 stay.
void append_folded(std::string& out, std::string_view text);

enum class text_match : std::uint8_t { contains, prefix };

/// Whether texts contain, or begin with, what is looked for. Nothing looked for: all do.
class text_search {
public:
  text_search(std::string_view wanted, text_match how) : how_{how} { append_folded(wanted_, wanted); }

  bool is_everything() const noexcept { return wanted_.empty(); }
  /// Folded.
  std::string_view wanted() const noexcept { return wanted_; }
  bool fits(std::string_view text) {
    if (wanted_.empty())
      return true;
    folded_.clear();
    append_folded(folded_, text);
    return how_ == text_match::prefix ? folded_.starts_with(wanted_) : folded_.find(wanted_) != folded_.npos;
  }

private:
  std::string wanted_;
  std::string folded_;
  text_match how_;
};

} // namespace dotmac
