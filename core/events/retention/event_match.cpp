#include "core/events/retention/event_match.hpp"

namespace dotmac {

result<event_match> event_match::make(const event_view& view, const funnel_step& event) {
  auto plan = filter_plan::make(view, filter_of(view, event));
  if (!plan)
    return plan.error();
  return event_match{std::move(*plan)};
}

} // namespace dotmac
