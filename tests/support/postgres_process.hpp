#pragma once

/// The process side of postgres_fixture: how PostgreSQL's programs are started and ended.

#include <filesystem>
#include <string>
#include <vector>

namespace dotmac {

/// The folder with initdb and postgres; throws where there is none.
std::filesystem::path postgres_programs();

/// Lets the user that PostgreSQL will run as own `folder`.
void give_to_postgres_user(const std::filesystem::path& folder);

/// Starts a program of PostgreSQL as a user that it accepts, its output in `log`; returns its process id.
int start_program(const std::vector<std::string>& arguments, const std::filesystem::path& log);

/// SIGKILL for `process` and all of its children at once.
void kill_with_children(int process);

/// Reads commands until the other end is closed: 's' starts the server, 'k' kills it; each is answered by its
/// letter. Then kills the server, removes the folder and ends this process.
[[noreturn]] void supervise(const std::vector<std::string>& server, const std::filesystem::path& folder,
                            int commands, int answers);

/// Ends servers and removes folders whose owner is dead. Folders are named `prefix` + process id + '-' + ...
void clean_stale_folders(const std::filesystem::path& parent, const std::string& prefix);

} // namespace dotmac
