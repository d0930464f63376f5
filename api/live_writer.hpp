#pragma once

/// How a live stream reaches its reader: as server-sent events or by WebSocket. What comes when is decided by the stream (api/live_handlers.cpp) for both.
///
/// Promise   What was added goes out with `send`, in order.
/// Threads   one at a time.
/// Cost      a page of events as text, until it went out.

#include "api/gateway_call.hpp"

namespace dotmac {

enum class live_end : std::uint8_t { leaving, too_old, restarting, overloaded, broken };

/// Why a stream ends where its tenant cannot go on with it.
constexpr live_end live_end_of(error_code code) {
  if (code == error_code::too_many_requests)
    return live_end::overloaded;
  return describe(code).retryable ? live_end::restarting : live_end::broken;
}

class live_writer {
public:
  virtual ~live_writer() = default;
  /// Nothing: the reader keeps the connection, and its place, alive.
  virtual void add_place(std::uint64_t id) = 0;
  virtual void add_missed(std::uint64_t id, std::uint64_t events) = 0;
  virtual void add_event(std::uint64_t id, const found_event& event) = 0;
  virtual bool is_empty() const = 0;
  /// As response_stream::write.
  virtual void send(std::function<void(bool went_out)> on_written) = 0;
  virtual void end(live_end why) = 0;
  virtual bool is_asked_to_end() const = 0;
};

/// Begins the answer that the call wants. Nothing where somebody has answered already.
std::unique_ptr<live_writer> begin_live_answer(gateway_call& call);

} // namespace dotmac
