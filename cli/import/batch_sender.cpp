#include "cli/import/batch_sender.hpp"

#include "cli/json_member.hpp"

#include <algorithm>
#include <thread>

namespace dotmac {
namespace {

using namespace std::chrono_literals;
constexpr auto first_pause = 100ms;
constexpr auto longest_pause = 5'000ms;

bool is_retryable_code(const std::string& name) {
  return std::any_of(error_table.begin(), error_table.end(), [&](const auto& each) { return each.name == name && each.retryable; });
}

failure stopped() { return {error_code::cancelled, "interrupted", {}}; }

} // namespace

bool batch_sender::pause(std::chrono::milliseconds time) const {
  const auto until = std::chrono::steady_clock::now() + time;
  while (!stop_ && std::chrono::steady_clock::now() < until)
    std::this_thread::sleep_for(20ms);
  return !stop_;
}

result<http_answer> batch_sender::post_with_patience(const std::string& body) {
  const auto give_up_at = std::chrono::steady_clock::now() + retry_for_;
  auto wait = std::chrono::milliseconds{first_pause};
  for (;;) {
    auto answer = client_.post_text(is_values_ ? "/metrics/values" : "/events/track/batch", body);
    if (answer && answer->status != 429 && answer->status != 503)
      return answer;
    if (stop_)
      return stopped();
    const auto asked = answer ? std::chrono::milliseconds{std::chrono::seconds{answer->retry_after_seconds}} : 0ms;
    const auto jittered = wait / 2 + std::chrono::milliseconds{static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(wait.count()))};
    const auto time = std::min<std::chrono::milliseconds>(std::max(asked, jittered), 30s);
    if (std::chrono::steady_clock::now() + time > give_up_at)
      return answer ? result<http_answer>{failure{error_code::not_ready, "the node still refuses (" + explain(*answer) + ")", {}}} : answer;
    if (!pause(time))
      return stopped();
    wait = std::min<std::chrono::milliseconds>(wait * 2, longest_pause);
  }
}

result<void> batch_sender::send_part(const std::vector<json>& items, places part, sent_items& into) {
  auto give_up_at = std::chrono::steady_clock::now() + retry_for_;
  while (!part.empty()) {
    std::string body = is_values_ ? "{\"values\":[" : "{\"events\":[";
    for (const auto at : part)
      body += (at == part.front() ? "" : ",") + written_json(items[at]);
    auto answer = post_with_patience(body + "]}");
    if (!answer)
      return answer.error();
    if (answer->status == 400 || answer->status == 413 || answer->status == 422)
      return send_halves(items, part, *answer, into);
    if (answer->status != 200)
      return failure{error_code::malformed_request, explain(*answer), {}};
    auto again = take_answer(part, answer->body, into);
    if (!again)
      return again.error();
    if (again->places.size() < part.size())
      give_up_at = std::chrono::steady_clock::now() + retry_for_;
    else if (std::chrono::steady_clock::now() > give_up_at)
      return failure{error_code::not_ready, "the node still refuses (" + again->reason + ")", {}};
    part = std::move(again->places);
    if (!part.empty() && !pause(first_pause))
      return stopped();
  }
  return {};
}

result<void> batch_sender::send_halves(const std::vector<json>& items, const places& part, const http_answer& refusal, sent_items& into) {
  if (part.size() == 1) {
    into.refused.emplace_back(part.front(), explain(refusal));
    return {};
  }
  const auto middle = part.begin() + static_cast<std::ptrdiff_t>(part.size() / 2);
  if (auto sent = send_part(items, {part.begin(), middle}, into); !sent)
    return sent;
  return send_part(items, {middle, part.end()}, into);
}

result<batch_sender::remaining> batch_sender::take_answer(const places& part, const json& body, sent_items& into) const {
  remaining again;
  std::vector<bool> is_named(part.size());
  std::size_t named = 0;
  for (const auto& each : list_member(body, "errors")) {
    const auto at = count_member(each, "index").value_or(part.size());
    if (at >= part.size() || is_named[at])
      break;
    is_named[at] = true;
    ++named;
    if (is_retryable_code(text_member(each, "code"))) {
      again.places.push_back(part[at]);
      again.reason = text_member(each, "detail");
    } else {
      into.refused.emplace_back(part[at], text_member(each, "detail"));
    }
  }
  std::uint64_t duplicates = count_member(body, "duplicates").value_or(0);
  std::uint64_t conflicts = 0;
  const auto note_conflict = [&](std::size_t at) {
    if (at >= part.size() || is_named[at])
      return;
    is_named[at] = true;
    ++conflicts;
    into.refused.emplace_back(part[at], "its id was here before with other content: the first stays");
  };
  for (const auto& at : list_member(member(body, "conflicts"), "indexes"))
    note_conflict(at.is_number_unsigned() ? at.get<std::size_t>() : part.size());
  std::size_t at = 0; // values stand in the order of the request, without those that have an error
  for (const auto& each : list_member(body, "values")) {
    while (at < part.size() && is_named[at])
      ++at;
    duplicates += text_member(each, "status") == "duplicate";
    if (text_member(each, "status") == "conflicting")
      note_conflict(at);
    ++at;
  }
  const auto taken = count_member(body, "success_count");
  if (!taken || named != list_member(body, "errors").size() || *taken + named != part.size() || duplicates + conflicts > *taken)
    return failure{error_code::internal_error, "the answer does not tell of each of the " + std::to_string(part.size()) + " rows sent: is this a node of DotMac Analytics?", {}};
  into.duplicates += duplicates;
  into.accepted += *taken - duplicates - conflicts;
  return again;
}

result<sent_items> batch_sender::send(const std::vector<json>& items) {
  sent_items into;
  places all(items.size());
  for (std::size_t i = 0; i < all.size(); ++i)
    all[i] = i;
  if (auto sent = send_part(items, all, into); !sent)
    return sent.error();
  return into;
}

} // namespace dotmac
