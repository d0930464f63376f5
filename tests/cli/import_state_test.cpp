#include "cli/import/import_state.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <sstream>

namespace dotmac {
namespace {

class import_state_test : public ::testing::Test {
protected:
  import_state_test() {
    char name[] = "/tmp/dotmac-state-XXXXXX";
    folder_ = ::mkdtemp(name);
  }
  ~import_state_test() override { std::filesystem::remove_all(folder_); }
  std::string path(const std::string& name) const { return folder_ + "/" + name; }
  std::string content(const std::string& name) const {
    std::ifstream file{path(name)};
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
  }
  std::string folder_;
};

TEST_F(import_state_test, reads_back_as_it_was_written_and_is_none_at_first) {
  EXPECT_FALSE(*read_import_state(path("s")));
  ASSERT_TRUE(write_import_state(path("s"), {"file", "options", 7, {1, 2, 3}}));
  ASSERT_TRUE(write_import_state(path("s"), {"file", "options", 9, {4, 5, 6}}));
  const auto state = **read_import_state(path("s"));
  EXPECT_EQ(state.file_digest, "file");
  EXPECT_EQ(state.options_digest, "options");
  EXPECT_EQ(state.confirmed_line, 9u);
  EXPECT_EQ(state.counts.accepted, 4u);
  EXPECT_EQ(state.counts.duplicates, 5u);
  EXPECT_EQ(state.counts.rejected, 6u);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator{folder_}, {}), 1) << "nothing is left beside it";
}

TEST_F(import_state_test, is_refused_where_it_is_none) {
  for (const auto* text : {"", "{", "[]", "{}", "{\"confirmed_line\":\"7\"}", "{\"confirmed_line\":-1}"}) {
    std::ofstream{path("s")} << text;
    const auto state = read_import_state(path("s"));
    ASSERT_FALSE(state) << text;
    EXPECT_NE(state.error().message.find("--restart"), std::string::npos);
  }
  EXPECT_EQ(write_import_state(path("none/s"), {}).error().code, error_code::storage_unavailable);
}

TEST_F(import_state_test, of_refused_rows_keeps_those_up_to_a_line_and_drops_half_a_line) {
  {
    rejected_rows rows{path("r")};
    ASSERT_TRUE(rows.keep_up_to(0));
    for (const std::uint64_t line : {2u, 5u, 9u})
      ASSERT_TRUE(rows.add(line, "why", "a,\"b\xff\n"));
    ASSERT_TRUE(rows.flush());
  }
  const auto whole = content("r");
  std::ofstream{path("r"), std::ios::app} << "{\"line\":3,\"reas";
  rejected_rows rows{path("r")};
  ASSERT_TRUE(rows.keep_up_to(5));
  EXPECT_EQ(content("r"), whole.substr(0, whole.find("{\"line\":9")));
  ASSERT_TRUE(rows.add(9, "why", "a,\"b\xff\n"));
  ASSERT_TRUE(rows.flush());
  EXPECT_EQ(content("r"), whole);
  ASSERT_TRUE(rows.keep_up_to(1));
  EXPECT_FALSE(std::filesystem::exists(path("r")));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator{folder_}, {}), 0);
}

TEST_F(import_state_test, tells_files_apart_by_their_content) {
  std::ofstream{path("a")} << std::string(3'000'000, 'x');
  std::ofstream{path("b")} << std::string(3'000'000, 'x');
  std::ofstream{path("c")} << std::string(2'999'999, 'x') << "y";
  EXPECT_EQ(*digest_of_file(path("a")), *digest_of_file(path("b")));
  EXPECT_NE(*digest_of_file(path("a")), *digest_of_file(path("c")));
  EXPECT_EQ(*digest_of_file(path("a")), digest_of_text(std::string(3'000'000, 'x')));
  EXPECT_FALSE(digest_of_file(path("none")));
}

} // namespace
} // namespace dotmac
