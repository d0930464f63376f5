#include "config/time_zones.hpp"

#include <date/tz.h>

#include <map>
#include <mutex>
#include <stdexcept>

namespace dotmac {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

zone_rules flatten(const date::time_zone& zone) {
  using namespace date;
  zone_rules rules;
  rules.name = zone.name();
  rules.transitions.clear();
  const sys_seconds end = sys_days{year{2200} / 1 / 1};
  auto info = zone.get_info(sys_seconds{sys_days{year{1900} / 1 / 1}});
  rules.transitions.push_back({timestamp_min, static_cast<std::int32_t>(info.offset.count())});
  while (info.end < end) {
    info = zone.get_info(info.end);
    const auto offset = static_cast<std::int32_t>(info.offset.count());
    if (offset != rules.transitions.back().offset_seconds)
      rules.transitions.push_back({{milliseconds{info.begin.time_since_epoch()}.count()}, offset});
  }
  return rules;
}

} // namespace

result<std::shared_ptr<const zone_rules>> find_time_zone(std::string_view name) {
  static std::mutex mutex;
  static std::map<std::string, std::shared_ptr<const zone_rules>, std::less<>> known{
      {"UTC", std::make_shared<const zone_rules>()}};
  const std::lock_guard lock{mutex};
  if (const auto found = known.find(name); found != known.end())
    return found->second;
  try {
    auto rules = std::make_shared<const zone_rules>(flatten(*date::locate_zone(name)));
    known.emplace(std::string{name}, rules);
    return rules;
  } catch (const std::runtime_error&) {
    return failure{error_code::validation_failed,
                   "must be a name of the time zone database, such as UTC or Europe/Berlin", "timezone"};
  }
}

} // namespace dotmac
