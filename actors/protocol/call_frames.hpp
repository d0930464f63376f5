#pragma once

/// The gateway's calls and their answers as bytes, many in one message between nodes.
///
/// A batch is frames one after the other, each with its length before it (32 bits). A frame that cannot be read (of a newer release, or damaged)
/// spoils itself alone: its id is at its beginning, so that whoever asked is told.
///
/// Protocol  Both ends of a link write and read what they agreed on when they met. What an answer has beside that is left out: who asks in an older
///           protocol has not asked for it. What a call has beside that would be ignored by its owner, and the answer wrong: it is older_release instead.
/// Time      A deadline travels as the milliseconds that are left: clocks of two hosts are never compared.
/// Limits    frame_bytes_max a frame.
/// Errors    A batch whose lengths do not fit together is corrupt_data as a whole. A call that cannot be read is older_release, an answer corrupt_data;
///           an error that this release does not know is internal_error, with the sentence that came with it.

#include "actors/protocol/protocols.hpp"
#include "actors/protocol/tenant_service.hpp"

namespace dotmac {

/// Above every body that a gateway takes, and every answer within the limits of questions.
inline constexpr std::size_t frame_bytes_max = 512u << 20;

struct received_call {
  std::uint64_t id = 0;
  std::chrono::milliseconds left{0};
  std::string tenant;
  result<tenant_call> call;
};
struct received_answer {
  std::uint64_t id = 0;
  result<tenant_answer> answer;
};

/// Nothing is written where it fails. payload_too_large: the frame would be larger than frame_bytes_max. older_release: the protocol does not have the
/// call, or something that it asks for.
result<void> write_call(bytes& batch, std::uint64_t id, std::chrono::milliseconds left, const std::string& tenant, const tenant_call& call, std::uint16_t protocol);
void write_answer(bytes& batch, std::uint64_t id, const result<tenant_answer>& answer, std::uint16_t protocol);

result<std::vector<received_call>> read_calls(bytes_view batch, std::uint16_t protocol);
result<std::vector<received_answer>> read_answers(bytes_view batch, std::uint16_t protocol);

} // namespace dotmac
