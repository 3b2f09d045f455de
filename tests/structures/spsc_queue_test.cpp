#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>
#include <optional>
#include <vector>

#include "elements.hpp"
#include "refusal.hpp"
#include "strategies.hpp"

namespace stoa::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using numbers = stoa::spsc_queue<std::uint64_t>;

std::error_code const taken = make_error_code(errc::role_taken);

std::vector<std::uint64_t> counted(std::uint64_t from, std::size_t count) {
  std::vector<std::uint64_t> out(count);
  std::iota(out.begin(), out.end(), from);
  return out;
}

std::vector<std::uint64_t> drained(numbers const& queue) {
  std::vector<std::uint64_t> out;
  while (auto const got = queue.try_pop()) out.push_back(*got);
  return out;
}

// --- one at a time ---

TEST(spsc_queue, IsEmptyAtFirst) {
  two_views views;
  auto const queue = views.first.publish<numbers>("q", 8);
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.try_pop(), std::nullopt);
}

TEST(spsc_queue, TryPushFailsWhenFull) {
  two_views views;
  auto const queue = views.first.publish<numbers>("q", 4);
  for (std::uint64_t n = 0; n < 4; ++n) ASSERT_TRUE(queue.try_push(n));
  EXPECT_FALSE(queue.try_push(4));
  EXPECT_EQ(queue.size(), 4u);
  EXPECT_THAT(drained(queue), ElementsAre(0, 1, 2, 3));
}

TEST(spsc_queue, CapacityOneHoldsOne) {
  two_views views;
  auto const queue = views.first.publish<numbers>("q", 1);
  auto const other = views.second.attach<numbers>("q");
  ASSERT_EQ(queue.capacity(), 1u);
  for (std::uint64_t n = 0; n < 10; ++n) {
    EXPECT_TRUE(queue.try_push(n));
    EXPECT_FALSE(queue.try_push(99));
    EXPECT_EQ(other.try_pop(), n);
    EXPECT_EQ(other.try_pop(), std::nullopt);
  }
}

TEST(spsc_queue, OfNoCapacityIsRefused) {
  two_views views;
  EXPECT_EQ(views.first.try_publish<numbers>("q", 0).error().code(), errc::invalid_argument);
}

TEST(spsc_queue, CountersWrapAtAnyPlaceOfTheRing) {
  two_views views;
  for (std::uint64_t const wrap :
       {std::uint64_t{0}, std::uint64_t{1} << 62, std::uint64_t{1} << 63})
    for (std::uint64_t before = 0; before < 9; ++before)
      for (std::uint64_t const capacity : {1u, 2u, 8u}) {
        auto const name = std::to_string(wrap >> 60) + '-' + std::to_string(before) + '-' +
                          std::to_string(capacity);
        auto const queue = views.first.publish<numbers>(name, capacity, wrap - before);
        for (std::uint64_t n = 0; n < 24; n += capacity) {
          for (std::uint64_t i = 0; i < capacity; ++i) ASSERT_TRUE(queue.try_push(n + i));
          ASSERT_FALSE(queue.try_push(0));
          ASSERT_EQ(queue.size(), capacity);
          for (std::uint64_t i = 0; i < capacity; ++i) ASSERT_EQ(queue.try_pop(), n + i);
          ASSERT_EQ(queue.try_pop(), std::nullopt);
        }
        ASSERT_EQ(queue.statistics().pushed, queue.statistics().popped);
        ASSERT_TRUE(views.first.erase(name));
      }
}

// --- several at once ---

TEST(spsc_queue, TryPushNPushesWhatThereIsRoomFor) {
  two_views views;
  auto const queue = views.first.publish<numbers>("q", 4, before_wrap);
  ASSERT_TRUE(queue.try_push(100));
  EXPECT_EQ(queue.try_push_n(counted(0, 9)), 3u);
  EXPECT_EQ(queue.try_push_n(counted(0, 9)), 0u);
  EXPECT_THAT(drained(queue), ElementsAre(100, 0, 1, 2));
}

TEST(spsc_queue, BatchesWrapRoundTheRing) {
  two_views views;
  auto const queue = views.first.publish<numbers>("q", 8, before_wrap);
  auto const other = views.second.attach<numbers>("q");
  std::uint64_t next = 0;
  std::uint64_t expected = 0;
  for (std::size_t const size : {5u, 8u, 1u, 7u, 3u, 8u, 8u, 2u, 6u}) {
    ASSERT_EQ(queue.try_push_n(counted(next, size)), size);
    next += size;
    std::vector<std::uint64_t> out(8);
    ASSERT_EQ(other.try_pop_n(out), size);
    for (std::size_t i = 0; i < size; ++i) ASSERT_EQ(out[i], expected++);
    ASSERT_EQ(other.try_pop_n(out), 0u);
  }
}

