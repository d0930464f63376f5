#pragma once

/// Arithmetic between the series of a trend: numbers, names of series, + - * /, unary minus, brackets.
///
/// Promise   a formula that was parsed always evaluates; the value is null where a series it names has none, at a division by zero, and where the
///           result is no finite number.
/// Limits    formula_size_max bytes, formula_depth_max brackets and signs within each other.
/// Errors    validation_failed, naming the place.
/// Source    recursive descent to postfix form; precedence as in arithmetic, left to right.

#include "core/result.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dotmac {

inline constexpr std::size_t formula_size_max = 500;
inline constexpr std::size_t formula_depth_max = 32;
inline constexpr std::size_t trend_formulas_max = 16;

class formula {
public:
  /// A name is a letter or '_', then letters, digits and '_'.
  static result<formula> parse(std::string_view text, std::span<const std::string> names);
  /// `values` by the position of the name.
  std::optional<double> value(std::span<const std::optional<double>> values) const;
  /// Positions of the names it uses.
  const std::vector<std::size_t>& names() const noexcept { return names_; }

private:
  class parser;
  enum class operation : unsigned char { number, name, add, subtract, multiply, divide, negate };
  struct step {
    operation what{};
    double number = 0;
    std::size_t name = 0;
  };
  std::vector<step> steps_; ///< postfix
  std::vector<std::size_t> names_;
};

/// Whether a series can be named so in a formula.
bool is_formula_name(std::string_view text) noexcept;

} // namespace dotmac
