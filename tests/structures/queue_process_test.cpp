// Producers and consumers in other processes that are killed or stopped: every element goes to
// somebody, exactly once where nobody dies with it in his hands.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <map>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "child.hpp"
#include "elements.hpp"

namespace stoa::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using numbers = stoa::queue<std::uint64_t>;
using counters = stoa::array<std::uint64_t>;

std::uint64_t number_of(std::string const& text) {
  return std::stoull(text);
}

// --- what children do: the first argument is always the segment ---

// id count: pushes id << 32 | 0, 1, ... and notes in reported[id] how many were pushed.
int run_producer(child_arguments const& a) {
  auto const home = segment::open(a.at(0));
  auto const queue = home.attach<numbers>("q");
  auto const reported = home.attach<counters>("reported");
  auto const id = number_of(a.at(1));
  auto const count = number_of(a.at(2));
  std::minstd_rand chance{static_cast<unsigned>(id) + 1};
  for (std::uint64_t n = 0; n < count;) {
    std::array batch{id << 32 | n, id << 32 | (n + 1), id << 32 | (n + 2)};
    if (chance() % 3 == 0) {
      n += queue.try_push_n(std::span{batch}.first(std::min<std::size_t>(3, count - n)));
    } else {
      queue.push(batch[0]);
      ++n;
    }
    reported.atomic(id).store(n);
  }
  return 0;
}
child_program const producer{"producer", run_producer};

// Claims elements, counts each in seen[number], commits; until it claims number 0.
int run_worker(child_arguments const& a) {
  auto const home = segment::open(a.at(0));
  auto const queue = home.attach<numbers>("q");
  auto const seen = home.attach<counters>("seen");
  for (;;) {
    auto lease = queue.claim();
    auto const number = *lease;
    seen.atomic(number).fetch_add(1);
    lease.commit();
    if (number == 0) return 0;
  }
}
child_program const worker{"worker", run_worker};

// count: claims that many, says so in signs[0], waits for signs[1], commits the last of them.
int run_holder(child_arguments const& a) {
  auto const home = segment::open(a.at(0));
  auto const queue = home.attach<numbers>("q");
  auto const signs = home.attach<counters>("signs");
  std::vector<numbers::lease_type> held;
  for (auto count = number_of(a.at(1)); count > 0; --count) held.push_back(queue.claim());
  signs.atomic(0).store(1);
  while (signs.atomic(1).load() == 0) ::usleep(200);
  held.back().commit();
  return 0;
}
child_program const holder{"holder", run_holder};

// Sleeps for an element that does not come.
int run_sleeper(child_arguments const& a) {
  segment::open(a.at(0)).attach<numbers>("q").pop(wait_strategy::sleep);
  return 0;
}
child_program const sleeper{"sleeper", run_sleeper};

bool is_asleep_in_kernel(pid_t pid) {
  std::ifstream file{"/proc/" + std::to_string(pid) + "/syscall"};
  int call = -1;
  return static_cast<bool>(file >> call) && call == SYS_futex;
}

class queue_processes : public ::testing::Test {
 protected:
  child started(std::string const& program, child_arguments more = {}) {
    more.insert(more.begin(), name.str());
    return child::start(program, more);
  }
  child started_holder(std::uint64_t leases) {
    auto out = started("holder", {std::to_string(leases)});
    EXPECT_TRUE(eventually([&] { return signs.atomic(0).load() == 1; }));
    return out;
  }
  void push(std::uint64_t first, std::uint64_t last) const {
    for (auto n = first; n <= last; ++n) ASSERT_TRUE(queue.try_push(n));
  }
  // By now everything that can be had is had: those who look for the dead find them.
  std::vector<std::uint64_t> drained() const {
    queue.recover();
    std::vector<std::uint64_t> out;
    while (auto const got = queue.try_pop()) out.push_back(*got);
    return out;
  }

  scratch_name name;
  segment home = segment::create(name, 1u << 20);
  numbers queue = home.publish<numbers>("q", 16, before_wrap);
  counters signs = home.publish<counters>("signs", 2);
  counters seen = home.publish<counters>("seen", 5000);
  counters reported = home.publish<counters>("reported", 200);
};

