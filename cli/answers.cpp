#include "cli/answers.hpp"

#include "cli/json_member.hpp"
#include "cli/output.hpp"

#include <iostream>

namespace dotmac {

std::string shown(const json& value) {
  if (value.is_null() || value == "")
    return "-";
  return printable(value.is_string() ? value.get<std::string>() : value.dump(-1, ' ', false, json::error_handler_t::replace));
}

std::string shown(const json& of, const char* name) { return shown(member(of, name)); }

std::string counted(const json& of, const char* name) {
  const auto count = count_member(of, name);
  return count ? with_separators(*count) : "-";
}

int finish(const command_context& context, const result<http_answer>& answer, const char* mark, const std::function<void(const json&)>& show) {
  if (!answer)
    return complain_of(answer.error());
  if (answer->status >= 400) {
    if (context.as_json)
      std::cout << answer->text << "\n";
    return complain_of({error_code::malformed_request, explain(*answer), {}});
  }
  if (member(answer->body, mark).is_null())
    return complain_of({error_code::malformed_request, context.connection.url + " does not answer like a node of DotMac Analytics", {}});
  if (context.as_json)
    std::cout << answer->text << "\n";
  else
    show(answer->body);
  return 0;
}

} // namespace dotmac
