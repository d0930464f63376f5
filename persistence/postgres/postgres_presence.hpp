#pragma once

/// Who has a session open, as text for statements: an advisory lock that PostgreSQL itself drops with the session.

/// The first key of the locks; the second is a hash of the owner. Two owners with one hash look present as long as one of them is: then the
/// lease is waited for.
#define DOTMAC_PRESENCE "1145916500"

/// A condition: somebody announced the owner that the SQL expression names.
#define DOTMAC_IS_PRESENT(owner)                                                                                                             \
  "EXISTS (SELECT 1 FROM pg_locks l WHERE l.locktype = 'advisory' AND l.objsubid = 2 AND l.granted "                                         \
  "AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) "                                                       \
  "AND l.classid::int8 = " DOTMAC_PRESENCE " AND l.objid::int8 = (hashtext(" owner ")::int8 & 4294967295))"
