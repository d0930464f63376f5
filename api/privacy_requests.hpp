#pragma once

/// What is sent to the routes of privacy: field names, bounds and defaults, declared once.

#include "api/profile_requests.hpp"
#include "core/events/removal/removal_questions.hpp"

namespace dotmac {

enum class privacy_subject : std::uint8_t { user, customer };
template <> struct enumeration<privacy_subject> {
  static constexpr std::array<std::string_view, 2> names{"user", "customer"};
};

struct deletion_request {
  privacy_subject kind = privacy_subject::user;
  std::string id;
};
template <> struct description<deletion_request> {
  static constexpr auto fields = std::tuple{field{"kind", &deletion_request::kind, "whose data"},
                                            field{"id", &deletion_request::id, "user_id, any of those that were merged, or customer_id", profile_id_bounds, presence::required}};
};

} // namespace dotmac
