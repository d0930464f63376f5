#include "cli/http_client.hpp"

#include "cli/json_member.hpp"

#include <curl/curl.h>

#include <cstdlib>

namespace dotmac {
namespace {

struct reply {
  std::string body;
  int retry_after = 0;
};

std::size_t take_body(char* data, std::size_t size, std::size_t count, void* into) {
  auto& body = static_cast<reply*>(into)->body;
  if (body.size() + size * count > answer_bytes_max)
    return 0; // ends the transfer
  body.append(data, size * count);
  return size * count;
}

std::size_t take_header(char* data, std::size_t size, std::size_t count, void* into) {
  std::string line{data, size * count};
  for (auto& c : line)
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  if (constexpr std::string_view name = "retry-after:"; line.starts_with(name))
    static_cast<reply*>(into)->retry_after = std::atoi(line.c_str() + name.size());
  return size * count;
}

/// Ends the transfer where it is not zero.
int is_given_up(void* flag, curl_off_t, curl_off_t, curl_off_t, curl_off_t) { return static_cast<const std::atomic<bool>*>(flag)->load() ? 1 : 0; }

struct curl_library {
  curl_library() { curl_global_init(CURL_GLOBAL_DEFAULT); }
  ~curl_library() { curl_global_cleanup(); }
};

} // namespace

struct http_client::handle {
  CURL* curl = nullptr;
  curl_slist* headers = nullptr;
  ~handle() {
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
  }
};

http_client::http_client(connection_options options) : options_{std::move(options)}, handle_{std::make_unique<handle>()} {
  static const curl_library library;
  handle_->curl = curl_easy_init();
  const auto add = [&](const std::string& line) { handle_->headers = curl_slist_append(handle_->headers, line.c_str()); };
  add("Content-Type: application/json");
  add("Expect:");
  if (!options_.tenant.empty())
    add("X-Tenant-ID: " + options_.tenant);
  if (!options_.api_key.empty())
    add("X-API-Key: " + options_.api_key);
}

http_client::~http_client() = default;
http_client::http_client(http_client&&) noexcept = default;

result<http_answer> http_client::get(const std::string& path) { return call("GET", path, nullptr); }
result<http_answer> http_client::post(const std::string& path, const json& body) { return post_text(path, written_json(body)); }
result<http_answer> http_client::post_text(const std::string& path, const std::string& body) { return call("POST", path, &body); }
result<http_answer> http_client::put(const std::string& path, const json& body) {
  const auto text = written_json(body);
  return call("PUT", path, &text);
}
result<http_answer> http_client::remove(const std::string& path) { return call("DELETE", path, nullptr); }

result<http_answer> http_client::call(const char* method, const std::string& path, const std::string* body) {
  auto* curl = handle_->curl;
  if (curl == nullptr)
    return failure{error_code::internal_error, "no HTTP client could be made", {}};
  reply received;
  const auto url = options_.url + path;
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L); // a metric may be named ".."
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(options_.call_timeout.count()));
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, handle_->headers);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &received);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &received);
  if (options_.is_given_up != nullptr) {
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, is_given_up);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, const_cast<std::atomic<bool>*>(options_.is_given_up)); // read only
  }
  curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
  if (body != nullptr) {
    curl_easy_setopt(curl, CURLOPT_POST, 1L);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body->data());
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body->size()));
  } else {
    curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L);
  }
  const auto outcome = curl_easy_perform(curl);
  if (outcome == CURLE_WRITE_ERROR)
    return failure{error_code::payload_too_large, options_.url + " answers with more than " + std::to_string(answer_bytes_max) + " bytes", {}};
  if (outcome != CURLE_OK)
    return failure{error_code::not_ready, options_.url + " does not answer: " + curl_easy_strerror(outcome), {}};
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  auto body_read = parse_json(received.body);
  return http_answer{static_cast<int>(status), body_read ? std::move(*body_read) : json{}, std::move(received.body), received.retry_after};
}

std::string path_part(const std::string& text) {
  constexpr std::string_view plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~";
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    if (plain.find(c) != plain.npos) {
      out.push_back(c);
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += {'%', digits[byte >> 4], digits[byte & 15]};
  }
  return out;
}

std::string explain(const http_answer& answer) {
  const auto& detail = member(answer.body, "detail");
  if (detail.is_string()) {
    const auto field = text_member(answer.body, "field");
    return (field.empty() ? "" : field + ": ") + detail.get<std::string>();
  }
  std::string text;
  for (const auto& each : list_member(answer.body, "detail")) {
    std::string place;
    for (const auto& part : list_member(each, "loc"))
      if (part != "body")
        place += (place.empty() ? "" : ".") + (part.is_string() ? part.get<std::string>() : part.dump());
    const auto said = each.is_string() ? each.get<std::string>() : text_member(each, "msg");
    text += (text.empty() ? "" : "; ") + (place.empty() ? "" : place + ": ") + said;
  }
  return text.empty() ? "the node answered with status " + std::to_string(answer.status) : text;
}

} // namespace dotmac
