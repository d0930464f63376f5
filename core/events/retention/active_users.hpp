#pragma once

/// Fills the bitmaps of user_buckets from the events of a view, on all free threads, and walks them block by block.
///
/// Errors   query_too_large, cancelled.
/// Threads  one owner, who lends it to the threads of the context.

#include "core/events/bucket_list.hpp"
#include "core/events/retention/event_match.hpp"
#include "core/events/retention/user_buckets.hpp"

namespace dotmac {

class active_users {
public:
  active_users(const event_view& view, event_field user_field, const bucket_list& buckets, const scan_context& context, memory_allowance& memory)
      : view_{view}, user_field_{user_field}, buckets_{buckets}, context_{context},
        bits_{std::size_t{view.dictionary_size(user_field)} + 1, buckets.size(), context.width(), memory}, workers_(context.width()) {}

  result<void> scan(const event_match& match, const time_range& range) {
    return scan_chunks(view_, range, context_, [&](std::size_t number, const event_chunk& chunk) -> result<void> {
      auto& mine = workers_[number];
      if (!mine)
        mine = std::make_unique<worker>(buckets_);
      if (auto opened = bits_.open(number); !opened)
        return opened;
      scanned_.fetch_add(chunk.rows, std::memory_order_relaxed);
      return match.visit_users(view_, chunk, user_field_, range, context_, mine->match,
                               [&](std::uint32_t user, std::int64_t at) { bits_.put(number, user, mine->finder.of(at)); });
    });
  }

  /// Calls `take(worker, buckets rising)` for each user who was active; a worker's calls come one after the other.
  template <class Take> result<void> visit(Take&& take) {
    return share_out(bits_.block_count(), context_, [&](std::size_t number, std::size_t block) -> result<void> {
      if (context_.is_stopped())
        return question_cancelled();
      auto& mine = workers_[number];
      if (!mine)
        mine = std::make_unique<worker>(buckets_);
      bits_.visit(block, mine->found, [&](std::uint32_t, std::span<const std::uint32_t> buckets) {
        if (!buckets.empty())
          take(number, buckets);
      });
      return {};
    });
  }

  std::uint64_t rows_scanned() const noexcept { return scanned_; }

private:
  struct worker {
    explicit worker(const bucket_list& buckets) : finder{buckets} {}
    bucket_finder finder;
    event_match::workplace match;
    std::vector<std::uint32_t> found;
  };

  const event_view& view_;
  const event_field user_field_;
  const bucket_list& buckets_;
  const scan_context& context_;
  user_buckets bits_;
  std::vector<std::unique_ptr<worker>> workers_;
  std::atomic<std::uint64_t> scanned_{0};
};

} // namespace dotmac
