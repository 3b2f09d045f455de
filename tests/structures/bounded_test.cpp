// What queue, spsc_queue and stack have in common, and what only the two queues have.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#include "elements.hpp"
#include "numbers.hpp"
#include "strategies.hpp"

namespace stoa::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

using numbers_queue = stoa::queue<std::uint64_t>;
using numbers_spsc_queue = stoa::spsc_queue<std::uint64_t>;
using numbers_stack = stoa::stack<std::uint64_t>;

// The same kind, of elements that are not the same although as large.
template <class Container>
struct of_other_elements;
template <template <class> class Kind>
struct of_other_elements<Kind<std::uint64_t>> {
  using type = Kind<std::int64_t>;
};

template <class Container>
class bounded : public ::testing::Test {
 protected:
  static constexpr bool is_stack = std::is_same_v<Container, numbers_stack>;
  static constexpr bool is_queue = std::is_same_v<Container, numbers_queue>;
  using other_element = typename of_other_elements<Container>::type;
  using other_kind = std::conditional_t<is_queue, numbers_spsc_queue, numbers_queue>;

  static std::vector<std::uint64_t> in_pop_order(std::vector<std::uint64_t> pushed) {
    if (is_stack) std::ranges::reverse(pushed);
    return pushed;
  }
};

struct kind_names {
  template <class Container>
  static std::string GetName(int) {
    return std::string{Container::identity().kind};
  }
};

using bounded_kinds = ::testing::Types<numbers_queue, numbers_spsc_queue, numbers_stack>;
TYPED_TEST_SUITE(bounded, bounded_kinds, kind_names);

// --- one at a time ---

TYPED_TEST(bounded, IsEmptyAtFirst) {
  two_views views;
  auto const it = views.first.publish<TypeParam>("it", 8);
  EXPECT_TRUE(it.empty());
  EXPECT_EQ(it.size(), 0u);
  EXPECT_EQ(it.try_pop(), std::nullopt);
}

TYPED_TEST(bounded, TryPushFailsWhenFull) {
  two_views views;
  auto const it = views.first.publish<TypeParam>("it", 4);
  for (std::uint64_t n = 0; n < 4; ++n) ASSERT_TRUE(it.try_push(n));
  EXPECT_FALSE(it.try_push(4));
  EXPECT_EQ(it.size(), 4u);
  EXPECT_EQ(drained(it), TestFixture::in_pop_order({0, 1, 2, 3}));
}

TYPED_TEST(bounded, CapacityOneHoldsOne) {
  two_views views;
  auto const it = views.first.publish<TypeParam>("it", 1);
  auto const other = views.second.attach<TypeParam>("it");
  ASSERT_EQ(it.capacity(), 1u);
  for (std::uint64_t n = 0; n < 10; ++n) {
    EXPECT_TRUE(it.try_push(n));
    EXPECT_FALSE(it.try_push(99));
    EXPECT_EQ(other.try_pop(), n);
    EXPECT_EQ(other.try_pop(), std::nullopt);
  }
}

TYPED_TEST(bounded, CapacityIsWhatWasAskedOrMore) {
  two_views views;
  for (std::uint64_t asked = 1; asked < 20; ++asked) {
    auto const it = views.first.publish<TypeParam>("it" + std::to_string(asked), asked);
    ASSERT_GE(it.capacity(), asked);
    for (int round = 0; round < 3; ++round) {
      for (std::uint64_t n = 0; n < it.capacity(); ++n) ASSERT_TRUE(it.try_push(n));
      ASSERT_FALSE(it.try_push(0));
      ASSERT_EQ(drained(it), TestFixture::in_pop_order(counted(0, it.capacity())));
    }
  }
}

TYPED_TEST(bounded, OfNoCapacityIsRefused) {
  two_views views;
  EXPECT_EQ(views.first.try_publish<TypeParam>("it", 0).error().code(), errc::invalid_argument);
}

TYPED_TEST(bounded, OfMoreThanMemoryIsRefused) {
  two_views views;
  for (std::uint64_t const capacity :
       {~std::uint64_t{0}, std::uint64_t{1} << 63, std::uint64_t{1} << 59})
    EXPECT_EQ(views.first.try_publish<TypeParam>("it", capacity).error().code(), errc::no_space);
  EXPECT_EQ(views.first.try_publish<TypeParam>("it", -1).error().code(), errc::no_space);
}

// --- several at once ---

