// since_kill.hpp: how long after a process was killed others noticed. Printed, never asserted.
#pragma once
#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <string>

#include "child.hpp"

namespace stoa::testing {

class since_kill {
 public:
  using clock = std::chrono::steady_clock;
  explicit since_kill(std::string noun) : noun_{std::move(noun)} {}
  since_kill(since_kill const&) = delete;
  since_kill& operator=(since_kill const&) = delete;
  ~since_kill() {
    auto const us = std::chrono::duration_cast<std::chrono::microseconds>(seen_.load() - killed_).count();
    std::printf("%s: death seen %lld us after the kill\n", noun_.c_str(), static_cast<long long>(us));
    ::testing::Test::RecordProperty("death_seen_us", std::to_string(us));
  }
  void kill(child& victim) {
    killed_ = clock::now();
    victim.kill();
  }
  // Of several the last one counts.
  void seen() { seen_ = clock::now(); }

 private:
  std::string noun_;
  clock::time_point killed_{};
  std::atomic<clock::time_point> seen_{clock::time_point{}};
};

}  // namespace stoa::testing
