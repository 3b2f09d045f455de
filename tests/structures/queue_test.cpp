#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <barrier>
#include <thread>
#include <vector>

#include "elements.hpp"
#include "numbers.hpp"
#include "refusal.hpp"
#include "strategies.hpp"

namespace stoa::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using numbers = stoa::queue<std::uint64_t>;

TEST(queue, KeepsOrderAcrossTheFirstWrap) {
  two_views views;
  auto const queue = views.first.publish<numbers>("q", 4);
  auto const other = views.second.attach<numbers>("q");
  for (std::uint64_t n = 0; n < 50; ++n) {
    ASSERT_TRUE(queue.try_push(n));
    if (n % 3 == 0) {
      ASSERT_TRUE(other.try_push(1000 + n));
      ASSERT_EQ(queue.try_pop(), n);
      ASSERT_EQ(other.try_pop(), 1000 + n);
    } else {
      ASSERT_EQ(other.try_pop(), n);
    }
  }
}

// --- threads ---

TEST(queue, AThreadTooManyIsRefusedUntilOneEnds) {
  scratch_name const name;
  auto const home = segment::create(name, 1u << 16, {.max_entries = 1, .max_participants = 1, .max_lanes = 1});
  auto const queue = home.publish<numbers>("q", 4);
  std::barrier has_one{2};
  std::barrier may_end{2};
  std::thread first{[&] {
    EXPECT_TRUE(queue.try_push(1));
    EXPECT_EQ(queue.try_pop(), 1u);
    has_one.arrive_and_wait();
    may_end.arrive_and_wait();
  }};
  has_one.arrive_and_wait();
  EXPECT_EQ(refusal([&] { static_cast<void>(queue.try_claim()); }), errc::too_many_threads);
  may_end.arrive_and_wait();
  first.join();
  EXPECT_TRUE(queue.try_push(2));
  EXPECT_EQ(*queue.try_claim(), 2u);
}

// --- several at once ---

TEST(queue, TryPopNTakesReturnedElementsFirst) {
  two_views views;
  auto const queue = views.first.publish<numbers>("q", 8);
  ASSERT_EQ(queue.try_push_n(counted(0, 5)), 5u);
  auto first = queue.try_claim();
  auto second = queue.try_claim();
  second.abort();
  first.abort();
  std::vector<std::uint64_t> all;
  std::vector<std::uint64_t> out(8);
  while (auto const got = queue.try_pop_n(out))
    all.insert(all.end(), out.begin(), out.begin() + static_cast<std::ptrdiff_t>(got));
  EXPECT_THAT(all, ElementsAre(0, 1, 2, 3, 4));
}

// --- claims: waiting and statistics ---

TEST(queue, TimedClaimsTimeOut) {
  two_views views;
  auto const queue = views.first.publish<numbers>("q", 1);
  for (auto const strategy : strategies) {
    auto const start = wait_clock::now();
    EXPECT_FALSE(queue.claim_for(10ms, strategy));
    EXPECT_GE(wait_clock::now() - start, 10ms);
    for (auto const timeout : {0ms, -5ms, std::chrono::milliseconds::min()})
      EXPECT_FALSE(queue.claim_for(timeout, strategy));
  }
}

TEST(queue, TimedClaimsSucceedAtOnceWhenTheyCan) {
  two_views views;
  auto const queue = views.first.publish<numbers>("q", 1);
  for (auto const strategy : strategies)
    for (auto const timeout : {-1h, 0h, 24h * 365 * 400}) {
      ASSERT_TRUE(queue.try_push(1));
      auto lease = queue.claim_for(timeout, strategy);
      ASSERT_TRUE(lease);
      EXPECT_EQ(*lease, 1u);
      lease.commit();
    }
}

TEST(queue, ClaimsWaitWithEachStrategy) {
  two_views views(1u << 20);
  for (auto const strategy : strategies) {
    auto const name = name_of(strategy);
    auto const queue = views.first.publish<numbers>(name, 2, before_wrap);
    auto const other = views.second.attach<numbers>(name);
    std::thread producer{[&] {
      for (std::uint64_t n = 0; n < 300; ++n) queue.push(n, strategy);
    }};
    for (std::uint64_t n = 0; n < 300; ++n) {
      auto lease = other.claim(strategy);
      EXPECT_EQ(*lease, n);
      lease.commit();
    }
    producer.join();
  }
}

TEST(queue, StatisticsCountRefusedClaims) {
  two_views views;
  auto const queue = views.first.publish<numbers>("q", 4, before_wrap);
  EXPECT_FALSE(queue.try_claim());
  EXPECT_FALSE(queue.claim_for(1ms));
  EXPECT_EQ(queue.statistics().pop_refusals, 2u);
}

// --- read-only ---

TEST(queue, ReadOnlyHandlesLookAndRefuseToChange) {
  two_views views;
  auto const queue = views.first.publish<numbers>("q", 4);
  ASSERT_EQ(queue.try_push_n(counted(0, 2)), 2u);
  auto const shown = segment::open_read_only(views.name()).attach<numbers>("q");
  EXPECT_EQ(shown.size(), 2u);
  EXPECT_EQ(shown.capacity(), 4u);
  EXPECT_EQ(shown.statistics().pushed, 2u);
  std::vector<std::uint64_t> out(2);
  auto const read_only = make_error_code(errc::read_only);
  EXPECT_EQ(refusal([&] { static_cast<void>(shown.try_push(1)); }), read_only);
  EXPECT_EQ(refusal([&] { shown.push(1); }), read_only);
  EXPECT_EQ(refusal([&] { static_cast<void>(shown.try_push_n(out)); }), read_only);
  EXPECT_EQ(refusal([&] { static_cast<void>(shown.try_pop()); }), read_only);
  EXPECT_EQ(refusal([&] { shown.pop(); }), read_only);
  EXPECT_EQ(refusal([&] { static_cast<void>(shown.try_pop_n(out)); }), read_only);
  EXPECT_EQ(refusal([&] { static_cast<void>(shown.try_claim()); }), read_only);
  EXPECT_EQ(refusal([&] { static_cast<void>(shown.claim()); }), read_only);
  EXPECT_THAT(drained(queue), ElementsAre(0, 1));
}

TEST(queue, ReadOnlyHandlesRefuseToRecover) {
  two_views views;
  auto const queue = views.first.publish<numbers>("q", 4);
  auto const shown = segment::open_read_only(views.name()).attach<numbers>("q");
  EXPECT_EQ(refusal([&] { shown.recover(); }), make_error_code(errc::read_only));
}

}  // namespace
}  // namespace stoa::testing
