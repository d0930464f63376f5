// The cache of answers that nodes share, in memory and in a real Redis: whole answers under their own key, or nothing; and what a Redis that is away, stuck, full or
// filled by others leads to.

#include "persistence/memory/memory_result_cache.hpp"
#include "persistence/open_result_cache.hpp"
#include "persistence/redis/redis_result_cache.hpp"
#include "persistence/result_record.hpp"
#include "tests/support/redis_process.hpp"

#include <gtest/gtest.h>
#include <hiredis/hiredis.h>

#include <csignal>
#include <random>

namespace dotmac {
namespace {

result_cache_options options_for(const std::string& url) {
  result_cache_options options;
  options.url = url;
  // Long enough for a machine under load; where a test waits for it to pass, it is shorter.
  options.connect_timeout = options.call_timeout = std::chrono::seconds{20};
  return options;
}

void store_in_redis(const redis_process& redis, const std::vector<std::string>& words) {
  std::unique_ptr<redisContext, void (*)(redisContext*)> connection{redisConnect("127.0.0.1", redis.port()), redisFree};
  std::vector<const char*> texts;
  std::vector<std::size_t> sizes;
  for (const auto& each : words) {
    texts.push_back(each.data());
    sizes.push_back(each.size());
  }
  auto* reply = static_cast<redisReply*>(redisCommandArgv(connection.get(), static_cast<int>(words.size()), texts.data(), sizes.data()));
  ASSERT_NE(reply, nullptr);
  ASSERT_NE(reply->type, REDIS_REPLY_ERROR) << reply->str;
  freeReplyObject(reply);
}

class result_cache_contract : public ::testing::TestWithParam<std::string> {
protected:
  void SetUp() override {
    std::signal(SIGPIPE, SIG_IGN); // as the program does: a connection that is gone is an error of a call
    if (GetParam() == "redis")
      redis_ = std::make_unique<redis_process>();
    cache_ = open();
  }
  std::unique_ptr<result_cache> open() {
    if (redis_)
      return *make_result_cache(options_for(redis_->url()));
    return std::make_unique<memory_result_cache>(memory_);
  }
  /// Behind the cache's back.
  void put(bytes_view key, const bytes& stored) {
    if (redis_)
      return store_in_redis(*redis_, {"SET", result_name(key), stored});
    memory_->stored[result_name(key)] = stored;
  }
  std::optional<bytes> find(bytes_view key) {
    const auto found = cache_->find(key);
    EXPECT_TRUE(found) << found.error().message;
    return found ? *found : std::nullopt;
  }

