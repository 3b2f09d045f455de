// Processes that hold objects and are killed or stopped: what the dead held comes back, what the living hold stays.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <random>
#include <string>
#include <thread>
#include <vector>

#include "child.hpp"
#include "elements.hpp"
#include "refusal.hpp"

namespace stoa::testing {
namespace {

using namespace std::chrono_literals;
using pool_of_sealed = stoa::object_pool<sealed>;
using handles = stoa::queue<pool_handle>;
using counters = stoa::array<std::uint64_t>;

// count: acquires that many, says so in signs[0], waits for signs[1], releases them.
int run_holder(child_arguments const& a) {
  auto const home = segment::open(a.at(0));
  auto const pool = home.attach<pool_of_sealed>("p");
  auto const signs = home.attach<counters>("signs");
  std::vector<pool_handle> held;
  for (auto count = std::stoull(a.at(1)); count > 0; --count) {
    held.push_back(pool.acquire());
    pool[held.back()] = sealed{count};
  }
  signs.atomic(0).store(1);
  while (signs.atomic(1).load() == 0) ::usleep(200);
  for (auto const& each : held)
    if (!pool[each].is_whole() || !pool.release(each)) return 1;
  return 0;
}
child_program const holder{"holder", run_holder};

// Acquires, fills and sends through the queue, without end.
int run_sender(child_arguments const& a) {
  auto const home = segment::open(a.at(0));
  auto const pool = home.attach<pool_of_sealed>("p");
  auto const queue = home.attach<handles>("q");
  for (std::uint64_t n = 1;; ++n) {
    auto const got = pool.acquire_for(1s);
    if (!got) continue;
    pool[got] = sealed{n};
    queue.push(got);
  }
}
child_program const sender{"sender", run_sender};

// Takes objects, writes its own number into them, looks whether it stays, and gives them back, without end.
// signs[2] counts what it saw changed.
int run_user(child_arguments const& a) {
  auto const home = segment::open(a.at(0));
  auto const pool = home.attach<pool_of_sealed>("p");
  auto const signs = home.attach<counters>("signs");
  auto const self = static_cast<std::uint64_t>(::getpid());
  for (std::uint64_t n = 0;; ++n) {
    auto const got = n % 2 == 0 ? pool.acquire() : pool.acquire_for(1ms);
    if (!got) continue;
    pool[got] = sealed{self << 32 | n};
    if (n % 32 == 0) ::usleep(50);
    if (pool.get(got) == nullptr || !pool[got].is_whole() || pool[got].number() != (self << 32 | n))
      signs.atomic(2).fetch_add(1);
    if (!pool.release(got)) signs.atomic(2).fetch_add(1);
  }
}
child_program const user{"user", run_user};

class object_pool_processes : public ::testing::Test {
 protected:
  child started(std::string const& program, child_arguments more = {}) {
    more.insert(more.begin(), name.str());
    return child::start(program, more);
  }
  child started_holder(std::uint64_t count) {
    signs.atomic(0).store(0);
    auto out = started("holder", {std::to_string(count)});
    EXPECT_TRUE(eventually([&] { return signs.atomic(0).load() == 1; }));
    return out;
  }
  std::vector<pool_handle> take_all() const {
    std::vector<pool_handle> out;
    while (auto const got = pool.acquire()) out.push_back(got);
    return out;
  }