TEST(spsc_queue, EmptyBatchesDoNothingAndAreNotRefusals) {
  two_views views;
  auto const queue = views.first.publish<numbers>("q", 1);
  EXPECT_EQ(queue.try_push_n({}), 0u);
  EXPECT_EQ(queue.try_pop_n({}), 0u);
  EXPECT_EQ(queue.statistics().push_refusals, 0u);
  EXPECT_EQ(queue.statistics().pop_refusals, 0u);
}

// --- waiting ---

TEST(spsc_queue, TimedCallsTimeOut) {
  two_views views;
  auto const queue = views.first.publish<numbers>("q", 1);
  for (auto const strategy : strategies) {
    auto const start = wait_clock::now();
    EXPECT_EQ(queue.pop_for(10ms, strategy), std::nullopt);
    ASSERT_TRUE(queue.try_push(1));
    EXPECT_FALSE(queue.push_for(2, 10ms, strategy));
    EXPECT_GE(wait_clock::now() - start, 20ms);
    EXPECT_THAT(drained(queue), ElementsAre(1));
  }
}

TEST(spsc_queue, TimedCallsSucceedAtOnceWhenTheyCan) {
  two_views views;
  auto const queue = views.first.publish<numbers>("q", 1);
  for (auto const strategy : strategies)
    for (auto const timeout : {-1h, 0h, 24h * 365 * 400}) {
      EXPECT_TRUE(queue.push_for(1, timeout, strategy));
      EXPECT_EQ(queue.pop_for(timeout, strategy), 1u);
    }
}

TEST(spsc_queue, EachStrategyPassesElementsBothWays) {
  two_views views;
  for (auto const strategy : strategies) {
    auto const name = name_of(strategy);
    auto const queue = views.first.publish<numbers>(name, 2, before_wrap);
    auto const other = views.second.attach<numbers>(name);
    std::thread producer{[&] {
      for (std::uint64_t n = 0; n < 300; ++n) queue.push(n, strategy);
    }};
    for (std::uint64_t n = 0; n < 300; ++n) EXPECT_EQ(other.pop(strategy), n);
    producer.join();
  }
}

// --- statistics ---

TEST(spsc_queue, StatisticsCountWhatHappened) {
  two_views views;
  auto const queue = views.first.publish<numbers>("q", 4, before_wrap);
  ASSERT_EQ(queue.try_push_n(counted(0, 4)), 4u);
  EXPECT_FALSE(queue.try_push(9));
  EXPECT_FALSE(queue.push_for(9, 1ms));
  EXPECT_EQ(queue.try_push_n(counted(0, 2)), 0u);
  std::vector<std::uint64_t> out(3);
  ASSERT_EQ(queue.try_pop_n(out), 3u);
  ASSERT_EQ(queue.try_pop(), 3u);
  EXPECT_EQ(queue.try_pop(), std::nullopt);
  EXPECT_EQ(queue.pop_for(1ms), std::nullopt);
  EXPECT_EQ(queue.try_pop_n(out), 0u);
  auto const counts = views.second.attach<numbers>("q").statistics();
  EXPECT_EQ(counts.pushed, 4u);
  EXPECT_EQ(counts.popped, 4u);
  EXPECT_EQ(counts.push_refusals, 3u);
  EXPECT_EQ(counts.pop_refusals, 3u);
  EXPECT_EQ(counts.high_water, 4u);
}

// --- roles ---

class spsc_queue_roles : public ::testing::Test {
 protected:
  two_views views;
  std::optional<numbers> queue = views.first.publish<numbers>("q", 4, before_wrap);
};

TEST_F(spsc_queue_roles, AreTakenAtFirstUse) {
  EXPECT_FALSE(queue->has_producer());
  EXPECT_FALSE(queue->has_consumer());
  ASSERT_TRUE(queue->try_push(1));
  EXPECT_TRUE(queue->has_producer());
  EXPECT_FALSE(queue->has_consumer());
  ASSERT_EQ(queue->try_pop(), 1u);
  EXPECT_TRUE(queue->has_consumer());
}

TEST_F(spsc_queue_roles, BelongToOneHandleAndItsCopies) {
  auto const copy = *queue;
  ASSERT_TRUE(queue->try_push(1));
  EXPECT_TRUE(copy.try_push(2));
  for (auto const& opened : {views.first, views.second}) {
    auto const other = opened.attach<numbers>("q");
    EXPECT_EQ(refusal([&] { static_cast<void>(other.try_push(9)); }), taken);
    EXPECT_EQ(refusal([&] { other.push(9); }), taken);
    EXPECT_EQ(refusal([&] { static_cast<void>(other.try_push_n(counted(0, 2))); }), taken);
    auto const asked = other.try_become_producer();
    ASSERT_FALSE(asked);
    EXPECT_EQ(asked.error().code(), errc::role_taken);
  }
  EXPECT_EQ(queue->size(), 2u);
}

