#include "runtime/actor/scratch_memory.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <filesystem>
#include <thread>

#include <unistd.h>

namespace dotmac {
namespace {

constexpr std::size_t mebibyte = 1 << 20;

struct told_lines {
  std::vector<std::string> lines;
  std::function<void(const std::string&)> take() {
    return [this](const std::string& line) { lines.push_back(line); };
  }
};

TEST(scratch_memory, gives_zeroed_memory_of_a_file_without_a_name_and_takes_it_back) {
  const auto folder = std::filesystem::temp_directory_path() / ("scratch-" + std::to_string(::getpid()));
  std::filesystem::create_directory(folder);
  {
    told_lines told;
    scratch_memory memory{folder.string(), 16 * mebibyte, told.take()};
    for (int round = 0; round < 20; ++round) {
      auto* const first = static_cast<char*>(memory.allocate(3 * mebibyte + 5));
      auto* const second = static_cast<char*>(memory.allocate(2 * mebibyte));
      for (std::size_t i = 0; i < 3 * mebibyte + 5; i += 4'096)
        ASSERT_EQ(first[i], 0);
      std::memset(first, 1, 3 * mebibyte + 5);
      std::memset(second, 2, 2 * mebibyte);
      EXPECT_EQ(first[3 * mebibyte + 4], 1);
      EXPECT_GE(memory.read_figures().bytes, 5 * mebibyte + 5);
      memory.deallocate(first, 3 * mebibyte + 5);
      memory.deallocate(second, 2 * mebibyte);
    }
    EXPECT_EQ(memory.read_figures().bytes, 0u);
    EXPECT_EQ(memory.read_figures().ordinary_bytes, 0u);
    EXPECT_TRUE(std::filesystem::is_empty(folder));
    EXPECT_TRUE(told.lines.empty());
  }
  std::filesystem::remove_all(folder);
}

TEST(scratch_memory, beyond_its_limit_gives_ordinary_memory_and_says_so_once) {
  told_lines told;
  scratch_memory memory{std::filesystem::temp_directory_path().string(), 2 * mebibyte, told.take()};
  void* const first = memory.allocate(2 * mebibyte);
  std::vector<void*> others;
  for (int i = 0; i < 3; ++i) {
    others.push_back(memory.allocate(mebibyte));
    std::memset(others.back(), 3, mebibyte);
  }
  EXPECT_EQ(memory.read_figures().ordinary_bytes, 3 * mebibyte);
  EXPECT_EQ(memory.read_figures().bytes, 2 * mebibyte);
  ASSERT_EQ(told.lines.size(), 1u);
  EXPECT_NE(told.lines[0].find("SCRATCH_BYTES_MAX = 2097152"), std::string::npos) << told.lines[0];
  for (auto* each : others)
    memory.deallocate(each, mebibyte);
  memory.deallocate(first, 2 * mebibyte);
  EXPECT_EQ(memory.read_figures().ordinary_bytes, 0u);
  void* const again = memory.allocate(2 * mebibyte);
  EXPECT_EQ(memory.read_figures().bytes, 2 * mebibyte) << "the room is there again";
  memory.deallocate(again, 2 * mebibyte);
}

TEST(scratch_memory, without_a_folder_or_with_a_limit_of_zero_is_ordinary_memory) {
  told_lines told;
  scratch_memory nowhere{"/nowhere/at/all", 2 * mebibyte, told.take()};
  void* const start = nowhere.allocate(mebibyte);
  std::memset(start, 1, mebibyte);
  nowhere.deallocate(start, mebibyte);
  ASSERT_EQ(told.lines.size(), 1u);
  EXPECT_NE(told.lines[0].find("/nowhere/at/all"), std::string::npos);
  scratch_memory off{std::filesystem::temp_directory_path().string(), 0, told.take()};
  void* const other = off.allocate(mebibyte);
  off.deallocate(other, mebibyte);
  EXPECT_EQ(told.lines.size(), 1u) << "that was asked for";
}

TEST(scratch_memory, serves_threads_at_once) {
  told_lines told;
  scratch_memory memory{std::filesystem::temp_directory_path().string(), 64 * mebibyte, told.take()};
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0};
  for (char mark = 1; mark <= 4; ++mark)
    threads.emplace_back([&, mark] {
      for (int i = 0; i < 50; ++i) {
        auto* const start = static_cast<char*>(memory.allocate(mebibyte));
        std::memset(start, mark, mebibyte);
        for (std::size_t at = 0; at < mebibyte; at += 512)
          wrong += start[at] != mark;
        memory.deallocate(start, mebibyte);
      }
    });
  for (auto& each : threads)
    each.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(memory.read_figures().bytes, 0u);
}

} // namespace
} // namespace dotmac
