#include "cli/import/importer.hpp"

#include "cli/import/confirmed_batches.hpp"

#include <condition_variable>
#include <deque>
#include <filesystem>
#include <thread>

namespace dotmac {
namespace {

using namespace std::chrono_literals;
constexpr auto report_every = 200ms;
constexpr auto save_every = 500ms;

/// Batches on their way from the reader to the senders.
class waiting_batches {
public:
  explicit waiting_batches(std::size_t most) : most_{most} {}

  /// False where it took longer than `patience`, or nobody takes batches any more.
  bool push(row_batch& batch, std::chrono::milliseconds patience) {
    std::unique_lock lock{mutex_};
    if (!changed_.wait_for(lock, patience, [this] { return batches_.size() < most_ || closed_; }) || closed_)
      return false;
    batches_.push_back(std::move(batch));
    changed_.notify_all();
    return true;
  }
  std::optional<row_batch> pop() {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [this] { return !batches_.empty() || closed_; });
    if (batches_.empty())
      return std::nullopt;
    auto batch = std::move(batches_.front());
    batches_.pop_front();
    changed_.notify_all();
    return batch;
  }
  void close() {
    const std::lock_guard lock{mutex_};
    closed_ = true;
    changed_.notify_all();
  }
  bool is_closed() {
    const std::lock_guard lock{mutex_};
    return closed_;
  }

private:
  std::size_t most_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<row_batch> batches_;
  bool closed_ = false;
};

class import_run {
public:
  import_run(import_request request, const std::function<void(const import_progress&)>& report, const std::atomic<bool>& stop)
      : request_{std::move(request)}, report_{report}, stop_{stop}, waiting_{2 * request_.connections} {}

  result<import_progress> run() {
    if (auto ready = prepare(); !ready)
      return ready.error();
    std::vector<std::thread> senders;
    for (std::size_t i = 0; i < request_.connections; ++i)
      senders.emplace_back([this, i] { send_batches(i); });
    read_rows();
    waiting_.close();
    for (auto& each : senders)
      each.join();
    const auto saved = confirmed_->save();
    progress_.counts = confirmed_->counts();
    if (const auto refused = confirmed_->first_failure(); refused && refused->code != error_code::cancelled)
      return *refused;
    if (!saved)
      return saved.error();
    if (stop_)
      return failure{error_code::cancelled, "interrupted; the same command goes on from here", {}};
    std::error_code ignored;
    std::filesystem::remove(request_.state_path, ignored); // an import that ended needs none
    take_time();
    return progress_;
  }

private:
  result<void> prepare() {
    const auto& file = request_.source.file;
    request_.state_path = request_.state_path.empty() ? file + ".import-state" : request_.state_path;
    request_.rejected_path = request_.rejected_path.empty() ? file + ".rejected" : request_.rejected_path;
    for (const auto* other : {&request_.state_path, &request_.rejected_path}) {
      std::error_code is_absent;
      if (std::filesystem::equivalent(file, *other, is_absent) || request_.state_path == request_.rejected_path)
        return failure{error_code::validation_failed, "the file, --state and --rejected must be three files; " + *other + " is given twice", "state"};
    }
    const auto digest = digest_of_file(file);
    if (!digest)
      return digest.error();
    std::error_code ignored;
    progress_.bytes_total = std::filesystem::file_size(file, ignored);
    if (request_.mapping.import_id.empty())
      request_.mapping.import_id = "imp-" + digest->substr(0, 16);
    auto source = row_source::open(request_.source);
    if (!source)
      return source.error();
    auto mapping = row_mapping::make(request_.mapping, *source);
    if (!mapping)
      return mapping.error();
    source_ = std::make_unique<row_source>(std::move(*source));
    mapping_ = std::make_unique<row_mapping>(std::move(*mapping));
    import_state state{*digest, digest_of_options(), 0, {}};
    auto before = request_.restart ? result<std::optional<import_state>>{std::optional<import_state>{}} : read_import_state(request_.state_path);
    if (!before)
      return before.error();
    if (*before) {
      if ((*before)->file_digest != state.file_digest || (*before)->options_digest != state.options_digest)
        return failure{error_code::validation_failed, request_.state_path + " is of an import of another file or with another mapping or target: --restart begins anew", "restart"};
      state = **before;
      progress_.resumed = true;
    }
    confirmed_ = std::make_unique<confirmed_batches>(request_.state_path, request_.rejected_path, state);
    from_line_ = state.confirmed_line;
    return confirmed_->begin();
  }

