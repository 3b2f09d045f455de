#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "elements.hpp"
#include "refusal.hpp"

namespace stoa::testing {
namespace {

using ::testing::ElementsAre;
using numbers = stoa::queue<std::uint64_t>;
using lease = numbers::lease_type;
static_assert(!std::is_copy_constructible_v<lease> && std::is_nothrow_move_constructible_v<lease>);

class queue_lease : public ::testing::Test {
 protected:
  void fill(std::uint64_t count) const {
    for (std::uint64_t n = 0; n < count; ++n) ASSERT_TRUE(queue.try_push(n));
  }
  std::vector<std::uint64_t> drained() const {
    std::vector<std::uint64_t> out;
    while (auto const got = other.try_pop()) out.push_back(*got);
    return out;
  }
  static std::vector<lease> claimed(numbers const& from, std::size_t count) {
    std::vector<lease> out;
    for (std::size_t i = 0; i < count; ++i) out.push_back(from.try_claim());
    return out;
  }

  two_views views;
  numbers queue = views.first.publish<numbers>("q", 16, before_wrap);
  numbers other = views.second.attach<numbers>("q");
};

TEST_F(queue_lease, HidesItsElementFromOthers) {
  fill(2);
  auto const held = queue.try_claim();
  ASSERT_TRUE(held);
  EXPECT_EQ(*held, 0u);
  EXPECT_EQ(queue.size(), 1u);
  EXPECT_THAT(drained(), ElementsAre(1));
}

TEST_F(queue_lease, CommitEndsTheElement) {
  fill(2);
  auto held = queue.try_claim();
  held.commit();
  EXPECT_FALSE(held);
  held.commit();
  held.abort();
  EXPECT_THAT(drained(), ElementsAre(1));
}

TEST_F(queue_lease, AbortGivesTheElementBackFirst) {
  fill(3);
  auto held = queue.try_claim();
  ASSERT_EQ(other.try_pop(), 1u);
  held.abort();
  EXPECT_FALSE(held);
  held.abort();
  held.commit();
  EXPECT_THAT(drained(), ElementsAre(0, 2));
}

TEST_F(queue_lease, DestructionIsAbort) {
  fill(2);
  { auto const held = queue.try_claim(); }
  EXPECT_THAT(drained(), ElementsAre(0, 1));
}

TEST_F(queue_lease, ReturnedElementsComeBackOldestFirst) {
  fill(6);
  auto held = claimed(queue, 5);
  for (auto const i : {3, 0, 4, 1}) held[static_cast<std::size_t>(i)].abort();
  EXPECT_THAT(drained(), ElementsAre(0, 1, 3, 4, 5));
  held[2].abort();
  EXPECT_THAT(drained(), ElementsAre(2));
}

TEST_F(queue_lease, MovesWithItsElement) {
  fill(2);
  auto held = queue.try_claim();
  lease moved = std::move(held);
  EXPECT_FALSE(held);
  ASSERT_TRUE(moved);
  EXPECT_EQ(*moved, 0u);
  held.abort();
  EXPECT_EQ(other.try_pop(), 1u);
  EXPECT_EQ(other.try_pop(), std::nullopt);
  moved.commit();
  EXPECT_EQ(other.try_pop(), std::nullopt);
}

TEST_F(queue_lease, MoveAssignmentAbortsWhatWasHeld) {
  fill(2);
  auto held = queue.try_claim();
  held = queue.try_claim();
  ASSERT_TRUE(held);
  EXPECT_EQ(*held, 1u);
  EXPECT_THAT(drained(), ElementsAre(0));
  held = lease{};
  EXPECT_FALSE(held);
  EXPECT_THAT(drained(), ElementsAre(1));
}

TEST_F(queue_lease, SelfMoveKeepsIt) {
  fill(1);
  auto held = queue.try_claim();
  auto& same = held;
  held = std::move(same);
  ASSERT_TRUE(held);
  EXPECT_EQ(*held, 0u);
}

TEST_F(queue_lease, ChangesMadeInPlaceAreSeenByTheNext) {
  fill(1);
  auto held = queue.try_claim();
  *held = 70;
  held.abort();
  EXPECT_THAT(drained(), ElementsAre(70));
}

TEST_F(queue_lease, MayBeCommittedByAnotherThread) {
  fill(2);
  auto held = queue.try_claim();
  std::thread{[mine = std::move(held)]() mutable { mine.commit(); }}.join();
  EXPECT_THAT(drained(), ElementsAre(1));
}

TEST_F(queue_lease, MayBeAbortedByAnotherThread) {
  fill(2);
  auto held = queue.try_claim();
  std::thread{[mine = std::move(held)] {}}.join();
  EXPECT_THAT(drained(), ElementsAre(0, 1));
}

TEST_F(queue_lease, OutlivesTheThreadThatClaimed) {
  fill(3);
  lease held;
  std::thread{[&] { held = queue.try_claim(); }}.join();
  // The next thread gets the lane of the one that ended, with the lease still in it.
  std::thread{[&] {
    auto more = claimed(queue, 2);
    EXPECT_EQ(*more[0], 1u);
    EXPECT_EQ(*more[1], 2u);
    for (auto& each : more) each.commit();
  }}.join();
  ASSERT_TRUE(held);
  EXPECT_EQ(*held, 0u);
  held.abort();
  EXPECT_THAT(drained(), ElementsAre(0));
}

TEST_F(queue_lease, OutlivesEveryHandleAndSegmentObject) {
  scratch_name const name;
  lease held;
  {
    auto const temporary = segment::create(name, 1u << 16).publish<numbers>("q", 4);
    ASSERT_TRUE(temporary.try_push(8));
    held = temporary.try_claim();
  }
  ASSERT_TRUE(held);
  EXPECT_EQ(*held, 8u);
  auto const again = segment::open(name).attach<numbers>("q");
  EXPECT_EQ(again.try_pop(), std::nullopt);
  held.abort();
  EXPECT_EQ(again.try_pop(), 8u);
}

TEST_F(queue_lease, ThreadMayHoldMoreThanOneLaneNames) {
  fill(10);
  auto held = claimed(queue, 10);
  for (std::size_t i = 0; i < held.size(); ++i) ASSERT_EQ(*held[i], i);
  held[3].commit();
  held.clear();
  EXPECT_THAT(drained(), ElementsAre(0, 1, 2, 4, 5, 6, 7, 8, 9));
}

TEST_F(queue_lease, MoreThanAllLanesNameAreRefusedAndNothingIsLost) {
  two_views const small{1u << 16, {.max_lanes = 2}};
  constexpr std::size_t most = 2 * leases_per_lane;
  auto const from = small.first.publish<numbers>("q", 32);
  for (std::uint64_t n = 0; n < most + 1; ++n) ASSERT_TRUE(from.try_push(n));
  auto held = claimed(from, most);
  auto const refused = make_error_code(errc::too_many_leases);
  EXPECT_EQ(refusal([&] { static_cast<void>(from.try_claim()); }), refused);
  EXPECT_EQ(refusal([&] { static_cast<void>(from.claim()); }), refused);
  EXPECT_EQ(from.size(), 1u);
  held[3].commit();
  auto last = from.try_claim();
  ASSERT_TRUE(last);
  EXPECT_EQ(*last, most);
  last.commit();
  held.clear();
  std::vector<std::uint64_t> rest;
  while (auto const got = from.try_pop()) rest.push_back(*got);
  EXPECT_THAT(rest, ElementsAre(0, 1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
}

TEST_F(queue_lease, ThreadsHaveLanesOfTheirOwn) {
  fill(10);
  auto const held = claimed(queue, 8);
  std::thread{[&] { EXPECT_EQ(*queue.try_claim(), 8u); }}.join();
  EXPECT_THAT(drained(), ElementsAre(8, 9));
}

TEST_F(queue_lease, EightAreToBeHadAgainAfterEightCommits) {
  for (int round = 0; round < 20; ++round) {
    fill(8);
    for (auto& each : claimed(queue, 8)) each.commit();
  }
  EXPECT_TRUE(queue.empty());
}

// What a thread gave back it does not hold: it may claim again, and gets the same elements.
TEST_F(queue_lease, EightAreToBeHadAgainAfterEightAborts) {
  fill(8);
  for (int round = 0; round < 20; ++round) {
    auto const held = claimed(queue, 8);
    for (std::size_t i = 0; i < held.size(); ++i) ASSERT_EQ(*held[i], i);
  }
}

TEST_F(queue_lease, ElementsReturnedToAnErasedQueueDoNotCount) {
  fill(8);
  { auto const held = claimed(queue, 8); }
  ASSERT_TRUE(views.first.erase("q"));
  auto const next = views.first.publish<numbers>("next", 4);
  ASSERT_TRUE(next.try_push(5));
  auto const held = next.try_claim();
  ASSERT_TRUE(held);
  EXPECT_EQ(*held, 5u);
}

TEST_F(queue_lease, ElementsReturnedToAnotherQueueDoNotCount) {
  auto const another = views.first.publish<numbers>("another", 4);
  fill(8);
  { auto const held = claimed(queue, 8); }
  ASSERT_TRUE(another.try_push(5));
  auto const held = another.try_claim();
  ASSERT_TRUE(held);
  EXPECT_EQ(*held, 5u);
}

// An erased queue goes on for those who have it attached, and so do the elements given back to it.
TEST_F(queue_lease, ElementsReturnedToAnErasedQueueAreNotLost) {
  fill(2);
  {
    auto const leaving = segment::open(views.name());
    auto const held = leaving.attach<numbers>("q").try_claim();
    ASSERT_TRUE(held);
  }
  ASSERT_TRUE(views.first.erase("q"));
  auto const next = segment::open(views.name()).publish<numbers>("next", 4);
  ASSERT_TRUE(next.try_push(5));  // may get the lane of the one who left
  EXPECT_THAT(drained(), ElementsAre(0, 1));
}

TEST_F(queue_lease, HeldSlotsAreNotUsedForNewElements) {
  auto const small = views.first.publish<numbers>("small", 2, before_wrap);
  ASSERT_TRUE(small.try_push(1) && small.try_push(2));
  auto first = small.try_claim();
  auto second = small.try_claim();
  EXPECT_EQ(small.size(), 0u);
  EXPECT_FALSE(small.try_push(3));
  second.commit();
  EXPECT_FALSE(small.try_push(3)) << "the next slot in order is still held";
  first.commit();
  EXPECT_TRUE(small.try_push(3));
  EXPECT_EQ(small.try_pop(), 3u);
}

TEST_F(queue_lease, CapacityOneCanBeClaimedReturnedAndClaimedAgain) {
  auto const small = views.first.publish<numbers>("small", 1, before_wrap);
  for (std::uint64_t n = 0; n < 10; ++n) {
    ASSERT_TRUE(small.try_push(n));
    auto held = small.try_claim();
    ASSERT_TRUE(held);
    EXPECT_FALSE(small.try_claim());
    held.abort();
    held = small.try_claim();
    ASSERT_TRUE(held);
    ASSERT_EQ(*held, n);
    ASSERT_FALSE(small.try_push(n));
    held.commit();
  }
}

TEST_F(queue_lease, ParticipantsShowHowManyAreHeld) {
  fill(3);
  auto const held = claimed(queue, 3);
  auto const count = [&] {
    std::uint32_t leases = 0;
    for (auto const& each : views.second.participants()) leases += each.leases;
    return leases;
  };
  EXPECT_EQ(count(), 3u);
}

}  // namespace
}  // namespace stoa::testing
