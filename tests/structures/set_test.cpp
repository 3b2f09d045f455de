#include <gtest/gtest.h>

#include <range/v3/distance.hpp>
#include <set>

#include "elements.hpp"
#include "refusal.hpp"

namespace stoa::testing {
namespace {

using numbers = stoa::set<std::uint32_t>;

TEST(set, HoldsEachKeyOnce) {
  two_views views;
  auto const set = views.first.publish<numbers>("s", 100);
  auto const other = views.second.attach<numbers>("s");
  EXPECT_TRUE(set.insert(3));
  EXPECT_FALSE(other.insert(3));
  EXPECT_TRUE(other.contains(3));
  EXPECT_EQ(set.size(), 1u);
  EXPECT_TRUE(other.erase(3));
  EXPECT_FALSE(set.erase(3));
  EXPECT_TRUE(set.empty());
}

TEST(set, BehavesLikeAStandardSetInALongLife) {
  two_views views;
  auto const set = views.first.publish<numbers>("s", 64);
  std::set<std::uint32_t> expected;
  std::uint32_t random = 1;
  for (int i = 0; i < 50'000; ++i) {
    random = random * 1'664'525 + 1'013'904'223;
    auto const key = random >> 16 & 0x3F;
    if ((random >> 30 & 1) != 0)
      ASSERT_EQ(static_cast<bool>(set.insert(key)), expected.insert(key).second);
    else
      ASSERT_EQ(set.erase(key), expected.erase(key) == 1);
    ASSERT_EQ(set.contains(key), expected.contains(key));
  }
  auto const shown = set.snapshot();
  EXPECT_EQ((std::set<std::uint32_t>{shown.begin(), shown.end()}), expected);
  EXPECT_EQ(static_cast<std::size_t>(ranges::distance(shown)), expected.size());
  set.clear();
  EXPECT_TRUE(set.empty());
}

TEST(set, TellsPresentFromFull) {
  two_views views;
  auto const set = views.first.publish<numbers>("s", 1);
  std::uint32_t key = 0;
  while (set.insert(key)) ++key;
  EXPECT_GE(key, 1u);
  EXPECT_TRUE(set.insert(key).is_full());
  EXPECT_FALSE(set.insert(0).is_full());
}

TEST(set, IsAKindOfItsOwn) {
  two_views views;
  views.first.publish<numbers>("s", 10);
  using map = stoa::map<std::uint32_t, std::uint32_t>;
  EXPECT_EQ(views.second.try_attach<map>("s").error().code(), errc::kind_mismatch);
  EXPECT_EQ(views.first.entries().begin()->type(), "<u4");
  auto const shown = segment::open_read_only(views.name()).attach<numbers>("s");
  EXPECT_EQ(refusal([&] { shown.insert(1); }), make_error_code(errc::read_only));
}

}  // namespace
}  // namespace stoa::testing
