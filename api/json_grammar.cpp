#include "api/json_grammar.hpp"

#include "api/json_number.hpp"

#include <algorithm>
#include <charconv>
#include <deque>
#include <vector>

namespace dotmac {
namespace {

constexpr std::size_t key_shown_max = 100;
constexpr std::size_t pairs_compared_max = 16; ///< objects of more keys are sorted

bool is_blank(char c) noexcept { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

void append_utf8(std::string& out, std::uint32_t point) {
  if (point < 0x80) {
    out += static_cast<char>(point);
  } else if (point < 0x800) {
    out += static_cast<char>(0xC0 | point >> 6);
    out += static_cast<char>(0x80 | (point & 0x3F));
  } else if (point < 0x10000) {
    out += static_cast<char>(0xE0 | point >> 12);
    out += static_cast<char>(0x80 | (point >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (point & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | point >> 18);
    out += static_cast<char>(0x80 | (point >> 12 & 0x3F));
    out += static_cast<char>(0x80 | (point >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (point & 0x3F));
  }
}

class grammar_checker {
public:
  grammar_checker(std::string_view text, std::size_t depth_max) : text_{text}, depth_max_{depth_max} {}

  std::optional<std::string> check() {
    pass_blanks();
    if (value(0)) {
      pass_blanks();
      if (at_ == text_.size())
        return std::nullopt;
      wrong("something follows its end");
    }
    return std::move(why_);
  }

private:
  bool wrong(std::string_view what) {
    if (why_.empty())
      why_ = std::string{what} + " at byte " + std::to_string(at_);
    return false;
  }
  void pass_blanks() {
    while (at_ < text_.size() && is_blank(text_[at_]))
      ++at_;
  }
  bool next_is(char c) const { return at_ < text_.size() && text_[at_] == c; }
  bool take(char c) {
    if (!next_is(c))
      return false;
    ++at_;
    return true;
  }

  bool value(std::size_t depth) {
    if (at_ == text_.size())
      return wrong("it ends early");
    switch (text_[at_]) {
    case '{': return enter(depth) && object(depth + 1);
    case '[': return enter(depth) && list(depth + 1);
    case '"': {
      std::string_view text;
      return string(text, nullptr);
    }
    case 't': return word("true");
    case 'f': return word("false");
    case 'n': return word("null");
    default: return number();
    }
  }

  bool enter(std::size_t depth) {
    if (depth < depth_max_) {
      ++at_;
      return true;
    }
    if (why_.empty())
      why_ = "it is nested deeper than the limit of " + std::to_string(depth_max_);
    return false;
  }

  bool word(std::string_view wanted) {
    if (text_.substr(at_, wanted.size()) != wanted)
      return wrong("there is no JSON value");
    at_ += wanted.size();
    return true;
  }

  bool number() {
    const auto shape = shape_of_number(text_.substr(at_));
    if (shape.length == 0)
      return wrong("there is no JSON value");
    at_ += shape.length;
    return true;
  }

  bool list(std::size_t depth) {
    pass_blanks();
    if (take(']'))
      return true;
    do {
      pass_blanks();
      if (!value(depth))
        return false;
      pass_blanks();
    } while (take(','));
    return take(']') || wrong("a list lacks ',' or ']'");
  }

  bool object(std::size_t depth) {
    const auto first = keys_.size();
    const auto first_unescaped = unescaped_.size();
    pass_blanks();
    if (take('}'))
      return true;
    do {
      pass_blanks();
      std::string_view key;
      if (!next_is('"'))
        return wrong("an object lacks a key");
      std::string decoded;
      if (!string(key, &decoded))
        return false;
      keys_.push_back(decoded.empty() ? key : std::string_view{unescaped_.emplace_back(std::move(decoded))});
      pass_blanks();
      if (!take(':'))
        return wrong("an object lacks ':'");
      pass_blanks();
      if (!value(depth))
        return false;
      pass_blanks();
    } while (take(','));
    if (!take('}'))
      return wrong("an object lacks ',' or '}'");
    if (const auto twice = key_given_twice(first)) {
      why_ = "the key \"" + std::string{twice->substr(0, key_shown_max)} + "\" is given twice";
      return false;
    }
    keys_.resize(first);
    unescaped_.resize(first_unescaped);
    return true;
  }

  std::optional<std::string_view> key_given_twice(std::size_t first) {
    const auto begin = keys_.begin() + static_cast<std::ptrdiff_t>(first);
    if (keys_.size() - first <= pairs_compared_max) {
      for (auto each = begin; each != keys_.end(); ++each)
        if (std::find(begin, each, *each) != each)
          return *each;
      return std::nullopt;
    }
    std::sort(begin, keys_.end());
    const auto twice = std::adjacent_find(begin, keys_.end());
    return twice == keys_.end() ? std::nullopt : std::optional{*twice};
  }

  /// `text` as sent, without quotes. Where it has escapes and `decoded` is wanted, that is what it means.
  bool string(std::string_view& text, std::string* decoded) {
    const auto begin = ++at_;
    bool has_escapes = false;
    for (;;) {
      const auto run = at_;
      while (at_ < text_.size() && text_[at_] != '"' && text_[at_] != '\\' && static_cast<unsigned char>(text_[at_]) >= 0x20)
        ++at_;
      if (has_escapes && decoded)
        decoded->append(text_.substr(run, at_ - run));
      if (at_ == text_.size())
        return wrong("a text does not end");
      if (text_[at_] == '"')
        break;
      if (text_[at_] != '\\')
        return wrong("a text has an unescaped control character");
      if (!has_escapes && decoded)
        decoded->assign(text_.substr(begin, at_ - begin));
      has_escapes = true;
      ++at_;
      if (!escape(decoded))
        return wrong("a text has a wrong escape");
    }
    text = text_.substr(begin, at_ - begin);
    ++at_;
    return true;
  }

  bool escape(std::string* decoded) {
    if (at_ == text_.size())
      return false;
    constexpr std::string_view written = "\"\\/bfnrt";
    constexpr std::string_view meant = "\"\\/\b\f\n\r\t";
    const char c = text_[at_++];
    if (const auto simple = written.find(c); simple != written.npos) {
      if (decoded)
        *decoded += meant[simple];
      return true;
    }
    std::uint32_t point = 0;
    if (c != 'u' || !hexadecimal(point) || (point >= 0xDC00 && point < 0xE000))
      return false;
    if (point >= 0xD800 && point < 0xDC00) {
      std::uint32_t second = 0;
      if (!take('\\') || !take('u') || !hexadecimal(second) || second < 0xDC00 || second >= 0xE000)
        return false;
      point = 0x10000 + ((point - 0xD800) << 10) + (second - 0xDC00);
    }
    if (decoded)
      append_utf8(*decoded, point);
    return true;
  }

  bool hexadecimal(std::uint32_t& into) {
    if (text_.size() - at_ < 4)
      return false;
    const auto* const from = text_.data() + at_;
    at_ += 4;
    return std::from_chars(from, from + 4, into, 16).ptr == from + 4;
  }

  const std::string_view text_;
  const std::size_t depth_max_;
  std::size_t at_ = 0;
  std::string why_;
  std::vector<std::string_view> keys_; ///< of the objects around the present place
  std::deque<std::string> unescaped_;  ///< what those with escapes point to
};

} // namespace

std::optional<std::string> check_json(std::string_view text, std::size_t depth_max) { return grammar_checker{text, depth_max}.check(); }

} // namespace dotmac
