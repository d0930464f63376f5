#include "cli/import/importer.hpp"

#include "tests/cli/moody_node.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace dotmac {
namespace {

class importer_test : public ::testing::Test {
protected:
  importer_test() {
    char name[] = "/tmp/dotmac-importer-XXXXXX";
    folder_ = ::mkdtemp(name);
    std::cout << "seed " << seed_ << "\n";
    request.source.file = folder_ + "/rows.csv";
    request.mapping.fields = {{"event_type", "row"}, {"event_name", "row"}, {"timestamp", "{at}"}};
    request.mapping.time_format_text = "s";
    request.batch_size = 40;
    request.connections = 4;
  }
  ~importer_test() override { std::filesystem::remove_all(folder_); }

  void write_rows(int count) {
    std::ofstream file{request.source.file};
    file << "n,at\n";
    for (int n = 0; n < count; ++n)
      file << n << "," << (n % 500 == 7 ? "never" : std::to_string(1'700'000'000 + n)) << "\n";
  }
  /// Each row that can be read was taken once, and nothing else.
  static void expect_once(const std::map<int, int>& taken, int count) {
    for (int n = 0; n < count; ++n) {
      const auto found = taken.find(n);
      EXPECT_EQ(found == taken.end() ? 0 : found->second, n % 500 == 7 ? 0 : 1) << n;
    }
    EXPECT_TRUE(taken.empty() || taken.rbegin()->first < count);
  }

  std::uint64_t seed_ = std::random_device{}();
  std::string folder_;
  import_request request;
  std::atomic<bool> stop{false};
};

TEST_F(importer_test, brings_every_row_once_whatever_mood_the_node_is_in) {
  constexpr int count = 4'000;
  write_rows(count);
  moody_node node{seed_};
  request.connection.url = node.url();
  const auto done = import_file(request, [](const import_progress&) {}, stop);
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(done->counts.accepted + done->counts.duplicates, count - 8u);
  EXPECT_EQ(done->counts.rejected, 8u);
  EXPECT_EQ(done->bytes_read, done->bytes_total);
  EXPECT_GT(node.calls(), count / 40);
  expect_once(node.taken(), count);
}

TEST_F(importer_test, goes_on_after_it_was_stopped_again_and_again) {
  constexpr int count = 8'000;
  write_rows(count);
  moody_node node{seed_};
  request.connection.url = node.url();
  std::mt19937_64 chance{seed_};
  int stops = 0;
  for (bool is_done = false; !is_done;) {
    stop = false;
    const auto stop_at = node.calls() + 10 + static_cast<int>(chance() % 40);
    std::thread stopping{[&] {
      while (node.calls() < stop_at && !stop)
        std::this_thread::sleep_for(std::chrono::milliseconds{1});
      stop = true;
    }};
    const auto done = import_file(request, [](const import_progress&) {}, stop);
    stop = true;
    stopping.join();
    if (!done) {
      ASSERT_EQ(done.error().code, error_code::cancelled) << done.error().message;
      ++stops;
      continue;
    }
    is_done = true;
    EXPECT_TRUE(done->resumed);
    EXPECT_EQ(done->counts.accepted + done->counts.duplicates, count - 16u);
    EXPECT_EQ(done->counts.rejected, 16u);
  }
  EXPECT_GT(stops, 0);
  expect_once(node.taken(), count);
  std::ifstream rejected{request.source.file + ".rejected"};
  std::vector<int> lines;
  for (std::string line; std::getline(rejected, line);)
    lines.push_back(json::parse(line)["line"].get<int>());
  ASSERT_EQ(lines.size(), 16u);
  for (std::size_t i = 0; i < lines.size(); ++i)
    EXPECT_EQ(lines[i], static_cast<int>(i) * 500 + 9);
}

} // namespace
} // namespace dotmac