  std::unique_ptr<redis_process> redis_;
  std::shared_ptr<memory_results> memory_ = std::make_shared<memory_results>();
  std::unique_ptr<result_cache> cache_;
};
INSTANTIATE_TEST_SUITE_P(vendors, result_cache_contract, ::testing::Values("memory", "redis"), [](const auto& each) { return each.param; });

TEST_P(result_cache_contract, finds_what_was_kept_last_under_the_very_key_also_on_another_node) {
  const bytes key("a\0key", 5);
  EXPECT_EQ(find(key), std::nullopt);
  ASSERT_TRUE(cache_->keep(key, bytes("an\0answer", 9)));
  EXPECT_EQ(find(key), bytes("an\0answer", 9));
  EXPECT_EQ(find(bytes_view{key}.substr(0, 4)), std::nullopt);
  EXPECT_EQ(find(""), std::nullopt);
  ASSERT_TRUE(cache_->keep(key, ""));
  EXPECT_EQ(find(key), "");
  const auto other_node = open();
  EXPECT_EQ(**other_node->find(key), "");
  ASSERT_TRUE(other_node->keep(key, "newer"));
  EXPECT_EQ(find(key), "newer");
}

TEST_P(result_cache_contract, keeps_answers_of_any_bytes_up_to_its_limit) {
  const auto seed = std::random_device{}();
  std::mt19937 chance{seed};
  for (const std::size_t size : {std::size_t{1}, std::size_t{511}, std::size_t{513}, std::size_t{100'000}, result_bytes_max - 3}) {
    bytes answer(size, '\0');
    for (auto& each : answer)
      each = static_cast<char>(chance());
    ASSERT_TRUE(cache_->keep("key", answer)) << size;
    EXPECT_TRUE(find("key") == answer) << size << " seed " << seed;
  }
  const auto refused = cache_->keep("key", bytes(result_bytes_max - 2, 'a'));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, error_code::payload_too_large);
}

TEST_P(result_cache_contract, gives_nothing_else_for_what_is_damaged_cut_off_or_of_another_key) {
  const auto stored = *encode_result("key", "the answer");
  for (std::size_t at = 0; at < stored.size(); ++at) {
    auto damaged = stored;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    put("key", damaged);
    const auto found = cache_->find("key");
    ASSERT_FALSE(found) << at;
    EXPECT_EQ(found.error().code, error_code::corrupt_data);
    put("key", stored.substr(0, at));
    const auto cut = cache_->find("key");
    EXPECT_TRUE(!cut || !*cut) << at;
  }
  put("key", *encode_result("a key with the same hash", "another answer"));
  EXPECT_EQ(find("key"), std::nullopt);
  put("key", bytes(result_bytes_max * 2, 'x'));
  EXPECT_EQ(cache_->find("key").error().code, error_code::corrupt_data);
  ASSERT_TRUE(cache_->keep("key", "the answer"));
  EXPECT_EQ(find("key"), "the answer");
}

TEST(redis_result_cache, reads_a_url_and_refuses_what_is_none_without_telling_a_password) {
  const auto whole = parse_redis_url("redis://ann:p%40ss%3a1@cache.example:7000/3");
  ASSERT_TRUE(whole);
  EXPECT_EQ((std::tuple{whole->host, whole->port, whole->user, whole->password, whole->database}), (std::tuple{std::string{"cache.example"}, std::uint16_t{7000}, std::string{"ann"}, std::string{"p@ss:1"}, 3u}));
  const auto plain = parse_redis_url("redis://:secret@localhost");
  ASSERT_TRUE(plain);
  EXPECT_EQ((std::tuple{plain->host, plain->port, plain->user, plain->password, plain->database}), (std::tuple{std::string{"localhost"}, std::uint16_t{6379}, std::string{}, std::string{"secret"}, 0u}));
  EXPECT_EQ(parse_redis_url("redis://[::1]:7000")->host, "::1");
  EXPECT_EQ(parse_redis_url("redis://[::1]:7000/")->port, 7000);
  for (const std::string wrong : {"", "redis:", "redis://", "rediss://host", "http://host", "redis://host:", "redis://host:0", "redis://host:65536", "redis://host:x", "redis://host/x", "redis://host/70000",
                                  "redis://:7000", "redis://secret@host", "redis://a:@host", "redis://a:secret%4@host", "redis://a:secret%zz@host", "redis://[::1"}) {
    const auto refused = make_result_cache(options_for(wrong));
    ASSERT_FALSE(refused) << wrong;
    EXPECT_EQ(refused.error().field, "REDIS_URL");
    EXPECT_EQ(refused.error().message.find("secret"), std::string::npos);
  }
}

TEST(redis_result_cache, says_that_redis_is_away_and_finds_its_way_back) {
  std::signal(SIGPIPE, SIG_IGN);
  redis_process redis;
  const auto cache = *make_result_cache(options_for(redis.url()));
  ASSERT_TRUE(cache->keep("key", "answer"));
  redis.kill();
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(cache->find("key").error().code, error_code::storage_unavailable);
    EXPECT_EQ(cache->keep("key", "answer").error().code, error_code::storage_unavailable);
  }
  redis.start();
  EXPECT_EQ(*cache->find("key"), std::nullopt) << "its memory went with it";
  ASSERT_TRUE(cache->keep("key", "answer"));
  EXPECT_EQ(**cache->find("key"), "answer");
}

TEST(redis_result_cache, takes_no_late_reply_for_that_of_another_call) {
  redis_process redis;
  auto options = options_for(redis.url());
  options.call_timeout = std::chrono::milliseconds{50};
  const auto cache = *make_result_cache(options);
  const auto patient = *make_result_cache(options_for(redis.url()));
  ASSERT_TRUE(patient->keep("first", "the first"));
  ASSERT_TRUE(patient->keep("second", "the second"));
  redis.pause();
  EXPECT_EQ(cache->find("first").error().code, error_code::storage_unavailable);
  redis.resume();
  ASSERT_TRUE(patient->find("first")) << "it answers again";
  for (int i = 0; i < 100; ++i)
    if (const auto found = cache->find("second")) {
      EXPECT_EQ(**found, "the second");
      return;
    }
  FAIL() << "it never answered";
}

TEST(redis_result_cache, says_that_a_full_redis_takes_nothing_and_still_reads) {
  redis_process redis{{"--maxmemory", "3mb", "--maxmemory-policy", "noeviction"}};
  const auto cache = *make_result_cache(options_for(redis.url()));
  ASSERT_TRUE(cache->keep("key", "answer"));
  std::mt19937 chance{1};
  result<void> kept{};
  for (int i = 0; i < 100 && kept; ++i) {
    bytes filling(200'000, '\0');
    for (auto& each : filling)
      each = static_cast<char>(chance());
    kept = cache->keep("filling " + std::to_string(i), filling);
  }
  ASSERT_FALSE(kept);
  EXPECT_EQ(kept.error().code, error_code::too_many_requests);
  EXPECT_EQ(**cache->find("key"), "answer");
}

TEST(redis_result_cache, gives_names_a_time_to_live_and_needs_the_password) {
  redis_process redis{{"--requirepass", "let me in"}};
  const auto cache = *make_result_cache(options_for("redis://:let%20me%20in@127.0.0.1:" + std::to_string(redis.port()) + "/2"));
  ASSERT_TRUE(cache->keep("key", "answer"));
  EXPECT_EQ(**cache->find("key"), "answer");
  const auto stranger = *make_result_cache(options_for(redis.url()));
  EXPECT_EQ(stranger->find("key").error().code, error_code::storage_unavailable);
  auto options = options_for("redis://:let%20me%20in@127.0.0.1:" + std::to_string(redis.port()));
  options.kept_for = std::chrono::seconds{1};
  const auto brief = *make_result_cache(options);
  EXPECT_EQ(*brief->find("key"), std::nullopt) << "another database";
  ASSERT_TRUE(brief->keep("key", "answer"));
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds{60};
  while (*brief->find("key") && std::chrono::steady_clock::now() < give_up) {
  }
  EXPECT_EQ(*brief->find("key"), std::nullopt);
}

TEST(redis_result_cache, says_that_a_name_of_another_type_is_no_answer) {
  redis_process redis;
  const auto cache = *make_result_cache(options_for(redis.url()));
  store_in_redis(redis, {"LPUSH", result_name("key"), "a", "b"});
  EXPECT_EQ(cache->find("key").error().code, error_code::corrupt_data);
  EXPECT_TRUE(cache->keep("key", "answer"));
  EXPECT_EQ(**cache->find("key"), "answer");
}

} // namespace
} // namespace dotmac
