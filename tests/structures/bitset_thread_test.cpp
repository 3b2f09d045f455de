// Many threads on one mapping: a bit belongs to one at a time, and no change is lost.
#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <thread>
#include <vector>

#include "elements.hpp"

namespace stoa::testing {
namespace {

constexpr unsigned threads = 4;

template <class Work>
void run_all(Work work) {
  std::vector<std::thread> all;
  for (unsigned i = 0; i < threads; ++i) all.emplace_back([=] { work(i); });
  for (auto& each : all) each.join();
}

TEST(bitset, AClaimedBitBelongsToOne) {
  two_views views;
  constexpr std::uint64_t size = 70;
  auto const bits = views.first.publish<stoa::bitset>("b", size);
  // Plain memory, guarded by the bits: a thread that is not alone is seen here, and by TSan (which takes
  // bits at two addresses for different ones: one handle for all).
  std::vector<std::uint64_t> guarded(size);
  std::atomic<std::uint64_t> claims{0};
  run_all([&](unsigned id) {
    std::minstd_rand chance{id + 1};
    for (int round = 0; round < 3000; ++round) {
      std::vector<std::uint64_t> held;
      for (auto count = 1 + chance() % 30; count > 0; --count)
        if (auto const claimed = bits.claim_first_unset()) held.push_back(*claimed);
      claims += held.size();
      for (auto const each : held) ++guarded[each];
      for (auto const each : held) EXPECT_TRUE(bits.reset(each));
    }
  });
  EXPECT_TRUE(bits.none());
  std::uint64_t sum = 0;
  for (auto const each : guarded) sum += each;
  EXPECT_EQ(sum, claims);
}

TEST(bitset, ChangesOfNeighboursAreNotLost) {
  two_views views;
  auto const bits = views.first.publish<stoa::bitset>("b", 64);
  run_all([&](unsigned id) {
    for (int round = 0; round < 5000; ++round)
      for (std::uint64_t i = id; i < 64; i += threads) {
        EXPECT_FALSE(bits.flip(i));
        EXPECT_TRUE(bits.test_and_set(i));
        EXPECT_TRUE(bits.reset(i));
        bits.set(i);
        EXPECT_TRUE(bits.flip(i));
      }
  });
  EXPECT_TRUE(bits.none());
}

TEST(bitset, EveryBitIsClaimedOnce) {
  two_views views;
  constexpr std::uint64_t size = 100'000;
  auto const bits = views.first.publish<stoa::bitset>("b", size);
  std::vector<std::vector<std::uint64_t>> got(threads);
  run_all([&](unsigned id) {
    for (std::uint64_t i = id * 1000; got[id].size() < 1000; ++i)
      if (!bits.test_and_set(i % 4000)) got[id].push_back(i % 4000);
  });
  std::vector<int> seen(4000);
  for (auto const& each : got)
    for (auto const i : each) ++seen[i];
  for (auto const each : seen) EXPECT_EQ(each, 1);
  EXPECT_EQ(bits.count(), 4000u);
}

}  // namespace
}  // namespace stoa::testing
