// Readers and writers that are killed or stopped while they have the mutex.
#include <gtest/gtest.h>

#include <algorithm>
#include <mutex>
#include <shared_mutex>

#include "child.hpp"
#include "elements.hpp"
#include "refusal.hpp"
#include "since_kill.hpp"

namespace stoa::testing {
namespace {

using namespace std::chrono_literals;
using counters = stoa::array<std::uint64_t>;

// Argument 1: "read" or "write". Takes the mutex and keeps it.
int run_keeper(child_arguments const& a) {
  auto const home = segment::open(a.at(0));
  auto const mutex = home.attach<stoa::shared_mutex>("m");
  a.at(1) == "read" ? mutex.lock_shared() : mutex.lock();
  home.attach<counters>("c").atomic(2).store(1);
  for (;;) std::this_thread::sleep_for(1h);
}
child_program const keeper{"keeper", run_keeper};

// Writes and reads by turns, for ever; exit status 2: the counters differed.
int run_user(child_arguments const& a) {
  auto const home = segment::open(a.at(0));
  auto const mutex = home.attach<stoa::shared_mutex>("m");
  auto const both = home.attach<counters>("c");
  for (std::uint64_t i = 0;; ++i) {
    try {
      if (i % 4 == 0) {
        std::scoped_lock const writing(mutex);
        both.atomic(0).fetch_add(1, std::memory_order_relaxed);
        both.atomic(1).fetch_add(1, std::memory_order_relaxed);
      } else {
        std::shared_lock const reading{mutex};
        if (both.atomic(0).load(std::memory_order_relaxed) != both.atomic(1).load(std::memory_order_relaxed)) return 2;
      }
    } catch (error const& problem) {
      if (problem.code() != errc::owner_died) return 1;
      mutex.recover([&] { both.atomic(1).store(both.atomic(0).load()); });
    }
  }
}
child_program const user{"user", run_user};

struct scene {
  scratch_name name;
  segment home = segment::create(name, 1u << 18);
  stoa::shared_mutex mutex = home.publish<stoa::shared_mutex>("m");
  counters both = home.publish<counters>("c", 3);

  // Not 0 when a writer has it, or waits for its readers to leave.
  atomic_u64& word() const {
    auto const held = home.attachment().entries();
    auto const is_mutex = [](auto const& each) { return each.name() == "m"; };
    return reinterpret_cast<shared_mutex_header*>(std::ranges::find_if(held, is_mutex)->body.data())->word;
  }
  child start_keeper(char const* how) const {
    auto made = child::start("keeper", {name.str(), how});
    EXPECT_TRUE(eventually([&] { return both.atomic(2).load() == 1; }));
    return made;
  }
};

TEST(shared_mutex, AWriterGoesOnWithinMillisecondsOfAReadersKill) {
  scene all;
  auto reader = all.start_keeper("read");
  since_kill watch{"shared_mutex"};
  std::thread writer{[&] {
    std::scoped_lock const writing(all.mutex);
    watch.seen();
  }};
  watch.kill(reader);
  writer.join();
  EXPECT_TRUE(all.mutex.is_consistent());
}

TEST(shared_mutex, ReadersLearnOfAWritersKill) {
  scene all;
  auto writer = all.start_keeper("write");
  std::thread reader{[&] {
    EXPECT_EQ(refusal([&] { all.mutex.lock_shared(); }), make_error_code(errc::owner_died));
  }};
  writer.kill();
  reader.join();
  EXPECT_TRUE(all.mutex.recover([] {}));
}

TEST(shared_mutex, OfStoppedReadersAndWritersIsNotTaken) {
  for (auto const* how : {"read", "write"}) {
    scene all;
    auto stopped = all.start_keeper(how);
    stopped.stop();
    EXPECT_FALSE(all.mutex.try_lock_for(20ms)) << how;
    EXPECT_EQ(all.mutex.try_lock_shared_for(20ms), how == std::string{"read"});
    EXPECT_TRUE(all.mutex.is_consistent());
  }
}

TEST(shared_mutex, AWriterThatWaitsForAStoppedReaderKeepsOutNewReaders) {
  scene all;
  auto reader = all.start_keeper("read");
  reader.stop();
  auto const there = segment::open(all.name).attach<stoa::shared_mutex>("m");  // as one who comes from elsewhere
  EXPECT_TRUE(there.try_lock_shared_for(20ms));
  there.unlock_shared();
  std::thread writer{[&] { all.mutex.lock(); }};
  EXPECT_TRUE(eventually([&] { return all.word().load() != 0; })) << "it waits";
  EXPECT_FALSE(there.try_lock_shared());
  EXPECT_FALSE(there.try_lock_shared_for(20ms));
  reader.kill();
  writer.join();
  EXPECT_TRUE(all.mutex.is_consistent());
}

TEST(shared_mutex, KilledUsersStopNobodyAndNoReaderSeesHalfAChange) {
  scene all;
  std::vector<child> users;
  for (int i = 0; i < 3; ++i) users.push_back(child::start("user", {all.name.str()}));
  for (std::size_t kill = 0; kill < 60; ++kill) {
    auto const before = all.both.atomic(0).load();
    ASSERT_TRUE(eventually([&] { return all.both.atomic(0).load() > before + 5; })) << kill;
    ASSERT_TRUE(users[kill % 3].is_running()) << "it complained";
    users[kill % 3] = child::start("user", {all.name.str()});  // kills the one before
  }
  users.clear();
  all.mutex.recover([&] { all.both.atomic(1).store(all.both.atomic(0).load()); });
  EXPECT_EQ(all.both.atomic(0).load(), all.both.atomic(1).load());
}

}  // namespace
}  // namespace stoa::testing
