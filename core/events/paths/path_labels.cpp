#include "core/events/paths/path_labels.hpp"

#include "core/text/wildcard.hpp"

#include <algorithm>

namespace dotmac {
namespace {

failure too_many_labels() {
  return {error_code::query_too_large, "steps have more than path_labels_max = " + std::to_string(path_labels_max) + " different labels: call some alike by label_rules, or leave some out", "label_field"};
}

} // namespace

std::uint32_t path_labels::find_label(std::uint32_t code) {
  auto label = codes_.value(code);
  if (label.index() == 0)
    return left_out;
  if (auto* text = std::get_if<std::string>(&label)) {
    const auto rule = std::find_if(question_.label_rules.begin(), question_.label_rules.end(), [&](const path_label_rule& each) { return fits_wildcard(each.pattern, *text); });
    if (rule != question_.label_rules.end())
      *text = rule->label;
    if (std::any_of(question_.exclude.begin(), question_.exclude.end(), [&](const std::string& each) { return fits_wildcard(each, *text); }))
      return left_out;
  }
  const auto [known, is_new] = numbers_.emplace(std::move(label), static_cast<std::uint32_t>(labels_.size()));
  if (is_new) {
    labels_.push_back(known->first);
    const auto* text = std::get_if<std::string>(&known->first);
    text_bytes_ += text == nullptr ? 0 : 3 * text->capacity(); // in both, and once more when they are matched
  }
  return known->second + first_label;
}

result<void> path_labels::fill(const event_chunk& chunk, std::uint32_t first, std::span<std::uint32_t> kinds) {
  const auto count = static_cast<std::uint32_t>(kinds.size());
  const auto mask = std::span{mask_}.first(count);
  std::fill(mask.begin(), mask.end(), std::uint8_t{1});
  if (steps_ != nullptr) {
    steps_->fill(view_, chunk, first, count, bits_);
    for (std::uint32_t i = 0; i < count; ++i)
      mask[i] = static_cast<std::uint8_t>((bits_.bits[i] & (step_bits::exclusion_bit | 1)) == 1);
  }
  if (!range_.holds(chunk)) {
    chunk.at().unpack(first, std::span{times_}.first(count));
    for (std::uint32_t i = 0; i < count; ++i)
      mask[i] &= static_cast<std::uint8_t>(times_[i] >= range_.start && times_[i] < range_.end);
  }
  const auto values = std::span{values_}.first(count);
  codes_.fill(chunk, first, mask, values);
  for (std::uint32_t i = 0; i < count; ++i) {
    kinds[i] = user_events::not_taken;
    if (mask[i] == 0)
      continue;
    if (values[i] >= of_code_.size())
      of_code_.resize(std::max<std::size_t>(values[i] + 1, of_code_.size() * 2));
    auto& known = of_code_[values[i]];
    if (known == unknown)
      known = find_label(values[i]);
    if (known != left_out)
      kinds[i] = (known - first_label) * 2 + (steps_ == nullptr ? 0 : static_cast<std::uint32_t>(bits_.bits[i] >> 1 & 1));
  }
  return charge();
}

result<void> path_labels::charge() {
  if (labels_.size() > path_labels_max)
    return too_many_labels();
  if (auto taken = codes_.charge(memory_); !taken)
    return taken;
  constexpr std::size_t label_bytes = 200; // in both, and once more when they are matched
  const auto held = of_code_.capacity() * sizeof(std::uint32_t) + labels_.size() * label_bytes + text_bytes_;
  return memory_.take(held - std::exchange(charged_, held));
}

result<std::vector<scalar>> match_labels(std::span<const std::unique_ptr<path_labels>> all, std::vector<std::vector<std::uint32_t>>& common) {
  std::vector<scalar> out;
  for (const auto& each : all)
    if (each)
      out.insert(out.end(), each->labels().begin(), each->labels().end());
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  if (out.size() > path_labels_max)
    return too_many_labels();
  common.assign(all.size(), {});
  for (std::size_t i = 0; i < all.size(); ++i)
    if (all[i])
      for (const auto& label : all[i]->labels())
        common[i].push_back(static_cast<std::uint32_t>(std::lower_bound(out.begin(), out.end(), label) - out.begin()));
  return out;
}

} // namespace dotmac
