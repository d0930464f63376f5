#include "api/handlers.hpp"
#include "api/page_answer.hpp"

#include <algorithm>

namespace dotmac {

void show_page(const gateway_call_pointer& call) { call->respond(page_answer(page_files().front(), call->request)); }

void show_page_file(const gateway_call_pointer& call) {
  const auto files = page_files().subspan(1);
  const auto& name = call->parameters["file"];
  const auto found = std::find_if(files.begin(), files.end(), [&](const page_file& each) { return each.name == name; });
  if (found == files.end())
    return call->refuse({error_code::not_found, "there is no such file: after an upgrade, load the page again", {}});
  call->respond(page_answer(*found, call->request));
}

} // namespace dotmac