TYPED_TEST(bounded, TryPushNPushesWhatThereIsRoomFor) {
  two_views views;
  auto const it = views.first.publish<TypeParam>("it", 4, before_wrap);
  ASSERT_TRUE(it.try_push(100));
  EXPECT_EQ(it.try_push_n(counted(0, 9)), 3u);
  EXPECT_EQ(it.try_push_n(counted(0, 9)), 0u);
  EXPECT_EQ(drained(it), TestFixture::in_pop_order({100, 0, 1, 2}));
}

TYPED_TEST(bounded, TryPopNPopsWhatIsThere) {
  two_views views;
  auto const it = views.first.publish<TypeParam>("it", 4, before_wrap);
  ASSERT_EQ(it.try_push_n(counted(0, 3)), 3u);
  std::vector<std::uint64_t> out(2);
  EXPECT_EQ(it.try_pop_n(out), 2u);
  auto const expected = TestFixture::in_pop_order({0, 1, 2});
  EXPECT_THAT(out, ElementsAre(expected[0], expected[1]));
  EXPECT_EQ(it.try_pop_n(out), 1u);
  EXPECT_EQ(out[0], expected[2]);
  EXPECT_EQ(it.try_pop_n(out), 0u);
}

TYPED_TEST(bounded, EmptyBatchesDoNothingAndAreNotRefusals) {
  two_views views;
  auto const it = views.first.publish<TypeParam>("it", 1);
  EXPECT_EQ(it.try_push_n({}), 0u);
  EXPECT_EQ(it.try_pop_n({}), 0u);
  ASSERT_TRUE(it.try_push(1));
  EXPECT_EQ(it.try_push_n({}), 0u);
  EXPECT_EQ(it.try_pop_n({}), 0u);
  EXPECT_EQ(it.statistics().push_refusals, 0u);
  EXPECT_EQ(it.statistics().pop_refusals, 0u);
  EXPECT_EQ(it.try_pop(), 1u);
}

// --- waiting ---

TYPED_TEST(bounded, TimedCallsTimeOut) {
  two_views views;
  auto const it = views.first.publish<TypeParam>("it", 1);
  for (auto const strategy : strategies) {
    auto const start = wait_clock::now();
    EXPECT_EQ(it.pop_for(10ms, strategy), std::nullopt);
    ASSERT_TRUE(it.try_push(1));
    EXPECT_FALSE(it.push_for(2, 10ms, strategy));
    EXPECT_GE(wait_clock::now() - start, 20ms);
    EXPECT_THAT(drained(it), ElementsAre(1));
  }
}

TYPED_TEST(bounded, TimedCallsSucceedAtOnceWhenTheyCan) {
  two_views views;
  auto const it = views.first.publish<TypeParam>("it", 1);
  for (auto const strategy : strategies)
    for (auto const timeout : {-1h, 0h, 24h * 365 * 400}) {
      EXPECT_TRUE(it.push_for(1, timeout, strategy));
      EXPECT_EQ(it.pop_for(timeout, strategy), 1u);
    }
}

TYPED_TEST(bounded, NoTimeMeansNoWaiting) {
  two_views views;
  auto const it = views.first.publish<TypeParam>("it", 1);
  for (auto const strategy : strategies)
    for (auto const timeout : {0ms, -5ms, std::chrono::milliseconds::min()}) {
      EXPECT_EQ(it.pop_for(timeout, strategy), std::nullopt);
      ASSERT_TRUE(it.try_push(1));
      EXPECT_FALSE(it.push_for(2, timeout, strategy));
      EXPECT_EQ(it.try_pop(), 1u);
    }
}

// --- statistics ---

TYPED_TEST(bounded, StatisticsCountWhatHappened) {
  two_views views;
  auto const it = views.first.publish<TypeParam>("it", 4, before_wrap);
  ASSERT_EQ(it.try_push_n(counted(0, 4)), 4u);
  EXPECT_FALSE(it.try_push(9));
  EXPECT_FALSE(it.push_for(9, 1ms));
  EXPECT_EQ(it.try_push_n(counted(0, 2)), 0u);
  std::vector<std::uint64_t> out(3);
  ASSERT_EQ(it.try_pop_n(out), 3u);
  ASSERT_EQ(it.try_pop(), TestFixture::in_pop_order({0, 1, 2, 3})[3]);
  EXPECT_EQ(it.try_pop(), std::nullopt);
  EXPECT_EQ(it.pop_for(1ms), std::nullopt);
  EXPECT_EQ(it.try_pop_n(out), 0u);
  auto const counts = views.second.attach<TypeParam>("it").statistics();
  EXPECT_EQ(counts.pushed, 4u);
  EXPECT_EQ(counts.popped, 4u);
  EXPECT_EQ(counts.push_refusals, 3u);
  EXPECT_EQ(counts.pop_refusals, 3u);
  EXPECT_EQ(counts.high_water, 4u);
}

