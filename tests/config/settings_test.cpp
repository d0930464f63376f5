#include "config/settings.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace dotmac {
namespace {

const std::string good_key = "q8Zt3vLw0RkYx7NcJ5uHsB2eGfDaMpVo9TiEr6Xz";

TEST(settings, have_the_defaults_of_the_contract) {
  const auto loaded = load_settings({});
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->host, "127.0.0.1");
  EXPECT_EQ(loaded->port, 8'000);
  EXPECT_EQ(loaded->query_timeout_seconds, 300);
  EXPECT_EQ(loaded->event_dedupe_window_days, 30);
  EXPECT_FALSE(loaded->is_production());
}

TEST(settings, refuse_a_wrong_number_and_name_the_setting_the_value_and_the_limit) {
  for (const auto* text : {"abc", "", "70000", "-1", "80 ", "8e3"}) {
    const auto loaded = load_settings({{"PORT", text}});
    ASSERT_FALSE(loaded) << text;
    EXPECT_EQ(loaded.error().field, "PORT");
    EXPECT_NE(loaded.error().message.find(std::string{"PORT="} + text), std::string::npos);
    EXPECT_NE(loaded.error().message.find("65535"), std::string::npos);
  }
}

TEST(settings, let_a_cluster_be_made_only_of_what_it_needs) {
  const std::map<std::string, std::string> good{{"CLUSTER_NAME", "c"}, {"DATABASE_URL", "postgresql://db/x"}, {"NODE_ID", "node-1.a"}, {"NODE_ROLE", "gateway"}, {"PEER_HOST", "127.0.0.2"}};
  EXPECT_TRUE(load_settings(good));
  for (const auto& [name, value] : std::map<std::string, std::string>{{"CLUSTER_NAME", "two words"}, {"NODE_ID", "-x"}, {"NODE_ROLE", "boss"}, {"PEER_HOST", "10.0.0.1"}, {"PEER_ADVERTISED_HOST", "elsewhere"}, {"PEER_PORT", "65536"}}) {
    auto changed = good;
    changed[name] = value;
    const auto loaded = load_settings(changed);
    ASSERT_FALSE(loaded) << name;
    EXPECT_EQ(loaded.error().field, name);
  }
  auto working = good;
  working["NODE_ROLE"] = "worker";
  EXPECT_TRUE(load_settings(working));
  const auto alone_at_work = load_settings({{"NODE_ROLE", "worker"}});
  ASSERT_FALSE(alone_at_work);
  EXPECT_EQ(alone_at_work.error().field, "NODE_ROLE");
  auto encrypted = good;
  encrypted.insert({{"PEER_CERTIFICATE_FILE", "c.pem"}, {"PEER_KEY_FILE", "k.pem"}, {"PEER_CA_FILE", "ca.pem"}, {"PEER_ADVERTISED_HOST", "node-1.example"}});
  encrypted["PEER_HOST"] = "0.0.0.0";
  EXPECT_TRUE(load_settings(encrypted));
  for (const auto* name : {"PEER_CERTIFICATE_FILE", "PEER_KEY_FILE", "PEER_CA_FILE"}) {
    auto changed = encrypted;
    changed.erase(name);
    const auto loaded = load_settings(changed);
    ASSERT_FALSE(loaded) << name;
    EXPECT_NE(loaded.error().message.find(name), std::string::npos);
  }
  encrypted.erase("PEER_ADVERTISED_HOST");
  ASSERT_FALSE(load_settings(encrypted));
  EXPECT_NE(load_settings(encrypted).error().message.find("PEER_ADVERTISED_HOST"), std::string::npos);
  const auto alone = load_settings({{"CLUSTER_NAME", "c"}});
  ASSERT_FALSE(alone);
  EXPECT_NE(alone.error().message.find("DATABASE_URL"), std::string::npos);
}

TEST(settings, let_production_start_only_with_a_real_secret_key) {
  EXPECT_FALSE(load_settings({{"ENVIRONMENT", "production"}}));
  EXPECT_FALSE(load_settings({{"ENVIRONMENT", "production"}, {"SECRET_KEY", "short"}}));
  EXPECT_FALSE(load_settings({{"ENVIRONMENT", "production"}, {"SECRET_KEY", "changeme" + good_key}}));
  EXPECT_TRUE(load_settings({{"ENVIRONMENT", "production"}, {"SECRET_KEY", good_key}}));
  EXPECT_TRUE(load_settings({{"ENVIRONMENT", "production"}, {"SECRET_KEY", "7f3a9c51e04b8d26f1a7c95e3b80d264"}}));
  for (const auto* placeholder : {"kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk", "abababababababababababababababababababab", "CHANGE-ME-in-production-please-0123456789",
                                  "your_secret_key_goes_here_0123456789abcdef", "an Example of a key, 32 bytes 7f3a9c51e0", "placeholder-7f3a9c51e04b8d26f1a7c95e3b80d264"})
    EXPECT_FALSE(load_settings({{"ENVIRONMENT", "production"}, {"SECRET_KEY", placeholder}})) << placeholder;
  EXPECT_FALSE(load_settings({{"ENVIRONMENT", "staging"}}));
  EXPECT_FALSE(load_settings({{"LOG_LEVEL", "loud"}}));
}

TEST(settings, stand_in_the_readme_as_they_are_declared) {
  std::ifstream file{DOTMAC_SOURCE_DIR "/README.md"};
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_NE(text.str().find(settings_as_markdown()), std::string::npos) << "put this table into README.md:\n" << settings_as_markdown();
}

} // namespace
} // namespace dotmac
