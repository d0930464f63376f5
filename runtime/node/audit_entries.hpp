#pragma once

/// The audit log in the store, for administrators.

#include "api/gateway.hpp"
#include "runtime/actor/store_pool.hpp"

namespace dotmac {

/// Reads a page of it on a thread of `stores`; `answer` is called once, there or (where the pool is full or stopped) here.
void read_audit_entries(store_pool& stores, std::string tenant, std::uint64_t before_id, std::size_t limit, audit_entries_answer answer);

} // namespace dotmac
