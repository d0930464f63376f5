#include "core/events/funnel/step_bits.hpp"

#include <algorithm>

namespace dotmac {

filter_node filter_of(const event_view& view, const funnel_step& step) {
  filter_node out;
  if (!step.text.empty()) {
    const bool is_type = view.find_code(event_field::event_type, step.text) != 0;
    out.children.push_back(condition(is_type ? "event_type" : "event_name", filter_operator::equals, step.text));
  }
  if (step.event_type)
    out.children.push_back(condition("event_type", filter_operator::equals, *step.event_type));
  if (step.event_name)
    out.children.push_back(condition("event_name", filter_operator::equals, *step.event_name));
  if (!step.filters.children.empty() || step.filters.kind != filter_kind::all)
    out.children.push_back(step.filters);
  return out;
}

result<step_bits> step_bits::make(const event_view& view, std::span<const funnel_step> steps, std::span<const funnel_step> exclusions) {
  step_bits out;
  const auto add = [&](const funnel_step& step, std::uint64_t bit) -> result<void> {
    auto plan = filter_plan::make(view, filter_of(view, step));
    if (!plan)
      return plan.error();
    const auto coded = plan->coded();
    if (!coded) {
      out.plans_.push_back({std::move(*plan), bit});
      return {};
    }
    auto same = std::find_if(out.fields_.begin(), out.fields_.end(), [&](const auto& each) { return each.field == coded->field; });
    if (same == out.fields_.end())
      same = out.fields_.insert(out.fields_.end(), {coded->field, std::vector<std::uint64_t>(coded->is_true.size())});
    for (std::size_t code = 0; code < coded->is_true.size(); ++code)
      same->bits[code] |= coded->is_true[code] != 0 ? bit : 0;
    return {};
  };
  for (std::size_t k = 0; k < steps.size(); ++k)
    if (auto added = add(steps[k], std::uint64_t{1} << k); !added)
      return added.error();
  for (const auto& each : exclusions)
    if (auto added = add(each, exclusion_bit); !added)
      return added.error();
  out.number_kinds();
  return out;
}

void step_bits::number_kinds() {
  if (fields_.size() != 1 || !plans_.empty())
    return;
  kinds_by_code made{fields_[0].field, {}, {0}, {}};
  for (const auto bits : fields_[0].bits) {
    auto known = std::find(made.kinds.begin(), made.kinds.end(), bits);
    if (known == made.kinds.end()) {
      if (made.kinds.size() == 256)
        return;
      known = made.kinds.insert(made.kinds.end(), bits);
    }
    if (bits != 0)
      made.codes.push_back(static_cast<std::uint32_t>(made.kind.size()));
    made.kind.push_back(static_cast<std::uint8_t>(known - made.kinds.begin()));
  }
  by_code_ = std::move(made);
}

void step_bits::fill(const event_view& view, const event_chunk& chunk, std::uint32_t first, std::uint32_t count, workplace& to) const {
  const auto bits = std::span{to.bits}.first(count);
  std::fill(bits.begin(), bits.end(), 0);
  for (const auto& each : fields_) {
    const auto codes = std::span{to.codes}.first(count);
    chunk.codes(each.field).unpack(first, codes);
    for (std::uint32_t i = 0; i < count; ++i)
      bits[i] |= each.bits[codes[i]];
  }
  for (const auto& each : plans_) {
    const auto mask = std::span{to.mask}.first(count);
    each.plan.evaluate(view, chunk, first, mask);
    for (std::uint32_t i = 0; i < count; ++i)
      bits[i] |= each.bit & -std::uint64_t{mask[i]};
  }
}

} // namespace dotmac
