// A flag on which sleepers wait, without any segment.
#include <gtest/gtest.h>

#include <atomic>
#include <stoa/waiting.hpp>
#include <thread>
#include <vector>

namespace stoa {
namespace {

using namespace std::chrono_literals;

TEST(waiting, WhoIsWokenBeforeHeSleepsDoesNot) {
  wait_flag flag{};
  auto const made = announce_sleep(flag);
  wake(flag);
  EXPECT_FALSE(holds(flag, made));
  EXPECT_FALSE(sleep_on(flag, made, 1h));
}

TEST(waiting, WhoIsNotWokenSleepsToTheEndOfTheSlice) {
  wait_flag flag{};
  auto const made = announce_sleep(flag);
  EXPECT_TRUE(sleep_on(flag, made, 1ms)) << "and is still announced";
  EXPECT_TRUE(holds(flag, made));
  EXPECT_FALSE(sleep_on(flag, made, 0ms));
}

// One has looked, and does not sleep yet when all are woken and another announces himself (waiting.hpp I2).
TEST(waiting, NobodySleepsOnAnothersAnnouncement) {
  wait_flag flag{};
  auto const made = announce_sleep(flag);
  wake(flag);
  auto const next = announce_sleep(flag);
  EXPECT_FALSE(holds(flag, made));
  EXPECT_TRUE(holds(flag, next));
  EXPECT_FALSE(sleep_on(flag, made, 1h));
}

TEST(waiting, WhoJoinsASleeperSleepsOnTheSameWord) {
  wait_flag flag{};
  auto const first = announce_sleep(flag);
  auto const second = announce_sleep(flag);
  EXPECT_EQ(first, second);
  EXPECT_TRUE(sleep_on(flag, first, 1ms));
}

// The count of wakes goes round below the bit.
TEST(waiting, TheLastWakeBeforeTheCountIsZeroAgainWakesToo) {
  wait_flag flag{};
  flag.sleepers = ~std::uint32_t{1};
  auto const made = announce_sleep(flag);
  wake(flag);
  EXPECT_FALSE(sleep_on(flag, made, 1h));
  EXPECT_EQ(flag.sleepers, 0u);
}

TEST(waiting, WhoWakesWhereNobodySleepsChangesNothing) {
  wait_flag flag{};
  flag.sleepers = 6;
  wake(flag);
  internal::wake_all(flag);
  EXPECT_EQ(flag.sleepers, 6u);
}

// They sleep for hours each time: who is forgotten never comes back.
TEST(waiting, AllWhoSleepAreWoken) {
  constexpr int sleepers = 3;
  wait_flag flag{};
  for (int round = 1; round <= 300; ++round) {
    std::atomic<bool> is_there{false};
    std::atomic<int> ready{0};
    std::vector<std::thread> all;
    for (int i = 0; i < sleepers; ++i)
      all.emplace_back([&] {
        for (;;) {
          auto const made = announce_sleep(flag);
          if (is_there) return;
          ++ready;
          sleep_on(flag, made, 1h);
        }
      });
    while (ready < sleepers) std::this_thread::yield();
    is_there = true;
    wake(flag);
    for (auto& each : all) each.join();
  }
}

}  // namespace
}  // namespace stoa
