#include "runtime/node/access_log.hpp"

#include <spdlog/async.h>
#include <spdlog/spdlog.h>

#include <atomic>

namespace dotmac {
namespace {

constexpr unsigned failure_from = 500;

/// Writes through the sinks of the program's own log, on a thread of its own.
struct writer {
  std::shared_ptr<spdlog::details::thread_pool> pool = std::make_shared<spdlog::details::thread_pool>(waiting_lines_max, 1);
  std::shared_ptr<spdlog::async_logger> logger;
  std::atomic<std::size_t> dropped_before{0};

  writer() {
    const auto& sinks = spdlog::default_logger()->sinks();
    logger = std::make_shared<spdlog::async_logger>("access", sinks.begin(), sinks.end(), pool, spdlog::async_overflow_policy::overrun_oldest);
    logger->set_level(spdlog::level::info);
  }
  void write(const access_record& record) {
    logger->info("access tenant={} request={} method={} path={} status={} in={} out={} us={} remote={}", record.tenant.empty() ? "-" : record.tenant,
                 record.request_id, record.method, record.path, record.status, record.request_bytes, record.response_bytes, record.took.count(),
                 record.remote_address);
    if (const auto dropped = pool->overrun_counter(); dropped > dropped_before.load(std::memory_order_relaxed) + waiting_lines_max) {
      dropped_before = dropped;
      logger->warn("access lines_dropped={} the log takes fewer lines than there are requests", dropped);
    }
  }
};

/// At most failure_lines_per_second; how many were left out is told in the next second that has a failure.
class failures_only {
public:
  explicit failures_only(std::shared_ptr<writer> to) : to_{std::move(to)} {}

  void take(const access_record& record) {
    if (record.status < failure_from)
      return;
    const auto second = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
    if (second_.exchange(second) != second)
      if (const auto lines = lines_.exchange(0); lines > failure_lines_per_second)
        to_->logger->warn("access failures_left_out={}", lines - failure_lines_per_second);
    if (lines_.fetch_add(1) < failure_lines_per_second)
      to_->write(record);
  }

private:
  std::shared_ptr<writer> to_;
  std::atomic<std::int64_t> second_{0};
  std::atomic<std::size_t> lines_{0};
};

} // namespace

std::function<void(const access_record&)> make_access_log(const std::string& which) {
  if (which == "none")
    return {};
  auto to = std::make_shared<writer>();
  if (which == "all")
    return [to](const access_record& record) { to->write(record); };
  return [some = std::make_shared<failures_only>(to)](const access_record& record) { some->take(record); };
}

} // namespace dotmac
