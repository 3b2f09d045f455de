// All users are killed: what they had published is there for the next, and only what nobody lives
// in goes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stoa/stoa.hpp>

#include "crew.hpp"

namespace stoa {
namespace {

using namespace stoa::literals;
using namespace stoa::testing;
using ::testing::Contains;
using ::testing::Not;

child_program const user{
    "user", [](child_arguments const& a) {
      auto const where = segment::open_or_create(a.at(first_own_argument), 64_KiB);
      auto const numbers = where.publish_or_attach<array<std::uint64_t>>("numbers", 64);
      auto const last = where.publish_or_attach<value<std::uint64_t>>("last");
      auto const line = where.publish_or_attach<queue<std::uint64_t>>("line", 64);
      return serve(a, [&](order const& o, answer&, crew_memory&) {
        numbers[static_cast<std::size_t>(o.member)] = o.argument;
        last.store(o.argument);
        line.push(o.argument);
      });
    }};

class death : public ::testing::Test {
 protected:
  void kill_all() {
    for (int i = 0; i < all_.size(); ++i) all_.member(i).kill();
  }
  scratch_name name_;
  crew all_{"user", 8, {name_.str()}};
};

TEST_F(death, OfAllUsersLeavesTheirDataToTheNext) {
  ASSERT_EQ(all_.everybody(1, 42), "");
  kill_all();
  ASSERT_TRUE(exists(name_.path()));
  auto const next = segment::open(name_);
  EXPECT_EQ(next.reference_count(), 1u);
  auto const numbers = next.attach<array<std::uint64_t>>("numbers");
  for (std::size_t i = 0; i < 8; ++i) EXPECT_EQ(numbers[i], 42u);
  EXPECT_EQ(next.attach<value<std::uint64_t>>("last").load(), 42u);
  auto const line = next.attach<queue<std::uint64_t>>("line");
  for (int i = 0; i < 8; ++i) EXPECT_EQ(line.try_pop(), 42u);
  EXPECT_FALSE(line.try_pop());
}

TEST_F(death, OfAllUsersIsSeenByWhoLooks) {
  ASSERT_EQ(all_.everybody(1, 42), "");
  {
    auto const reader = segment::open_read_only(name_);
    EXPECT_EQ(reader.reference_count(), 8u);
    kill_all();
    EXPECT_EQ(reader.reference_count(), 0u);
    auto const seen = reader.participants();
    ASSERT_EQ(seen.size(), 8u);
    for (auto const& each : seen) EXPECT_FALSE(each.alive);
  }
  ASSERT_TRUE(exists(name_.path())) << "a reader's coming and going changes nothing";
}

TEST_F(death, TheNextUserIsTheLastToo) {
  ASSERT_EQ(all_.everybody(1, 42), "");
  kill_all();
  { auto const next = segment::open(name_); }
  EXPECT_FALSE(exists(name_.path()));
}

TEST_F(death, RemoveUnusedTakesOnlyWhatNobodyLivesIn) {
  ASSERT_EQ(all_.everybody(1, 42), "");
  for (int i = 0; i < 7; ++i) all_.member(i).kill();
  EXPECT_FALSE(segment::remove_unused(name_)) << "one lives";
  all_.member(7).stop();
  EXPECT_FALSE(segment::remove_unused(name_)) << "it is stopped, not dead";
  EXPECT_THAT(segment::list(), Contains(name_.str()));
  all_.member(7).kill();
  EXPECT_TRUE(segment::remove_unused(name_));
  EXPECT_FALSE(exists(name_.path()));
  EXPECT_THAT(segment::list(), Not(Contains(name_.str())));
}

TEST_F(death, PlacesOfTheDeadAreUsedAgain) {
  ASSERT_EQ(all_.everybody(1, 42), "");
  kill_all();
  std::vector<segment> successors;
  auto const places = segment::open_read_only(name_).attachment().map().limits().max_participants;
  for (std::uint32_t i = 0; i < places; ++i) successors.push_back(segment::open(name_));
  EXPECT_EQ(successors.front().reference_count(), places);
  EXPECT_EQ(segment::try_open(name_).error().code(), errc::too_many_participants);
}

}  // namespace
}  // namespace stoa
