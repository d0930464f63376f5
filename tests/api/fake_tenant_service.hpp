#pragma once

/// A tenant_service that answers on a thread of its own from what a test tells it, and keeps what it was asked.

#include "actors/protocol/tenant_service.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

namespace dotmac {

class fake_tenant_service : public tenant_service {
public:
  struct asked {
    std::string tenant;
    tenant_call call;
    cancellation_flag cancellation;
    std::chrono::steady_clock::time_point deadline;
  };
  using answers = std::function<result<tenant_answer>(const asked&)>;

  /// `before_asking` runs in each `ask` and may throw.
  explicit fake_tenant_service(answers answer, std::function<void()> before_asking = [] {})
      : answer_{std::move(answer)}, before_asking_{std::move(before_asking)}, thread_{[this] { run(); }} {}
  ~fake_tenant_service() override {
    {
      const std::lock_guard lock{mutex_};
      stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

  void ask(call_options options, tenant_call call, std::function<void(result<tenant_answer>)> on_answer) override {
    before_asking_();
    {
      const std::lock_guard lock{mutex_};
      waiting_.push_back({{options.tenant, std::move(call), options.cancellation, options.deadline}, std::move(on_answer)});
    }
    changed_.notify_all();
  }

  /// While held, calls wait unanswered.
  void hold(bool held) {
    {
      const std::lock_guard lock{mutex_};
      held_ = held;
    }
    changed_.notify_all();
  }
  std::vector<asked> calls() {
    const std::lock_guard lock{mutex_};
    return calls_;
  }

private:
  struct item {
    asked what;
    std::function<void(result<tenant_answer>)> on_answer;
  };
  void run() {
    std::unique_lock lock{mutex_};
    for (;;) {
      changed_.wait(lock, [&] { return stopping_ || (!held_ && !waiting_.empty()); });
      if (stopping_)
        return;
      auto next = std::move(waiting_.front());
      waiting_.pop_front();
      calls_.push_back(next.what);
      lock.unlock();
      next.on_answer(answer_(next.what));
      lock.lock();
    }
  }

  answers answer_;
  std::function<void()> before_asking_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<item> waiting_;
  std::vector<asked> calls_;
  bool held_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

} // namespace dotmac
