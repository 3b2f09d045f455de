// A process that is stopped for longer than any timeout of the library: by the clock of the others it is an hour,
// again and again. It is alive, keeps what it holds, and goes on where it stopped.
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <stoa/stoa.hpp>

#include "moved_clock.hpp"
#include "scratch.hpp"
#include "surroundings.hpp"

namespace stoa {
namespace {

using namespace std::chrono_literals;
using namespace stoa::literals;
using namespace stoa::testing;
using words = array<std::uint64_t>;

// Takes one of everything that can be held, stops, and lets go of it in order.
child_program const sleeper{"sleeper", [](child_arguments const& a) {
                              auto const home = segment::open(a.at(0));
                              auto const told = home.attach<words>("told");
                              auto const lock = home.attach<mutex>("lock");
                              auto const gate = home.attach<shared_mutex>("gate");
                              auto const numbers = home.attach<spsc_queue<int>>("numbers");
                              auto const pool = home.attach<object_pool<int>>("pool");
                              auto lease = home.attach<queue<int>>("line").claim();
                              auto const object = pool.acquire();
                              lock.lock();
                              gate.lock_shared();
                              numbers.push(1);
                              told.atomic(0).store(1);
                              ::raise(SIGSTOP);
                              numbers.push(2);
                              gate.unlock_shared();
                              lock.unlock();
                              pool.release(object);
                              lease.commit();
                              return 0;
                            }};

class suspended : public ::testing::Test {
 protected:
  ~suspended() override { put_clocks_right(); }
  scratch_name name_;
  segment home_ = segment::create(name_, 512_KiB);
  words told_ = home_.publish<words>("told", 4);
  mutex lock_ = home_.publish<mutex>("lock");
  shared_mutex gate_ = home_.publish<shared_mutex>("gate", 4u);
  queue<int> line_ = home_.publish<queue<int>>("line", 8);
  spsc_queue<int> numbers_ = home_.publish<spsc_queue<int>>("numbers", 8);
  object_pool<int> pool_ = home_.publish<object_pool<int>>("pool", 1);
};

TEST_F(suspended, ForHoursAProcessKeepsWhatItHoldsAndGoesOn) {
  line_.push(1);
  auto stopped = child::start("sleeper", {name_});
  ASSERT_TRUE(eventually([&] { return told_.atomic(0).load() == 1; }));
  stopped.stop();
  for (int hours = 0; hours < 24; ++hours) {
    advance_steady_clock(1h);
    EXPECT_EQ(home_.reference_count(), 2u);
    EXPECT_FALSE(line_.try_claim());
    EXPECT_FALSE(lock_.try_lock());
    EXPECT_FALSE(gate_.try_lock());
    EXPECT_FALSE(pool_.acquire());
    EXPECT_THROW(static_cast<void>(numbers_.try_push(3)), error) << "the role is its own";
  }
  EXPECT_FALSE(line_.claim_for(20ms)) << "who waits for it waits as long as he wants to";
  EXPECT_EQ(numbers_.try_pop(), 1) << "what it finished is there";
  EXPECT_TRUE(line_.try_push(2)) << "others go on";
  EXPECT_EQ(line_.try_pop(), 2) << "with what came after";
  EXPECT_TRUE(home_.try_publish<value<int>>("new"));

  stopped.go_on();
  EXPECT_EQ(stopped.wait().exit_code, 0) << "nothing was taken from it";
  EXPECT_EQ(numbers_.try_pop(), 2);
  EXPECT_TRUE(lock_.try_lock());
  EXPECT_TRUE(gate_.try_lock());
  EXPECT_TRUE(pool_.acquire());
  EXPECT_FALSE(line_.try_claim()) << "its element is done with";
  EXPECT_EQ(home_.reference_count(), 1u);
}

}  // namespace
}  // namespace stoa
