#include "core/events/trends/formula.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace dotmac {
namespace {

bool is_letter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

} // namespace

bool is_formula_name(std::string_view text) noexcept {
  return !text.empty() && is_letter(text[0]) && std::all_of(text.begin(), text.end(), [](char c) { return is_letter(c) || is_digit(c); });
}

class formula::parser {
public:
  parser(std::string_view text, std::span<const std::string> names, formula& into) : text_{text}, names_{names}, into_{into} {}

  result<void> run() {
    sum();
    skip_blanks();
    if (at_ < text_.size())
      complain("an operator or the end is expected");
    return why_ ? result<void>{*why_} : result<void>{};
  }

private:
  void sum() {
    product();
    while (!why_) {
      if (take('+'))
        product(), emit(operation::add);
      else if (take('-'))
        product(), emit(operation::subtract);
      else
        return;
    }
  }
  void product() {
    factor();
    while (!why_) {
      if (take('*'))
        factor(), emit(operation::multiply);
      else if (take('/'))
        factor(), emit(operation::divide);
      else
        return;
    }
  }
  void factor() {
    if (why_)
      return;
    if (++depth_ > formula_depth_max)
      return complain("brackets and signs are nested more than formula_depth_max = " + std::to_string(formula_depth_max) + " deep");
    if (take('-')) {
      factor();
      emit(operation::negate);
    } else if (take('(')) {
      sum();
      if (!why_ && !take(')'))
        complain("a closing bracket is expected");
    } else {
      operand();
    }
    --depth_;
  }
  void operand() {
    skip_blanks();
    if (at_ == text_.size())
      return complain("a number or the name of a series is expected");
    if (is_letter(text_[at_]))
      return name();
    double number = 0;
    const auto* begin = text_.data() + at_;
    const auto [end, why] = std::from_chars(begin, text_.data() + text_.size(), number, std::chars_format::general);
    if (why != std::errc{} || !(is_digit(*begin) || *begin == '.') || !std::isfinite(number))
      return complain("a number or the name of a series is expected");
    at_ += static_cast<std::size_t>(end - begin);
    into_.steps_.push_back({operation::number, number, 0});
  }
  void name() {
    const auto begin = at_;
    while (at_ < text_.size() && (is_letter(text_[at_]) || is_digit(text_[at_])))
      ++at_;
    const auto word = text_.substr(begin, at_ - begin);
    const auto found = std::find(names_.begin(), names_.end(), word);
    if (found == names_.end()) {
      at_ = begin;
      return complain("there is no series " + std::string{word});
    }
    const auto position = static_cast<std::size_t>(found - names_.begin());
    into_.steps_.push_back({operation::name, 0, position});
    if (std::find(into_.names_.begin(), into_.names_.end(), position) == into_.names_.end())
      into_.names_.push_back(position);
  }

  void emit(operation what) { into_.steps_.push_back({what, 0, 0}); }
  void skip_blanks() {
    while (at_ < text_.size() && text_[at_] == ' ')
      ++at_;
  }
  bool take(char wanted) {
    skip_blanks();
    if (at_ == text_.size() || text_[at_] != wanted)
      return false;
    ++at_;
    return true;
  }
  void complain(const std::string& what) {
    if (!why_)
      why_ = failure{error_code::validation_failed, "at character " + std::to_string(at_ + 1) + ": " + what, "formulas"};
  }

  std::string_view text_;
  std::span<const std::string> names_;
  formula& into_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
  std::optional<failure> why_;
};

result<formula> formula::parse(std::string_view text, std::span<const std::string> names) {
  if (text.size() > formula_size_max)
    return failure{error_code::validation_failed, "is longer than formula_size_max = " + std::to_string(formula_size_max) + " bytes", "formulas"};
  formula out;
  if (auto parsed = parser{text, names, out}.run(); !parsed)
    return parsed.error();
  return out;
}

std::optional<double> formula::value(std::span<const std::optional<double>> values) const {
  std::vector<double> stack;
  const auto pop = [&stack] {
    const double top = stack.back();
    stack.pop_back();
    return top;
  };
  for (const auto& each : steps_) {
    if (each.what == operation::number) {
      stack.push_back(each.number);
    } else if (each.what == operation::name) {
      if (!values[each.name])
        return std::nullopt;
      stack.push_back(*values[each.name]);
    } else if (each.what == operation::negate) {
      stack.back() = -stack.back();
    } else {
      const double right = pop();
      const double left = pop();
      if (each.what == operation::divide && right == 0)
        return std::nullopt;
      stack.push_back(each.what == operation::add ? left + right : each.what == operation::subtract ? left - right : each.what == operation::multiply ? left * right : left / right);
    }
  }
  return std::isfinite(stack.back()) ? std::optional{stack.back()} : std::nullopt;
}

} // namespace dotmac
