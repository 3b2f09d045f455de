// Processes that are killed or stopped while they have the mutex, or wait for it.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <mutex>

#include "child.hpp"
#include "elements.hpp"
#include "refusal.hpp"
#include "since_kill.hpp"

namespace stoa::testing {
namespace {

using namespace std::chrono_literals;
using counters = stoa::array<std::uint64_t>;

// Moves both counters on, for ever, one after the other: they differ only under the mutex.
int run_counter(child_arguments const& a) {
  auto const home = segment::open(a.at(0));
  auto const mutex = home.attach<stoa::mutex>("m");
  auto const both = home.attach<counters>("c");
  for (;;) {
    try {
      std::scoped_lock const lock(mutex);
      both.atomic(0).fetch_add(1, std::memory_order_relaxed);
      both.atomic(1).fetch_add(1, std::memory_order_relaxed);
    } catch (error const& problem) {
      if (problem.code() != errc::owner_died) return 1;
      mutex.recover([&] { both.atomic(1).store(both.atomic(0).load()); });
    }
  }
}
child_program const counter{"counter", run_counter};

int run_holder(child_arguments const& a) {
  auto const home = segment::open(a.at(0));
  home.attach<stoa::mutex>("m").lock();
  home.attach<counters>("c").atomic(0).store(1);
  for (;;) std::this_thread::sleep_for(1h);
}
child_program const holder{"holder", run_holder};

struct scene {
  explicit scene(segment_options const& options = {}) : home{segment::create(name, 1u << 18, options)} {}

  scratch_name name;
  segment home;
  stoa::mutex mutex = home.publish<stoa::mutex>("m");
  counters both = home.publish<counters>("c", 2);

  child start_holder() const {
    auto made = child::start("holder", {name.str()});
    EXPECT_TRUE(eventually([&] { return both.atomic(0).load() == 1; }));
    return made;
  }
};

TEST(mutex, WaitersLearnOfAKillWithinMilliseconds) {
  scene all;
  auto victim = all.start_holder();
  EXPECT_FALSE(all.mutex.try_lock_for(1ms));
  since_kill watch{"mutex"};
  std::thread waiter{[&] {
    EXPECT_EQ(refusal([&] { all.mutex.lock(); }), make_error_code(errc::owner_died));
    watch.seen();
  }};
  watch.kill(victim);
  waiter.join();
  EXPECT_TRUE(all.mutex.recover([] {}));
}

TEST(mutex, WhoHasADeadHoldersPlaceIsNotTheHolder) {
  scene all{{.max_participants = 2}};
  auto victim = all.start_holder();
  victim.kill();
  auto const heir = segment::open(all.name);  // there is no other place
  EXPECT_EQ(refusal([&] { static_cast<void>(all.mutex.try_lock_for(10s)); }), make_error_code(errc::owner_died));
  EXPECT_TRUE(all.mutex.recover([] {}));
  EXPECT_TRUE(heir.attach<stoa::mutex>("m").try_lock());
}

TEST(mutex, OfAStoppedHolderIsNotTaken) {
  scene all;
  auto victim = all.start_holder();
  victim.stop();
  EXPECT_FALSE(all.mutex.try_lock_for(50ms));
  EXPECT_TRUE(all.mutex.is_consistent());
  victim.kill();
  EXPECT_TRUE(all.mutex.lock_or_inherit());
}

TEST(mutex, KilledUsersLeaveNothingHalfDoneAndStopNobody) {
  scene all;
  std::vector<child> users;
  for (int i = 0; i < 3; ++i) users.push_back(child::start("counter", {all.name.str()}));
  auto const moves_on = [&] {
    return eventually([&, before = all.both.atomic(0).load()] { return all.both.atomic(0).load() > before + 20; });
  };
  for (std::size_t kill = 0; kill < 60; ++kill) {
    ASSERT_TRUE(moves_on()) << kill;
    users[kill % users.size()] = child::start("counter", {all.name.str()});  // kills the one before
  }
  users.clear();
  all.mutex.recover([&] { all.both.atomic(1).store(all.both.atomic(0).load()); });
  std::scoped_lock const lock(all.mutex);
  EXPECT_EQ(all.both.atomic(0).load(), all.both.atomic(1).load());
}

}  // namespace
}  // namespace stoa::testing
