#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <span>
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

class spsc_queue_places : public ::testing::Test {
 protected:
  std::vector<std::uint64_t> consumed(std::size_t most = 100) const {
    std::vector<std::uint64_t> out;
    auto const count = queue.try_consume_n([&](auto const& some) { out.assign(some.begin(), some.end()); }, most);
    EXPECT_EQ(count, out.size());
    return out;
  }
  two_views views;
  numbers queue = views.first.publish<numbers>("q", 4);
};

TEST_F(spsc_queue_places, AreWrittenAndReadWithoutACopy) {
  std::uint64_t const* written = nullptr;
  ASSERT_TRUE(queue.try_produce([&](std::uint64_t& place) {
    place = 7;
    written = &place;
  }));
  std::uint64_t const* read = nullptr;
  ASSERT_TRUE(queue.try_consume([&](std::uint64_t const& place) {
    EXPECT_EQ(place, 7u);
    read = &place;
  }));
  EXPECT_EQ(written, read);
  EXPECT_TRUE(queue.empty());
}

TEST_F(spsc_queue_places, NobodyIsCalledWhereThereIsNone) {
  auto const fail = [](auto const&) { FAIL(); };
  EXPECT_FALSE(queue.try_consume(fail));
  EXPECT_EQ(queue.try_consume_n(fail), 0u);
  EXPECT_EQ(queue.try_push_n(counted(0, 4)), 4u);
  EXPECT_FALSE(queue.try_produce(fail));
  EXPECT_EQ(queue.try_consume_n(fail, 0), 0u);
  EXPECT_EQ(queue.statistics().pop_refusals, 2u);
  EXPECT_EQ(queue.statistics().push_refusals, 1u);
}

// Up to the last place in memory; the rest with the next call.
TEST_F(spsc_queue_places, ComeInARow) {
  ASSERT_EQ(queue.try_push_n(counted(0, 3)), 3u);
  EXPECT_THAT(consumed(1), ElementsAre(0));
  EXPECT_THAT(consumed(), ElementsAre(1, 2));
  ASSERT_EQ(queue.try_push_n(counted(3, 4)), 4u);
  EXPECT_THAT(consumed(), ElementsAre(3));
  EXPECT_THAT(consumed(2), ElementsAre(4, 5));
  EXPECT_THAT(consumed(), ElementsAre(6));
  EXPECT_THAT(consumed(), ElementsAre());
}

TEST_F(spsc_queue_places, WhoThrowsHasDoneNothing) {
  struct refused {};
  EXPECT_THROW(static_cast<void>(queue.try_produce([](std::uint64_t&) { throw refused{}; })), refused);
  EXPECT_TRUE(queue.empty());
  ASSERT_EQ(queue.try_push_n(counted(5, 2)), 2u);
  EXPECT_THROW(static_cast<void>(queue.try_consume([](std::uint64_t const&) { throw refused{}; })), refused);
  EXPECT_THROW(static_cast<void>(queue.try_consume_n([](std::span<std::uint64_t const>) { throw refused{}; })), refused);
  EXPECT_THAT(drained(queue), ElementsAre(5, 6));
}

TEST_F(spsc_queue_places, NeedTheRole) {
  ASSERT_TRUE(queue.try_push(1));
  ASSERT_TRUE(queue.try_pop());
  auto const other = views.second.attach<numbers>("q");
  auto const ignored = [](auto const&) {};
  EXPECT_EQ(refusal([&] { static_cast<void>(other.try_produce(ignored)); }), taken);
  EXPECT_EQ(refusal([&] { static_cast<void>(other.try_consume(ignored)); }), taken);
  EXPECT_EQ(refusal([&] { static_cast<void>(other.try_consume_n(ignored)); }), taken);
}

// Neither side believes a cursor that cannot be.
TEST_F(spsc_queue_places, AreRefusedWhereTheOtherCursorIsDamaged) {
  auto& header = *reinterpret_cast<spsc_queue_header*>(views.first.attachment().entries().at(0).body.data());
  auto const damaged = make_error_code(errc::corrupt_structure);
  header.tail = 5;
  EXPECT_EQ(refusal([&] { static_cast<void>(queue.try_pop()); }), damaged);
  EXPECT_EQ(refusal([&] { static_cast<void>(queue.try_consume_n([](auto const&) {})); }), damaged);
  header.tail = 0;
  ASSERT_EQ(queue.try_push_n(counted(0, 4)), 4u);
  for (std::uint64_t const head : {5u, 100u}) {
    header.head = head;
    EXPECT_EQ(refusal([&] { static_cast<void>(queue.try_push(1)); }), damaged);
    EXPECT_EQ(refusal([&] { queue.push(1); }), damaged);
  }
  header.head = 0;
  EXPECT_THAT(drained(queue), ElementsAre(0, 1, 2, 3));
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
