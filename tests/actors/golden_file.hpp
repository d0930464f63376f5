#pragma once

/// Files of bytes that releases have sent each other, as text: for every kind of message its name, what it says (JSON), and its bytes.
///
/// A file is written once, when its protocol is new, and stays: tests/actors/golden/README.md.

#include "core/bytes.hpp"

#include <nlohmann/json.hpp>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace dotmac {

struct golden_entry {
  std::string name;
  nlohmann::json says;
  bytes content;
};
using golden_entries = std::vector<golden_entry>;

inline std::string golden_path(std::uint16_t protocol, const std::string& name) {
  return std::string{DOTMAC_GOLDEN_FOLDER} + "/protocol_" + std::to_string(protocol) + "/" + name + ".txt";
}

/// Set to write the files of the newest protocol that are not there yet.
inline bool golden_files_are_wanted() { return std::getenv("DOTMAC_WRITE_GOLDEN") != nullptr; }

inline std::string hex_of(bytes_view content, std::size_t bytes_a_line) {
  constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < content.size(); ++i) {
    if (i > 0 && i % bytes_a_line == 0)
      text += '\n';
    const auto each = static_cast<unsigned char>(content[i]);
    text += {digits[each >> 4], digits[each & 15]};
  }
  return text;
}

inline bytes bytes_of_hex(const std::string& line) {
  bytes content;
  for (std::size_t i = 0; i + 1 < line.size(); i += 2)
    content.push_back(static_cast<char>(std::stoi(line.substr(i, 2), nullptr, 16)));
  return content;
}

inline void write_golden_file(const std::string& path, const golden_entries& entries) {
  if (std::ifstream{path})
    throw std::runtime_error{path + " is there: bytes that were sent once stay what they were"};
  std::ofstream file{path};
  for (const auto& each : entries)
    file << "# " << each.name << '\n' << each.says.dump() << '\n' << hex_of(each.content, 64) << "\n\n";
  if (!file.flush())
    throw std::runtime_error{path + " cannot be written"};
}

inline golden_entries read_golden_file(const std::string& path) {
  std::ifstream file{path};
  if (!file)
    throw std::runtime_error{path + " cannot be read"};
  golden_entries entries;
  for (std::string line; std::getline(file, line);) {
    if (line.empty())
      continue;
    if (line.starts_with("# ")) {
      entries.push_back({line.substr(2), nullptr, {}});
      std::getline(file, line);
      entries.back().says = nlohmann::json::parse(line);
    } else {
      entries.at(entries.size() - 1).content += bytes_of_hex(line);
    }
  }
  return entries;
}

} // namespace dotmac