TEST_F(queue_processes, ElementsOfManyProducersComeOutOnceAndInOrder) {
  constexpr std::uint64_t producers = 4;
  constexpr std::uint64_t count = 1000;
  std::vector<child> children;
  for (std::uint64_t id = 0; id < producers; ++id)
    children.push_back(started("producer", {std::to_string(id), std::to_string(count)}));
  std::array<std::uint64_t, producers> next{};
  for (std::uint64_t n = 0; n < producers * count; ++n) {
    auto const got = queue.pop_for(30s);
    ASSERT_TRUE(got);
    ASSERT_EQ(*got & 0xFFFF'FFFF, next[*got >> 32]++);
  }
  for (auto& each : children) EXPECT_TRUE(each.wait().is_success());
  EXPECT_THAT(drained(), ElementsAre());
}

TEST_F(queue_processes, ElementsGoToOneWorkerEach) {
  constexpr std::uint64_t count = 2000;
  std::vector<child> workers;
  for (int i = 0; i < 4; ++i) workers.push_back(started("worker"));
  for (std::uint64_t n = 1; n <= count; ++n) queue.push(n);
  for (std::size_t i = 0; i < workers.size(); ++i) queue.push(0);
  for (auto& each : workers) EXPECT_TRUE(each.wait().is_success());
  for (std::uint64_t n = 1; n <= count; ++n) ASSERT_EQ(seen[n], 1u) << n;
}

TEST_F(queue_processes, LeaseOfAKilledProcessGoesToTheNextConsumerOnce) {
  push(1, 3);
  started_holder(1).kill();
  EXPECT_THAT(drained(), ElementsAre(1, 2, 3));
  EXPECT_EQ(queue.size(), 0u);
  push(1, 16);  // and its slot is free again
}

TEST_F(queue_processes, TryPopAloneFindsTheElementOfAKilledProcess) {
  push(1, 1);
  started_holder(1).kill();
  std::optional<std::uint64_t> got;
  EXPECT_TRUE(eventually([&] { return (got = queue.try_pop()).has_value(); }));
  EXPECT_EQ(got, 1u);
}

TEST_F(queue_processes, AllLeasesOfAKilledProcessComeBackOldestFirst) {
  push(1, 10);
  started_holder(8).kill();
  EXPECT_THAT(drained(), ElementsAre(1, 2, 3, 4, 5, 6, 7, 8, 9, 10));
}

TEST_F(queue_processes, BlockedConsumerGetsTheElementOfOneThatDies) {
  push(1, 1);
  auto victim = started_holder(1);
  std::thread killer{[&] { victim.kill(); }};
  auto lease = queue.claim_for(30s);
  killer.join();
  ASSERT_TRUE(lease);
  EXPECT_EQ(*lease, 1u);
}

TEST_F(queue_processes, BlockedProducerIsLetInWhenTheDeadOnesElementIsTaken) {
  push(1, 16);
  auto victim = started_holder(1);
  std::thread killer{[&] { victim.kill(); }};
  std::thread consumer{[&] {
    for (int i = 0; i < 17; ++i) EXPECT_TRUE(queue.pop_for(30s));
  }};
  EXPECT_TRUE(queue.push_for(17, 30s));
  killer.join();
  consumer.join();
}

TEST_F(queue_processes, LeaseOfAStoppedProcessStaysItsOwn) {
  push(1, 3);
  auto stopped = started_holder(1);
  stopped.stop();
  EXPECT_THAT(drained(), ElementsAre(2, 3)) << "the others go on";
  EXPECT_EQ(queue.pop_for(30ms), std::nullopt) << "slow is not dead";
  EXPECT_FALSE(queue.claim_for(30ms, wait_strategy::sleep));
  auto const latecomer = segment::open(name).attach<numbers>("q");
  EXPECT_EQ(latecomer.try_pop(), std::nullopt);
  stopped.go_on();
  signs.atomic(1).store(1);
  EXPECT_TRUE(stopped.wait().is_success());
  EXPECT_THAT(drained(), ElementsAre()) << "it was committed";
  push(1, 16);
}

TEST_F(queue_processes, StoppedAndThenKilledIsDead) {
  push(1, 2);
  auto stopped = started_holder(2);
  stopped.stop();
  EXPECT_THAT(drained(), ElementsAre());
  stopped.kill();
  EXPECT_THAT(drained(), ElementsAre(1, 2));
}

TEST_F(queue_processes, LeavingInOrderReturnsWhatWasHeld) {
  push(1, 3);
  signs.atomic(1).store(1);
  EXPECT_TRUE(started("holder", {"3"}).wait().is_success());  // commits the last, drops the others
  EXPECT_THAT(drained(), ElementsAre(1, 2));
}

TEST_F(queue_processes, DeadSleepersCostNothing) {
  std::vector<child> sleepers;
  for (int i = 0; i < 3; ++i) sleepers.push_back(started("sleeper"));
  for (auto const& each : sleepers)
    EXPECT_TRUE(eventually([&] { return is_asleep_in_kernel(each.pid()); }));
  for (auto& each : sleepers) each.kill();
  push(1, 16);
  EXPECT_EQ(drained().size(), 16u);
  EXPECT_EQ(queue.pop_for(5ms), std::nullopt);
}

TEST_F(queue_processes, SleepersOfOtherProcessesAreWoken) {
  auto waiting = started("sleeper");
  ASSERT_TRUE(eventually([&] { return is_asleep_in_kernel(waiting.pid()); }));
  push(1, 1);
  EXPECT_TRUE(waiting.wait().is_success());
}

// Every element that a push reported comes out once and in order; of a producer that was killed at
// most what it was about to report besides.
TEST_F(queue_processes, KilledProducersLoseAndDoubleNothing) {
  constexpr std::uint64_t kills = 40;
  std::minstd_rand chance{5};
  std::map<std::uint64_t, std::uint64_t> popped;
  auto const take = [&](std::uint64_t got) { ASSERT_EQ(got & 0xFFFF'FFFF, popped[got >> 32]++); };
  for (std::uint64_t id = 0; id < kills; ++id) {
    auto victim = started("producer", {std::to_string(id), "1000000000"});
    for (auto count = 1 + chance() % 200; count > 0; --count) {
      auto const got = queue.pop_for(30s);
      ASSERT_TRUE(got) << "survivors wait for a dead producer";
      take(*got);
    }
    victim.kill();
  }
  for (auto const got : drained()) take(got);
  for (std::uint64_t id = 0; id < kills; ++id) {
    EXPECT_GE(popped[id], reported[id]) << "producer " << id;
    EXPECT_LE(popped[id], reported[id] + 3) << "producer " << id;
  }
  push(1, 16);
}

// Workers that are killed have their elements done again by others: none is left out.
TEST_F(queue_processes, KilledWorkersLeaveNothingUndone) {
  constexpr std::uint64_t count = 4000;
  constexpr std::uint64_t kills = 30;
  std::minstd_rand chance{6};
  std::vector<child> workers;
  for (int i = 0; i < 3; ++i) workers.push_back(started("worker"));
  std::uint64_t next = 1;
  for (std::uint64_t kill = 0; kill < kills; ++kill) {
    for (auto more = chance() % 150; more > 0 && next <= count; --more)
      ASSERT_TRUE(queue.push_for(next++, 30s)) << "survivors wait for a dead worker";
    workers[chance() % workers.size()] = started("worker");  // kills the one before
  }
  while (next <= count) ASSERT_TRUE(queue.push_for(next++, 30s));
  for (std::size_t i = 0; i < workers.size(); ++i) ASSERT_TRUE(queue.push_for(0, 30s));
  for (auto& each : workers) EXPECT_TRUE(each.wait().is_success());
  std::uint64_t repeated = 0;
  for (std::uint64_t n = 1; n <= count; ++n) {
    ASSERT_GE(seen[n], 1u) << n;
    repeated += seen[n] - 1;
  }
  EXPECT_LE(repeated, kills);
  EXPECT_THAT(drained(), ElementsAre());
}

}  // namespace
}  // namespace stoa::testing
