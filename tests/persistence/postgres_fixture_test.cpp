#include "tests/support/postgres_fixture.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <thread>

namespace dotmac {
namespace {

void wait_until_gone(const std::filesystem::path& folder) {
  for (int i = 0; i < 3'000 && std::filesystem::exists(folder); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds{10});
}

TEST(postgres_fixture_test, leaves_nothing_behind_when_its_process_is_killed) {
  int names[2];
  ASSERT_EQ(pipe(names), 0);
  const int child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const auto server = postgres_fixture::start();
    const auto name = server->folder().string();
    if (write(names[1], name.data(), name.size()) > 0)
      kill(getpid(), SIGKILL);
    _exit(1);
  }
  close(names[1]);
  char name[4'096];
  const auto size = read(names[0], name, sizeof name);
  close(names[0]);
  ASSERT_GT(size, 0);
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  const std::filesystem::path folder{std::string(name, static_cast<std::size_t>(size))};
  wait_until_gone(folder);
  EXPECT_FALSE(std::filesystem::exists(folder));
}

TEST(postgres_fixture_test, runs_two_servers_and_ends_them_in_any_order) {
  auto first = postgres_fixture::start();
  auto second = postgres_fixture::start();
  const auto folder = first->folder();
  EXPECT_NE(first->url(), second->url());
  first.reset();
  EXPECT_FALSE(std::filesystem::exists(folder));
  EXPECT_EQ(run_sql(second->url(), "SHOW fsync"), "on");
}

TEST(postgres_fixture_test, keeps_what_was_committed_when_it_is_killed_and_restarted) {
  const auto server = postgres_fixture::start();
  const auto url = server->create_database();
  run_sql(url, "CREATE TABLE kept AS SELECT 17 AS number");
  server->stop_immediate();
  EXPECT_THROW(run_sql(url, "SELECT 1"), std::runtime_error);
  server->restart();
  EXPECT_EQ(run_sql(url, "SELECT number FROM kept"), "17");
}

} // namespace
} // namespace dotmac
