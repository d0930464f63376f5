#pragma once

/// A Redis of a test's own: on a free port of this machine, in a temporary folder that goes with it.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace dotmac {

class redis_process {
public:
  /// Throws where there is no redis-server, or it does not start.
  explicit redis_process(std::vector<std::string> options = {});
  ~redis_process();
  redis_process(const redis_process&) = delete;
  redis_process& operator=(const redis_process&) = delete;

  std::string url() const { return "redis://127.0.0.1:" + std::to_string(port_); }
  std::uint16_t port() const noexcept { return port_; }
  void start();
  void kill();
  void pause();  ///< it keeps its connections and answers nothing
  void resume();

private:
  const std::vector<std::string> options_;
  std::filesystem::path folder_;
  std::uint16_t port_ = 0;
  int process_ = 0;
};

} // namespace dotmac
