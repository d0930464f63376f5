#include "core/dashboards/dashboard_edits.hpp"

#include "core/overload.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <set>

namespace dotmac {
namespace {

constexpr std::size_t names_in_summary_max = 5;

/// Gives ids to widgets that have none.
class widget_ids {
public:
  widget_ids(const std::string& seed, const dashboard_content& content) : seed_{seed} {
    for (const auto& each : content.widgets)
      used_.insert(each.widget_id);
  }
  std::string next() {
    for (;;) {
      std::array<char, 19> text{};
      std::snprintf(text.data(), text.size(), "w_%016llx", static_cast<unsigned long long>(XXH3_64bits_withSeed(seed_.data(), seed_.size(), ++given_)));
      if (used_.insert(text.data()).second)
        return text.data();
    }
  }

private:
  std::string seed_;
  std::uint64_t given_ = 0;
  std::set<std::string> used_;
};

failure no_widget(const std::string& asked) { return {error_code::not_found, "the dashboard has no widget " + asked, "widget_id"}; }

result<dashboard_widget*> widget_in(dashboard_content& content, const std::string& id_or_name) {
  const auto* found = find_widget(content, id_or_name);
  return found == nullptr ? result<dashboard_widget*>{no_widget(id_or_name)} : content.widgets.data() + (found - content.widgets.data());
}

template <class T> void replace(T& held, const std::optional<T>& by) {
  if (by)
    held = *by;
}

result<void> check_widgets(const dashboard_content& content) {
  if (content.widgets.size() > widgets_per_dashboard_max)
    return failure{error_code::validation_failed, "a dashboard has at most " + std::to_string(widgets_per_dashboard_max) + " widgets", "widgets"};
  std::set<std::string_view> names;
  for (const auto& each : content.widgets) {
    if (!names.insert(each.name).second)
      return failure{error_code::already_exists, "the dashboard has two widgets named " + each.name, "name"};
    if (each.position_x + each.width > content.layout.columns)
      return failure{error_code::validation_failed, "the widget " + each.name + " reaches column " + std::to_string(each.position_x + each.width) + " of a grid of "
                                                        + std::to_string(content.layout.columns), "width"};
    if (each.position_y + each.height > layout_rows_max)
      return failure{error_code::validation_failed, "the widget " + each.name + " reaches below row " + std::to_string(layout_rows_max), "height"};
  }
  return {};
}

result<dashboard_content> checked(dashboard_content content) {
  if (auto widgets = check_widgets(content); !widgets)
    return widgets.error();
  std::set<std::string_view> variables;
  for (const auto& each : content.variables)
    if (!variables.insert(each.name).second)
      return failure{error_code::already_exists, "the dashboard has two variables named " + each.name, "variables"};
  if (size_of(content) > dashboard_bytes_max)
    return failure{error_code::validation_failed, "a dashboard has at most " + std::to_string(dashboard_bytes_max) + " bytes of texts and configurations", "widgets"};
  return content;
}

/// The ones that are there, in their new form and order.
result<std::vector<dashboard_widget>> widgets_for(const dashboard_content& content, std::vector<dashboard_widget> wanted, widget_ids& ids) {
  std::set<std::string_view> taken;
  for (auto& each : wanted) {
    if (each.widget_id.empty()) {
      each.widget_id = ids.next();
      continue;
    }
    const bool is_there = std::any_of(content.widgets.begin(), content.widgets.end(), [&](const dashboard_widget& held) { return held.widget_id == each.widget_id; });
    if (!is_there)
      return no_widget(each.widget_id);
  }
  for (const auto& each : wanted)
    if (!taken.insert(each.widget_id).second)
      return failure{error_code::already_exists, "the widget " + each.widget_id + " is given twice", "widgets"};
  return wanted;
}

result<void> change(dashboard_content& content, const change_content& by, widget_ids& ids) {
  replace(content.name, by.name);
  replace(content.display_name, by.display_name);
  replace(content.description_text, by.description_text);
  replace(content.category, by.category);
  replace(content.layout, by.layout);
  replace(content.is_public, by.is_public);
  replace(content.owner_id, by.owner_id);
  replace(content.auto_refresh_interval, by.auto_refresh_interval);
  replace(content.favorite, by.favorite);
  replace(content.variables, by.variables);
  if (!by.widgets)
    return {};
  auto widgets = widgets_for(content, *by.widgets, ids);
  if (!widgets)
    return widgets.error();
  content.widgets = std::move(*widgets);
  return {};
}

result<void> change(dashboard_content& content, const add_widget& by, widget_ids& ids) {
  if (!by.widget.widget_id.empty())
    return failure{error_code::validation_failed, "a new widget has no id yet", "widget_id"};
  content.widgets.push_back(by.widget);
  content.widgets.back().widget_id = ids.next();
  return {};
}

result<void> change(dashboard_content& content, const change_widget& by, widget_ids&) {
  const auto widget = widget_in(content, by.widget);
  if (!widget)
    return widget.error();
  auto& held = **widget;
  replace(held.name, by.name);
  replace(held.title, by.title);
  replace(held.type, by.type);
  replace(held.query_config, by.query_config);
  replace(held.visualization_config, by.visualization_config);
  replace(held.position_x, by.position_x);
  replace(held.position_y, by.position_y);
  replace(held.width, by.width);
  replace(held.height, by.height);
  replace(held.refresh_interval, by.refresh_interval);
  replace(held.cache_duration, by.cache_duration);
  return {};
}

result<void> change(dashboard_content& content, const remove_widget& by, widget_ids&) {
  const auto widget = widget_in(content, by.widget);
  if (!widget)
    return widget.error();
  content.widgets.erase(content.widgets.begin() + (*widget - content.widgets.data()));
  return {};
}

result<void> change(dashboard_content& content, const arrange_widgets& by, widget_ids&) {
  for (const auto& each : by.positions) {
    const auto widget = widget_in(content, each.widget);
    if (!widget)
      return widget.error();
    (*widget)->position_x = each.position_x;
    (*widget)->position_y = each.position_y;
    (*widget)->width = each.width;
    (*widget)->height = each.height;
  }
  return {};
}

/// "a, b and 3 more"
std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), names_in_summary_max); ++i)
    text += (i == 0 ? "" : ", ") + names[i];
  if (names.size() > names_in_summary_max)
    text += " and " + std::to_string(names.size() - names_in_summary_max) + " more";
  return text;
}

