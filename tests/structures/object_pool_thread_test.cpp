// Many threads on one pool: no object is held twice at a time, none is lost, of several releasers one wins.
#include <gtest/gtest.h>

#include <atomic>
#include <barrier>
#include <string>
#include <thread>
#include <vector>

#include "elements.hpp"

namespace stoa::testing {
namespace {

using namespace std::chrono_literals;
using pool_of_sealed = stoa::object_pool<sealed>;

struct load {
  int capacity;
  unsigned threads;
  bool own_copies;  // of the handle
};

class object_pool_threads : public ::testing::TestWithParam<load> {
 protected:
  static constexpr std::uint64_t rounds = 20000;
  two_views views;
  pool_of_sealed pool = views.first.publish<pool_of_sealed>("p", GetParam().capacity);
  pool_of_sealed other = views.second.attach<pool_of_sealed>("p");

  template <class Work>
  void run(Work work) {
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < GetParam().threads; ++i)
      threads.emplace_back([&, i] {
        auto const& mine = i % 2 == 0 ? pool : other;
        if (GetParam().own_copies)
          work(pool_of_sealed{mine}, i);
        else
          work(mine, i);
      });
    for (auto& each : threads) each.join();
  }
  void expect_all_free() const {
    EXPECT_EQ(pool.size(), 0u);
    for (std::uint64_t i = 0; i < pool.capacity(); ++i) EXPECT_TRUE(pool.acquire()) << "a hint was lost at " << i;
    EXPECT_FALSE(pool.acquire());
  }
};

// The object is plain memory: whoever else had it would write it, and TSan would see both.
TEST_P(object_pool_threads, NoObjectIsHeldTwice) {
  run([](pool_of_sealed const& mine, std::uint64_t thread) {
    for (std::uint64_t n = 1; n <= rounds; ++n) {
      auto const got = mine.acquire();
      if (!got) continue;
      auto& object = mine[got];
      object = sealed{thread << 32 | n};
      if (n % 512 == 0) {
        ASSERT_EQ(mine.reclaim(), 0u);
      }
      ASSERT_TRUE(object.is_whole() && object.number() == (thread << 32 | n));
      ASSERT_TRUE(mine.release(got));
      ASSERT_FALSE(mine.release(got));
    }
  });
  expect_all_free();
}

TEST_P(object_pool_threads, WhoWaitsGetsOne) {
  run([](pool_of_sealed const& mine, std::uint64_t thread) {
    for (std::uint64_t n = 0; n < 500; ++n) {
      auto const got = mine.acquire_for(60s);
      ASSERT_TRUE(got);
      mine[got] = sealed{thread};
      if (n % 16 == 0) std::this_thread::yield();
      ASSERT_EQ(mine[got].number(), thread);
      ASSERT_TRUE(mine.release(got));
    }
  });
  expect_all_free();
}

TEST_P(object_pool_threads, OfManyReleasersAndAdoptersOneReleases) {
  constexpr int games = 1000;
  std::atomic<int> released{0};
  pool_handle shared;
  std::barrier all{static_cast<std::ptrdiff_t>(GetParam().threads)};
  run([&](pool_of_sealed const& mine, std::uint64_t thread) {
    for (int n = 0; n < games; ++n) {
      if (thread == 0) shared = mine.acquire();
      all.arrive_and_wait();
      if (thread % 3 == 2) mine.adopt(shared);
      released += mine.release(shared);
      all.arrive_and_wait();
      ASSERT_EQ(released.load(), n + 1);
    }
  });
  expect_all_free();
}

INSTANTIATE_TEST_SUITE_P(each, object_pool_threads,
                         ::testing::Values(load{1, 3, true}, load{2, 4, true}, load{2, 4, false}, load{100, 4, true}),
                         [](auto const& each) {
                           return std::to_string(each.param.capacity) + "Objects" + std::to_string(each.param.threads) +
                                  "Threads" + (each.param.own_copies ? "OwnCopies" : "OneHandle");
                         });

}  // namespace
}  // namespace stoa::testing
