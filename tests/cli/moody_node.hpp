#pragma once

/// A server in this process that takes batches of events as a node does, but in a mood: it refuses for now, refuses single rows for now,
/// takes a batch and hangs up without an answer. It knows events by their ids, so what comes again has no effect.
///
/// Threads  one per connection; its functions may be called by any.

#include "core/describe/json.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <map>
#include <mutex>
#include <random>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

namespace dotmac {

class moody_node {
public:
  explicit moody_node(std::uint64_t seed) : chance_{seed}, listener_{::socket(AF_INET, SOCK_STREAM, 0)} {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 16) != 0
        || ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
      throw std::runtime_error{"no port to listen on"};
    port_ = ntohs(address.sin_port);
    accepting_ = std::thread{[this] { accept_all(); }};
  }
  ~moody_node() {
    ::shutdown(listener_, SHUT_RDWR);
    accepting_.join();
    for (auto& each : serving_)
      each.join();
    ::close(listener_);
  }
  moody_node(const moody_node&) = delete;
  moody_node& operator=(const moody_node&) = delete;

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  /// How often each number n was taken.
  std::map<int, int> taken() {
    const std::lock_guard lock{mutex_};
    return taken_;
  }
  int calls() {
    const std::lock_guard lock{mutex_};
    return calls_;
  }

private:
  void accept_all() {
    for (int client = ::accept(listener_, nullptr, nullptr); client >= 0; client = ::accept(listener_, nullptr, nullptr))
      serving_.emplace_back([this, client] {
        serve(client);
        ::close(client);
      });
  }

  /// More of what the client sends; false at its end.
  static bool read_more(int client, std::string& received) {
    char piece[16'384];
    const auto got = ::recv(client, piece, sizeof piece, 0);
    if (got > 0)
      received.append(piece, static_cast<std::size_t>(got));
    return got > 0;
  }

  void serve(int client) {
    const std::string length_name = "Content-Length: ";
    for (std::string received;;) {
      while (received.find("\r\n\r\n") == std::string::npos)
        if (!read_more(client, received))
          return;
      const auto body_at = received.find("\r\n\r\n") + 4;
      const auto size = std::stoul(received.substr(received.find(length_name) + length_name.size()));
      while (received.size() < body_at + size)
        if (!read_more(client, received))
          return;
      const auto answer = answer_to(json::parse(received.substr(body_at, size)));
      received.erase(0, body_at + size);
      if (answer.empty() || ::send(client, answer.data(), answer.size(), MSG_NOSIGNAL) < 0)
        return;
    }
  }

  /// Empty: hang up.
  std::string answer_to(const json& body) {
    const std::lock_guard lock{mutex_};
    ++calls_;
    const auto mood = chance_() % 10;
    if (mood == 0)
      return written("429 Too Many Requests", {{"detail", "busy"}});
    json errors = json::array();
    std::size_t duplicates = 0;
    for (std::size_t i = 0; i < body["events"].size(); ++i) {
      if (mood == 1 && chance_() % 3 == 0) {
        errors.push_back({{"index", i}, {"detail", "later"}, {"code", "storage_unavailable"}});
        continue;
      }
      const auto& event = body["events"][i];
      if (ids_.insert(event["event_id"].get<std::string>()).second)
        ++taken_[event["properties"]["n"].get<int>()];
      else
        ++duplicates;
    }
    if (mood == 2)
      return {};
    const auto count = body["events"].size() - errors.size();
    return written("200 OK", {{"success_count", count}, {"duplicates", duplicates}, {"errors", std::move(errors)}});
  }

  static std::string written(const std::string& status, const json& body) {
    const auto text = body.dump();
    return "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(text.size()) + "\r\n\r\n" + text;
  }

  std::mutex mutex_;
  std::mt19937_64 chance_;
  std::set<std::string> ids_;
  std::map<int, int> taken_;
  int calls_ = 0;
  int listener_;
  std::uint16_t port_ = 0;
  std::thread accepting_;
  std::vector<std::thread> serving_;
};

} // namespace dotmac
