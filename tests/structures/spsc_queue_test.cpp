#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "elements.hpp"
#include "numbers.hpp"
#include "refusal.hpp"

namespace stoa::testing {
namespace {

using ::testing::ElementsAre;
using numbers = stoa::spsc_queue<std::uint64_t>;

std::error_code const taken = make_error_code(errc::role_taken);

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
