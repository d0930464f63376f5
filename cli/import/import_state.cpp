#include "cli/import/import_state.hpp"

#include "cli/json_member.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <vector>

namespace dotmac {
namespace {

failure cannot(const std::string& what, const std::string& path) { return {error_code::storage_unavailable, "the file " + path + " cannot be " + what, {}}; }

std::string hexadecimal(const XXH128_hash_t& hash) {
  std::array<char, 33> text{};
  std::snprintf(text.data(), text.size(), "%016llx%016llx", static_cast<unsigned long long>(hash.high64), static_cast<unsigned long long>(hash.low64));
  return text.data();
}

} // namespace

result<std::optional<import_state>> read_import_state(const std::string& path) {
  std::ifstream file{path};
  if (!file)
    return std::optional<import_state>{};
  const auto document = json::parse(file, nullptr, false);
  const auto confirmed_line = count_member(document, "confirmed_line");
  if (!confirmed_line)
    return failure{error_code::corrupt_data, path + " is no state of an import; --restart begins anew", {}};
  import_state state;
  state.file_digest = text_member(document, "file_digest");
  state.options_digest = text_member(document, "options_digest");
  state.confirmed_line = *confirmed_line;
  state.counts = {count_member(document, "accepted").value_or(0), count_member(document, "duplicates").value_or(0), count_member(document, "rejected").value_or(0)};
  return std::optional{state};
}

result<void> write_import_state(const std::string& path, const import_state& state) {
  const auto aside = path + ".new";
  {
    std::ofstream file{aside, std::ios::trunc};
    file << json{{"file_digest", state.file_digest}, {"options_digest", state.options_digest}, {"confirmed_line", state.confirmed_line},
                 {"accepted", state.counts.accepted}, {"duplicates", state.counts.duplicates}, {"rejected", state.counts.rejected}}.dump()
         << "\n";
    file.flush();
    if (!file)
      return cannot("written", aside);
  }
  return std::rename(aside.c_str(), path.c_str()) == 0 ? result<void>{} : result<void>{cannot("written", path)};
}

result<void> rejected_rows::keep_up_to(std::uint64_t line) {
  file_.close();
  const auto aside = path_ + ".new";
  bool is_any_kept = false;
  if (std::ifstream before{path_}; before && line > 0) {
    std::ofstream kept{aside, std::ios::trunc};
    for (std::string text; std::getline(before, text);) {
      const auto row = parse_json(text);
      if (const auto at = row ? count_member(*row, "line") : std::nullopt; at && *at <= line) {
        kept << text << "\n";
        is_any_kept = true;
      }
    }
    kept.flush();
    if (!kept)
      return cannot("written", aside);
  }
  if (is_any_kept)
    return std::rename(aside.c_str(), path_.c_str()) == 0 ? result<void>{} : result<void>{cannot("written", path_)};
  std::error_code why;
  std::filesystem::remove(aside, why);
  std::filesystem::remove(path_, why);
  return why ? result<void>{cannot("removed", path_)} : result<void>{};
}

result<void> rejected_rows::open() {
  file_.clear();
  file_.open(path_, std::ios::app);
  return file_ ? result<void>{} : result<void>{cannot("written", path_)};
}

result<void> rejected_rows::add(std::uint64_t line, const std::string& reason, const std::string& row) {
  if (!file_.is_open())
    if (auto opened = open(); !opened)
      return opened;
  file_ << json{{"line", line}, {"reason", reason}, {"row", row}}.dump(-1, ' ', false, json::error_handler_t::replace) << "\n";
  return file_ ? result<void>{} : result<void>{cannot("written", path_)};
}

result<void> rejected_rows::flush() {
  if (!file_.is_open())
    return {};
  file_.flush();
  return file_ ? result<void>{} : result<void>{cannot("written", path_)};
}

result<std::string> digest_of_file(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  if (!file)
    return failure{error_code::not_found, "the file " + path + " cannot be opened", "file"};
  const std::unique_ptr<XXH3_state_t, void (*)(XXH3_state_t*)> state{XXH3_createState(), [](XXH3_state_t* each) { XXH3_freeState(each); }};
  XXH3_128bits_reset(state.get());
  std::vector<char> buffer(1u << 20);
  while (file.read(buffer.data(), static_cast<std::streamsize>(buffer.size())) || file.gcount() > 0)
    XXH3_128bits_update(state.get(), buffer.data(), static_cast<std::size_t>(file.gcount()));
  return file.bad() ? result<std::string>{cannot("read", path)} : result<std::string>{hexadecimal(XXH3_128bits_digest(state.get()))};
}

std::string digest_of_text(const std::string& text) { return hexadecimal(XXH3_128bits(text.data(), text.size())); }

} // namespace dotmac
