#pragma once

/// A loopback proxy that loses answers and cuts connections, as networks do.

#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

namespace dotmac {

class cutting_proxy {
public:
  explicit cutting_proxy(int server_port);
  ~cutting_proxy();
  cutting_proxy(const cutting_proxy&) = delete;
  cutting_proxy& operator=(const cutting_proxy&) = delete;

  int port() const noexcept { return port_; }
  /// From now on what the server answers on the connections that exist is thrown away.
  void lose_answers();
  /// Ends all connections towards the client only: the server does not learn of it and goes on.
  void cut_clients();

private:
  struct relayed {
    int client;
    int server;
    bool loses_answers;
  };
  void run();
  void accept_one();
  static bool forward(int from, int to);

  int listener_;
  int server_port_;
  int port_ = 0;
  std::atomic<bool> is_stopping_{false};
  std::mutex mutex_;
  std::vector<relayed> links_;
  std::thread worker_;
};

} // namespace dotmac
