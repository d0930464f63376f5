#pragma once

/// Calls a node over HTTP, one call at a time, over a kept connection.
///
/// Errors   not_ready where nobody answers (with the address and the reason). An answer of any status is a value.
/// Limits   `call_timeout` per call, about a second once `is_given_up` is set; answer_bytes_max of an answer; http and https.
/// Threads  one per client.

#include "core/describe/json.hpp"
#include "core/result.hpp"

#include <atomic>
#include <chrono>
#include <memory>
#include <string>

namespace dotmac {

inline constexpr std::size_t answer_bytes_max = 256u << 20;

/// What every command is given.
struct connection_options {
  std::string url = "http://127.0.0.1:8000";
  std::string tenant = "default";
  std::string api_key;
  std::chrono::milliseconds call_timeout{60'000};
  const std::atomic<bool>* is_given_up = nullptr; ///< set by another thread: the call under way ends, as if nobody answered; none: never
};

struct http_answer {
  int status = 0;
  json body;      ///< null where it is no JSON, or nested too deep to be a node's
  std::string text;
  int retry_after_seconds = 0; ///< 0: not said
};

class http_client {
public:
  explicit http_client(connection_options options);
  ~http_client();
  http_client(http_client&&) noexcept;

  result<http_answer> get(const std::string& path);
  result<http_answer> post(const std::string& path, const json& body);
  result<http_answer> post_text(const std::string& path, const std::string& body);
  result<http_answer> put(const std::string& path, const json& body);
  result<http_answer> remove(const std::string& path); ///< DELETE

private:
  struct handle;
  result<http_answer> call(const char* method, const std::string& path, const std::string* body);
  connection_options options_;
  std::unique_ptr<handle> handle_;
};

/// `text` as one part of a path, percent-encoded.
std::string path_part(const std::string& text);

/// What an error answer says, for people: its detail, field by field.
std::string explain(const http_answer& answer);

} // namespace dotmac