TYPED_TEST(bounded, HighWaterStaysWhenItDrains) {
  two_views views;
  auto const it = views.first.publish<TypeParam>("it", 8);
  ASSERT_EQ(it.try_push_n(counted(0, 8)), 8u);
  ASSERT_FALSE(it.try_push(8));  // noted when full
  drained(it);
  ASSERT_EQ(it.try_push_n(counted(0, 2)), 2u);
  EXPECT_EQ(it.statistics().high_water, 8u);
}

// --- handles ---

TYPED_TEST(bounded, WorksAfterTheSegmentObjectsAreGone) {
  scratch_name const name;
  auto const it = segment::create(name, 1u << 16).publish<TypeParam>("it", 4);
  auto const copy = it;
  ASSERT_TRUE(it.try_push(3));
  EXPECT_EQ(copy.try_pop(), 3u);
}

TYPED_TEST(bounded, GoesOnAfterItsEraseForThoseWhoHaveIt) {
  two_views views;
  auto const it = views.first.publish<TypeParam>("it", 4);
  auto const other = views.second.attach<TypeParam>("it");
  ASSERT_TRUE(views.first.erase("it"));
  auto const next = views.first.publish<TypeParam>("it", 4);
  ASSERT_TRUE(it.try_push(1));
  ASSERT_TRUE(next.try_push(2));
  EXPECT_EQ(other.try_pop(), 1u);
  EXPECT_EQ(next.try_pop(), 2u);
  EXPECT_EQ(other.try_pop(), std::nullopt);
}

TYPED_TEST(bounded, OtherElementTypesAreRefused) {
  two_views views;
  static_cast<void>(views.first.publish<TypeParam>("it", 4));
  EXPECT_EQ(views.second.try_attach<typename TestFixture::other_element>("it").error().code(),
            errc::type_mismatch);
  EXPECT_EQ(views.second.try_attach<typename TestFixture::other_kind>("it").error().code(),
            errc::kind_mismatch);
}

// --- queues ---

template <class Queue>
class bounded_queue : public ::testing::Test {};
using queue_kinds = ::testing::Types<numbers_queue, numbers_spsc_queue>;
TYPED_TEST_SUITE(bounded_queue, queue_kinds, kind_names);

// The wrap of a ticket, and of the 62 bits of it that fit into a slot's word.
TYPED_TEST(bounded_queue, CountersWrapAtAnyPlaceOfTheRing) {
  two_views views;
  for (std::uint64_t const wrap :
       {std::uint64_t{0}, std::uint64_t{1} << 62, std::uint64_t{1} << 63})
    for (std::uint64_t before = 0; before < 9; ++before)
      for (std::uint64_t const capacity : {1u, 2u, 8u}) {
        auto const name = std::to_string(wrap >> 60) + '-' + std::to_string(before) + '-' +
                          std::to_string(capacity);
        auto const queue = views.first.publish<TypeParam>(name, capacity, wrap - before);
        for (std::uint64_t n = 0; n < 24; n += capacity) {
          for (std::uint64_t i = 0; i < capacity; ++i) ASSERT_TRUE(queue.try_push(n + i));
          ASSERT_FALSE(queue.try_push(0));
          ASSERT_EQ(queue.size(), capacity);
          for (std::uint64_t i = 0; i < capacity; ++i) ASSERT_EQ(queue.try_pop(), n + i);
          ASSERT_EQ(queue.try_pop(), std::nullopt);
          ASSERT_EQ(queue.size(), 0u);
        }
        ASSERT_EQ(queue.statistics().pushed, queue.statistics().popped);
        ASSERT_TRUE(views.first.erase(name));
      }
}

TYPED_TEST(bounded_queue, BatchesWrapRoundTheRing) {
  two_views views;
  auto const queue = views.first.publish<TypeParam>("q", 8, before_wrap);
  auto const other = views.second.attach<TypeParam>("q");
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

TYPED_TEST(bounded_queue, EachStrategyPassesElementsBothWays) {
  two_views views;
  for (auto const strategy : strategies) {
    auto const name = name_of(strategy);
    auto const queue = views.first.publish<TypeParam>(name, 2, before_wrap);
    auto const other = views.second.attach<TypeParam>(name);
    std::thread producer{[&] {
      for (std::uint64_t n = 0; n < 300; ++n) queue.push(n, strategy);
    }};
    for (std::uint64_t n = 0; n < 300; ++n) EXPECT_EQ(other.pop(strategy), n);
    producer.join();
  }
}

}  // namespace
}  // namespace stoa::testing
