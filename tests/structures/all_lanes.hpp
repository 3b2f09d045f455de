// all_lanes.hpp: whether as many threads as there are lanes get one each, all at once.
#pragma once
#include <gtest/gtest.h>

#include <atomic>
#include <barrier>
#include <cstdint>
#include <stoa/segment.hpp>
#include <thread>
#include <vector>

namespace stoa::testing {

inline void expect_a_lane_for_each_of(std::uint32_t threads_in_all, segment const& home) {
  home.attachment().my_lane();  // this thread's own
  std::atomic<int> refused{0};
  std::barrier all_have_one{threads_in_all - 1};
  std::vector<std::thread> threads;
  for (std::uint32_t i = 1; i < threads_in_all; ++i)
    threads.emplace_back([&] {
      try {
        home.attachment().my_lane();
      } catch (error const&) {
        ++refused;
      }
      all_have_one.arrive_and_wait();
    });
  for (auto& each : threads) each.join();
  EXPECT_EQ(refused, 0) << "lanes were lost";
}

}  // namespace stoa::testing
