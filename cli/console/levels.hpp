#pragma once

/// One level of the tree, or the dead letters: what is asked for it, and what its answers mean.
///
/// A list that is long comes in pages: at once when it is opened, then one page with each look, round and round.
/// Limits   page_rows of a page, rows_max of a list (cli/console/listing.hpp), letters_max of dead letters.

#include "cli/console/listing.hpp"
#include "cli/console/look_pace.hpp"

namespace dotmac::console {

inline constexpr std::size_t page_rows = 500;
inline constexpr std::size_t pages_max = rows_max / page_rows;
inline constexpr std::size_t letters_max = 500;

enum class level_kind : std::uint8_t { cluster /**< its nodes */, node /**< its shards */, shard /**< its tenants */, tenant /**< its actors */, letters };

struct level {
  level_kind kind;
  std::string title;        ///< in the line that tells where one is
  std::string node, parent; ///< whose actors; of letters `parent` is the tenant, or empty
  listing rows;
  look_pace pace;
  std::string begin = {};   ///< only those whose name begins so: the node selects
  std::string cursor = {};  ///< of the next page; empty: the first
  std::size_t pages = 0;    ///< taken in this round
  std::optional<std::uint64_t> total = {}; ///< as many there are, shown or not
  bool is_whole = false;    ///< all pages were seen once

  bool is_of_actors() const { return kind == level_kind::node || kind == level_kind::shard || kind == level_kind::tenant; }
};

level cluster_level(std::int64_t interval_ms);
level level_below(const level& of, const row& opened, std::int64_t interval_ms);
/// Of all tenants where `tenant` is empty.
level letters_level(const std::string& tenant, std::int64_t interval_ms);

/// The columns that fit beside names into `cells`, in the order in which they stand.
std::vector<std::size_t> columns_within(const level& of, std::size_t cells);
const char* name_head(level_kind kind);

/// The call for its next page. Not of the cluster: its look is asked for by all levels.
std::string path_of_page(const level& of);
/// Adds what the cluster knows of a shard to what its actor tells; nothing to other actors.
void add_place(json& actor, const json& cluster);
void take_nodes(level& into, const json& cluster, std::int64_t at_ms);
/// `cluster` tells about shards what their actors do not know.
void take_page(level& into, const json& answer, const json& cluster, std::int64_t at_ms);
/// The list from its begin, after a page did not come, or something else is asked for.
void begin_anew(level& of, bool forget);

/// What a person typed: "^x" has the node select names that begin so; else a part of what is shown.
void apply_filter(level& of, const std::string& text);
std::string filter_of(const level& of);

/// "17" of "node/shard-17"; empty where it is no shard's path.
std::string shard_number(const std::string& path);

} // namespace dotmac::console
