// Sessions of browsers: what their tokens and cookies prove, which requests may use them, and how the pages are answered.

#include "api/browser_session.hpp"
#include "api/ended_sessions.hpp"
#include "api/page_answer.hpp"
#include "tests/api/gateway_fixture.hpp"

namespace dotmac {
namespace {

constexpr std::string_view session_test_key = "0123456789abcdef0123456789abcdef";
const browser_session of_acme{"acme", "0123", "a1", {test_now.milliseconds + 60'000}};

http_request request_with(std::string method, std::vector<std::pair<std::string, std::string>> headers) {
  http_request request;
  request.method = std::move(method);
  request.headers = std::move(headers);
  return request;
}

TEST(browser_session, says_which_key_signed_in_until_it_ends) {
  const auto own_secret = session_secret_of(session_test_key);
  const auto token = write_session(of_acme, own_secret);
  const auto read = read_session(token, own_secret, test_now);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->tenant, "acme");
  EXPECT_EQ(read->key_id, "0123");
  EXPECT_EQ(read->session_id, "a1");
  EXPECT_EQ(read->ends_at.milliseconds, of_acme.ends_at.milliseconds);
  EXPECT_TRUE(read_session(token, own_secret, {of_acme.ends_at.milliseconds - 1}));
  EXPECT_FALSE(read_session(token, own_secret, of_acme.ends_at));
}

TEST(browser_session, is_refused_with_another_signature_and_is_no_token_nor_a_token_a_session) {
  const auto own_secret = session_secret_of(session_test_key);
  const auto token = write_session(of_acme, own_secret);
  EXPECT_FALSE(verify_token(token, session_test_key, test_now));
  EXPECT_FALSE(read_session(make_token({"acme", "0123.a1", {access_scope::admin}}, session_test_key, of_acme.ends_at), own_secret, test_now));
  EXPECT_FALSE(read_session(make_token({std::nullopt, "0123.a1", {}}, own_secret, of_acme.ends_at), own_secret, test_now)) << "for every tenant";
  EXPECT_FALSE(read_session(make_token({"../etc", "0123.a1", {}}, own_secret, of_acme.ends_at), own_secret, test_now));
  for (std::size_t i = 0; i < token.size(); i += 7) {
    auto spoiled = token;
    spoiled[i] = spoiled[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(read_session(spoiled, own_secret, test_now)) << i;
  }
  EXPECT_NE(session_secret_of(""), session_secret_of("")) << "without a SECRET_KEY a node's own";
  EXPECT_EQ(own_secret, session_secret_of(session_test_key)) << "of a cluster's nodes the same";
}

TEST(browser_session, is_found_among_other_cookies) {
  const auto token_in_cookies = [](std::string text) { return std::string{session_token_in(request_with("GET", {{"cookie", std::move(text)}}))}; };
  EXPECT_EQ(token_in_cookies("dotmac_session=a.b.c"), "a.b.c");
  EXPECT_EQ(token_in_cookies("x=1; dotmac_session=a.b.c ; y=2"), "a.b.c");
  for (const auto* none : {"", "dotmac_session", "dotmac_session=", "my_dotmac_session=a", "dotmac_session2=a", "x=dotmac_session=a", ";;=;"})
    EXPECT_EQ(token_in_cookies(none), "") << none;
  EXPECT_EQ(session_token_in(request_with("GET", {{"cookie", "x=1"}, {"cookie", "dotmac_session=a"}})), "a");
}

TEST(browser_session, has_a_cookie_for_this_site_and_over_tls_for_tls_alone) {
  EXPECT_EQ(session_cookie("a.b.c", request_with("POST", {})), "dotmac_session=a.b.c; Path=/; HttpOnly; SameSite=Strict; Max-Age=43200");
  EXPECT_EQ(session_cookie("", request_with("DELETE", {})), "dotmac_session=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0");
  EXPECT_TRUE(session_cookie("a", request_with("POST", {{"origin", "https://noc.example"}})).ends_with("; Secure"));
  EXPECT_TRUE(session_cookie("a", request_with("POST", {{"x-forwarded-proto", "https"}})).ends_with("; Secure"));
  EXPECT_FALSE(session_cookie("a", request_with("POST", {{"origin", "http://noc.example"}, {"x-forwarded-proto", "http"}})).ends_with("; Secure"));
}

TEST(browser_session, is_for_pages_of_this_node_alone) {
  const std::pair<std::string, std::string> host{"host", "noc.example:8000"}, own{"origin", "http://noc.example:8000"}, header{"x-requested-with", "dotmac-analytics"};
  for (const auto* method : {"GET", "HEAD"}) {
    EXPECT_TRUE(check_page(request_with(method, {host}))) << method;
    EXPECT_TRUE(check_page(request_with(method, {host, own}))) << method;
  }
  for (const auto* method : {"POST", "PUT", "DELETE", "PATCH"}) {
    EXPECT_TRUE(check_page(request_with(method, {host, own, header}))) << method;
    EXPECT_TRUE(check_page(request_with(method, {host, header}))) << method;
    EXPECT_EQ(check_page(request_with(method, {host, own})).error().field, "X-Requested-With") << method;
    EXPECT_FALSE(check_page(request_with(method, {host, own, {"x-requested-with", "XMLHttpRequest"}}))) << method;
  }
  for (const auto* origin : {"http://evil.example", "http://noc.example", "http://noc.example:8001", "http://noc.example:8000.evil.example", "null", "ftp://noc.example:8000"})
    for (const auto* method : {"GET", "POST"})
      EXPECT_EQ(check_page(request_with(method, {host, {"origin", origin}, header})).error().field, "Origin") << method << " " << origin;
}

class session_gateway_test : public gateway_test {
protected:
  void SetUp() override { context = {true, "Europe/Berlin", {key.record}, {}}; }
  void start_closed(std::vector<std::string> cors_origins = {}) {
    gateway_options options;
    options.secret_key = session_test_key;
    options.cors_origins = std::move(cors_origins);
    start(std::move(options));
  }
  test_response sign_in(const std::string& text, std::string_view headers = {}) { return call("POST", "/session", json{{"api_key", text}}.dump(), headers); }
  std::string cookie_of(const test_response& answer) {
    const auto set = answer.header("Set-Cookie");
    return "Cookie: " + set.substr(0, set.find(';')) + "\r\n";
  }
  const made_api_key key = make_api_key("acme", "k", {access_scope::read, access_scope::ingest}, test_now);
};

TEST_F(session_gateway_test, signs_in_tells_of_it_and_signs_out) {
  start_closed();
  const auto nobody = call("GET", "/session");
  EXPECT_EQ(nobody.status, 200);
  EXPECT_TRUE(nobody.document()["tenant_id"].is_null());
  const auto answer = sign_in(key.text);
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.header("Cache-Control"), "no-store");
  EXPECT_EQ(answer.document(), (json{{"tenant_id", "acme"}, {"timezone", "Europe/Berlin"}, {"scopes", {"read", "ingest"}}, {"signed_in", true}, {"ends_at", "2026-01-01T12:00:00Z"}}));
  const auto cookie = cookie_of(answer);
  EXPECT_EQ(call("GET", "/session", {}, cookie).document(), answer.document());
  EXPECT_EQ(call("GET", "/session", {}, "X-API-Key: " + key.text + "\r\n").document()["signed_in"], false);
  EXPECT_EQ(call("GET", "/events/stats", {}, cookie).status, 200);
  EXPECT_EQ(call("GET", "/admin/api-keys", {}, cookie).status, 403) << "beyond the key's scopes";
  EXPECT_EQ(call("POST", "/events/track", one_event, cookie).status, 403);
  EXPECT_EQ(call("POST", "/events/track", one_event, cookie + "X-Requested-With: dotmac-analytics\r\n").status, 200);
  const auto left = call("DELETE", "/session", {}, cookie + "X-Requested-With: dotmac-analytics\r\n");
  EXPECT_EQ(left.status, 200);
  EXPECT_NE(left.header("Set-Cookie").find("Max-Age=0"), std::string::npos);
}

TEST_F(session_gateway_test, takes_no_copy_of_a_cookie_that_was_signed_out_of) {
  start_closed();
  const auto gone = cookie_of(sign_in(key.text)), kept = cookie_of(sign_in(key.text));
  ASSERT_NE(gone, kept) << "two sign-ins of one key at the same time";
  ASSERT_EQ(call("GET", "/events/stats", {}, gone).status, 200);
  EXPECT_EQ(call("DELETE", "/session", {}, gone).status, 403) << "not from a page of the node";
  ASSERT_EQ(call("GET", "/events/stats", {}, gone).status, 200);
  ASSERT_EQ(call("DELETE", "/session", {}, gone + "X-Requested-With: dotmac-analytics\r\n").status, 200);
  EXPECT_EQ(call("GET", "/events/stats", {}, gone).status, 401);
  EXPECT_EQ(call("GET", "/events/stats", {}, kept).status, 200);
}

TEST(ended_sessions, keep_those_that_end_last_and_none_that_is_over) {
  ended_sessions ended;
  const auto session = [](std::size_t number) { return browser_session{"acme", "0123", "s" + std::to_string(number), {test_now.milliseconds + static_cast<std::int64_t>(number)}}; };
  for (std::size_t i = 1; i <= ended_sessions::kept_max; ++i)
    ended.add(session(i), test_now);
  EXPECT_TRUE(ended.contains(session(1)));
  ended.add(session(ended_sessions::kept_max + 1), test_now);
  EXPECT_FALSE(ended.contains(session(1))) << "the limit is reached";
  EXPECT_TRUE(ended.contains(session(2)));
  ended.add(session(ended_sessions::kept_max + 2), {test_now.milliseconds + 5'000});
  EXPECT_FALSE(ended.contains(session(5'000)));
  EXPECT_TRUE(ended.contains(session(5'001)));
  EXPECT_FALSE(ended.contains({"acme", "0123", "other", session(5'001).ends_at}));
}

TEST_F(session_gateway_test, ends_with_its_key) {
  start_closed();
  const auto cookie = cookie_of(sign_in(key.text));
  ASSERT_EQ(call("GET", "/events/stats", {}, cookie).status, 200);
  context.api_keys.clear();
  const auto admin = "Authorization: Bearer " + make_token({"acme", "root", {access_scope::admin}}, session_test_key, {test_now.milliseconds + 60'000}) + "\r\n";
  ASSERT_EQ(call("DELETE", "/admin/api-keys/" + key.record.key_id, {}, admin).status, 200);
  const auto refused = call("GET", "/events/stats", {}, cookie);
  EXPECT_EQ(refused.status, 401);
  EXPECT_NE(refused.body.find("revoked"), std::string::npos);
  EXPECT_EQ(call("GET", "/session", {}, cookie).status, 401);
}

TEST_F(session_gateway_test, lets_in_no_page_of_another_origin_also_where_its_calls_are_allowed) {
  start_closed({"https://noc.example"});
  const auto cookie = cookie_of(sign_in(key.text));
  for (const auto* origin : {"Origin: https://noc.example\r\n", "Origin: https://evil.example\r\n"}) {
    EXPECT_EQ(call("GET", "/events/stats", {}, cookie + origin).status, 403) << origin;
    EXPECT_EQ(call("GET", "/events/live", {}, cookie + origin + "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n").status, 403)
        << origin;
    EXPECT_EQ(sign_in(key.text, origin).status, 403) << origin;
  }
  EXPECT_EQ(sign_in(key.text, "Origin: http://test\r\n").status, 200);
}

TEST_F(session_gateway_test, takes_only_short_bodies_of_strangers) {
  start_closed();
  EXPECT_EQ(sign_in("dma.acme.0123.wrong").status, 401);
  EXPECT_EQ(sign_in("dma.acme." + key.record.key_id + ".0011").status, 401) << "a known key's id alone";
  EXPECT_EQ(sign_in("nonsense").status, 401);
  EXPECT_EQ(sign_in(std::string(201, 'x')).status, 422);
  EXPECT_EQ(call("POST", "/session", R"({"api_key":7})").status, 422);
  EXPECT_EQ(call("POST", "/session", "{").status, 400);
  const auto refused = call("POST", "/session", std::string(8'193, ' '));
  EXPECT_EQ(refused.status, 413);
  EXPECT_NE(refused.body.find("8192"), std::string::npos);
  EXPECT_EQ(sign_in(key.text).status, 200);
}

TEST(page_answer, takes_gzip_from_who_offers_it) {
  for (const auto* wanted : {"gzip", "deflate, gzip;q=1.0, *;q=0.5", "GZIP", "x-gzip", "*", "br, *;q=0.1", "gzip; q=0.001"})
    EXPECT_TRUE(accepts_gzip(wanted)) << wanted;
  for (const auto* refused : {"", "identity", "br", "gzip;q=0", "gzip; Q=0.0, *", "*;q=0", "gzipped"})
    EXPECT_FALSE(accepts_gzip(refused)) << refused;
}

TEST_F(gateway_test, answers_every_path_of_pages_with_the_document_and_its_files_for_good) {
  start();
  const auto document = call("GET", "/");
  ASSERT_EQ(document.status, 200);
  EXPECT_EQ(document.header("Content-Type"), "text/html; charset=utf-8");
  EXPECT_EQ(document.header("Cache-Control"), "no-cache");
  EXPECT_EQ(document.header("X-Content-Type-Options"), "nosniff");
  EXPECT_TRUE(document.header("Content-Security-Policy").starts_with("default-src 'none'; script-src 'self';"));
  for (const auto* path : {"/app", "/app/", "/app/explore", "/app/a/b/c?x=1"})
    EXPECT_EQ(call("GET", path).body, document.body) << path;
  for (const auto* path : {"/assets", "/assets/", "/assets/nothing.js", "/api/v1", "/api/v1/app", "/assets/..%2Fapp", "/apple"})
    EXPECT_EQ(call("GET", path).status, 404) << path;
  EXPECT_EQ(call("POST", "/").header("Allow"), "GET, HEAD, OPTIONS");
  const auto gzipped = call("GET", "/", {}, "Accept-Encoding: gzip\r\n");
  EXPECT_EQ(gzipped.header("Content-Encoding"), "gzip");
  EXPECT_LT(gzipped.body.size(), document.body.size());
  EXPECT_NE(gzipped.header("ETag"), document.header("ETag"));
  for (const auto& [answer, encoding] : {std::pair{&document, ""}, std::pair{&gzipped, "Accept-Encoding: gzip\r\n"}}) {
    const auto again = call("GET", "/", {}, "If-None-Match: \"other\", W/" + answer->header("ETag") + "\r\n" + encoding);
    EXPECT_EQ(again.status, 304);
    EXPECT_EQ(again.header("Content-Length"), "");
    EXPECT_EQ(again.header("ETag"), answer->header("ETag"));
  }
  const auto head = call("HEAD", "/");
  EXPECT_EQ(head.header("Content-Length"), std::to_string(document.body.size()));
  for (const auto& file : page_files().subspan(1)) {
    const auto path = "/assets/" + std::string{file.name};
    EXPECT_TRUE(file.name.ends_with(".js") ? document.body.find(path) != std::string::npos : true) << path << " is asked for with the document";
    const auto plain = call("GET", path);
    EXPECT_EQ(plain.body.size(), file.plain_size) << path;
    EXPECT_EQ(sha256_of(plain.body).substr(0, 16), file.hash) << path;
    EXPECT_EQ(plain.header("Cache-Control"), "public, max-age=31536000, immutable");
    EXPECT_EQ(plain.body.find("eval("), std::string::npos) << path << " would need what the policy forbids";
  }
}

} // namespace
} // namespace dotmac
