#include "actors/protocol/call_frames.hpp"

#include "core/describe/binary.hpp"

#include <algorithm>

namespace dotmac {
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

/// Calls `each(id, reader)` with every frame.
template <class Each> result<void> for_each_frame(bytes_view batch, Each each) {
  binary::reader in{batch};
  while (!in.at_end()) {
    std::uint32_t length = 0;
    bytes_view frame;
    if (!in.read(length) || !in.take(length, frame))
      return unreadable();
    binary::reader content{frame};
    std::uint64_t id = 0;
    if (!content.read(id))
      return unreadable();
    each(id, content);
  }
  return {};
}

} // namespace

bool write_call(bytes& batch, std::uint64_t id, std::chrono::milliseconds left, const std::string& tenant, const tenant_call& call) {
  return write_frame(batch, [&] {
    binary::write(batch, id);
    binary::write(batch, std::clamp<std::int64_t>(left.count(), 0, left_max));
    binary::write(batch, tenant);
    binary::write(batch, call);
  });
}

void write_answer(bytes& batch, std::uint64_t id, const result<tenant_answer>& answer) {
  const auto write_failure = [&](const failure& why) {
    binary::write(batch, id);
    binary::write(batch, static_cast<std::uint8_t>(why.code));
    binary::write(batch, why.message);
    binary::write(batch, why.field);
  };
  const bool is_written = write_frame(batch, [&] {
    if (!answer)
      return write_failure(answer.error());
    binary::write(batch, id);
    binary::write(batch, static_cast<std::uint8_t>(error_code::none));
    binary::write(batch, *answer);
  });
  if (!is_written)
    write_frame(batch, [&] { write_failure({error_code::query_too_large, "the answer is larger than " + std::to_string(frame_bytes_max >> 20) + " MiB, the most that one node sends another", {}, {}}); });
}

result<std::vector<received_call>> read_calls(bytes_view batch) {
  std::vector<received_call> calls;
  const auto read = for_each_frame(batch, [&](std::uint64_t id, binary::reader& in) {
    std::int64_t left = 0;
    received_call received{id, {}, {}, unreadable()};
    tenant_call call;
    if (in.read(left) && in.read(received.tenant) && in.read(call) && in.at_end())
      received.call = std::move(call);
    received.left = std::chrono::milliseconds{std::clamp<std::int64_t>(left, 0, left_max)};
    calls.push_back(std::move(received));
  });
  return read ? result<std::vector<received_call>>{std::move(calls)} : read.error();
}

result<std::vector<received_answer>> read_answers(bytes_view batch) {
  std::vector<received_answer> answers;
  const auto read = for_each_frame(batch, [&](std::uint64_t id, binary::reader& in) {
    received_answer received{id, unreadable()};
    std::uint8_t code = 0;
    failure why;
    tenant_answer answer;
    if (in.read(code) && code < error_table.size()) {
      why.code = static_cast<error_code>(code);
      if (why.code == error_code::none && in.read(answer) && in.at_end())
        received.answer = std::move(answer);
      else if (why.code != error_code::none && in.read(why.message) && in.read(why.field) && in.at_end())
        received.answer = std::move(why);
    }
    answers.push_back(std::move(received));
  });
  return read ? result<std::vector<received_answer>>{std::move(answers)} : read.error();
}

} // namespace dotmac
