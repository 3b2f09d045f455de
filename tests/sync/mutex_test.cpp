#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "elements.hpp"
#include "in_thread.hpp"
#include "refusal.hpp"
#include "strategies.hpp"

namespace stoa::testing {
namespace {

using namespace std::chrono_literals;

auto const owner_died = make_error_code(errc::owner_died);

// A mutex, and the same one as another process sees it: `second` is a participant of its own.
struct scene {
  two_views views;
  stoa::mutex first = views.first.publish<stoa::mutex>("m");
  stoa::mutex second = views.second.attach<stoa::mutex>("m");
};

// The participant that had it is gone: to the others, that is its death.
void die_with(scene const& where) {
  auto const dying = segment::open(where.views.name()).attach<stoa::mutex>("m");
  dying.lock();
}

TEST(mutex, IsHeldByOneAtATime) {
  scene all;
  {
    std::scoped_lock lock(all.first);
    EXPECT_FALSE(all.first.try_lock());
    EXPECT_FALSE(all.second.try_lock());
    EXPECT_FALSE(all.second.try_lock_for(2ms));
    EXPECT_FALSE(in_thread([&] { return all.first.try_lock(); }));
  }
  EXPECT_TRUE(all.second.try_lock());
  EXPECT_FALSE(all.first.try_lock());
  all.second.unlock();
  EXPECT_TRUE(all.first.try_lock_for(0ms));
  all.first.unlock();
}

TEST(mutex, CopiesAndConstantHandlesAreTheSameMutex) {
  scene all;
  auto const copy = all.first;
  std::scoped_lock lock(copy);
  EXPECT_FALSE(all.first.try_lock());
  EXPECT_FALSE(in_thread([&] { return copy.try_lock(); }));
}

TEST(mutex, WorksWithTheLocksOfTheStandardLibrary) {
  scene all;
  auto other = all.views.first.publish<stoa::mutex>("n");
  {
    std::scoped_lock both(all.first, other);
    EXPECT_FALSE(other.try_lock());
  }
  std::unique_lock lock{all.first, std::defer_lock};
  EXPECT_TRUE(lock.try_lock_for(1ms));
  lock.unlock();
  EXPECT_TRUE(lock.try_lock_until(wait_clock::now()));
  std::unique_lock const refused{all.second, std::try_to_lock};
  EXPECT_FALSE(refused.owns_lock());
}

TEST(mutex, AThreadDoesNotWaitForItself) {
  scene all;
  std::scoped_lock lock(all.first);
  auto const would_deadlock = make_error_code(errc::would_deadlock);
  EXPECT_EQ(refusal([&] { all.first.lock(); }), would_deadlock);
  EXPECT_EQ(refusal([&] { static_cast<void>(all.first.lock_or_inherit()); }), would_deadlock);
  EXPECT_FALSE(all.first.try_lock_for(1h)) << "at once";
}

TEST(mutex, OnlyItsHolderUnlocksIt) {
  scene all;
  auto const not_owner = make_error_code(errc::not_owner);
  EXPECT_EQ(refusal([&] { all.first.unlock(); }), not_owner);
  std::scoped_lock lock(all.first);
  EXPECT_EQ(refusal([&] { all.second.unlock(); }), not_owner);
  EXPECT_EQ(refusal([&] { all.second.make_consistent(); }), not_owner);
  in_thread([&] {
    EXPECT_EQ(refusal([&] { all.first.unlock(); }), not_owner);
    return true;
  });
  EXPECT_FALSE(all.second.try_lock());
}

TEST(mutex, WhoWaitsIsWokenByUnlock) {
  for (auto const strategy : strategies) {
    scene all;
    all.first.lock();
    std::thread waiter{[&] {
      all.second.lock(strategy);
      all.second.unlock();
    }};
    all.first.unlock();
    waiter.join();
    EXPECT_TRUE(all.first.try_lock()) << name_of(strategy);
    all.first.unlock();
  }
}

// Until its process is gone: a thread's end is no death that others could see.
TEST(mutex, AThreadThatEndsWithItLeavesItLocked) {
  scene all;
  {
    auto const other = segment::open(all.views.name()).attach<stoa::mutex>("m");
    std::thread{[&] { other.lock(); }}.join();
    EXPECT_FALSE(other.try_lock());
    EXPECT_FALSE(all.first.try_lock_for(20ms));
    EXPECT_TRUE(all.first.is_consistent());
  }
  EXPECT_EQ(refusal([&] { all.first.lock(); }), owner_died);
}

TEST(mutex, OfADeadHolderIsAbandonedUntilSomebodyPutsItRight) {
  scene all;
  die_with(all);
  EXPECT_FALSE(all.first.is_consistent());
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(refusal([&] { all.first.lock(); }), owner_died);
    EXPECT_EQ(refusal([&] { static_cast<void>(all.second.try_lock()); }), owner_died);
    EXPECT_EQ(refusal([&] { static_cast<void>(all.second.try_lock_for(1ms)); }), owner_died);
  }
  int repairs = 0;
  EXPECT_TRUE(all.second.recover([&] { ++repairs; }));
  EXPECT_FALSE(all.first.recover([&] { ++repairs; }));
  EXPECT_EQ(repairs, 1);
  EXPECT_TRUE(all.first.is_consistent());
  std::scoped_lock lock(all.first);
}

// Whatever the repair did, or somebody else while it ran, it is an error to who called it, and not his end.
TEST(mutex, ThatIsDamagedWhileItIsRepairedIsAnError) {
  scene all;
  auto& header = *reinterpret_cast<mutex_header*>(all.views.first.attachment().entries().at(0).body.data());
  die_with(all);
  EXPECT_EQ(refusal([&] { all.second.recover([&] { header.word.store(0); }); }), make_error_code(errc::not_owner));
  die_with(all);
  auto const throws = [&] {
    all.second.recover([&] {
      header.word.store(0);
      throw std::runtime_error{"what the repair says"};
    });
  };
  EXPECT_THROW(throws(), std::runtime_error);
  std::scoped_lock lock(all.first);
}

TEST(mutex, IsInheritedByTheFirstThatAsksForIt) {
  scene all;
  EXPECT_FALSE(all.first.lock_or_inherit());
  all.first.unlock();
  die_with(all);
  EXPECT_TRUE(all.first.lock_or_inherit());
  EXPECT_FALSE(all.second.try_lock());
  EXPECT_FALSE(all.second.is_consistent());
  all.first.unlock();  // not put right
  EXPECT_EQ(refusal([&] { all.second.lock(); }), owner_died);
  EXPECT_TRUE(all.second.lock_or_inherit());
  all.second.make_consistent();
  EXPECT_TRUE(all.first.is_consistent());
  all.second.unlock();
  EXPECT_TRUE(all.first.try_lock());
  all.first.unlock();
}

TEST(mutex, StaysAbandonedIfARepairFailsOrDies) {
  scene all;
  die_with(all);
  EXPECT_THROW(all.first.recover([] { throw std::runtime_error{"no"}; }), std::runtime_error);
  EXPECT_EQ(refusal([&] { all.first.lock(); }), owner_died);
  {
    auto const dying = segment::open(all.views.name()).attach<stoa::mutex>("m");
    EXPECT_TRUE(dying.lock_or_inherit());
  }
  EXPECT_TRUE(all.first.recover([] {}));
  auto const counts = find_kind("mutex")->statistics(all.views.first.attachment().entries().at(0));
  ASSERT_TRUE(counts);
  EXPECT_EQ(counts->at(4).name, "deaths");
  EXPECT_EQ(counts->at(4).value, 2u);
}

TEST(mutex, WaitersAreToldOfADeath) {
  scene all;
  auto dying = std::optional{segment::open(all.views.name()).attach<stoa::mutex>("m")};
  dying->lock();
  auto told = [&](stoa::mutex const& waiting) {
    return std::thread{[&] { EXPECT_EQ(refusal([&] { waiting.lock(); }), owner_died); }};
  };
  auto one = told(all.first);
  auto another = told(all.second);
  dying.reset();
  one.join();
  another.join();
}

TEST(mutex, ReadOnlyHandlesRefuse) {
  scene all;
  auto const shown = segment::open_read_only(all.views.name()).attach<stoa::mutex>("m");
  auto const read_only = make_error_code(errc::read_only);
  EXPECT_EQ(refusal([&] { shown.lock(); }), read_only);
  EXPECT_EQ(refusal([&] { static_cast<void>(shown.try_lock()); }), read_only);
  EXPECT_EQ(refusal([&] { static_cast<void>(shown.try_lock_for(1ms)); }), read_only);
  EXPECT_TRUE(shown.is_consistent());
}

TEST(mutex, AForkedChildNeitherLocksNorUnlocks) {
  scene all;
  std::unique_lock held{all.first};
  auto const child = ::fork();
  if (child == 0) {
    held.unlock();  // as the destructor would
    bool const refused = refusal([&] { all.first.lock(); }) == make_error_code(errc::forked);
    ::_exit(refused ? 0 : 1);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_FALSE(all.second.try_lock()) << "the parent has it";
}

TEST(mutex, KindShowsWhetherItIsHeld) {
  scene all;
  auto const entry = all.views.second.attachment().entries().at(0);
  auto const held = [&] { return find_kind("mutex")->statistics(entry).value().at(1).value; };
  EXPECT_EQ(held(), 0u);
  all.first.lock();
  EXPECT_EQ(held(), 1u);
  all.first.unlock();
  EXPECT_EQ(held(), 0u);
  EXPECT_TRUE(find_kind("mutex")->elements(entry, [](auto) { FAIL(); }));
}

}  // namespace
}  // namespace stoa::testing
