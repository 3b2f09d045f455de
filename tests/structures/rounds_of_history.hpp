// rounds_of_history.hpp: short histories of threads that all start at once, many of them.
#pragma once
#include <gtest/gtest.h>
#include <sched.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <random>
#include <thread>
#include <vector>

#include "history_recorder.hpp"

namespace stoa::testing {

// Lets all go at the same moment. std::barrier wakes sleepers one after the other: each would be done before
// the next one begins.
class spinning_barrier {
 public:
  explicit spinning_barrier(std::size_t members) : members_{members} {}
  void wait() {
    auto const mine = generation_.load(std::memory_order_acquire);
    if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == members_) {
      arrived_.store(0, std::memory_order_relaxed);
      generation_.store(mine + 1, std::memory_order_release);
      return;
    }
    // More threads than cores: the last may need the core of one who waits. But not at once: on a busy machine a
    // core that is given up is gone for a while, and never would two members be let go at the same moment.
    for (int spins = 0; generation_.load(std::memory_order_acquire) == mine;)
      if (++spins % 10'000 == 0) std::this_thread::yield();
  }

 private:
  std::size_t members_;
  std::atomic<std::size_t> arrived_{0};
  std::atomic<std::uint64_t> generation_{0};
};

// A few nanoseconds to a microsecond, so that every step of one meets every step of another some time.
class jitter {
 public:
  explicit jitter(std::size_t seed) : chance_{static_cast<unsigned>(seed) + 1} {}
  void pass() {
    for (auto left = chance_() % 4 == 0 ? chance_() % 256 : chance_() % 16; left > 0; --left)
      std::atomic_signal_fence(std::memory_order_seq_cst);
  }

 private:
  std::minstd_rand chance_;
};

// One after the other on the cores this process may use: left to itself, a busy machine puts all on one.
class spread {
 public:
  explicit spread(std::size_t member) {
    if (::sched_getaffinity(0, sizeof(before_), &before_) != 0) return;
    auto nth = member % static_cast<std::size_t>(CPU_COUNT(&before_));
    for (std::size_t core = 0; core < CPU_SETSIZE; ++core) {
      if (!CPU_ISSET(core, &before_) || nth-- != 0) continue;
      cpu_set_t one;
      CPU_ZERO(&one);
      CPU_SET(core, &one);
      ::sched_setaffinity(0, sizeof(one), &one);
      return;
    }
  }
  spread(spread const&) = delete;
  spread& operator=(spread const&) = delete;
  ~spread() { ::sched_setaffinity(0, sizeof(before_), &before_); }

 private:
  cpu_set_t before_{};
};

// Each of `members` threads calls act(round, member, recorder) in each round, several times record(); then
// check(history) for what they recorded, while all wait. Fewer rounds where the machine has no cores for them,
// but not before something happened at the same time: histories without that would show nothing.
template <class Operation, class Act, class Check>
void for_rounds_of_history(std::size_t members, int rounds, Act act, Check check) {
  history_recorder<Operation> recorder{members};
  spinning_barrier barrier{members};
  std::size_t overlaps = 0;
  auto const start = std::chrono::steady_clock::now();
  std::atomic<bool> is_over{false};  // told before a barrier, read after it
  auto const is_enough = [&](int done, std::chrono::nanoseconds passed) {
    return passed > std::chrono::seconds{30} ||
           (overlaps > 0 && (done >= rounds || passed > std::chrono::seconds{3}));
  };
  auto const look = [&] {
    auto const all = recorder.collect();
    for (auto const& one : all)
      overlaps += static_cast<std::size_t>(std::ranges::count_if(
          all, [&](auto const& other) { return one.called < other.called && one.overlaps(other); }));
    check(all);
    recorder.clear();
  };
  auto const work = [&](std::size_t member) {
    spread const to_another_core{member};
    jitter pause{member};
    for (int round = 0;; ++round) {
      barrier.wait();
      if (is_over) break;
      pause.pass();
      act(round, member, recorder);
      barrier.wait();
      if (member != 0) continue;
      look();
      is_over = is_enough(round + 1, std::chrono::steady_clock::now() - start);
    }
  };
  std::vector<std::thread> threads;
  for (std::size_t member = 1; member < members; ++member) threads.emplace_back(work, member);
  work(0);
  for (auto& each : threads) each.join();
  ::testing::Test::RecordProperty("overlaps", static_cast<int>(overlaps));
  if (overlaps == 0) GTEST_SKIP() << "NOT TESTED: for half a minute the machine let nothing happen at the same time";
}

}  // namespace stoa::testing
