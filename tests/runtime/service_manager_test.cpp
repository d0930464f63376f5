// What a service manager hears, at a socket of the test's own.

#include "runtime/node/service_manager.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace dotmac {
namespace {

class service_manager_test : public ::testing::Test {
protected:
  void SetUp() override {
    std::string made = (std::filesystem::temp_directory_path() / "dotmac-notify-XXXXXX").string();
    ASSERT_NE(::mkdtemp(made.data()), nullptr);
    folder = made;
    socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    ASSERT_GE(socket, 0);
  }
  void TearDown() override {
    ::unsetenv("NOTIFY_SOCKET");
    ::close(socket);
    std::filesystem::remove_all(folder);
  }

  void listen_at(const std::string& name) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name.data(), name.size());
    if (name.front() == '@')
      address.sun_path[0] = '\0';
    ASSERT_EQ(::bind(socket, reinterpret_cast<const sockaddr*>(&address), static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size())), 0) << std::strerror(errno);
    ::setenv("NOTIFY_SOCKET", name.c_str(), 1);
  }
  /// Empty where nothing came.
  std::string heard() const {
    std::array<char, 256> room{};
    const auto size = ::recv(socket, room.data(), room.size(), 0);
    return size < 0 ? std::string{} : std::string(room.data(), static_cast<std::size_t>(size));
  }

  std::string folder;
  int socket = -1;
};

TEST_F(service_manager_test, is_told_at_the_path_that_it_named) {
  listen_at(folder + "/notify");
  EXPECT_TRUE(tell_service_manager(service_state::ready));
  EXPECT_EQ(heard(), "READY=1");
  EXPECT_TRUE(tell_service_manager(service_state::stopping));
  EXPECT_EQ(heard(), "STOPPING=1");
}

TEST_F(service_manager_test, is_told_at_a_name_without_a_file) {
  listen_at("@" + folder + "/notify");
  EXPECT_TRUE(tell_service_manager(service_state::ready));
  EXPECT_EQ(heard(), "READY=1");
}

TEST_F(service_manager_test, hears_nothing_where_none_is_named) {
  listen_at(folder + "/notify");
  for (const char* none : {"", static_cast<const char*>(nullptr)}) {
    none ? ::setenv("NOTIFY_SOCKET", none, 1) : ::unsetenv("NOTIFY_SOCKET");
    EXPECT_TRUE(tell_service_manager(service_state::ready));
  }
  EXPECT_EQ(heard(), "");
}

TEST_F(service_manager_test, that_is_not_there_or_no_address_is_a_failure_that_names_it) {
  for (const auto& name : {folder + "/nobody", std::string{"relative"}, "/" + std::string(sizeof(sockaddr_un::sun_path), 'x')}) {
    ::setenv("NOTIFY_SOCKET", name.c_str(), 1);
    const auto told = tell_service_manager(service_state::ready);
    ASSERT_FALSE(told) << name;
    EXPECT_NE(told.error().message.find(name), std::string::npos);
    EXPECT_EQ(told.error().field, "NOTIFY_SOCKET");
  }
}

TEST_F(service_manager_test, that_reads_nothing_holds_up_nobody) {
  listen_at(folder + "/notify");
  const int small = 1;
  ASSERT_EQ(::setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &small, sizeof small), 0);
  bool is_full = false;
  for (int i = 0; i < 10'000 && !is_full; ++i)
    is_full = !tell_service_manager(service_state::ready);
  EXPECT_TRUE(is_full) << "it returns with a failure where a call that waits would stay";
}

} // namespace
} // namespace dotmac
