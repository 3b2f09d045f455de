// One process maps a segment twice: two participants at two addresses must agree on everything.
#include <gtest/gtest.h>

#include <array>
#include <numeric>
#include <stoa/stoa.hpp>
#include <vector>

#include "scratch.hpp"

namespace stoa {
namespace {

using namespace stoa::literals;
using testing::scratch_name;

class two_mappings : public ::testing::Test {
 protected:
  template <class S, class... Shape>
  std::pair<S, S> both(Shape... shape) const {
    auto made = here_.publish<S>("it", shape...);
    return {std::move(made), there_.attach<S>("it")};
  }
  scratch_name name_;
  segment here_ = segment::create(name_, 256_KiB);
  segment there_ = segment::open(name_);
};

TEST_F(two_mappings, LieAtDifferentAddresses) {
  EXPECT_NE(here_.attachment().map().base(), there_.attachment().map().base());
  auto const [a, b] = both<array<int>>(10);
  EXPECT_NE(a.data(), b.data());
}

TEST_F(two_mappings, AgreeAboutTheSegment) {
  here_.publish<array<int>>("a", 10);
  there_.publish<queue<double>>("q", 10);
  EXPECT_EQ(here_.size(), there_.size());
  EXPECT_EQ(here_.free_bytes(), there_.free_bytes());
  EXPECT_EQ(here_.reference_count(), 2u);
  EXPECT_EQ(there_.reference_count(), 2u);
  auto const mine = here_.entries();
  auto const theirs = there_.entries();
  ASSERT_EQ(mine.size(), 2u);
  ASSERT_EQ(theirs.size(), 2u);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(mine[i].name(), theirs[i].name());
    EXPECT_EQ(mine[i].kind(), theirs[i].kind());
    EXPECT_EQ(mine[i].type(), theirs[i].type());
    EXPECT_EQ(mine[i].offset(), theirs[i].offset());
    EXPECT_EQ(mine[i].bytes(), theirs[i].bytes());
  }
  auto const people = here_.participants();
  auto const same_people = there_.participants();
  ASSERT_EQ(people.size(), 2u);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(people[i].attached_ns, same_people[i].attached_ns);
    EXPECT_EQ(people[i].holds, same_people[i].holds);
  }
}

TEST_F(two_mappings, AgreeAboutAnArray) {
  auto const [a, b] = both<array<std::uint32_t>>(1000);
  std::iota(a.begin(), a.end(), 0u);
  EXPECT_TRUE(std::equal(a.begin(), a.end(), b.begin(), b.end()));
  b.atomic(999).fetch_add(1);
  EXPECT_EQ(a[999], 1000u);
}

TEST_F(two_mappings, AgreeAboutAValue) {
  using wide = std::array<std::uint64_t, 9>;
  auto const [a, b] = both<value<wide>>();
  for (std::uint64_t i = 1; i <= 50; ++i) {
    auto const& writer = i % 2 != 0 ? a : b;
    auto const& reader = i % 2 != 0 ? b : a;
    wide each{};
    each.fill(i);
    writer.store(each);
    EXPECT_EQ(reader.load(), each);
    EXPECT_EQ(reader.version(), i);
  }
  a.update([](wide& each) { ++each[0]; });
  b.update([](wide& each) { ++each[0]; });
  EXPECT_EQ(a.load()[0], 52u);
}

TEST_F(two_mappings, AgreeAboutAQueue) {
  auto const [a, b] = both<queue<std::uint64_t>>(4);
  for (std::uint64_t i = 0; i < 40; ++i) {
    ASSERT_TRUE((i % 2 != 0 ? a : b).try_push(i));
    EXPECT_EQ(a.size(), b.size());
    EXPECT_EQ((i % 3 != 0 ? a : b).try_pop(), i);
  }
  for (std::uint64_t i = 0; i < 4; ++i) ASSERT_TRUE(a.try_push(i));
  EXPECT_FALSE(b.try_push(9));
  auto lease = b.try_claim();
  ASSERT_TRUE(lease);
  EXPECT_EQ(*lease, 0u);
  EXPECT_EQ(a.try_pop(), 1u);
  lease.abort();
  EXPECT_EQ(a.try_pop(), 0u) << "what one gives back the other gets";
  std::array<std::uint64_t, 4> out{};
  EXPECT_EQ(b.try_pop_n(out), 2u);
  EXPECT_FALSE(a.try_pop());
}

TEST_F(two_mappings, AgreeAboutAnSpscQueueAndItsRoles) {
  auto const [a, b] = both<spsc_queue<std::uint64_t>>(4);
  for (std::uint64_t i = 0; i < 40; ++i) {
    ASSERT_TRUE(a.try_push(i));
    EXPECT_EQ(a.size(), b.size());
    EXPECT_EQ(b.try_pop(), i);
  }
  EXPECT_TRUE(b.has_producer());
  EXPECT_TRUE(a.has_consumer());
  EXPECT_EQ(b.try_become_producer().error().code(), errc::role_taken);
  EXPECT_EQ(a.try_become_consumer().error().code(), errc::role_taken);
}

TEST_F(two_mappings, EraseInOneSparesWhatTheOtherHolds) {
  auto const held = there_.publish<array<int>>("held", 1000);
  held.fill(5);
  EXPECT_TRUE(here_.erase("held"));
  for (int i = 0; i < 200; ++i) {
    auto const made = here_.try_publish<array<int>>("next", 10'000);
    if (made) made->fill(-1);
    here_.erase("next");
  }
  EXPECT_EQ(std::accumulate(held.begin(), held.end(), 0), 5000);
}

TEST_F(two_mappings, StayMappedWhenTheOtherLeaves) {
  auto made = std::optional{here_.publish<array<int>>("a", 10)};
  auto const theirs = there_.attach<array<int>>("a");
  made->fill(3);
  made.reset();
  here_ = there_;
  EXPECT_EQ(there_.reference_count(), 1u);
  EXPECT_EQ(theirs[9], 3);
}

}  // namespace
}  // namespace stoa
