#pragma once

/// Stands beside one entity while commands are staged: keeps what a dead letter would need where the entity failed before, and puts a
/// command at which it fails again aside.
///
/// Errors    a letter that cannot be written is logged; the command is refused all the same.
/// Threads   the entity's; the ledger behind it is shared.
/// Cost      one lock a command; a copy of the command only for entities that failed.

#include "runtime/actor/entity_environment.hpp"

#include <optional>

namespace dotmac {

/// Type and bytes of a command.
struct command_content {
  std::string type;
  bytes payload;
};

class poison_guard {
public:
  poison_guard(entity_id entity, const entity_environment& environment, std::function<std::int64_t()> now_ms)
      : entity_{std::move(entity)}, name_{to_string(entity_)}, environment_{environment}, now_ms_{std::move(now_ms)} {}

  /// None where the entity is not suspicious, or the command cannot be described.
  std::optional<command_content> content_of(const std::function<command_content()>& describe) const {
    if (!describe)
      return std::nullopt;
    {
      const std::lock_guard lock{environment_.poison->mutex};
      if (!environment_.poison->ledger.is_suspicious(name_))
        return std::nullopt;
    }
    return describe();
  }

  bool is_poison(const std::optional<command_content>& content) const {
    if (!content)
      return false;
    const std::lock_guard lock{environment_.poison->mutex};
    return environment_.poison->ledger.is_poison(name_, fingerprint_of(content->payload));
  }
  /// By which a command is known again.
  static std::uint64_t fingerprint_of(bytes_view payload) { return std::hash<bytes_view>{}(payload); }

  /// What the sender of the command is told.
  failure after_failure(const std::optional<command_content>& content, const std::string& reason) const {
    bool is_new = true;
    {
      const std::lock_guard lock{environment_.poison->mutex};
      environment_.poison->ledger.note_failure(name_);
      if (content)
        is_new = environment_.poison->ledger.put_aside(name_, fingerprint_of(content->payload));
    }
    if (!content)
      return {error_code::actor_unavailable, "the actor failed at this request and restarts; try again", {}};
    if (is_new)
      write_letter(*content, reason);
    return {error_code::internal_error, "the actor failed at this request again: it was put aside as a dead letter", {}};
  }

private:
  void write_letter(const command_content& content, const std::string& reason) const {
    environment_.log(entity_, "dead_letter", content.type + ": " + reason);
    environment_.stores->submit(entity_.tenant, [letter = dead_letter{0, entity_, now_ms_(), content.type, reason, content.payload}, log = environment_.log](result<store*> session) {
      const auto written = session ? (*session)->dead_letters().add_dead_letter(letter) : result<void>{session.error()};
      if (!written)
        log(letter.entity, "dead_letter_failed", written.error().message);
    });
  }

  const entity_id entity_;
  const std::string name_;
  const entity_environment& environment_; ///< its owner's, which outlives it
  const std::function<std::int64_t()> now_ms_;
};

} // namespace dotmac
