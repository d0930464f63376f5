// A cache shared by nodes that is away, late, full or wrong: it costs a question one short wait, and never its right answer.

#include "persistence/memory/memory_result_cache.hpp"
#include "persistence/result_record.hpp"
#include "runtime/actor/answer_cache.hpp"

#include <gtest/gtest.h>

#include <condition_variable>
#include <thread>

namespace dotmac {
namespace {

using namespace std::chrono_literals;

/// In memory, and as bad as a test wants.
struct moody_cache {
  std::mutex mutex;
  std::condition_variable changed;
  std::optional<failure> finding_fails, keeping_fails;
  bool is_stuck = false;
  int finds = 0, keeps = 0;
  std::shared_ptr<memory_results> stored = std::make_shared<memory_results>();

  void get_stuck(bool stuck) {
    {
      const std::lock_guard lock{mutex};
      is_stuck = stuck;
    }
    changed.notify_all();
  }
  int count(int moody_cache::* which) {
    const std::lock_guard lock{mutex};
    return this->*which;
  }
  void fail(std::optional<failure> finding, std::optional<failure> keeping) {
    const std::lock_guard lock{mutex};
    finding_fails = std::move(finding);
    keeping_fails = std::move(keeping);
  }
};

class moody_session final : public result_cache {
public:
  explicit moody_session(std::shared_ptr<moody_cache> in) : in_{std::move(in)}, memory_{in_->stored} {}
  result<std::optional<bytes>> find(bytes_view key) override {
    std::unique_lock lock{in_->mutex};
    ++in_->finds;
    in_->changed.notify_all();
    in_->changed.wait(lock, [this] { return !in_->is_stuck; });
    if (in_->finding_fails)
      return *in_->finding_fails;
    return memory_.find(key);
  }
  result<void> keep(bytes_view key, bytes_view answer) override {
    std::unique_lock lock{in_->mutex};
    in_->changed.wait(lock, [this] { return !in_->is_stuck; });
    ++in_->keeps;
    in_->changed.notify_all();
    if (in_->keeping_fails)
      return *in_->keeping_fails;
    return memory_.keep(key, answer);
  }

private:
  const std::shared_ptr<moody_cache> in_;
  memory_result_cache memory_;
};

class sharing : public ::testing::Test {
protected:
  std::shared_ptr<shared_answers> share(bytes program = "program", shared_answers_limits limits = patient()) {
    shared_answers::surroundings around;
    around.now = [this] { return now.load(); };
    around.log = [this](const std::string& line) {
      const std::lock_guard lock{lines_mutex};
      lines.push_back(line);
    };
    return std::make_shared<shared_answers>(std::make_unique<moody_session>(moody), std::move(program), limits, around);
  }
  /// So patient that a machine under load is not taken for a cache that is late.
  static shared_answers_limits patient() {
    shared_answers_limits limits;
    limits.find_within = 30s;
    return limits;
  }
  static bytes text(const std::shared_ptr<const bytes>& answer) { return answer ? *answer : "nothing"; }
  void keep_and_wait(shared_answers& in, bytes_view key, const bytes& answer) {
    const auto before = moody->count(&moody_cache::keeps);
    in.keep(key, std::make_shared<const bytes>(answer));
    std::unique_lock lock{moody->mutex};
    ASSERT_TRUE(moody->changed.wait_for(lock, 30s, [&] { return moody->keeps > before; }));
  }

