#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <mutex>

#include "elements.hpp"
#include "in_thread.hpp"
#include "refusal.hpp"
#include "strategies.hpp"

namespace stoa::testing {
namespace {

using namespace std::chrono_literals;

struct scene {
  two_views views;
  stoa::mutex mutex = views.first.publish<stoa::mutex>("m");
  stoa::condition_variable changed = views.first.publish<stoa::condition_variable>("c");
};

TEST(condition_variable, TimesOutWithTheMutex) {
  scene all;
  std::unique_lock lock{all.mutex};
  EXPECT_EQ(all.changed.wait_for(lock, 2ms), std::cv_status::timeout);
  EXPECT_TRUE(lock.owns_lock());
  EXPECT_EQ(all.changed.wait_until(lock, wait_clock::now()), std::cv_status::timeout);
  EXPECT_FALSE(all.changed.wait_for(lock, 2ms, [] { return false; }));
  EXPECT_TRUE(all.changed.wait_for(lock, 1h, [] { return true; })) << "it holds already";
  EXPECT_TRUE(all.changed.wait_until(lock, wait_clock::now(), [] { return true; }));
  EXPECT_FALSE(in_thread([&] { return all.mutex.try_lock(); }));
}

TEST(condition_variable, IsToldByAnotherParticipant) {
  scene all;
  auto const other_mutex = all.views.second.attach<stoa::mutex>("m");
  auto const other = all.views.second.attach<stoa::condition_variable>("c");
  std::atomic<bool> is_ready{false};  // TSan takes the mutex at two addresses for two
  std::unique_lock lock{all.mutex};
  std::thread notifier{[&] {
    {
      std::scoped_lock const theirs{other_mutex};
      is_ready = true;
    }
    other.notify_one();
  }};
  all.changed.wait(lock, [&] { return is_ready.load(); });
  EXPECT_TRUE(lock.owns_lock());
  lock.unlock();
  notifier.join();
}

TEST(condition_variable, NoNotificationIsLost) {
  for (auto const strategy : strategies) {
    scene all;
    auto const& mutex = all.mutex;
    std::deque<int> todo;
    constexpr int rounds = 2000;
    int done = 0;
    in_threads(4, [&](unsigned id) {
      for (int i = 0; i < rounds; ++i) {
        std::unique_lock lock{mutex};
        if (id < 2) {
          all.changed.wait(lock, [&] { return todo.size() < 3; }, strategy);
          todo.push_back(i);
        } else {
          all.changed.wait(lock, [&] { return !todo.empty(); }, strategy);
          todo.pop_front();
          ++done;
        }
        all.changed.notify_one();
      }
    });
    EXPECT_EQ(done, 2 * rounds) << name_of(strategy);
    EXPECT_TRUE(todo.empty());
  }
}

// Somebody makes the change, and tells, as soon as the waiter has let go of the mutex.
TEST(condition_variable, ANotificationBeforeTheWaiterSleepsIsNotLost) {
  struct lock_for_a_moment {
    scene& all;
    void lock() const { all.mutex.lock(); }
    void unlock() const {
      all.mutex.unlock();
      all.changed.notify_all();
    }
  };
  scene all;
  lock_for_a_moment const lock{all};
  lock.lock();
  EXPECT_EQ(all.changed.wait_for(lock, 1ms), std::cv_status::no_timeout);
  all.mutex.unlock();
}

TEST(condition_variable, AMutexWhoseHolderDiedIsAnErrorToWhoWakes) {
  scene all;
  std::unique_lock lock{all.mutex};
  std::thread dying{[&] { segment::open(all.views.name()).attach<stoa::mutex>("m").lock(); }};
  auto const wait_again = [&] {
    for (;;) all.changed.wait_for(lock, 1ms);  // until the other had its turn
  };
  EXPECT_EQ(refusal(wait_again), make_error_code(errc::owner_died));
  EXPECT_FALSE(lock.owns_lock());
  dying.join();
  EXPECT_TRUE(all.mutex.recover([] {}));
}

TEST(condition_variable, ReadOnlyHandlesRefuse) {
  scene all;
  auto const shown = segment::open_read_only(all.views.name()).attach<stoa::condition_variable>("c");
  EXPECT_EQ(refusal([&] { shown.notify_all(); }), make_error_code(errc::read_only));
  std::unique_lock lock{all.mutex};
  EXPECT_EQ(refusal([&] { shown.wait(lock); }), make_error_code(errc::read_only));
  EXPECT_TRUE(lock.owns_lock());
  all.changed.notify_all();
  auto const entries = all.views.first.attachment().entries();
  auto const entry = std::ranges::find_if(entries, [](auto const& each) { return each.kind() == "condition"; });
  ASSERT_NE(entry, entries.end());
  EXPECT_EQ(find_kind("condition")->statistics(*entry).value().at(0).value, 1u);
}

}  // namespace
}  // namespace stoa::testing