  scratch_name name;
  segment home = segment::create(name, 1u << 20);
  pool_of_sealed pool = home.publish<pool_of_sealed>("p", 8);
  handles queue = home.publish<handles>("q", 16);
  counters signs = home.publish<counters>("signs", 3);
};

TEST_F(object_pool_processes, WhatAKilledProcessHeldComesBack) {
  started_holder(5).kill();
  EXPECT_EQ(pool.size(), 5u) << "until somebody looks";
  EXPECT_EQ(pool.reclaim(), 5u);
  EXPECT_EQ(take_all().size(), 8u);
}

TEST_F(object_pool_processes, WhatAStoppedProcessHoldsStaysItsOwn) {
  auto stopped = started_holder(5);
  stopped.stop();
  EXPECT_EQ(take_all().size(), 3u) << "the others go on";
  EXPECT_EQ(pool.reclaim(), 0u);
  EXPECT_FALSE(pool.acquire_for(30ms)) << "slow is not dead";
  stopped.go_on();
  signs.atomic(1).store(1);
  EXPECT_TRUE(stopped.wait().is_success());
  EXPECT_EQ(take_all().size(), 5u);
}

TEST_F(object_pool_processes, AdoptedObjectsOutliveWhoAcquiredThem) {
  auto victim = started_holder(2);
  auto const theirs = pool.live();
  auto const kept = *theirs.begin();
  EXPECT_EQ(pool.owner(kept)->pid, static_cast<std::uint64_t>(victim.pid()));
  EXPECT_TRUE(pool.adopt(kept));
  victim.kill();
  EXPECT_EQ(pool.reclaim(), 1u);
  EXPECT_TRUE(pool[kept].is_whole());
  EXPECT_TRUE(pool.release(kept));
}

TEST_F(object_pool_processes, WhoWaitsGetsWhatOneThatDiesHeld) {
  auto victim = started_holder(8);
  std::thread killer{[&] { victim.kill(); }};
  EXPECT_TRUE(pool.acquire_for(30s));
  killer.join();
}

TEST_F(object_pool_processes, WhoWaitsIsWokenByAReleaseElsewhere) {
  auto other = started_holder(8);
  std::thread waker{[&] { signs.atomic(1).store(1); }};
  EXPECT_TRUE(pool.acquire_for(30s, wait_strategy::sleep));
  waker.join();
  EXPECT_TRUE(other.wait().is_success());
}

TEST_F(object_pool_processes, APlaceTakenByAnotherIsNotTheOwner) {
  started_holder(4).kill();
  auto next = started_holder(4);  // in the place of the dead one
  EXPECT_EQ(pool.reclaim(), 4u);
  EXPECT_EQ(pool.size(), 4u);
  signs.atomic(1).store(1);
  EXPECT_TRUE(next.wait().is_success());
}

TEST_F(object_pool_processes, ObjectsOfKilledSendersAreAdoptedOrComeBack) {
  std::minstd_rand chance{7};
  std::uint64_t received = 0;
  for (int kill = 0; kill < 25; ++kill) {
    auto victim = started("sender");
    for (auto count = 1 + chance() % 50; count > 0; --count) {
      auto const got = queue.pop_for(30s);
      ASSERT_TRUE(got);
      if (!pool.adopt(*got)) continue;  // of one that died: taken back before it was received
      ASSERT_TRUE(pool[*got].is_whole());
      ASSERT_TRUE(pool.release(*got));
      ++received;
    }
    victim.kill();
  }
  EXPECT_GT(received, 25u);
  while (auto const got = queue.try_pop()) pool.release(*got);
  pool.reclaim();
  EXPECT_EQ(pool.size(), 0u);
  EXPECT_EQ(take_all().size(), 8u);
}

TEST_F(object_pool_processes, KilledUsersLoseNothingAndNobodyHoldsWhatAnotherHas) {
  constexpr int kills = 150;
  std::minstd_rand chance{8};
  std::vector<child> users;
  for (int i = 0; i < 4; ++i) users.push_back(started("user"));
  for (int kill = 0; kill < kills; ++kill) {
    ::usleep(static_cast<useconds_t>(chance() % 4000));
    users[chance() % users.size()] = started("user");  // kills the one before
  }
  users.clear();
  EXPECT_EQ(signs.atomic(2).load(), 0u);
  pool.reclaim();
  EXPECT_EQ(pool.size(), 0u);
  EXPECT_EQ(take_all().size(), 8u);
}

TEST_F(object_pool_processes, AForkedChildIsRefused) {
  auto const got = pool.acquire();
  auto const pid = ::fork();
  if (pid == 0) {
    auto const forked = make_error_code(errc::forked);
    bool const is_refused = refusal([&] { static_cast<void>(pool.acquire()); }) == forked &&
                            refusal([&] { pool.release(got); }) == forked &&
                            refusal([&] { pool.adopt(got); }) == forked && refusal([&] { pool.reclaim(); }) == forked;
    ::_exit(is_refused ? 0 : 1);
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_TRUE(pool.release(got));
}

}  // namespace
}  // namespace stoa::testing
