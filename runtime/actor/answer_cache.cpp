#include "runtime/actor/answer_cache.hpp"

namespace dotmac {

std::shared_ptr<const bytes> answer_cache::find(bytes_view key) {
  if (auto found = find_here(key))
    return found;
  auto found = shared_ ? shared_->find(key) : nullptr;
  if (found)
    keep_here(key, found);
  const std::lock_guard lock{mutex_};
  counted_.misses += !found;
  return found;
}

void answer_cache::keep(bytes_view key, bytes answer) {
  auto whole = std::make_shared<const bytes>(std::move(answer));
  keep_here(key, whole);
  if (shared_)
    shared_->keep(key, std::move(whole));
}

std::shared_ptr<const bytes> answer_cache::find_here(bytes_view key) {
  const std::lock_guard lock{mutex_};
  auto found = held_.find(key);
  counted_.hits += found != nullptr;
  return found;
}

void answer_cache::keep_here(bytes_view key, std::shared_ptr<const bytes> answer) {
  const std::lock_guard lock{mutex_};
  counted_.too_large += !held_.keep(key, std::move(answer));
}

answer_cache::figures answer_cache::read_figures() const {
  auto shared = shared_ ? std::optional{shared_->read_figures()} : std::nullopt;
  const std::lock_guard lock{mutex_};
  auto out = counted_;
  out.evicted = held_.evicted();
  out.bytes = held_.bytes_held();
  out.answers = held_.count();
  out.shared = std::move(shared);
  return out;
}

} // namespace dotmac
