#pragma once

/// The settings file: TOML with a section per subject, each setting by the key it was declared with (config/settings.hpp).
///
///   [server]
///   port = 8000
///
/// Errors   validation_failed naming the file, the line and the key: no TOML, a key that no setting has, text for a number or a number for
///          text, a number out of its bounds; not_found where the file cannot be read.
/// Limits   settings_file_bytes_max.

#include "core/result.hpp"

#include <map>
#include <string>
#include <string_view>

namespace dotmac {

inline constexpr std::size_t settings_file_bytes_max = 1u << 20;

/// What the file sets, by the names of the variables: to be overlaid by the environment.
result<std::map<std::string, std::string>> read_settings_file(const std::string& path);

/// The same of a file's content; `path` names it in messages.
result<std::map<std::string, std::string>> parse_settings_file(std::string_view text, const std::string& path);

} // namespace dotmac
