#pragma once

/// What is wrong with an event that simdjson walks on demand, and whether the document around it can be read on. Part of
/// event_parser.
///
/// Threads   pure.

#include "api/event_parser.hpp"
#include "api/url.hpp"

#include <simdjson.h>

#include <algorithm>
#include <memory>

namespace dotmac::event_reading {

namespace ondemand = simdjson::ondemand;

inline constexpr std::size_t key_shown_max = 100;

/// A fault of one event; the document around it may still be sound.
struct fault {
  std::vector<std::string> path; ///< from the event inwards; empty: the event itself
  std::string text;
  std::string input; ///< the JSON at fault, cut to complaint_input_bytes_max; empty: there is none
};
using maybe_fault = std::unique_ptr<fault>; ///< one word, because every value of every event returns one

inline maybe_fault make_fault(std::vector<std::string> path, std::string text, std::string input = {}) {
  return std::make_unique<fault>(fault{std::move(path), std::move(text), std::move(input)});
}

inline failure malformed(const std::string& why) { return {error_code::malformed_request, "the body is not valid JSON: " + why, "body"}; }

/// Errors after which the place in the document is lost.
inline bool breaks_document(simdjson::error_code why) {
  return why != simdjson::SUCCESS && why != simdjson::INCORRECT_TYPE && why != simdjson::NUMBER_OUT_OF_RANGE
         && why != simdjson::NUMBER_ERROR && why != simdjson::STRING_ERROR;
}

inline std::string describe_error(simdjson::error_code why) { return simdjson::error_message(why); }

inline maybe_fault failed(std::vector<std::string> path, simdjson::error_code why, std::string_view text, simdjson::error_code& broken) {
  if (breaks_document(why))
    broken = why;
  return make_fault(std::move(path), std::string{text});
}

inline std::string sentence_of(const fault& found) {
  std::string place;
  for (const auto& each : found.path)
    place.append(place.empty() ? "" : ".").append(each);
  return (place.empty() ? "event" : place) + ": " + found.text;
}

inline complaint complaint_of(const fault& found) {
  complaint told{"value_error", {"body"}, found.text, nullptr};
  told.loc.insert(told.loc.end(), found.path.begin(), found.path.end());
  if (!found.input.empty()) {
    told.input = json::parse(found.input, nullptr, false);
    if (told.input.is_discarded() || told.input.is_number_float()) // digits that a double may not hold are shown as they came
      told.input = found.input;
  }
  return told;
}

inline std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == text.npos)
    return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

/// The value that `rest` begins with, cut to complaint_input_bytes_max.
inline std::string shown_value(std::string_view rest) {
  std::size_t depth = 0;
  bool in_text = false;
  for (std::size_t i = 0; i < rest.size(); ++i) {
    const char c = rest[i];
    if (i >= complaint_input_bytes_max)
      return std::string{rest.substr(0, i)} + "...";
    if (in_text) {
      if (c == '\\')
        ++i;
      else if (c == '"' && depth == 0)
        return std::string{rest.substr(0, i + 1)};
      in_text = c != '"';
    } else if (c == '"') {
      in_text = true;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if (depth == 0 && (c == ',' || c == '}' || c == ']' || c == '\n')) {
      return std::string{trimmed(rest.substr(0, i))};
    } else if ((c == '}' || c == ']') && --depth == 0) {
      return std::string{rest.substr(0, i + 1)};
    }
  }
  return std::string{rest};
}

/// simdjson 3.0.1 takes the escape of the second half of a surrogate pair alone, and makes bytes of it that are no UTF-8. One look
/// for such escapes in the whole body spares the look at every text.
class surrogate_check {
public:
  void use_body(std::string_view body) {
    has_surrogates_ = false;
    for (auto at = body.find('\\'); at != body.npos && !has_surrogates_; at = body.find('\\', at + 2)) {
      const auto escape = body.substr(at + 1, 2);
      has_surrogates_ = escape == "ud" || escape == "uD";
    }
  }
  bool is_half_a_pair(std::string_view unescaped) const { return has_surrogates_ && !is_valid_utf8(unescaped); }

private:
  bool has_surrogates_ = false;
};

} // namespace dotmac::event_reading
