// Many threads: one at a time, and each sees what the one before it wrote (TSan watches the plain memory).
#include <gtest/gtest.h>

#include <mutex>

#include "elements.hpp"
#include "in_thread.hpp"
#include "strategies.hpp"

namespace stoa::testing {
namespace {

using namespace std::chrono_literals;

class mutex_threads : public ::testing::TestWithParam<wait_strategy> {};

TEST_P(mutex_threads, CountTogetherWithoutLosingOne) {
  two_views views;
  // One handle for all: TSan takes the same word at two addresses for two.
  auto const mutex = views.first.publish<stoa::mutex>("m");
  std::uint64_t count = 0;
  constexpr int rounds = 3000;
  in_threads(4, [&](unsigned id) {
    for (int i = 0; i < rounds; ++i) {
      if (id == 0)
        mutex.lock(GetParam());
      else if (id == 1)
        while (!mutex.try_lock_for(1ms, GetParam())) {}
      else if (id == 2)
        while (!mutex.try_lock()) std::this_thread::yield();
      else
        EXPECT_FALSE(mutex.lock_or_inherit(GetParam()));
      ++count;
      mutex.unlock();
    }
  });
  EXPECT_EQ(count, 4u * rounds);
}

INSTANTIATE_TEST_SUITE_P(each, mutex_threads, ::testing::ValuesIn(strategies),
                         [](auto const& each) { return name_of(each.param); });

TEST(mutex, OneOfManyRepairs) {
  two_views views;
  auto const mutex = views.first.publish<stoa::mutex>("m");
  for (int round = 0; round < 50; ++round) {
    segment::open(views.name()).attach<stoa::mutex>("m").lock();  // and is gone
    int repairs = 0;
    in_threads(4, [&](unsigned) { mutex.recover([&] { ++repairs; }); });
    EXPECT_EQ(repairs, 1);
  }
}

}  // namespace
}  // namespace stoa::testing
