#include "actors/protocol/protocols.hpp"

#include <algorithm>
#include <string>

namespace dotmac {
namespace {

std::string text_of(const protocol_range& range) {
  return range.oldest == range.newest ? "protocol " + std::to_string(range.newest) : "protocols " + std::to_string(range.oldest) + " to " + std::to_string(range.newest);
}

} // namespace

result<std::uint16_t> agree_on_protocol(const protocol_range& own, const protocol_range& other) {
  const auto agreed = std::min(own.newest, other.newest);
  if (agreed < std::max(own.oldest, other.oldest))
    return failure{error_code::upgrade_required,
                   "this node speaks " + text_of(own) + " with others, the other one " + text_of(other) + ": no more than one release may lie between the nodes of a cluster", "protocol"};
  return agreed;
}

} // namespace dotmac
