#include "runtime/actor/answer_cache.hpp"

namespace dotmac {

std::shared_ptr<const bytes> answer_cache::find(bytes_view key) {
  const std::lock_guard lock{mutex_};
  auto found = held_.find(key);
  ++(found ? counted_.hits : counted_.misses);
  return found;
}

void answer_cache::keep(bytes_view key, bytes answer) {
  auto shared = std::make_shared<const bytes>(std::move(answer));
  const std::lock_guard lock{mutex_};
  if (!held_.keep(key, std::move(shared)))
    ++counted_.too_large;
}

answer_cache::figures answer_cache::read_figures() const {
  const std::lock_guard lock{mutex_};
  auto out = counted_;
  out.evicted = held_.evicted();
  out.bytes = held_.bytes_held();
  out.answers = held_.count();
  return out;
}

} // namespace dotmac
