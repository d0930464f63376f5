#pragma once

/// Every reason for which the product refuses or fails, declared once: its name is the `code` in JSON, the word in
/// logs and the label of metrics; its HTTP status and whether a retry can help follow from the same row.

#include <array>
#include <cstdint>
#include <string_view>

namespace dotmac {

enum class error_code : std::uint8_t {
  none,
  malformed_request,
  unauthorized,
  forbidden,
  not_found,
  method_not_allowed,
  request_timeout,
  already_exists,
  payload_too_large,
  unsupported_media_type,
  validation_failed,
  header_too_large,
  too_many_requests,
  query_too_large,
  storage_unavailable,
  commit_uncertain,
  ownership_lost,
  sequence_conflict,
  actor_unavailable,
  deadline_exceeded,
  cancelled,
  draining,
  not_ready,
  too_many_connections,
  corrupt_data,
  unknown_schema_version,
  internal_error,
  upgrade_required,
  conflict,
  older_release,
  not_a_gateway, ///< new ones at the end: errors travel between nodes by number
};

struct error_description {
  error_code code;
  std::string_view name;
  std::uint16_t http_status;
  bool retryable;
  std::string_view meaning;
};

inline constexpr std::array error_table{
    error_description{error_code::none, "none", 200, false, "no error"},
    error_description{error_code::malformed_request, "malformed_request", 400, false, "the request is not well formed"},
    error_description{error_code::unauthorized, "unauthorized", 401, false, "no valid credential was given"},
    error_description{error_code::forbidden, "forbidden", 403, false, "the credential does not allow this"},
    error_description{error_code::not_found, "not_found", 404, false, "there is no such thing"},
    error_description{error_code::method_not_allowed, "method_not_allowed", 405, false, "the path knows other methods"},
    error_description{error_code::request_timeout, "request_timeout", 408, true, "the request did not arrive in time"},
    error_description{error_code::already_exists, "already_exists", 409, false, "the name or id is taken"},
    error_description{error_code::payload_too_large, "payload_too_large", 413, false, "the body is over its limit"},
    error_description{error_code::unsupported_media_type, "unsupported_media_type", 415, false, "unknown content type or encoding"},
    error_description{error_code::validation_failed, "validation_failed", 422, false, "a field is missing, wrong or out of bounds"},
    error_description{error_code::header_too_large, "header_too_large", 431, false, "the header is over its limit"},
    error_description{error_code::too_many_requests, "too_many_requests", 429, true, "more waits than the limit allows"},
    error_description{error_code::query_too_large, "query_too_large", 422, false, "the answer would be over its limit"},
    error_description{error_code::storage_unavailable, "storage_unavailable", 503, true, "the store does not answer; nothing was written"},
    error_description{error_code::commit_uncertain, "commit_uncertain", 503, true, "the store broke off during the commit"},
    error_description{error_code::ownership_lost, "ownership_lost", 503, true, "another node owns this shard now"},
    error_description{error_code::sequence_conflict, "sequence_conflict", 503, true, "the journal already holds this sequence"},
    error_description{error_code::actor_unavailable, "actor_unavailable", 503, true, "the actor restarts"},
    error_description{error_code::deadline_exceeded, "deadline_exceeded", 503, true, "the answer was not ready by its deadline"},
    error_description{error_code::cancelled, "cancelled", 503, true, "the question was cancelled"},
    error_description{error_code::draining, "draining", 503, true, "the node is stopping"},
    error_description{error_code::not_ready, "not_ready", 503, true, "the node is starting"},
    error_description{error_code::too_many_connections, "too_many_connections", 503, true, "more connections are open than the limit allows"},
    error_description{error_code::corrupt_data, "corrupt_data", 500, false, "stored data failed its checksum or format check"},
    error_description{error_code::unknown_schema_version, "unknown_schema_version", 500, false, "the store has a schema that this version does not know"},
    error_description{error_code::internal_error, "internal_error", 500, false, "a mistake of ours; see the log"},
    error_description{error_code::upgrade_required, "upgrade_required", 426, false, "another protocol, or another version of it, is wanted here"},
    error_description{error_code::conflict, "conflict", 409, false, "things do not stand so that this could be done"},
    error_description{error_code::older_release, "older_release", 503, true, "the node that holds this has an earlier release, which does not know it; the cluster is being upgraded"},
    error_description{error_code::not_a_gateway, "not_a_gateway", 421, false, "this node is a worker, which takes no calls of tenants; another address does"},
};

constexpr const error_description& describe(error_code code) noexcept {
  return error_table[static_cast<std::size_t>(code)];
}

/// Of a number that another node sent, which may be of a later release.
constexpr error_code known_code(std::uint8_t number) noexcept { return number < error_table.size() ? static_cast<error_code>(number) : error_code::internal_error; }

constexpr bool error_table_is_in_order() noexcept {
  for (std::size_t i = 0; i < error_table.size(); ++i)
    if (static_cast<std::size_t>(error_table[i].code) != i)
      return false;
  return error_table.size() == static_cast<std::size_t>(error_code::not_a_gateway) + 1;
}
static_assert(error_table_is_in_order());

} // namespace dotmac
