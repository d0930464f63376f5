#pragma once

/// Answers of questions about events, for all partitions of a node: computed once per question and version of the data.
///
/// Promise   never a stale answer: the key names the very state that was looked at (core/results/answer_key.hpp), and what is given out is, byte for byte, what
///           was computed from it. Failures are not kept.
/// Limits    bytes_max, see core/results/answer_memory.hpp; 0 turns it off.
/// Sharing   what is not here is looked for among the answers that nodes share, if they do (runtime/actor/shared_answers.hpp), and what was computed is given to them.
/// Threads   any; meant for scan workers.
/// Cost      a hit: a hash of the key, a lock, and reading the answer's binary form. A miss: the key, and writing the answer's binary form.

#include "core/results/answer_key.hpp"
#include "core/results/answer_memory.hpp"
#include "runtime/actor/shared_answers.hpp"

#include <mutex>

namespace dotmac {

class answer_cache {
public:
  explicit answer_cache(std::size_t bytes_max, std::shared_ptr<shared_answers> shared = nullptr) : is_on_{bytes_max > 0}, shared_{std::move(shared)}, held_{bytes_max} {}

  bool is_on() const noexcept { return is_on_; }
  std::shared_ptr<const bytes> find(bytes_view key);
  void keep(bytes_view key, bytes answer);

  struct figures {
    std::uint64_t hits = 0;   ///< in this node's memory
    std::uint64_t misses = 0; ///< neither here nor among the shared ones
    std::uint64_t evicted = 0;
    std::uint64_t too_large = 0; ///< answers that were not kept
    std::uint64_t bytes = 0;
    std::uint64_t answers = 0;
    std::optional<shared_answers::figures> shared; ///< none: nodes do not share
  };
  figures read_figures() const;
  /// The shared ones are asked no more.
  void stop() {
    if (shared_)
      shared_->stop();
  }

private:
  std::shared_ptr<const bytes> find_here(bytes_view key);
  void keep_here(bytes_view key, std::shared_ptr<const bytes> answer);

  const bool is_on_;
  const std::shared_ptr<shared_answers> shared_; ///< may be null
  mutable std::mutex mutex_;
  answer_memory held_;
  figures counted_;
};

/// The answer that is kept, or else what `compute` says, kept from then on.
template <class Answer, class Question, class Compute>
result<Answer> answer_once(answer_cache& cache, const answer_version& of, std::string_view type, const Question& question, Compute compute) {
  if (!cache.is_on())
    return compute();
  const auto key = answer_key(of, type, question);
  if (const auto held = cache.find(key))
    if (auto read = from_bytes<Answer>(*held))
      return read;
  result<Answer> computed = compute();
  if (computed)
    cache.keep(key, to_bytes(*computed));
  return computed;
}

} // namespace dotmac
