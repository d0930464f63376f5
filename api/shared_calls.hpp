#pragma once

/// Questions that many ask at the same moment, asked once: the readers of a tenant's live events all wait for the same next event, and then read the same page.
///
/// Promise   Each callback is called once, with an answer that was asked for when it joined or before, and not given yet: what is shared must be as good a little
///           earlier. Who joins has the deadline of the first.
/// Limits    one entry per question under way; callbacks are bounded by whoever admits them.
/// Threads   any; callbacks run on the thread of the answer, one after the other.
/// Ownership `tenants` outlives all answers.

#include "actors/protocol/tenant_service.hpp"
#include "core/describe/binary.hpp"

#include <exception>
#include <mutex>
#include <unordered_map>

namespace dotmac {

template <class Call> class shared_calls {
public:
  using answer = typename answer_of<Call>::type;
  using on_answer = std::function<void(const result<answer>&)>;

  explicit shared_calls(tenant_service& tenants) : tenants_{tenants} {}

  void ask(const call_options& options, const Call& call, on_answer callback) {
    const auto key = options.tenant + "/" + to_bytes(call);
    {
      const std::lock_guard lock{waiting_->mutex};
      auto& callbacks = waiting_->by_question[key];
      callbacks.push_back(std::move(callback));
      if (callbacks.size() > 1)
        return;
    }
    try { // Nobody's hanging up may cancel it for the others.
      dotmac::ask(tenants_, {options.tenant, options.deadline, nullptr}, call,
                  std::function<void(result<answer>)>{[waiting = waiting_, key](const result<answer>& outcome) { waiting->give(key, outcome); }});
    } catch (const std::exception& why) {
      waiting_->give(key, failure{error_code::internal_error, {}, {}, why.what()});
    }
  }

private:
  struct waiting_callbacks {
    std::mutex mutex;
    std::unordered_map<std::string, std::vector<on_answer>> by_question;

    void give(const std::string& key, const result<answer>& outcome) {
      std::vector<on_answer> callbacks;
      {
        const std::lock_guard lock{mutex};
        const auto found = by_question.find(key);
        callbacks.swap(found->second);
        by_question.erase(found);
      }
      for (const auto& each : callbacks)
        each(outcome);
    }
  };
  tenant_service& tenants_;
  const std::shared_ptr<waiting_callbacks> waiting_ = std::make_shared<waiting_callbacks>();
};

} // namespace dotmac