  std::string digest_of_options() const {
    const auto& m = request_.mapping;
    json all{{"url", request_.connection.url}, {"tenant", request_.connection.tenant}, {"values", m.is_values}, {"fields", m.fields}, {"metrics", m.metrics},
             {"dimensions", m.dimensions}, {"texts", m.texts}, {"time", m.time_format_text}, {"zone", m.timezone}, {"id", m.import_id}};
    if (m.properties)
      all["properties"] = *m.properties;
    for (const auto& each : request_.source.conditions)
      all["where"].push_back({each.column, each.value, each.is_equal});
    for (const auto& each : request_.source.joins)
      all["join"].push_back({each.file, each.key, each.main_column});
    return digest_of_text(all.dump(-1, ' ', false, json::error_handler_t::replace));
  }

  void read_rows() {
    row_batch batch;
    std::size_t batch_bytes = 0;
    for (auto row = source_->next(); row && !stop_; row = source_->next()) {
      if (row->line <= from_line_)
        continue;
      auto mapped = mapping_->map(*row);
      batch_bytes += row->raw.size();
      batch.last_line = row->line;
      if (!mapped.fault.empty()) {
        batch.faults.push_back({row->line, std::move(mapped.fault), std::move(row->raw)});
      } else if (!mapped.items.empty()) {
        for (auto& each : mapped.items) {
          batch.rows.push_back(batch.raws.size());
          batch.items.push_back(std::move(each));
        }
        batch.raws.push_back({row->line, {}, std::move(row->raw)});
      }
      progress_.bytes_read = source_->position();
      progress_.rows_left_out = source_->rows_left_out();
      if (batch.items.size() < request_.batch_size && batch.faults.size() < request_.batch_size && batch_bytes < import_batch_bytes_max)
        continue;
      if (!hand_over(batch))
        return;
      batch_bytes = 0;
    }
    if (batch.last_line > 0)
      hand_over(batch);
    progress_.bytes_read = source_->position();
    progress_.rows_left_out = source_->rows_left_out();
  }

  /// False where the senders have given up.
  bool hand_over(row_batch& batch) {
    batch.number = next_number_++;
    while (!confirmed_->is_near(batch.number, report_every) || !waiting_.push(batch, report_every)) {
      tell();
      if (waiting_.is_closed())
        return false;
    }
    batch = {};
    tell();
    return true;
  }

  void send_batches(std::size_t number) {
    batch_sender sender{request_.connection, request_.mapping.is_values, request_.retry_for, number * 7919 + 1, stop_};
    while (auto batch = waiting_.pop()) {
      auto sent = sender.send(batch->items);
      if (sent)
        sent = settle(*batch, *sent);
      if (sent)
        continue;
      confirmed_->fail(sent.error());
      return waiting_.close();
    }
  }

  result<sent_items> settle(row_batch& batch, sent_items& sent) {
    for (const auto& [item, reason] : sent.refused) {
      auto& row = batch.raws[batch.rows[item]];
      batch.faults.push_back({row.line, reason, row.row});
    }
    if (auto confirmed = confirmed_->confirm(std::move(batch), sent); !confirmed)
      return confirmed.error();
    return std::move(sent);
  }

  void tell() {
    const auto now = std::chrono::steady_clock::now();
    if (now - told_at_ < report_every)
      return;
    told_at_ = now;
    progress_.counts = confirmed_->counts();
    take_time();
    report_(progress_);
    if (now - saved_at_ < save_every)
      return;
    saved_at_ = now;
    if (auto saved = confirmed_->save(); !saved) {
      confirmed_->fail(saved.error());
      waiting_.close();
    }
  }

  void take_time() { progress_.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count(); }

  import_request request_;
  const std::function<void(const import_progress&)>& report_;
  const std::atomic<bool>& stop_;
  waiting_batches waiting_;
  std::unique_ptr<row_source> source_;
  std::unique_ptr<row_mapping> mapping_;
  std::unique_ptr<confirmed_batches> confirmed_;
  import_progress progress_;
  std::uint64_t from_line_ = 0;
  std::uint64_t next_number_ = 0;
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point told_at_{}, saved_at_{};
};

} // namespace

result<import_progress> import_file(import_request request, const std::function<void(const import_progress&)>& report, const std::atomic<bool>& stop) {
  return import_run{std::move(request), report, stop}.run();
}

} // namespace dotmac
