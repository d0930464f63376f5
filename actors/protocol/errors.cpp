#include "actors/protocol/errors.hpp"

#include <caf/message.hpp>

namespace dotmac {

failure to_failure(const caf::error& error) {
  if (error.category() == failure_category) {
    failure why{known_code(error.code()), {}, {}};
    const auto& context = error.context();
    if (context.match_elements<std::string, std::string>()) {
      why.message = context.get_as<std::string>(0);
      why.field = context.get_as<std::string>(1);
    }
    return why;
  }
  if (error == caf::sec::request_timeout)
    return {error_code::deadline_exceeded, "no answer came before the deadline; the request may still take effect", {}};
  return {error_code::actor_unavailable, "the actor that holds this data is restarting; try again", {}};
}

} // namespace dotmac
