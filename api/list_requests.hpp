#pragma once

/// The queries of lists (GET), declared once as the bodies of requests are.

#include "api/actor_path.hpp"
#include "api/list_page.hpp"
#include "core/metrics/metric_questions.hpp"

namespace dotmac {

inline constexpr std::int64_t actor_list_limit_max = 10'000;

/// "name:value,name:value" in a query.
struct tag_list {
  std::map<std::string, std::string> tags;
};
template <> struct json_form<tag_list> {
  static void read(json_reader& in, const json& from, tag_list& into);
  static json schema();
};

struct list_request {
  std::int64_t limit = 100, offset = 0;
  std::optional<std::string> cursor;
};
template <> struct description<list_request> {
  using r = list_request;
  static constexpr auto fields = std::tuple{
      field{"limit", &r::limit, "how many", bounds{1, list_limit_max}}, field{"offset", &r::offset, "how many to pass over", bounds{0, offset_max}},
      field{"cursor", &r::cursor, "next_cursor of the page before; not together with offset", bounds{1, cursor_size_max}}};
};

struct metric_list_request {
  std::optional<metric_type> type;
  std::optional<tag_list> tags;
  std::int64_t limit = 100, offset = 0;
  std::optional<std::string> cursor;
};
template <> struct description<metric_list_request> {
  using r = metric_list_request;
  static constexpr auto fields = std::tuple{
      field{"metric_type", &r::type, "only metrics of this type"}, field{"tags", &r::tags, "only metrics with all of these tags"},
      field{"limit", &r::limit, "how many", bounds{1, list_limit_max}}, field{"offset", &r::offset, "how many to pass over", bounds{0, offset_max}},
      field{"cursor", &r::cursor, "next_cursor of the page before; not together with offset", bounds{1, cursor_size_max}}};
};

enum class actor_list_shape : std::uint8_t { list, tree };
template <> struct enumeration<actor_list_shape> {
  static constexpr std::array<std::string_view, 2> names{"list", "tree"};
};

struct actor_list_request {
  std::optional<std::string> kind, tenant, path, parent, node;
  actor_list_shape shape = actor_list_shape::list;
  std::int64_t limit = 1'000, offset = 0;
  std::optional<std::string> cursor;
};
template <> struct description<actor_list_request> {
  using r = actor_list_request;
  static constexpr auto fields = std::tuple{
      field{"kind", &r::kind, "only this kind: node, shard, tenant, events, metric, dashboard"}, field{"tenant", &r::tenant, "only actors of this tenant"},
      field{"path", &r::path, "only actors whose path begins so"}, field{"parent", &r::parent, "only the children of the actor with this path"},
      field{"node", &r::node, "those of the node with this id; else of the one that is asked", bounds{1, static_cast<std::int64_t>(tenant_id_size_max)}},
      field{"shape", &r::shape, "tree: the actors of the page below each other, as actors of their parent"}, field{"limit", &r::limit, "how many", bounds{1, actor_list_limit_max}},
      field{"offset", &r::offset, "how many to pass over", bounds{0, offset_max}},
      field{"cursor", &r::cursor, "next_cursor of the page before; not together with offset", bounds{1, cursor_size_max}}};
};

struct actor_figures_request {
  std::optional<std::string> kind, tenant, path, parent;
  std::int64_t limit = 1'000;
};
template <> struct description<actor_figures_request> {
  using r = actor_figures_request;
  static constexpr auto fields = std::tuple{
      field{"kind", &r::kind, "only this kind: node, shard, tenant, events, metric, dashboard"}, field{"tenant", &r::tenant, "only actors of this tenant"},
      field{"path", &r::path, "only actors whose path begins so"}, field{"parent", &r::parent, "only the children of the actor with this path"},
      field{"limit", &r::limit, "how many: those that were busy longest", bounds{1, actor_list_limit_max}}};
};

struct actor_details_request {
  std::string path;
  std::optional<std::string> node;
};
template <> struct description<actor_details_request> {
  using r = actor_details_request;
  static constexpr auto fields = std::tuple{field{"path", &r::path, "of the actor, as listed", bounds{1, actor_path_size_max}, presence::required},
                                            field{"node", &r::node, "id of the node that it runs on; else the one that is asked", bounds{1, static_cast<std::int64_t>(tenant_id_size_max)}}};
};

struct actor_snapshot_request {
  std::string path;
  std::optional<std::int64_t> sequence;
};
template <> struct description<actor_snapshot_request> {
  using r = actor_snapshot_request;
  static constexpr auto fields = std::tuple{field{"path", &r::path, "of the actor, which need not run", bounds{1, actor_path_size_max}, presence::required},
                                            field{"sequence", &r::sequence, "of the snapshot; else the newest", bounds{0}}};
};

inline constexpr std::int64_t dead_letters_shown_max = 1'000; ///< as many as are kept of a tenant

struct dead_letters_request {
  std::optional<std::string> tenant;
  std::int64_t limit = 100;
};
template <> struct description<dead_letters_request> {
  using r = dead_letters_request;
  static constexpr auto fields = std::tuple{field{"tenant", &r::tenant, "only those of this tenant"}, field{"limit", &r::limit, "how many", bounds{1, dead_letters_shown_max}}};
};

struct audit_request {
  std::optional<std::string> tenant;
  std::int64_t limit = 100;
  std::optional<std::int64_t> before;
};
template <> struct description<audit_request> {
  using r = audit_request;
  static constexpr auto fields = std::tuple{field{"tenant", &r::tenant, "only what was done to this tenant's data"}, field{"limit", &r::limit, "how many", bounds{1, list_limit_max}},
                                            field{"before", &r::before, "next_before of the page before: only entries older than the one with this id", bounds{1}}};
};

} // namespace dotmac
