// The library finds in the golden segments' message_rings and synchronisation objects what was put in, and goes on
// with them.
#include "golden_messages.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "golden_copy.hpp"

namespace stoa::testing {
namespace {

using ::testing::ElementsAre;

bool is_golden(message_view const& each, std::uint64_t number, std::size_t size) {
  auto const text = golden_text(number, size);
  return each.type() == number && std::ranges::equal(each.data(), std::as_bytes(std::span{text}));
}

TEST(golden_messages, OfAGroupAreReceivedOnceAndItGoesOn) {
  golden_copy const copy{"messages_v1.hex"};
  auto const jobs = copy.open().attach<message_ring>("jobs");
  auto const consumer = jobs.consumer();
  std::vector<std::uint64_t> sequences;
  constexpr std::array<std::size_t, 5> sizes{0, 20, 50, 200, 0};
  for (std::uint64_t number = 2; number <= 4; ++number) {
    auto got = consumer.try_receive();
    ASSERT_TRUE(got) << number;
    EXPECT_TRUE(is_golden(*got, number, sizes[number])) << number;
    sequences.push_back(got->sequence());
    got->commit();
  }
  EXPECT_FALSE(consumer.try_receive());
  EXPECT_THAT(sequences, ElementsAre(1, 2, 3));
  for (std::uint64_t number = 5; number < 30; ++number) {
    ASSERT_TRUE(send_text(jobs, number, number * 8));
    auto got = consumer.try_receive();
    ASSERT_TRUE(got);
    EXPECT_TRUE(is_golden(*got, number, number * 8));
    EXPECT_EQ(got->sequence(), number - 1);
    got->commit();
  }
}

TEST(golden_messages, OfABroadcastAreReadFromTheOldest) {
  golden_copy const copy{"messages_v1.hex"};
  auto const news = copy.open().attach<message_ring>("news");
  auto reader = news.reader();
  for (std::uint64_t number = 1; number <= 3; ++number) {
    auto const got = reader.try_receive();
    ASSERT_TRUE(got) << number;
    EXPECT_TRUE(is_golden(*got, number, 40 * number)) << number;
    EXPECT_EQ(got->sequence(), number - 1);
  }
  EXPECT_FALSE(reader.try_receive());
  EXPECT_TRUE(send_text(news, 4, 10));
  EXPECT_TRUE(is_golden(*reader.try_receive(), 4, 10));
}

TEST(golden_messages, ThatWereOverwrittenAreCounted) {
  golden_copy const copy{"messages_v1.hex"};
  auto const opened = segment::open_read_only("golden", copy.where());
  auto reader = opened.attach<message_ring>("ticker").reader();
  auto const first = reader.sequence();
  EXPECT_GT(first, 1u);
  auto next = first;
  auto const read = reader.poll([&](auto const& each) {
    EXPECT_EQ(each.sequence(), next);
    EXPECT_TRUE(is_golden(each, ++next, 30));
  });
  EXPECT_EQ(first + read, 9u);
  EXPECT_EQ(reader.lost(), 0u);
}

TEST(golden_locks, AreAsTheyWereLeftAndGoOn) {
  golden_copy const copy{"locks_v1.hex"};
  auto const in = copy.open();
  auto const mutex = in.attach<stoa::mutex>("mutex");
  EXPECT_TRUE(mutex.is_consistent());
  EXPECT_TRUE(mutex.try_lock());
  mutex.unlock();
  EXPECT_TRUE(in.attach<event>("event").is_set());
  auto const permits = in.attach<counting_semaphore>("permits");
  EXPECT_EQ(permits.available(), 3u);
  EXPECT_EQ(permits.max(), 5u);
  auto const shared = in.attach<shared_mutex>("shared");
  EXPECT_TRUE(shared.try_lock());
  shared.unlock();
  auto const latch = in.attach<stoa::latch>("latch");
  EXPECT_EQ(latch.pending(), 1u);
  latch.count_down();
  EXPECT_TRUE(latch.try_wait());
  in.attach<barrier>("barrier").arrive_and_wait();  // the other member was dropped
  EXPECT_FALSE(in.attach<once_flag>("once").call([] { FAIL() << "it is done"; }));
}

TEST(golden_locks, FuturesHaveTheirValueOrAreBroken) {
  golden_copy const copy{"locks_v1.hex"};
  auto const in = segment::open_read_only("golden", copy.where());
  EXPECT_EQ(in.attach<future<tick>>("kept").get(), make_tick(3));
  try {
    static_cast<void>(in.attach<future<tick>>("broken").get());
    FAIL() << "a value nobody gave";
  } catch (error const& problem) {
    EXPECT_EQ(problem.code(), errc::broken_promise);
  }
}

}  // namespace
}  // namespace stoa::testing
