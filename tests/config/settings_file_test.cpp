#include "config/settings_file.hpp"

#include "config/settings.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace dotmac {
namespace {

using variables = std::map<std::string, std::string>;

TEST(settings_file, gives_settings_by_the_names_of_their_variables) {
  const auto read = parse_settings_file("# ours\n[server]\nhost = '0.0.0.0'\nport = 8_080\n[database]\nurl = \"postgresql://db/x\"\n[log]\nlevel = \"warn\"\n", "f");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, (variables{{"HOST", "0.0.0.0"}, {"PORT", "8080"}, {"DATABASE_URL", "postgresql://db/x"}, {"LOG_LEVEL", "warn"}}));
  EXPECT_EQ(load_settings(*read)->port, 8'080);
  EXPECT_TRUE(parse_settings_file("", "f")->empty());
}

TEST(settings_file, knows_every_setting_by_a_key_of_its_own) {
  const auto names = setting_names();
  auto keys = file_keys_of_settings();
  ASSERT_EQ(keys.size(), names.size());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const auto setting = setting_of_file_key(keys[i]);
    ASSERT_TRUE(setting);
    EXPECT_EQ(setting->name, names[i]);
    EXPECT_EQ(std::count(keys[i].begin(), keys[i].end(), '.'), 1) << keys[i];
    const auto dot = keys[i].find('.');
    const auto read = parse_settings_file("[" + keys[i].substr(0, dot) + "]\n" + keys[i].substr(dot + 1) + (setting->is_number ? " = true" : " = 1"), "f");
    ASSERT_FALSE(read) << keys[i] << " takes a value of another type";
    EXPECT_EQ(read.error().field, keys[i]);
  }
  std::sort(keys.begin(), keys.end());
  EXPECT_EQ(std::adjacent_find(keys.begin(), keys.end()), keys.end());
}

TEST(settings_file, names_the_file_the_line_and_the_key_of_what_is_wrong) {
  const auto fault_of = [](const std::string& text) {
    const auto read = parse_settings_file(text, "my.toml");
    return read ? "none" : read.error().message;
  };
  EXPECT_TRUE(fault_of("[server]\n\nprot = 1").starts_with("my.toml, line 3: server.prot: there is no such setting; there are database.url, "));
  EXPECT_TRUE(fault_of("[sever]\nport = 1").starts_with("my.toml, line 2: sever.port: there is no such setting"));
  EXPECT_EQ(fault_of("port = 1"), "my.toml, line 1: port: stands outside of a section, such as [server]");
  EXPECT_EQ(fault_of("[server]\nport = \"80\""), "my.toml, line 2: server.port: must be a whole number");
  EXPECT_EQ(fault_of("[server]\nport = 80.5"), "my.toml, line 2: server.port: must be a whole number");
  EXPECT_EQ(fault_of("[server]\nhost = [\"a\"]"), "my.toml, line 2: server.host: must be text, in quotes");
  EXPECT_EQ(fault_of("[server]\nport = 70000"), "my.toml, line 2: server.port: PORT=70000: must be a whole number from 0 to 65535");
  EXPECT_TRUE(fault_of("[server.port]\nx = 1").starts_with("my.toml, line 1: server.port: must be a whole number"));
  EXPECT_TRUE(fault_of("[server]\nport = 1\nport = 2").starts_with("my.toml, line 3: "));
  EXPECT_TRUE(fault_of("[server\n").starts_with("my.toml, line 1: "));
  EXPECT_TRUE(fault_of(std::string(100'000, '[')).starts_with("my.toml, line 1: "));
  EXPECT_TRUE(fault_of("[server]\nhost = \"\xff\"").starts_with("my.toml, line 2: "));
}

TEST(settings_file, is_read_from_disk_up_to_its_limit) {
  char name[] = "/tmp/dotmac-settings-XXXXXX";
  const std::string folder = ::mkdtemp(name);
  const auto path = folder + "/f.toml";
  const std::string text = "[server]\nport = 81\n#";
  std::ofstream{path} << text << std::string(settings_file_bytes_max - text.size(), 'x');
  EXPECT_EQ(read_settings_file(path)->at("PORT"), "81");
  std::ofstream{path, std::ios::app} << "x";
  EXPECT_EQ(read_settings_file(path).error().message, path + " is longer than 1048576 bytes");
  EXPECT_EQ(read_settings_file(folder + "/none").error().code, error_code::not_found);
  EXPECT_FALSE(read_settings_file(folder));
  std::filesystem::remove_all(folder);
}

} // namespace
} // namespace dotmac
