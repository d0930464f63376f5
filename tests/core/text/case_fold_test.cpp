// Letters of any case are alike, and what is no letter, or no text, stays.

#include "core/text/case_fold.hpp"

#include <gtest/gtest.h>

namespace dotmac {
namespace {

std::string folded(std::string_view text) {
  std::string out;
  append_folded(out, text);
  return out;
}

TEST(case_fold, makes_small_letters_of_capitals) {
  EXPECT_EQ(folded("Fiber 1000 [ÄÖÜ] ÀÉÎÕÞŸ"), "fiber 1000 [äöü] àéîõþÿ");
  EXPECT_EQ(folded("ŁÓDŹ ŽIŽKOV ČŠ ĆĐ ȘȚ ƠƯ ƏĞ Ǎ Ǿ ĽŇ"), "łódź žižkov čš ćđ șț ơư əğ ǎ ǿ ľň");
  EXPECT_EQ(folded("ΆΈΉΌΎΏ ΑΒΓΣΩΫ"), "άέήόύώ αβγσωϋ");
  EXPECT_EQ(folded("МОСКВА ЁЂЇ Ѳ ҐҰ ӀӁ Ә Ԑ"), "москва ёђї ѳ ґұ ӏӂ ә ԑ");
  EXPECT_EQ(folded("ԵՐԵՒԱՆ"), "երեւան");
  EXPECT_EQ(folded("HÀ NỘI Ḁ"), "hà nội ḁ");
}

TEST(case_fold, knows_the_two_small_sigmas_and_the_capital_sharp_s) {
  EXPECT_EQ(folded("ΣΟΦΟΣ"), folded("σοφος"));
  EXPECT_EQ(folded("σοφος"), folded("σοφοσ"));
  EXPECT_EQ(folded("GROẞ"), "groß");
}

TEST(case_fold, leaves_alone_what_has_no_case) {
  for (const char* each : {"", "×÷ß", "ı", "東京", "مرحبا", "😀🛰", "0123456789_-./", "äöü łódź москва"})
    EXPECT_EQ(folded(each), each);
}

/// Every code point of two bytes, and of three up to the end of the last letters: folding changes none that is folded, and nothing grows.
TEST(case_fold, is_the_same_done_twice) {
  std::size_t changed = 0;
  for (char32_t each = 0; each < 0x2000; ++each) {
    const auto once = fold_case(each);
    ASSERT_EQ(fold_case(once), once) << std::hex << static_cast<std::uint32_t>(each);
    changed += once != each;
  }
  EXPECT_GT(changed, 500u);
}

TEST(case_fold, keeps_bytes_that_are_no_text) {
  for (const std::string each : {"\x80", "\xC3", "\xC3\x28", "\xE1\x80", "\xE1\x80\x28", "\xF0\x9F\x98", "\xFF\xFE", "\xC3\xC3\x84"}) {
    const auto out = folded("a" + each);
    if (each == "\xC3\xC3\x84") {
      EXPECT_EQ(out, "a\xC3\xC3\xA4");
    } else {
      EXPECT_EQ(out, "a" + each);
    }
  }
}

TEST(text_search, finds_anywhere_or_at_the_beginning) {
  text_search anywhere{"Ä", text_match::contains};
  EXPECT_TRUE(anywhere.fits("bär"));
  EXPECT_TRUE(anywhere.fits("BÄR"));
  EXPECT_FALSE(anywhere.fits("bar"));
  text_search beginning{"fib", text_match::prefix};
  EXPECT_TRUE(beginning.fits("FIBER"));
  EXPECT_FALSE(beginning.fits("my fiber"));
  EXPECT_FALSE(beginning.fits("fi"));
  text_search all{"", text_match::prefix};
  EXPECT_TRUE(all.is_everything());
  EXPECT_TRUE(all.fits(""));
}

} // namespace
} // namespace dotmac
