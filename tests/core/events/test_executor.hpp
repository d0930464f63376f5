#pragma once

/// Threads for one question, as the node's workers lend them.

#include "core/events/scan_context.hpp"

#include <algorithm>
#include <thread>
#include <vector>

namespace dotmac {

class test_executor final : public scan_executor {
public:
  explicit test_executor(std::size_t width) : width_{width} {}
  std::size_t width() const noexcept override { return width_; }
  void run(std::size_t threads_max, const std::function<void(std::size_t)>& work) override {
    std::vector<std::thread> others;
    for (std::size_t i = 1; i < std::min(width_, threads_max); ++i)
      others.emplace_back([&work, i] { work(i); });
    work(0);
    for (auto& each : others)
      each.join();
  }

private:
  const std::size_t width_;
};

} // namespace dotmac
