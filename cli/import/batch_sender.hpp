#pragma once

/// Sends one batch of events or values until every item was accepted or refused for good.
///
/// Retries  429, 503 and a node that does not answer: after what Retry-After says, else after a growing pause with jitter, for at most
///          `retry_for` in a row. Items that one answer marks as retryable are sent again alone.
/// Errors   not_ready, unauthorized, forbidden and the like where going on is useless: the import stops.
///          An answer that does not tell of every item is an error too: what it does not name is not taken for accepted.
/// An item whose id was there before with other content is refused: nothing of it was taken.
/// A batch that is refused as a whole (413, 422) is halved until the item at fault stands alone.
/// Threads  one per sender.

#include "cli/http_client.hpp"

#include <atomic>
#include <random>
#include <vector>

namespace dotmac {

struct sent_items {
  std::uint64_t accepted = 0;
  std::uint64_t duplicates = 0;
  std::vector<std::pair<std::size_t, std::string>> refused; ///< index in the batch, reason
};

class batch_sender {
public:
  batch_sender(connection_options connection, bool is_values, std::chrono::milliseconds retry_for, std::uint64_t seed, const std::atomic<bool>& stop)
      : client_{std::move(connection)}, is_values_{is_values}, retry_for_{retry_for}, random_{seed}, stop_{stop} {}

  result<sent_items> send(const std::vector<json>& items);

private:
  using places = std::vector<std::size_t>;
  /// What is to be sent again, and why.
  struct remaining {
    batch_sender::places places;
    std::string reason;
  };
  result<void> send_part(const std::vector<json>& items, places part, sent_items& into);
  result<void> send_halves(const std::vector<json>& items, const places& part, const http_answer& refusal, sent_items& into);
  result<remaining> take_answer(const places& part, const json& body, sent_items& into) const;
  result<http_answer> post_with_patience(const std::string& body);
  bool pause(std::chrono::milliseconds time) const;

  http_client client_;
  bool is_values_;
  std::chrono::milliseconds retry_for_;
  std::mt19937_64 random_;
  const std::atomic<bool>& stop_;
};

} // namespace dotmac
