#pragma once

/// Brings a file into a node: reads and maps on one thread, sends batches over several connections, keeps the state by which an
/// interrupted import goes on, and writes down what was refused.
///
/// Promise  a row is accepted once, however often the import is interrupted and started again (its id follows from the file's
///          content and its line), or is in the file of refused rows with the reason.
/// Limits   2 batches per connection wait, each of `batch_size` rows or import_batch_bytes_max bytes of the file and the row that
///          went beyond; memory does not grow with the file.
/// Errors   those of the file, the mapping and the node; what was confirmed until then stays.

#include "cli/import/batch_sender.hpp"
#include "cli/import/import_state.hpp"
#include "cli/import/row_mapping.hpp"

#include <functional>

namespace dotmac {

inline constexpr std::size_t import_batch_bytes_max = 4u << 20;

struct import_request {
  connection_options connection;
  source_options source;
  mapping_options mapping;
  std::size_t batch_size = 1'000;
  std::size_t connections = 2;
  std::chrono::milliseconds retry_for{120'000};
  std::string state_path;    ///< empty: the file's name and ".import-state"
  std::string rejected_path; ///< empty: the file's name and ".rejected"
  bool restart = false;
};

struct import_progress {
  import_counts counts;
  std::uint64_t rows_left_out = 0;
  std::uint64_t bytes_read = 0;
  std::uint64_t bytes_total = 0;
  double seconds = 0;
  bool resumed = false;
};

/// `report` is called a few times a second, on the thread of the caller; `stop` ends the import early (cancelled).
result<import_progress> import_file(import_request request, const std::function<void(const import_progress&)>& report, const std::atomic<bool>& stop);

} // namespace dotmac
