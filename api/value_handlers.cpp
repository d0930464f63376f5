#include "api/handlers.hpp"

#include "api/metric_requests.hpp"

#include <algorithm>

namespace dotmac {
namespace {

/// Why a value cannot be taken, or nothing.
std::optional<complaint> fault_of(const value_request& sent) {
  for (const auto& [name, value] : sent.dimensions)
    if (name.empty() || name.size() > metric_dimension_size_max || value.size() > metric_dimension_size_max)
      return complaint{"string_length", {"body", "dimensions", name.substr(0, 100)}, "names and values have at most " + std::to_string(metric_dimension_size_max) + " bytes", value.substr(0, complaint_input_bytes_max)};
  if (!sent.context)
    return std::nullopt;
  if (sent.context->text.size() > metric_context_size_max)
    return complaint{"json_length", {"body", "context"}, "has more than " + std::to_string(metric_context_size_max) + " bytes", sent.context->text.substr(0, complaint_input_bytes_max)};
  if (sent.context->text.front() != '{')
    return complaint{"dict_type", {"body", "context"}, "must be an object", sent.context->text.substr(0, complaint_input_bytes_max)};
  return std::nullopt;
}

metric_sample sample_of(const value_request& sent, timestamp received_at) {
  return {sent.value_id, sent.value, sent.at.value_or(received_at), received_at, sent.dimensions, sent.context ? sent.context->text : std::string{}};
}

/// Tells what is kept. Of a value that was here before that is known as far as the client sent it again, and null else.
json value_as_json(const std::string& metric, const metric_sample& sample, const std::string& value_id, value_outcome outcome, bool has_time) {
  json body{{"value_id", value_id}, {"metric_id", metric}, {"value", nullptr}, {"timestamp", nullptr}, {"recorded_at", nullptr},
            {"status", std::string{name_of(outcome)}}};
  if (outcome == value_outcome::conflicting) {
    body["note"] = "this value_id was here before with other content: the first stays, this value was not recorded";
    return body;
  }
  body["value"] = sample.value;
  if (outcome == value_outcome::recorded || has_time)
    body["timestamp"] = format_timestamp(sample.at);
  if (outcome == value_outcome::recorded)
    body["recorded_at"] = format_timestamp(sample.recorded_at);
  return body;
}

void record_one(const gateway_call_pointer& call, const value_request& sent) {
  if (auto fault = fault_of(sent))
    return call->refuse({*std::move(fault)});
  auto sample = sample_of(sent, call->received_at);
  of_metric<record_values> message{sent.metric_id, {{sample}}};
  gateway_call::ask_tenant(call, std::move(message), call->host->options.request_timeout,
                           std::function<void(values_recorded&)>{[call, metric = sent.metric_id, sample, has_time = sent.at.has_value()](values_recorded& recorded) {
                             if (recorded.outcomes.size() != 1 || recorded.value_ids.size() != 1)
                               return call->refuse({error_code::internal_error, "the answer to a value lacks its row", {}});
                             if (!recorded.refusals.empty())
                               return call->refuse({error_code::validation_failed, recorded.refusals[0].reason, recorded.refusals[0].field});
                             call->answer(value_as_json(metric, sample, recorded.value_ids[0], recorded.outcomes[0], has_time));
                           }});
}

struct value_fault {
  std::size_t index = 0;
  std::string detail;
  error_code code = error_code::validation_failed;
};

/// Values of several metrics on their way: the last answer completes the reply.
struct values_under_way {
  std::mutex mutex;
  std::vector<json> rows; ///< by position; null: not recorded
  std::vector<value_fault> errors;
  std::size_t messages = 0;
  std::optional<failure> first_failure;
};

/// The values of one metric, and where they stood in the request.
struct value_group {
  std::vector<metric_sample> samples;
  std::vector<std::size_t> positions;
  std::vector<bool> have_time;
};

void note_recorded(values_under_way& all, const std::string& metric_id, const value_group& sent, const values_recorded& recorded) {
  for (std::size_t row = 0; row < sent.positions.size(); ++row)
    if (recorded.outcomes[row] != value_outcome::refused)
      all.rows[sent.positions[row]] = value_as_json(metric_id, sent.samples[row], recorded.value_ids[row], recorded.outcomes[row], sent.have_time[row]);
  for (const auto& each : recorded.refusals)
    if (each.index < sent.positions.size())
      all.errors.push_back({sent.positions[each.index], each.field + ": " + each.reason});
}

void answer_many(const gateway_call_pointer& call, values_under_way& all) {
  std::sort(all.errors.begin(), all.errors.end(), [](const auto& a, const auto& b) { return a.index < b.index; });
  json values = json::array();
  for (auto& each : all.rows)
    if (!each.is_null())
      values.push_back(std::move(each));
  // Nothing was recorded, and a retry can help: say so with the status that clients retry on.
  if (values.empty() && all.first_failure && describe(all.first_failure->code).retryable)
    return call->refuse(*all.first_failure);
  json errors = json::array();
  for (const auto& each : all.errors)
    errors.push_back({{"index", each.index}, {"detail", each.detail}, {"code", std::string{describe(each.code).name}}});
  const auto recorded = values.size();
  call->answer({{"values", std::move(values)}, {"success_count", recorded}, {"error_count", all.errors.size()}, {"errors", std::move(errors)},
                {"status", all.errors.empty() ? "completed" : recorded == 0 ? "failed" : "partial_success"}});
}

void record_many(const gateway_call_pointer& call, const json& list) {
  const auto all = std::make_shared<values_under_way>();
  all->rows.resize(list.size());
  std::map<std::string, value_group> groups;
  for (std::size_t i = 0; i < list.size(); ++i) {
    value_request sent;
    json_reader in;
    std::optional<complaint> fault;
    if (!in.read(list[i], sent))
      fault = in.complaints().front();
    else
      fault = fault_of(sent);
    if (fault) {
      all->errors.push_back({i, (fault->loc.size() > 1 && fault->loc[1].is_string() ? fault->loc[1].get<std::string>() : "value") + ": " + fault->msg});
      continue;
    }
    auto& mine = groups[sent.metric_id];
    mine.samples.push_back(sample_of(sent, call->received_at));
    mine.positions.push_back(i);
    mine.have_time.push_back(sent.at.has_value());
  }
  if (groups.empty())
    return answer_many(call, *all);
  all->messages = groups.size();
  for (auto& [metric, mine] : groups) {
    of_metric<record_values> message{metric, {mine.samples}};
    ask(call->host->tenants, call->options_for(call->host->options.request_timeout), std::move(message),
        std::function<void(result<values_recorded>)>{[call, all, metric_id = metric, held = std::move(mine)](result<values_recorded> outcome) {
          const std::lock_guard lock{all->mutex};
          if (outcome && outcome->outcomes.size() == held.positions.size() && outcome->value_ids.size() == held.positions.size())
            note_recorded(*all, metric_id, held, *outcome);
          else
            for (const auto position : held.positions)
              all->errors.push_back({position, outcome ? "the answer lacks this row" : outcome.error().message,
                                     outcome ? error_code::internal_error : outcome.error().code});
          if (!outcome && !all->first_failure)
            all->first_failure = outcome.error();
          if (--all->messages == 0)
            answer_many(call, *all);
        }});
  }
}

} // namespace

void record_metric_values(const gateway_call_pointer& call) {
  const auto document = call->parse_body();
  if (!document)
    return;
  if (!document->is_object() || !document->contains("values")) {
    if (const auto sent = call->read_record<value_request>(*document))
      record_one(call, *sent);
    return;
  }
  const auto& list = (*document)["values"];
  if (document->size() != 1)
    return call->refuse({error_code::validation_failed, "must stand alone where many are sent", "values"});
  if (!list.is_array() || list.empty() || list.size() > metric_batch_values_max)
    return call->refuse({error_code::validation_failed, "must be a list of 1 to " + std::to_string(metric_batch_values_max) + " values", "values"});
  record_many(call, list);
}

} // namespace dotmac
