#include "table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "text.hpp"

namespace stoa::tools {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Le;
using ::testing::ResultOf;

std::string printed(table const& rows) {
  output out;
  rows.print(out);
  return out.text();
}

TEST(table, ColumnsAreAsWideAsTheirWidestCell) {
  table rows{{{"NAME"}, {"SIZE", align::right}, {"KIND"}}};
  rows.add({"a", "5", "queue"});
  rows.add({"longer", "12345", "array"});
  EXPECT_EQ(printed(rows),
            "NAME     SIZE  KIND\n"
            "a           5  queue\n"
            "longer  12345  array\n");
}

TEST(table, RemarkRunsOverTheColumnsAfterTheFirst) {
  table rows{{{"NAME"}, {"SIZE", align::right}, {"USED", align::right}}};
  rows.add({"a", "5", "1"});
  rows.add_remark("b", "this one cannot be read");
  EXPECT_EQ(printed(rows),
            "NAME  SIZE  USED\n"
            "a        5     1\n"
            "b     this one cannot be read\n");
}

TEST(table, LastColumnIsWrappedUnderItself) {
  table rows{{{"NAME"}, {"TYPE"}}};
  std::string type;
  for (int i = 0; i < 40; ++i) type += "member,";
  rows.add({"a", type + "\nnext"});
  auto const text = printed(rows);
  auto const lines = wrapped(text, 1000);
  EXPECT_THAT(lines, Each(ResultOf(width, Le(page_columns))));
  ASSERT_EQ(lines.size(), 6u);
  EXPECT_EQ(lines[1].substr(0, 13), "a     member,");
  EXPECT_EQ(lines[2].substr(0, 13), "      member,");
  EXPECT_EQ(lines[5], "      next");
}

TEST(table, CellsAreAlignedByCodePoints) {
  table rows{{{"NAME"}, {"KIND"}}};
  rows.add({"gr\xc3\xbc\xc3\x9f" "e", "x"});
  rows.add({"plain", "y"});
  EXPECT_EQ(printed(rows), "NAME   KIND\ngr\xc3\xbc\xc3\x9f" "e  x\nplain  y\n");
}

TEST(wrapped, BreaksAfterCommasAndAtSpaces) {
  EXPECT_THAT(wrapped("one, two,three four", 9), ElementsAre("one, two,", "three", "four"));
}

TEST(wrapped, BreaksAnywhereWhereItMust) {
  EXPECT_THAT(wrapped("abcdefgh", 3), ElementsAre("abc", "def", "gh"));
  EXPECT_THAT(wrapped("\xc3\xbc\xc3\xbc\xc3\xbc", 2), ElementsAre("\xc3\xbc\xc3\xbc", "\xc3\xbc"));
}

TEST(wrapped, KeepsLineBreaks) {
  EXPECT_THAT(wrapped("", 5), ElementsAre(""));
  EXPECT_THAT(wrapped("a\n\nb", 5), ElementsAre("a", "", "b"));
  EXPECT_THAT(wrapped("abcde\nf", 5), ElementsAre("abcde", "f"));
}

}  // namespace
}  // namespace stoa::tools