  std::shared_ptr<moody_cache> moody = std::make_shared<moody_cache>();
  std::atomic<shared_answers::clock::time_point> now{shared_answers::clock::time_point{}};
  std::mutex lines_mutex;
  std::vector<std::string> lines;
};

const failure away{error_code::storage_unavailable, "away", {}};

TEST_F(sharing, is_with_nodes_of_the_same_program_only) {
  const auto one = share(), same = share(), other = share("another program");
  keep_and_wait(*one, "key", "answer");
  EXPECT_EQ(text(same->find("key")), "answer");
  EXPECT_EQ(text(other->find("key")), "nothing");
  EXPECT_EQ(text(same->find("another key")), "nothing");
  EXPECT_EQ(same->read_figures().hits, 1u);
  EXPECT_EQ(same->read_figures().misses, 1u);
}

TEST_F(sharing, leaves_a_cache_that_failed_alone_for_a_while) {
  const auto answers = share();
  keep_and_wait(*answers, "key", "answer");
  moody->fail(away, away);
  EXPECT_EQ(text(answers->find("key")), "nothing");
  EXPECT_EQ(moody->count(&moody_cache::finds), 1);
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(text(answers->find("key")), "nothing");
    answers->keep("key", std::make_shared<const bytes>("answer"));
  }
  EXPECT_EQ(moody->count(&moody_cache::finds), 1);
  EXPECT_EQ(moody->count(&moody_cache::keeps), 1);
  EXPECT_EQ(answers->read_figures().not_asked, 10u);
  EXPECT_EQ(answers->read_figures().last_failure, "away");
  now = now.load() + shared_answers_limits{}.pause_after_failure;
  EXPECT_EQ(text(answers->find("key")), "nothing") << "asked, and still away";
  EXPECT_EQ(answers->read_figures().failures, 2u);
  moody->fail({}, {});
  now = now.load() + shared_answers_limits{}.pause_after_failure;
  EXPECT_EQ(text(answers->find("key")), "answer");
  EXPECT_EQ(answers->read_figures().last_failure, "");
  const std::lock_guard lock{lines_mutex};
  EXPECT_EQ(lines.size(), 2u) << "one line when it fails, one when it is back";
}

TEST_F(sharing, waits_for_a_late_cache_once_and_then_asks_it_no_more) {
  auto limits = patient();
  limits.find_within = 1ms;
  const auto answers = share("program", limits);
  moody->get_stuck(true);
  EXPECT_EQ(text(answers->find("key")), "nothing");
  EXPECT_EQ(answers->read_figures().failures, 1u);
  for (int i = 0; i < 1'000; ++i)
    EXPECT_EQ(text(answers->find("key")), "nothing");
  EXPECT_EQ(answers->read_figures().not_asked, 1'000u);
  moody->get_stuck(false);
}

TEST_F(sharing, bounds_what_waits_for_a_stuck_cache) {
  auto limits = patient();
  limits.keep_bytes_waiting_max = 10'000;
  const auto answers = share("program", limits);
  moody->get_stuck(true);
  for (int i = 0; i < 50; ++i)
    answers->keep(std::to_string(i), std::make_shared<const bytes>(1'000, 'a'));
  EXPECT_GE(answers->read_figures().not_shared, 50u - 11u);
  moody->get_stuck(false);
}

TEST_F(sharing, goes_on_finding_where_nothing_more_is_taken) {
  const auto answers = share();
  keep_and_wait(*answers, "key", "answer");
  moody->fail({}, failure{error_code::too_many_requests, "full", {}});
  keep_and_wait(*answers, "more", "answer");
  EXPECT_EQ(text(answers->find("key")), "answer"); // by one thread, so the refusal is known when this is answered
  EXPECT_EQ(answers->read_figures().last_failure, "full");
  answers->keep("still more", std::make_shared<const bytes>("answer"));
  EXPECT_EQ(text(answers->find("key")), "answer");
  EXPECT_EQ(moody->count(&moody_cache::keeps), 2);
  moody->fail({}, {});
  now = now.load() + shared_answers_limits{}.pause_after_failure;
  keep_and_wait(*answers, "more", "answer");
  EXPECT_EQ(text(answers->find("more")), "answer");
  EXPECT_EQ(answers->read_figures().last_failure, "");
}

TEST_F(sharing, takes_garbage_for_nothing_and_goes_on) {
  const auto answers = share("");
  const std::string garbage = "garbage";
  moody->stored->stored[result_name("key")] = garbage;
  EXPECT_EQ(text(answers->find("key")), "nothing");
  EXPECT_EQ(answers->read_figures().damaged, 1u);
  EXPECT_EQ(answers->read_figures().failures, 0u);
  keep_and_wait(*answers, "key", "answer");
  EXPECT_EQ(text(answers->find("key")), "answer");
}

TEST_F(sharing, gives_one_node_the_answers_of_another) {
  answer_cache one{1u << 20, share()}, other{1u << 20, share()};
  const auto before = moody->count(&moody_cache::keeps);
  one.keep("key", "answer");
  {
    std::unique_lock lock{moody->mutex};
    ASSERT_TRUE(moody->changed.wait_for(lock, 30s, [&] { return moody->keeps > before; }));
  }
  EXPECT_EQ(text(other.find("key")), "answer");
  EXPECT_EQ(text(other.find("key")), "answer");
  const auto counted = other.read_figures();
  EXPECT_EQ(counted.hits, 1u) << "the second came from memory";
  EXPECT_EQ(counted.misses, 0u);
  ASSERT_TRUE(counted.shared);
  EXPECT_EQ(counted.shared->hits, 1u);
  EXPECT_EQ(moody->count(&moody_cache::finds), 1);
  EXPECT_EQ(text(one.find("another key")), "nothing");
  EXPECT_EQ(one.read_figures().misses, 1u);
}

} // namespace
} // namespace dotmac
