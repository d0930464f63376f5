#pragma once

/// The gateway's calls and their answers as bytes, many in one message between nodes.
///
/// A batch is frames one after the other, each with its length before it (32 bits). A frame that cannot be read (of a newer release, or damaged)
/// spoils itself alone: its id is at its beginning, so that whoever asked is told.
///
/// Time      A deadline travels as the milliseconds that are left: clocks of two hosts are never compared.
/// Limits    frame_bytes_max a frame.
/// Errors    A batch whose lengths do not fit together is corrupt_data as a whole.

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

/// False, and nothing written: the frame would be larger than frame_bytes_max.
bool write_call(bytes& batch, std::uint64_t id, std::chrono::milliseconds left, const std::string& tenant, const tenant_call& call);
void write_answer(bytes& batch, std::uint64_t id, const result<tenant_answer>& answer);

result<std::vector<received_call>> read_calls(bytes_view batch);
result<std::vector<received_answer>> read_answers(bytes_view batch);

} // namespace dotmac
