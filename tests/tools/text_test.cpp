#include "text.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace stoa::tools {
namespace {

TEST(text, PrintableLeavesWhatCanBeShown) {
  EXPECT_EQ(printable("market/a b\\c \"d\" gr\xc3\xbc\xc3\x9f \xf0\x9f\x8e\xb2"),
            "market/a b\\c \"d\" gr\xc3\xbc\xc3\x9f \xf0\x9f\x8e\xb2");
}

TEST(text, PrintableEscapesControlCharacters) {
  EXPECT_EQ(printable("a\x1b[31m\r\n\x7f"), "a\\x1b[31m\\x0d\\x0a\\x7f");
  EXPECT_EQ(printable("\xc2\x9b" "2J"), "\\xc2\\x9b2J");  // CSI in one code point
  EXPECT_EQ(printable("\xc2\xa0"), "\xc2\xa0");
}

TEST(text, PrintableEscapesWhatIsNoUtf8) {
  EXPECT_EQ(printable("\xff"), "\\xff");
  EXPECT_EQ(printable("\x80"), "\\x80");
  EXPECT_EQ(printable("\xc3"), "\\xc3");                          // cut short
  EXPECT_EQ(printable("\xc3" "a"), "\\xc3a");                     // not continued
  EXPECT_EQ(printable("\xc0\xaf"), "\\xc0\\xaf");                 // overlong
  EXPECT_EQ(printable("\xe0\x80\xaf"), "\\xe0\\x80\\xaf");        // overlong
  EXPECT_EQ(printable("\xed\xa0\x80"), "\\xed\\xa0\\x80");        // surrogate
  EXPECT_EQ(printable("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");  // beyond U+10FFFF
}

TEST(text, QuotedForJson) {
  EXPECT_EQ(quoted("a\"b\\c\n\t\r", notation::json), "\"a\\\"b\\\\c\\n\\t\\r\"");
  EXPECT_EQ(quoted(std::string_view{"\0\x1f\x7f", 3}, notation::json), "\"\\u0000\\u001f\\u007f\"");
  EXPECT_EQ(quoted("\xc2\x9b", notation::json), "\"\\u009b\"");
  EXPECT_EQ(quoted("\xff\xc3", notation::json), "\"\\ufffd\\ufffd\"");
}

TEST(text, HumanBytes) {
  EXPECT_EQ(human_bytes(0), "0 B");
  EXPECT_EQ(human_bytes(1023), "1023 B");
  EXPECT_EQ(human_bytes(1024), "1.0 KiB");
  EXPECT_EQ(human_bytes(1536), "1.5 KiB");
  EXPECT_EQ(human_bytes((1 << 20) - 1), "1.0 MiB");
  EXPECT_EQ(human_bytes(64ull << 20), "64.0 MiB");
  EXPECT_EQ(human_bytes(std::numeric_limits<std::uint64_t>::max()), "16.0 EiB");
}

TEST(text, DateOfAnyNumberIsADate) {
  for (std::uint64_t const ns : {std::uint64_t{0}, std::numeric_limits<std::uint64_t>::max()}) {
    auto const written = date(ns);
    ASSERT_EQ(written.size(), 19u) << written;
    EXPECT_EQ(written[4], '-');
    EXPECT_EQ(written[13], ':');
  }
}

TEST(text, WidthCountsCodePoints) {
  EXPECT_EQ(width(""), 0u);
  EXPECT_EQ(width("gr\xc3\xbc\xc3\x9f"), 4u);
}

}  // namespace
}  // namespace stoa::tools
