#include "actors/protocol/call_frames.hpp"

#include "actors/protocol/frame_heads.hpp"
#include "core/describe/binary.hpp"

#include <algorithm>

namespace dotmac {

// Here, because heads and numbers are changed together.
protocol_range spoken_protocols() noexcept { return {oldest_spoken_protocol, newest_spoken_protocol}; }

namespace {

constexpr std::int64_t left_max = 86'400'000;

/// Writes what `fill` appends as one frame.
template <class Fill> bool write_frame(bytes& batch, Fill fill) {
  const auto begin = batch.size();
  binary::write(batch, std::uint32_t{0});
  fill();
  const auto size = batch.size() - begin - sizeof(std::uint32_t);
  if (size > frame_bytes_max) {
    batch.resize(begin);
    return false;
  }
  const auto length = static_cast<std::uint32_t>(size);
  std::memcpy(batch.data() + begin, &length, sizeof(length));
  return true;
}

failure unreadable() { return {error_code::corrupt_data, "a message between nodes cannot be read: they are of releases that do not go together", {}}; }
failure not_known_there() {
  return {error_code::older_release, "the node that holds this data has an earlier release, which does not know all of what is asked; it will when the upgrade is complete", {}, {}};
}
failure not_understood() { return {error_code::older_release, "the node that holds this data does not understand the call: it has another release than the one that was asked", {}, {}}; }

/// Calls `each(id, reader)` with every frame; the reader is at the frame's beginning.
template <class Each> result<void> for_each_frame(bytes_view batch, std::uint16_t protocol, Each each) {
  binary::reader in{batch};
  while (!in.at_end()) {
    std::uint32_t length = 0;
    bytes_view frame;
    if (!in.read(length) || !in.take(length, frame))
      return unreadable();
    std::uint64_t id = 0;
    if (!binary::reader{frame}.read(id))
      return unreadable();
    binary::reader content{frame, protocol};
    each(id, content);
  }
  return {};
}

std::uint16_t first_protocol_of(const tenant_call& call) {
  return std::visit([]<class Call>(const Call&) { return call_since<Call>; }, call);
}

} // namespace

result<void> write_call(bytes& batch, std::uint64_t id, std::chrono::milliseconds left, const std::string& tenant, const tenant_call& call, std::uint16_t protocol) {
  if (first_protocol_of(call) > protocol)
    return not_known_there();
  const auto begin = batch.size();
  binary::form as{protocol};
  const bool is_written = write_frame(batch, [&] {
    // What an older owner does not know of a head is for this node alone; what it does not know of a call changes the answer.
    binary::form head_as{protocol};
    binary::write(batch, call_head{id, std::clamp<std::int64_t>(left.count(), 0, left_max), tenant}, head_as);
    binary::write(batch, call, as);
  });
  if (!is_written)
    return failure{error_code::payload_too_large, "a call between nodes is at most " + std::to_string(frame_bytes_max >> 20) + " MiB", {}, {}};
  if (!as.is_whole) {
    batch.resize(begin);
    return not_known_there();
  }
  return {};
}

void write_answer(bytes& batch, std::uint64_t id, const result<tenant_answer>& answer, std::uint16_t protocol) {
  binary::form as{protocol};
  const auto write_failure = [&](const failure& why) {
    binary::write(batch, answer_head{id, static_cast<std::uint8_t>(why.code)}, as);
    binary::write(batch, told_failure{why.message, why.field}, as);
  };
  const bool is_written = write_frame(batch, [&] {
    if (!answer)
      return write_failure(answer.error());
    binary::write(batch, answer_head{id, static_cast<std::uint8_t>(error_code::none)}, as);
    binary::write(batch, *answer, as);
  });
  if (!is_written)
    write_frame(batch, [&] { write_failure({error_code::query_too_large, "the answer is larger than " + std::to_string(frame_bytes_max >> 20) + " MiB, the most that one node sends another", {}, {}}); });
}

result<std::vector<received_call>> read_calls(bytes_view batch, std::uint16_t protocol) {
  std::vector<received_call> calls;
  const auto read = for_each_frame(batch, protocol, [&](std::uint64_t id, binary::reader& in) {
    received_call received{id, {}, {}, not_understood()};
    call_head head;
    tenant_call call;
    if (in.read(head) && in.read(call) && in.at_end())
      received.call = std::move(call);
    received.left = std::chrono::milliseconds{std::clamp<std::int64_t>(head.left, 0, left_max)};
    received.tenant = std::move(head.tenant);
    calls.push_back(std::move(received));
  });
  return read ? result<std::vector<received_call>>{std::move(calls)} : read.error();
}

result<std::vector<received_answer>> read_answers(bytes_view batch, std::uint16_t protocol) {
  std::vector<received_answer> answers;
  const auto read = for_each_frame(batch, protocol, [&](std::uint64_t id, binary::reader& in) {
    received_answer received{id, unreadable()};
    answer_head head;
    told_failure told;
    tenant_answer answer;
    if (in.read(head)) {
      if (head.code == static_cast<std::uint8_t>(error_code::none)) {
        if (in.read(answer) && in.at_end())
          received.answer = std::move(answer);
      } else if (in.read(told) && in.at_end()) {
        received.answer = failure{known_code(head.code), std::move(told.message), std::move(told.field), {}};
      }
    }
    answers.push_back(std::move(received));
  });
  return read ? result<std::vector<received_answer>>{std::move(answers)} : read.error();
}

} // namespace dotmac
