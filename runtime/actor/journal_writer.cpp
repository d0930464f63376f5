#include "runtime/actor/journal_writer.hpp"

#include <algorithm>

#include <pthread.h>

namespace dotmac {
namespace {

/// Of the store as a whole. Anything else is certain, and may be the fault of one row.
bool is_outage(error_code code) {
  return code == error_code::storage_unavailable || code == error_code::commit_uncertain;
}

} // namespace

journal_writer::journal_writer(std::shared_ptr<store_factory> stores, journal_writer_limits limits, std::function<void(const std::string&)> log)
    : stores_{std::move(stores)}, limits_{limits}, log_{std::move(log)}, thread_{[this] { work(); }} {}

journal_writer::~journal_writer() { stop(); }

void journal_writer::append(journal_row row, shard_claim claim, append_answer answer) {
  const auto size = row.payload.size();
  failure refusal;
  {
    const std::lock_guard lock{mutex_};
    const bool full = !waiting_.has_room_for(row.entity.tenant, limits_.waiting_rows_max)
                      || (!waiting_.empty() && waiting_bytes_ + size > limits_.waiting_bytes_max);
    if (!stopping_ && !full) {
      const auto tenant = row.entity.tenant;
      waiting_.push(tenant, {std::move(row), claim, std::move(answer)});
      waiting_bytes_ += size;
      wake_.notify_one();
      return;
    }
    refusal = stopping_ ? failure{error_code::draining, "the node is stopping", {}}
                        : failure{error_code::too_many_requests,
                                  "the journal has " + std::to_string(waiting_.size()) + " entries waiting (limit "
                                      + std::to_string(limits_.waiting_rows_max) + ")", {}};
  }
  answer(refusal);
}

void journal_writer::resolve(journal_row row, resolve_answer answer) {
  {
    const std::lock_guard lock{mutex_};
    if (!stopping_) {
      questions_.push_back({std::move(row), std::move(answer)});
      wake_.notify_one();
      return;
    }
  }
  answer(failure{error_code::draining, "the node is stopping", {}});
}

std::optional<failure> journal_writer::outage() const {
  const std::lock_guard lock{mutex_};
  return outage_;
}

journal_writer_figures journal_writer::figures() const {
  const std::lock_guard lock{mutex_};
  return figures_;
}

void journal_writer::stop() {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
    wake_.notify_one();
  }
  if (thread_.joinable())
    thread_.join();
}

void journal_writer::work() {
  ::pthread_setname_np(::pthread_self(), "journal");
  for (;;) {
    std::unique_lock lock{mutex_};
    wake_.wait(lock, [this] { return stopping_ || !waiting_.empty() || !questions_.empty(); });
    if (!questions_.empty()) {
      auto question = std::move(questions_.front());
      questions_.pop_front();
      lock.unlock();
      auto opened = session();
      if (!opened) {
        question.answer(opened.error());
        continue;
      }
      question.answer((*opened)->entries().resolve(std::span{&question.row, 1}));
      continue;
    }
    if (waiting_.empty())
      return;
    auto group = take_group();
    lock.unlock();
    commit(std::move(group));
  }
}

std::vector<journal_writer::waiting_row> journal_writer::take_group() {
  std::vector<waiting_row> group;
  std::size_t size = 0;
  while (!waiting_.empty() && group.size() < append_rows_max
         && (group.empty() || size + waiting_.front().row.payload.size() <= limits_.group_bytes_max)) {
    size += waiting_.front().row.payload.size();
    group.push_back(waiting_.pop());
  }
  waiting_bytes_ -= size;
  return group;
}

void journal_writer::commit(std::vector<waiting_row> group) {
  auto outcome = append_to_store(group);
  if (!outcome && !is_outage(outcome.error().code) && group.size() > 1) {
    for (auto& each : group) {
      std::vector<waiting_row> alone;
      alone.push_back(std::move(each));
      commit(std::move(alone));
    }
    return;
  }
  for (auto& each : group)
    each.answer(outcome);
}

result<void> journal_writer::append_to_store(std::vector<waiting_row>& group) {
  std::size_t size = 0;
  for (const auto& each : group)
    size += each.row.payload.size();
  auto opened = session();
  if (!opened) {
    note(opened.error(), group.size(), size);
    return opened.error();
  }
  std::vector<journal_row> rows;
  std::vector<shard_claim> claims;
  rows.reserve(group.size());
  for (auto& each : group) {
    rows.push_back(std::move(each.row));
    if (std::find(claims.begin(), claims.end(), each.claim) == claims.end())
      claims.push_back(each.claim);
  }
  auto outcome = (*opened)->entries().append_entries(rows, claims);
  for (std::size_t i = 0; i < rows.size(); ++i)
    group[i].row = std::move(rows[i]);
  note(outcome, group.size(), size);
  return outcome;
}

void journal_writer::note(const result<void>& outcome, std::size_t rows, std::size_t size) {
  note_store(outcome);
  const std::lock_guard lock{mutex_};
  if (!outcome) {
    ++figures_.failures;
    return;
  }
  ++figures_.commits;
  figures_.rows += rows;
  figures_.bytes += size;
}

void journal_writer::note_store(const result<void>& found) {
  if (!found && !is_outage(found.error().code))
    return;
  bool was_out = false;
  {
    const std::lock_guard lock{mutex_};
    was_out = outage_.has_value();
    outage_ = found ? std::nullopt : std::optional{found.error()};
  }
  if (log_ && was_out == bool(found))
    log_(found ? "the store takes writes again" : "the store is out: " + text_for_log(found.error()));
}

result<store*> journal_writer::session() {
  if (!session_) {
    auto opened = stores_->open();
    if (!opened)
      return opened.error();
    session_ = std::move(*opened);
  }
  return session_.get();
}

} // namespace dotmac
