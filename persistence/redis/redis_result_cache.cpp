#include "persistence/redis/redis_result_cache.hpp"

#include "persistence/result_record.hpp"

#include <hiredis/hiredis.h>

#include <vector>

namespace dotmac {
namespace {

/// With the marker and checksum of the payload, the length of the key, and what the frame of incompressible bytes adds.
constexpr std::size_t stored_result_bytes_max = result_bytes_max + 4'096;

timeval to_timeval(std::chrono::milliseconds time) {
  return {static_cast<time_t>(time.count() / 1'000), static_cast<suseconds_t>(time.count() % 1'000 * 1'000)};
}

struct free_connection {
  void operator()(redisContext* of) const noexcept { redisFree(of); }
};
struct free_reply {
  void operator()(redisReply* of) const noexcept { freeReplyObject(of); }
};
using redis_reply = std::unique_ptr<redisReply, free_reply>;

class redis_result_cache final : public result_cache {
public:
  redis_result_cache(redis_address address, const result_cache_options& options) : address_{std::move(address)}, options_{options} {}

  result<std::optional<bytes>> find(bytes_view key) override {
    // A range, so that whatever lies there costs no more memory than an answer does. Of a name that is not there it is empty.
    const auto reply = call({"GETRANGE", result_name(key), "0", std::to_string(stored_result_bytes_max)});
    if (!reply)
      return reply.error();
    if ((*reply)->type == REDIS_REPLY_ERROR && std::string_view{(*reply)->str, (*reply)->len}.starts_with("WRONGTYPE"))
      return failure{error_code::corrupt_data, "a shared answer is no string", {}};
    if ((*reply)->type != REDIS_REPLY_STRING)
      return give_up("gave no string", **reply);
    if ((*reply)->len == 0)
      return std::optional<bytes>{};
    return decode_result({(*reply)->str, (*reply)->len}, key);
  }

  result<void> keep(bytes_view key, bytes_view value) override {
    const auto encoded = encode_result(key, value);
    if (!encoded)
      return encoded.error();
    const auto reply = call({"SETEX", result_name(key), std::to_string(options_.kept_for.count()), *encoded});
    if (!reply)
      return reply.error();
    if ((*reply)->type == REDIS_REPLY_STATUS)
      return {};
    const std::string_view said{(*reply)->str, (*reply)->type == REDIS_REPLY_ERROR ? (*reply)->len : 0};
    if (said.starts_with("OOM") || said.starts_with("READONLY") || said.starts_with("MISCONF") || said.starts_with("NOPERM"))
      return failure{error_code::too_many_requests, "Redis takes no answers", {}, std::string{said}};
    return give_up("did not keep an answer", **reply);
  }

private:
  failure give_up(const std::string& what, const redisReply& reply) {
    connection_.reset();
    return {error_code::storage_unavailable, "Redis " + what, {}, reply.type == REDIS_REPLY_ERROR ? std::string{reply.str, reply.len} : std::string{}};
  }

  result<redis_reply> send(const std::vector<std::string>& words) {
    std::vector<const char*> texts;
    std::vector<std::size_t> sizes;
    for (const auto& each : words) {
      texts.push_back(each.data());
      sizes.push_back(each.size());
    }
    redis_reply reply{static_cast<redisReply*>(redisCommandArgv(connection_.get(), static_cast<int>(words.size()), texts.data(), sizes.data()))};
    if (reply)
      return reply;
    const std::string why = connection_->errstr;
    connection_.reset();
    return failure{error_code::storage_unavailable, "Redis does not answer", {}, why};
  }

  result<void> connect() {
    connection_.reset(redisConnectWithTimeout(address_.host.c_str(), address_.port, to_timeval(options_.connect_timeout)));
    if (!connection_ || connection_->err != 0 || redisSetTimeout(connection_.get(), to_timeval(options_.call_timeout)) != REDIS_OK) {
      const std::string why = connection_ ? connection_->errstr : "no memory";
      connection_.reset();
      return failure{error_code::storage_unavailable, "Redis cannot be reached", {}, why};
    }
    if (!address_.password.empty())
      if (auto done = expect_done(address_.user.empty() ? std::vector<std::string>{"AUTH", address_.password} : std::vector<std::string>{"AUTH", address_.user, address_.password}); !done)
        return done;
    return address_.database == 0 ? result<void>{} : expect_done({"SELECT", std::to_string(address_.database)});
  }

  result<void> expect_done(const std::vector<std::string>& words) {
    const auto reply = send(words);
    if (!reply)
      return reply.error();
    return (*reply)->type == REDIS_REPLY_STATUS ? result<void>{} : give_up("refused " + words.front(), **reply);
  }

  result<redis_reply> call(const std::vector<std::string>& words) {
    if (!connection_)
      if (auto connected = connect(); !connected)
        return connected.error();
    return send(words);
  }

  const redis_address address_;
  const result_cache_options options_;
  std::unique_ptr<redisContext, free_connection> connection_;
};

} // namespace

std::unique_ptr<result_cache> make_redis_result_cache(redis_address address, const result_cache_options& options) {
  return std::make_unique<redis_result_cache>(std::move(address), options);
}

} // namespace dotmac