TEST_F(spsc_queue_roles, ConsumersAreOneAsWell) {
  EXPECT_EQ(queue->try_pop(), std::nullopt);
  for (auto const& opened : {views.first, views.second}) {
    auto const other = opened.attach<numbers>("q");
    std::vector<std::uint64_t> out(2);
    EXPECT_EQ(refusal([&] { static_cast<void>(other.try_pop()); }), taken);
    EXPECT_EQ(refusal([&] { other.pop(); }), taken);
    EXPECT_EQ(refusal([&] { static_cast<void>(other.try_pop_n(out)); }), taken);
    EXPECT_EQ(other.try_become_consumer().error().code(), errc::role_taken);
    EXPECT_TRUE(other.try_become_producer()) << "the other role is free";
  }
}

TEST_F(spsc_queue_roles, AreGivenBackWithTheLastCopy) {
  auto const next = views.second.attach<numbers>("q");
  ASSERT_TRUE(queue->try_push(1) && queue->try_push(2));
  ASSERT_EQ(queue->try_pop(), 1u);
  auto copy = queue;
  queue.reset();
  EXPECT_TRUE(next.has_producer());
  EXPECT_FALSE(next.try_become_producer());
  EXPECT_FALSE(next.try_become_consumer());
  copy.reset();
  EXPECT_FALSE(next.has_producer());
  EXPECT_FALSE(next.has_consumer());
  ASSERT_TRUE(next.try_push(3));
  EXPECT_THAT(drained(next), ElementsAre(2, 3));
}

TEST_F(spsc_queue_roles, ChangeHandsAtEveryFillAndPlace) {
  std::uint64_t pushed = 0;
  std::uint64_t popped = 0;
  queue.reset();
  for (int round = 0; round < 200; ++round) {
    auto const& opened = round % 2 == 0 ? views.first : views.second;
    auto const producer = opened.attach<numbers>("q");
    auto const wanted = static_cast<std::size_t>(round % 5);
    pushed += producer.try_push_n(counted(pushed, wanted));
    auto const consumer = opened.attach<numbers>("q");
    for (int i = 0; i < round % 3; ++i) {
      auto const got = consumer.try_pop();
      if (popped == pushed) {
        ASSERT_EQ(got, std::nullopt);
      } else {
        ASSERT_EQ(got, popped++);
      }
    }
    ASSERT_EQ(consumer.size(), pushed - popped);
  }
  EXPECT_GT(popped, 100u);
}

TEST_F(spsc_queue_roles, TakenTwiceBySameHandleIsOnce) {
  EXPECT_TRUE(queue->try_become_producer());
  EXPECT_TRUE(queue->try_become_producer());
  EXPECT_TRUE(queue->try_become_consumer());
  ASSERT_TRUE(queue->try_push(4));
  EXPECT_EQ(queue->try_pop(), 4u);
}

TEST_F(spsc_queue_roles, ReadOnlyHandlesLookAndRefuseToChange) {
  ASSERT_TRUE(queue->try_push(1));
  auto const shown = segment::open_read_only(views.name()).attach<numbers>("q");
  EXPECT_EQ(shown.size(), 1u);
  EXPECT_TRUE(shown.has_producer());
  EXPECT_FALSE(shown.has_consumer());
  auto const read_only = make_error_code(errc::read_only);
  std::vector<std::uint64_t> out(1);
  EXPECT_EQ(refusal([&] { static_cast<void>(shown.try_push(1)); }), read_only);
  EXPECT_EQ(refusal([&] { static_cast<void>(shown.try_push_n(out)); }), read_only);
  EXPECT_EQ(refusal([&] { static_cast<void>(shown.try_pop()); }), read_only);
  EXPECT_EQ(refusal([&] { static_cast<void>(shown.try_pop_n(out)); }), read_only);
}

// A result says no; it does not throw.
TEST_F(spsc_queue_roles, ReadOnlyHandlesCannotTakeThem) {
  auto const shown = segment::open_read_only(views.name()).attach<numbers>("q");
  auto const producer = shown.try_become_producer();
  ASSERT_FALSE(producer);
  EXPECT_EQ(producer.error().code(), errc::read_only);
  auto const consumer = shown.try_become_consumer();
  ASSERT_FALSE(consumer);
  EXPECT_EQ(consumer.error().code(), errc::read_only);
}

}  // namespace
}  // namespace stoa::testing