struct widget_differences {
  std::vector<std::string> added, removed, changed, moved;
};

bool is_the_same_but_for_its_place(dashboard_widget a, const dashboard_widget& b) {
  a.position_x = b.position_x;
  a.position_y = b.position_y;
  a.width = b.width;
  a.height = b.height;
  return a == b;
}

widget_differences differences_of(const std::vector<dashboard_widget>& before, const std::vector<dashboard_widget>& after) {
  widget_differences found;
  const auto with_id = [](const std::vector<dashboard_widget>& all, const std::string& id) {
    return std::find_if(all.begin(), all.end(), [&](const dashboard_widget& each) { return each.widget_id == id; });
  };
  for (const auto& each : after) {
    const auto held = with_id(before, each.widget_id);
    if (held == before.end())
      found.added.push_back(each.name);
    else if (!is_the_same_but_for_its_place(*held, each))
      found.changed.push_back(each.name);
    else if (!(*held == each))
      found.moved.push_back(each.name);
  }
  for (const auto& each : before)
    if (with_id(after, each.widget_id) == after.end())
      found.removed.push_back(each.name);
  return found;
}

} // namespace

const dashboard_widget* find_widget(const dashboard_content& content, const std::string& id_or_name) {
  const auto& widgets = content.widgets;
  auto found = std::find_if(widgets.begin(), widgets.end(), [&](const dashboard_widget& each) { return each.widget_id == id_or_name; });
  if (found == widgets.end())
    found = std::find_if(widgets.begin(), widgets.end(), [&](const dashboard_widget& each) { return each.name == id_or_name; });
  return found == widgets.end() ? nullptr : &*found;
}

std::size_t size_of(const dashboard_content& content) {
  auto size = content.name.size() + content.display_name.size() + content.description_text.size() + content.category.size() + content.owner_id.size() + content.layout.theme.size();
  for (const auto& each : content.widgets)
    size += sizeof each + each.widget_id.size() + each.name.size() + each.title.size() + each.query_config.text.size() + each.visualization_config.text.size();
  for (const auto& each : content.variables) {
    size += each.name.size() + each.label.size() + each.field.size() + each.default_value.size();
    for (const auto& option : each.options)
      size += sizeof option + option.size();
  }
  return size;
}

result<dashboard_content> edited(dashboard_content content, const content_edit& edit, const std::string& seed) {
  widget_ids ids{seed, content};
  auto done = std::visit([&](const auto& each) { return change(content, each, ids); }, edit);
  return done ? checked(std::move(content)) : result<dashboard_content>{done.error()};
}

result<dashboard_content> begun(dashboard_content content, const std::string& seed) {
  widget_ids ids{seed, {}};
  for (auto& each : content.widgets) {
    if (!each.widget_id.empty())
      return failure{error_code::validation_failed, "a new widget has no id yet", "widget_id"};
    each.widget_id = ids.next();
  }
  return checked(std::move(content));
}

std::string difference(const dashboard_content& before, const dashboard_content& after) {
  if (before == after)
    return {};
  std::vector<std::string> fields;
  for_each_field<dashboard_content>([&](const auto& each) {
    if (each.name != "widgets" && !(before.*each.member == after.*each.member))
      fields.emplace_back(each.name);
  });
  const auto widgets = differences_of(before.widgets, after.widgets);
  std::string text;
  const auto say = [&](const char* what, const std::vector<std::string>& names) {
    if (!names.empty())
      text += (text.empty() ? "" : "; ") + std::string{what} + " " + listed(names);
  };
  say("changed", fields);
  say(widgets.added.size() == 1 ? "added widget" : "added widgets", widgets.added);
  say(widgets.removed.size() == 1 ? "removed widget" : "removed widgets", widgets.removed);
  say(widgets.changed.size() == 1 ? "changed widget" : "changed widgets", widgets.changed);
  say(widgets.moved.size() == 1 ? "moved widget" : "moved widgets", widgets.moved);
  return text.empty() ? "changed the order of widgets" : text;
}

} // namespace dotmac
