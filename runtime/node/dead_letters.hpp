#pragma once

/// The dead letters in the store, for administrators.

#include "api/gateway.hpp"
#include "runtime/actor/store_pool.hpp"

namespace dotmac {

/// Reads them on a thread of `stores`, without their payloads; `answer` is called once, there or (where the pool is full or stopped) here.
void read_dead_letters(store_pool& stores, std::string tenant, std::size_t limit, dead_letters_answer answer);

} // namespace dotmac
