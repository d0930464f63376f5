#pragma once

/// The one session that the parts of a postgres_store share. A broken one is replaced by the next call, which
/// first sees to it that nothing of the broken one can commit any more.

#include "persistence/postgres/postgres_session.hpp"

namespace dotmac {

class postgres_connection {
public:
  explicit postgres_connection(postgres_settings settings) : settings_{std::move(settings)} {}

  /// Calls `act(session)` with a session that answers.
  template <class Act> auto use(Act act) -> decltype(act(std::declval<postgres_session&>())) {
    if (auto usable = make_usable(); !usable)
      return usable.error();
    return act(*session_);
  }

  /// As `use`, in one transaction: committed where `act` succeeds. Only the COMMIT can be uncertain.
  template <class Act> auto write(Act act) -> decltype(act(std::declval<postgres_session&>())) {
    return use([&](postgres_session& session) -> decltype(act(session)) {
      if (auto begun = session.command("BEGIN"); !begun)
        return begun.error();
      auto answer = act(session);
      if (!answer) {
        // Where the session broke there is nothing to roll back; otherwise a failure here makes it unusable.
        if (auto rolled_back = session.command("ROLLBACK"); !rolled_back)
          session_.reset();
        return answer;
      }
      if (auto committed = session.command("COMMIT", true); !committed)
        return committed.error();
      return answer;
    });
  }

private:
  result<void> make_usable() {
    if (session_ && session_->is_usable())
      return {};
    session_.reset();
    auto opened = postgres_session::open(settings_, token_);
    if (!opened)
      return opened.error();
    session_ = *std::move(opened);
    token_ = session_->own_token();
    return {};
  }

  postgres_settings settings_;
  std::unique_ptr<postgres_session> session_;
  std::optional<postgres_session::token> token_; ///< of the newest session that could write
};

/// ownership_lost unless the claim holds; keeps the shard with its owner until the transaction ends.
result<void> check_postgres_claim(postgres_session& session, std::uint16_t shard, std::uint64_t epoch);

} // namespace dotmac
