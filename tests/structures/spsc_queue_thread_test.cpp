// One producer and one consumer thread: everything comes out once, whole and in order.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "elements.hpp"
#include "strategies.hpp"

namespace stoa::testing {
namespace {

using elements = stoa::spsc_queue<sealed>;
constexpr std::uint64_t count = 20'000;

void produce(elements const& queue, wait_strategy strategy) {
  std::minstd_rand chance{11};
  for (std::uint64_t n = 0; n < count;) {
    switch (chance() % 3) {
      case 0:
        queue.push(sealed{n++}, strategy);
        break;
      case 1:
        n += queue.try_push(sealed{n});
        break;
      case 2: {
        std::vector<sealed> batch;
        for (auto i = n; i < std::min(count, n + 1 + chance() % 7); ++i) batch.emplace_back(i);
        n += queue.try_push_n(batch);
        break;
      }
    }
  }
}

void expect_all_in_order(elements const& queue, wait_strategy strategy) {
  std::minstd_rand chance{13};
  std::uint64_t next = 0;
  auto const take = [&](sealed const& got) {
    ASSERT_TRUE(got.is_whole());
    ASSERT_EQ(got.number(), next++);
  };
  while (next < count && !::testing::Test::HasFatalFailure()) {
    switch (chance() % 3) {
      case 0:
        take(queue.pop(strategy));
        break;
      case 1:
        if (auto const got = queue.try_pop()) take(*got);
        break;
      case 2: {
        std::array<sealed, 5> batch;
        auto const got = queue.try_pop_n(batch);
        for (std::size_t i = 0; i < got; ++i) take(batch[i]);
        break;
      }
    }
  }
  EXPECT_EQ(queue.try_pop(), std::nullopt);
}

class spsc_queue_threads
    : public ::testing::TestWithParam<std::tuple<std::uint64_t, wait_strategy>> {
 protected:
  two_views views;
};

TEST_P(spsc_queue_threads, EverythingComesOutOnceWholeAndInOrder) {
  auto const capacity = std::get<0>(GetParam());
  auto const strategy = std::get<1>(GetParam());
  auto const queue = views.first.publish<elements>("q", capacity, before_wrap - 5000);
  std::thread producer{[&] { produce(queue, strategy); }};
  expect_all_in_order(queue, strategy);
  producer.join();
}

INSTANTIATE_TEST_SUITE_P(each, spsc_queue_threads,
                         ::testing::Combine(::testing::Values(1, 2, 8, 256),
                                            ::testing::Values(wait_strategy::adaptive,
                                                              wait_strategy::yield,
                                                              wait_strategy::sleep)),
                         [](auto const& each) {
                           return "Capacity" + std::to_string(std::get<0>(each.param)) +
                                  name_of(std::get<1>(each.param));
                         });

// The role of the producer goes from thread to thread, each with a handle of its own.
TEST(spsc_queue, ProducersInSuccessionLoseNothing) {
  two_views views;
  auto const queue = views.second.publish<elements>("q", 4);
  constexpr std::uint64_t each_pushes = 50;
  constexpr std::uint64_t producers = 20;
  std::thread succession{[&] {
    for (std::uint64_t p = 0; p < producers; ++p)
      std::thread{[&, p] {
        auto const mine = views.first.attach<elements>("q");
        for (std::uint64_t n = 0; n < each_pushes; ++n) mine.push(sealed{p * each_pushes + n});
      }}.join();
  }};
  for (std::uint64_t n = 0; n < producers * each_pushes; ++n) ASSERT_EQ(queue.pop().number(), n);
  succession.join();
}

}  // namespace
}  // namespace stoa::testing
