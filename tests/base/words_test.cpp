#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <stoa/base/words.hpp>
#include <vector>

namespace stoa {
namespace {

constexpr std::uint64_t untouched = 0xA5A5A5A5A5A5A5A5;

TEST(words, WordsForRoundsUp) {
  EXPECT_EQ(words_for(0), 0u);
  EXPECT_EQ(words_for(1), 1u);
  EXPECT_EQ(words_for(8), 1u);
  EXPECT_EQ(words_for(9), 2u);
  EXPECT_EQ(words_for(~std::size_t{0}), std::size_t{1} << 61);
}

TEST(words, StoringNoBytesWritesNothing) {
  std::vector<atomic_u64> to(1);
  to[0] = untouched;
  store_words(to.data(), nullptr, 0);
  EXPECT_EQ(to[0], untouched);
}

TEST(words, TheRestOfTheLastWordIsZero) {
  std::vector<atomic_u64> to(1);
  to[0] = untouched;
  store_words(to.data(), "abc", 3);
  EXPECT_EQ(to[0], 0x636261u);
}

RC_GTEST_PROP(words, WhatWasStoredIsLoaded, (std::vector<unsigned char> const& bytes)) {
  std::vector<atomic_u64> words(words_for(bytes.size()) + 1);
  words.back() = untouched;
  store_words(words.data(), bytes.data(), bytes.size());
  std::vector<unsigned char> back(bytes.size() + 1, 0xEE);
  load_words(back.data(), words.data(), bytes.size());
  RC_ASSERT(std::equal(bytes.begin(), bytes.end(), back.begin()));
  RC_ASSERT(back.back() == 0xEE);        // not a byte more is written
  RC_ASSERT(words.back() == untouched);  // nor a word
}

RC_GTEST_PROP(words, SourceAndTargetNeedNoAlignment, (std::vector<unsigned char> const& bytes)) {
  RC_PRE(!bytes.empty());
  std::vector<atomic_u64> words(words_for(bytes.size()));
  store_words(words.data(), bytes.data() + 1, bytes.size() - 1);
  std::vector<unsigned char> back(bytes.size() + 1, 0xEE);
  load_words(back.data() + 1, words.data(), bytes.size() - 1);
  RC_ASSERT(std::equal(bytes.begin() + 1, bytes.end(), back.begin() + 1));
}

}  // namespace
}  // namespace stoa
