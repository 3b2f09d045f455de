// Waiters that are killed take no notification with them.
#include <gtest/gtest.h>

#include <mutex>

#include "child.hpp"
#include "elements.hpp"

namespace stoa::testing {
namespace {

using namespace std::chrono_literals;
using counters = stoa::array<std::uint64_t>;

// Takes one of c[0] whenever there is one, and counts it in c[1]; both under the mutex.
int run_consumer(child_arguments const& a) {
  auto const home = segment::open(a.at(0));
  auto const mutex = home.attach<stoa::mutex>("m");
  auto const changed = home.attach<stoa::condition_variable>("v");
  auto const count = home.attach<counters>("c");
  for (;;) {
    try {
      std::unique_lock lock{mutex};
      changed.wait(lock, [&] { return count.atomic(0).load() != 0; });
      count.atomic(0).fetch_sub(1);
      count.atomic(1).fetch_add(1);
      changed.notify_one();
    } catch (error const& problem) {
      if (problem.code() != errc::owner_died) return 1;
      mutex.recover([&] { count.atomic(1).store(count.atomic(2).load() - count.atomic(0).load()); });
    }
  }
}
child_program const consumer{"consumer", run_consumer};

TEST(condition_variable, KilledWaitersTakeNoNotificationWithThem) {
  scratch_name name;
  auto const home = segment::create(name, 1u << 18);
  auto const mutex = home.publish<stoa::mutex>("m");
  auto const changed = home.publish<stoa::condition_variable>("v");
  auto const count = home.publish<counters>("c", 3);  // there | taken | given in all
  std::vector<child> consumers;
  for (int i = 0; i < 3; ++i) consumers.push_back(child::start("consumer", {name.str()}));
  auto const repair = [&] { count.atomic(1).store(count.atomic(2).load() - count.atomic(0).load()); };
  for (std::size_t round = 0; round < 100; ++round) {
    try {
      std::scoped_lock const lock(mutex);
      count.atomic(0).fetch_add(1);
      count.atomic(2).fetch_add(1);
      changed.notify_one();
    } catch (error const& problem) {
      ASSERT_EQ(problem.code(), errc::owner_died);
      mutex.recover(repair);
      continue;
    }
    if (round % 2 == 0) consumers[round % 3] = child::start("consumer", {name.str()});  // kills the one before
    ASSERT_TRUE(eventually([&] { return count.atomic(0).load() == 0; })) << round;
  }
  consumers.clear();
  mutex.recover(repair);
  EXPECT_EQ(count.atomic(1).load(), count.atomic(2).load());
}

}  // namespace
}  // namespace stoa::testing
