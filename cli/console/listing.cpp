#include "cli/console/listing.hpp"

#include <algorithm>

#include <string.h> // strverscmp

namespace dotmac::console {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool holds(const std::string& text, const std::string& part) {
  return std::search(text.begin(), text.end(), part.begin(), part.end(), [](char a, char b) { return lower(a) == lower(b); }) != text.end();
}

} // namespace

void listing::take(std::vector<row> part, std::int64_t at_ms) {
  for (auto& each : part) {
    each.looked_at_ms = at_ms;
    const auto before = rows_.find(each.key);
    if (before == rows_.end() && rows_.size() >= rows_max)
      continue;
    compare_looks(each, before == rows_.end() ? nullptr : &before->second, columns_);
    seen_.insert(each.key);
    auto key = each.key;
    rows_.insert_or_assign(std::move(key), std::move(each));
  }
  changed();
}

void listing::end_round() {
  std::erase_if(rows_, [this](const auto& each) { return !seen_.contains(each.first); });
  seen_.clear();
  changed();
}

void listing::clear() {
  rows_.clear();
  seen_.clear();
  changed();
}

void listing::changed() {
  is_stale_ = true;
  shown_.clear(); // points to rows that may be gone
}

bool listing::is_selected(const row& each) const {
  if (filter_.empty() || holds(each.name, filter_))
    return true;
  return std::any_of(each.figures.begin(), each.figures.end(), [&](const figure& of) { return holds(of.text, filter_); });
}

bool listing::is_before(const row& a, const row& b) const {
  if (sort_column_) {
    const auto& left = a.figures[*sort_column_];
    const auto& right = b.figures[*sort_column_];
    if (left.number.has_value() != right.number.has_value())
      return left.number.has_value(); // what is unknown comes last, whichever way
    if (left.number && *left.number != *right.number)
      return descending_ ? *left.number > *right.number : *left.number < *right.number;
    if (left.text != right.text)
      return descending_ ? left.text > right.text : left.text < right.text;
    return a.key < b.key;
  }
  const auto order = ::strverscmp(a.key.c_str(), b.key.c_str());
  return descending_ ? order > 0 : order < 0;
}

void listing::refresh() const {
  if (!is_stale_)
    return;
  is_stale_ = false;
  shown_.clear();
  for (const auto& [key, each] : rows_)
    if (is_selected(each))
      shown_.push_back(&each);
  std::sort(shown_.begin(), shown_.end(), [this](const row* a, const row* b) { return is_before(*a, *b); });
  const auto found = std::find_if(shown_.begin(), shown_.end(), [this](const row* each) { return each->key == selected_key_; });
  selected_at_ = found != shown_.end() ? static_cast<std::size_t>(found - shown_.begin()) : std::min(selected_at_, shown_.empty() ? 0 : shown_.size() - 1);
  if (!shown_.empty())
    selected_key_ = shown_[selected_at_]->key;
}

const std::vector<const row*>& listing::shown() const {
  refresh();
  return shown_;
}

void listing::select_at(std::size_t place) {
  refresh();
  if (shown_.empty())
    return;
  selected_at_ = std::min(place, shown_.size() - 1);
  selected_key_ = shown_[selected_at_]->key;
}

void listing::move(std::ptrdiff_t by) {
  refresh();
  const auto place = static_cast<std::ptrdiff_t>(selected_at_) + by;
  select_at(static_cast<std::size_t>(std::max<std::ptrdiff_t>(place, 0)));
}

void listing::select_first() { select_at(0); }
void listing::select_last() { select_at(rows_.size()); }

const row* listing::selected() const {
  refresh();
  return shown_.empty() ? nullptr : shown_[selected_at_];
}

std::size_t listing::selected_at() const {
  refresh();
  return selected_at_;
}

std::size_t listing::scrolled_to(std::size_t lines) const {
  refresh();
  if (selected_at_ < first_)
    first_ = selected_at_;
  if (lines > 0 && selected_at_ >= first_ + lines)
    first_ = selected_at_ - lines + 1;
  first_ = std::min(first_, shown_.size() > lines ? shown_.size() - lines : 0);
  return first_;
}

void listing::sort_by_next(const std::vector<std::size_t>& among) {
  auto next = among.begin();
  if (sort_column_)
    next = std::find(among.begin(), among.end(), *sort_column_);
  if (sort_column_ && next != among.end())
    ++next;
  sort_column_ = next == among.end() ? std::nullopt : std::optional{*next};
  descending_ = sort_column_ ? columns_[*sort_column_].form != figure_form::text : last_first_; // the largest are what one looks for
  changed();
}

void listing::reverse() {
  descending_ = !descending_;
  changed();
}

void listing::set_filter(std::string text) {
  filter_ = std::move(text);
  changed();
}

} // namespace dotmac::console
