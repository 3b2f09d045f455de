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
  announce_sleep(flag);
  wake(flag);
  EXPECT_FALSE(sleep_on(flag, 1s)) << "it slept through";
}

TEST(waiting, WhoIsNotWokenSleepsToTheEndOfTheSlice) {
  wait_flag flag{};
  announce_sleep(flag);
  EXPECT_TRUE(sleep_on(flag, 1ms)) << "and is still announced";
  EXPECT_FALSE(sleep_on(flag, 0ms));
}

// They sleep for hours each time: who is forgotten never comes back. Who is woken does not announce himself again: one
// who has looked and not yet slept would sleep on that (waiting.hpp I2).
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
          announce_sleep(flag);
          if (is_there) return;
          ++ready;
          sleep_on(flag, 1h);
          if (is_there) return;
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
