#include "tests/persistence/store_contract.hpp"

#include "core/time/timestamp.hpp"

#include <set>
#include <thread>

namespace dotmac {
namespace {

using texts = std::vector<std::string>;

class audit_contract : public store_contract {
protected:
  static audit_entry entry(const std::string& tenant, const std::string& details) {
    return {0, 1'700'000'000'123, tenant, "removal_requested", "user ann", details};
  }
  void add(const std::string& tenant, const std::string& details) {
    const auto added = store_->audit().add_audit_entry(entry(tenant, details));
    ASSERT_OK(added);
  }
  std::vector<audit_entry> read_entries(const std::string& tenant, std::uint64_t before_id = 0, std::size_t limit = 100) {
    auto entries = store_->audit().read_audit_entries(tenant, before_id, limit);
    EXPECT_TRUE(succeeded(entries));
    return entries ? *std::move(entries) : std::vector<audit_entry>{};
  }
  texts details(const std::string& tenant, std::uint64_t before_id = 0, std::size_t limit = 100) {
    texts found;
    for (const auto& each : read_entries(tenant, before_id, limit))
      found.push_back(each.details);
    return found;
  }
  /// The message of the refusal, which wrote nothing.
  std::string refusal_of(const audit_entry& wrong, const std::string& field) {
    const auto refused = store_->audit().add_audit_entry(wrong);
    EXPECT_EQ(code_of(refused), error_code::validation_failed) << field;
    if (refused)
      return "";
    EXPECT_EQ(refused.error().field, field);
    EXPECT_TRUE(read_entries("").empty());
    return refused.error().message;
  }
};
DOTMAC_CONTRACT(audit_contract);

TEST_P(audit_contract, reads_an_entry_back) {
  const audit_entry given{99, -5, "acme", "removal_requested", "user \"\xc3\xa4nn\"\n", R"({"request":"r-1","why":"'; --"})"};
  ASSERT_OK(store_->audit().add_audit_entry(given));
  const auto entries = read_entries("acme");
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_GT(entries[0].id, 0u);
  EXPECT_NE(entries[0].id, 99u) << "the store chooses it";
  EXPECT_EQ(entries[0].recorded_at_ms, given.recorded_at_ms);
  EXPECT_EQ(entries[0].tenant, given.tenant);
  EXPECT_EQ(entries[0].act, given.act);
  EXPECT_EQ(entries[0].subject, given.subject);
  EXPECT_EQ(entries[0].details, given.details);
}

TEST_P(audit_contract, reads_the_newest_first_of_one_tenant_or_of_all) {
  for (const std::string number : {"1", "2"})
    for (const std::string tenant : {"acme", "acme-2"})
      add(tenant, tenant + " " + number);
  EXPECT_EQ(details("acme"), (texts{"acme 2", "acme 1"}));
  EXPECT_EQ(details("acme-2"), (texts{"acme-2 2", "acme-2 1"}));
  EXPECT_EQ(details(""), (texts{"acme-2 2", "acme 2", "acme-2 1", "acme 1"}));
  EXPECT_EQ(details("", 0, 1), (texts{"acme-2 2"}));
  EXPECT_TRUE(details("acm").empty());
  EXPECT_TRUE(details("acme", 0, 0).empty());
}

TEST_P(audit_contract, goes_on_below_an_id_until_all_are_read_once) {
  texts of_acme, of_all;
  for (int i = 0; i < 25; ++i)
    for (const std::string tenant : {"acme", "globex"}) {
      of_all.insert(of_all.begin(), tenant + std::to_string(i));
      if (tenant == "acme")
        of_acme.insert(of_acme.begin(), of_all.front());
      add(tenant, of_all.front());
    }
  for (const auto& [tenant, all] : {std::pair{std::string{"acme"}, of_acme}, std::pair{std::string{}, of_all}})
    for (const std::size_t limit : {1u, 7u, 25u, 1'000u}) {
      texts found;
      std::uint64_t before = 0;
      for (auto page = read_entries(tenant, before, limit); !page.empty(); page = read_entries(tenant, before, limit)) {
        ASSERT_LE(page.size(), limit);
        for (const auto& each : page) {
          EXPECT_TRUE(before == 0 || each.id < before);
          before = each.id;
          found.push_back(each.details);
        }
        add(tenant.empty() ? "acme" : tenant, "added while reading");
      }
      const auto added = std::count(found.begin(), found.end(), "added while reading");
      found.erase(std::remove(found.begin(), found.end(), "added while reading"), found.end());
      EXPECT_EQ(found, all);
      EXPECT_LE(added, 1) << "it is there once, and newer than the first page of the first reading";
    }
  EXPECT_TRUE(details("", 1).empty());
  EXPECT_EQ(details("", std::numeric_limits<std::uint64_t>::max()), details("")) << "no id is as large";
  EXPECT_EQ(read_entries("acme", 0, std::numeric_limits<std::size_t>::max()).size(), 26u);
}

TEST_P(audit_contract, holds_an_entry_once_however_often_it_is_added) {
  const auto first = entry("acme", "request r-1");
  ASSERT_OK(store_->audit().add_audit_entry(first));
  add("acme", "request r-2");
  auto again = first;
  again.recorded_at_ms += 60'000;
  for (int i = 0; i < 3; ++i)
    ASSERT_OK(store_->audit().add_audit_entry(again));
  const auto entries = read_entries("acme");
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[1].details, "request r-1") << "where it was";
  EXPECT_EQ(entries[1].recorded_at_ms, first.recorded_at_ms) << "the first time stays";
}

TEST_P(audit_contract, tells_entries_apart_by_each_of_their_parts) {
  // Among them those that would be one when the parts were only written one behind the other.
  const audit_entry base{0, 0, "acme", "a", "b", "c"};
  std::vector<audit_entry> entries(8, base);
  entries[1].tenant = "acme-2";
  entries[2].act = "a\\n1";
  entries[3].subject = "bc", entries[3].details = "";
  entries[4].subject = "b\nc", entries[4].details = "";
  entries[5].details = "\nc";
  entries[6].act = "A";
  entries[7].details = "c ";
  for (const auto& each : entries)
    ASSERT_OK(store_->audit().add_audit_entry(each));
  for (const auto& each : entries)
    ASSERT_OK(store_->audit().add_audit_entry(each));
  const auto found = read_entries("");
  ASSERT_EQ(found.size(), entries.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    const auto& given = entries[entries.size() - 1 - i];
    EXPECT_EQ(std::tie(found[i].tenant, found[i].act, found[i].subject, found[i].details), std::tie(given.tenant, given.act, given.subject, given.details));
  }
}

TEST_P(audit_contract, takes_texts_up_to_their_limits_and_none_beyond) {
  // Random, so that no vendor makes them small by compression.
  const auto text_of = [&](std::size_t size) {
    std::string text(size, ' ');
    for (auto& c : text)
      c = static_cast<char>(' ' + random_() % 95);
    return text;
  };
  audit_entry largest{0, timestamp_max.milliseconds, std::string(tenant_id_size_max, 't'), text_of(audit_act_bytes_max), text_of(audit_subject_bytes_max), text_of(audit_details_bytes_max)};
  struct limit {
    std::string audit_entry::*text;
    std::string field;
    std::size_t bytes_max;
  };
  for (const auto& [text, field, bytes_max] : {limit{&audit_entry::act, "act", 100}, limit{&audit_entry::subject, "subject", 1'000}, limit{&audit_entry::details, "details", 8'000}}) {
    auto larger = largest;
    larger.*text += 'x';
    const auto message = refusal_of(larger, field);
    EXPECT_NE(message.find(field), std::string::npos) << message;
    EXPECT_NE(message.find(std::to_string(bytes_max) + " bytes"), std::string::npos) << message;
  }
  for (int i = 0; i < 2; ++i)
    ASSERT_OK(store_->audit().add_audit_entry(largest));
  auto other = largest; // alike but for its last byte
  other.details.back() = other.details.back() == 'x' ? 'y' : 'x';
  ASSERT_OK(store_->audit().add_audit_entry(other));
  const auto entries = read_entries(largest.tenant);
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0].details, other.details);
  EXPECT_EQ(std::tie(entries[1].act, entries[1].subject, entries[1].details), std::tie(largest.act, largest.subject, largest.details));
  EXPECT_EQ(entries[1].recorded_at_ms, timestamp_max.milliseconds);
}

TEST_P(audit_contract, refuses_what_not_every_vendor_can_keep) {
  const auto with = [](auto change) {
    auto wrong = entry("acme", "request r-1");
    change(wrong);
    return wrong;
  };
  for (const std::string tenant : {"a/b", "-a", "\xff"})
    refusal_of(with([&](audit_entry& wrong) { wrong.tenant = tenant; }), "tenant");
  refusal_of(with([](audit_entry& wrong) { wrong.tenant.assign(tenant_id_size_max + 1, 't'); }), "tenant");
  for (const std::string act : {"", "a\nb", "\xc3\xa4", "\xff", "\x7f"})
    refusal_of(with([&](audit_entry& wrong) { wrong.act = act; }), "act");
  for (const auto& text : {std::string{"a\0b", 3}, std::string{"\xff"}, std::string{"\xc3"}, std::string{"\xed\xa0\x80"}}) {
    refusal_of(with([&](audit_entry& wrong) { wrong.subject = text; }), "subject");
    refusal_of(with([&](audit_entry& wrong) { wrong.details = text; }), "details");
  }
  refusal_of(with([](audit_entry& wrong) { wrong.subject = ""; }), "subject");
  for (const auto at : {timestamp_min.milliseconds - 1, timestamp_max.milliseconds + 1})
    refusal_of(with([&](audit_entry& wrong) { wrong.recorded_at_ms = at; }), "recorded_at");
  EXPECT_EQ(code_of(store_->audit().read_audit_entries("a/b", 0, 10)), error_code::validation_failed);
}

TEST_P(audit_contract, keeps_acts_on_the_nodes_that_are_nobodys_data) {
  add("", "drained");
  add("acme", "removed");
  EXPECT_EQ(details("acme"), (texts{"removed"}));
  EXPECT_EQ(details(""), (texts{"removed", "drained"}));
}

TEST_P(audit_contract, is_there_after_the_store_was_opened_again) {
  add("acme", "before");
  store_.reset();
  factory_ = database_->make_factory();
  store_ = open();
  add("acme", "before");
  add("acme", "after");
  EXPECT_EQ(details("acme"), (texts{"after", "before"}));
}

TEST_P(audit_contract, takes_entries_of_several_sessions_at_once_each_once) {
  constexpr int writers = 4, entries = 30;
  std::vector<std::unique_ptr<store>> sessions;
  for (int i = 0; i < writers; ++i)
    sessions.push_back(open());
  std::vector<result<void>> outcomes(writers);
  std::vector<std::thread> threads;
  for (int writer = 0; writer < writers; ++writer)
    threads.emplace_back([&, writer] {
      // Every writer has the same common entries, at about the same time, and some of its own.
      for (int i = 0; i < entries && outcomes[writer]; ++i)
        for (const auto& text : {"common " + std::to_string(i), std::to_string(writer) + " " + std::to_string(i)})
          if (auto added = sessions[writer]->audit().add_audit_entry(entry("acme", text)); !added)
            outcomes[writer] = added;
    });
  for (auto& each : threads)
    each.join();
  for (const auto& each : outcomes)
    EXPECT_TRUE(succeeded(each));
  const auto found = read_entries("acme", 0, 1'000);
  EXPECT_EQ(found.size(), static_cast<std::size_t>(entries * (writers + 1)));
  std::set<std::string> distinct;
  for (const auto& each : found)
    distinct.insert(each.details);
  EXPECT_EQ(distinct.size(), found.size());
}

} // namespace
} // namespace dotmac
