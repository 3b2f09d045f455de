// Files that are cut into chunks: whatever they hold, the chunks have the words of the whole.
#include "text_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <random>

#include "scratch.hpp"

namespace logs {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;
using counts = std::map<std::string, std::uint64_t>;

void count_in(counts& into, std::string_view text) {
  word_counts some;
  some.count(text);
  for (auto const& [word, times] : some) into[std::string{word}] += times;
}
counts count_words(std::string_view text) {
  counts out;
  count_in(out, text);
  return out;
}

TEST(words, AreRunsOfLetters) {
  EXPECT_THAT(count_words("The cat's 2 cats, the cat_a-cat\xff"),
              UnorderedElementsAre(Pair("The", 1), Pair("the", 1), Pair("cat", 3), Pair("cats", 1), Pair("s", 1),
                                   Pair("a", 1)));
  EXPECT_THAT(count_words("@[`{/:019\n\r"), IsEmpty());
  EXPECT_THAT(count_words("AZaz"), ElementsAre(Pair("AZaz", 1)));
}

TEST(words, OfALongOneTheBeginningCounts) {
  std::string const longest(longest_word, 'x');
  EXPECT_THAT(count_words(longest + " " + longest + "yz"), ElementsAre(Pair(longest, 2)));
  EXPECT_EQ(word::of(longest + "yz").view(), longest);
}

TEST(chunk_length, IsUpToTheLastLineBreakOrTheLastByteThatIsNoLetter) {
  EXPECT_EQ(chunk_length("one two\nthree four"), 8u);
  EXPECT_EQ(chunk_length("one two\n"), 8u);
  EXPECT_EQ(chunk_length("one two"), 4u);
  EXPECT_EQ(chunk_length("one "), 4u);
  EXPECT_EQ(chunk_length("one"), 0u);
}

class text_files : public ::testing::Test {
 protected:
  text_source file(std::string const& name, std::string const& content) {
    auto const path = directory_.path() / name;
    std::ofstream{path, std::ios::binary} << content;
    return {content.size(), examples::to_text<sizeof(text_source::path)>(path.native())};
  }
  static counts counted_in_chunks(text_source const& from, std::size_t window) {
    text_file const text{from};
    std::vector<char> buffer(window);
    counts out;
    for (std::uint64_t offset = 0;;) {
      auto const got = text.read(offset, buffer);
      if (got.bytes == 0) return out;
      EXPECT_GE(got.next, offset + got.bytes);
      count_in(out, {buffer.data(), got.bytes});
      offset = got.next;
    }
  }
  std::vector<std::string> found() const {
    std::vector<std::string> names;
    for (auto const& each : find_text({directory_.path()}))
      names.push_back(std::filesystem::path{examples::view_of(each.path)}.filename());
    return names;
  }
  stoa::testing::scratch_directory directory_;
};

TEST_F(text_files, HaveTheWordsOfTheirChunks) {
  std::mt19937 random{3};
  for (int round = 0; round < 60; ++round) {
    std::string text;
    for (int run = 0; run < 200; ++run) {
      auto const is_long = random() % 30 == 0;
      text.append(random() % (is_long ? 300 : 12), static_cast<char>('a' + random() % 3));
      text.append(random() % 3, random() % 4 == 0 ? '\n' : ' ');
    }
    for (std::size_t const window : {33u, 64u, 100u, 1000u})
      ASSERT_EQ(counted_in_chunks(file("text", text), window), count_words(text)) << "round " << round;
  }
}

TEST_F(text_files, OfOneWordWithoutEndAreOneChunk) {
  std::string const endless(100'000, 'w');
  EXPECT_THAT(counted_in_chunks(file("text", endless), 1000), ElementsAre(Pair(std::string(longest_word, 'w'), 1)));
  EXPECT_THAT(counted_in_chunks(file("text", endless + "\nv"), 1000),
              ElementsAre(Pair("v", 1), Pair(std::string(longest_word, 'w'), 1)));
}

TEST_F(text_files, AreReadNoFurtherThanTheyWereFound) {
  auto before = file("text", "one two\n");
  file("text", "one two\nthree\n");
  EXPECT_THAT(counted_in_chunks(before, 100), ElementsAre(Pair("one", 1), Pair("two", 1)));
  before.bytes = 1000;  // it became shorter
  EXPECT_THAT(counted_in_chunks(before, 100), ElementsAre(Pair("one", 1), Pair("three", 1), Pair("two", 1)));
}

TEST_F(text_files, AreFoundInTheOrderOfTheirNames) {
  file("b", "text");
  file("a", "text");
  file("empty", "");
  file("image", std::string{"PNG\0\1", 5});
  std::filesystem::create_symlink(directory_.path() / "a", directory_.path() / "c");
  EXPECT_THAT(found(), ElementsAre("a", "b"));
  EXPECT_THAT(find_text({directory_.path() / "absent"}), IsEmpty());
}

}  // namespace
}  // namespace logs
