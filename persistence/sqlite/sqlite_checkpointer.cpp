#include "persistence/sqlite/sqlite_checkpointer.hpp"

#include "persistence/failure_texts.hpp"

#include <pthread.h>

namespace dotmac {

sqlite_checkpointer::sqlite_checkpointer(std::string path, std::chrono::milliseconds busy_timeout, std::shared_ptr<sqlite_turns> turns)
    : path_{std::move(path)}, busy_timeout_{busy_timeout}, turns_{std::move(turns)}, thread_{[this] { work(); }} {}

sqlite_checkpointer::~sqlite_checkpointer() {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void sqlite_checkpointer::wake() {
  {
    const std::lock_guard lock{mutex_};
    is_wanted_ = true;
  }
  wake_.notify_one();
}

result<void> sqlite_checkpointer::outcome() const {
  const std::lock_guard lock{mutex_};
  if (failure_)
    return *failure_;
  return {};
}

void sqlite_checkpointer::work() {
  ::pthread_setname_np(::pthread_self(), "checkpoints");
  std::unique_lock lock{mutex_};
  for (;;) {
    wake_.wait(lock, [this] { return stopping_ || is_wanted_; });
    if (stopping_)
      return give_back_free_pages();
    is_wanted_ = false;
    lock.unlock();
    const auto copied = copy();
    lock.lock();
    failure_ = copied ? std::nullopt : std::optional{copied.error()};
  }
}

void sqlite_checkpointer::give_back_free_pages() {
  if (session_ && turns_->take(sqlite_turns::kind::patient, busy_timeout_)) {
    static_cast<void>(session_->give_back_free_pages(free_pages_given_back_max)); // they stay free
    turns_->end();
  }
}

result<void> sqlite_checkpointer::copy() {
  if (!session_) {
    auto opened = sqlite_session::open(path_, busy_timeout_, missing_file::fails);
    if (!opened)
      return opened.error();
    session_ = *std::move(opened);
  }
  auto copied = session_->copy_log();
  // Writers that never pause would make the log ever longer: it begins anew only where all of it is copied.
  if (copied && turns_->take(sqlite_turns::kind::patient, busy_timeout_)) {
    copied = session_->copy_log();
    turns_->end();
  }
  if (!copied)
    session_.reset();
  return copied;
}

} // namespace dotmac
