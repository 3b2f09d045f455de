// The time of day is set back or ahead, under a process or between two; and processes whose steady clocks are hours
// apart, as in different time namespaces. Nothing is decided by the time of day, and no steady time is shared.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <optional>
#include <stoa/stoa.hpp>
#include <thread>

#include "moved_clock.hpp"
#include "scratch.hpp"
#include "surroundings.hpp"

namespace stoa {
namespace {

using namespace std::chrono_literals;
using namespace stoa::literals;
using namespace stoa::testing;
using words = array<std::uint64_t>;

constexpr auto year = 365 * 24h;

// Holds an element and the mutex until it is killed. Its time of day is that of long ago.
child_program const holder_of_long_ago{"holder-of-long-ago", [](child_arguments const& a) {
                                         set_wall_clock_off_by(-20 * year);
                                         auto const home = segment::open(a.at(0));
                                         auto const lease = home.attach<queue<int>>("line").claim();
                                         auto const lock = home.attach<mutex>("lock");
                                         lock.lock();
                                         home.publish<value<int>>("old");
                                         home.attach<words>("told").atomic(0).store(1);
                                         for (;;) ::pause();
                                         return 0;
                                       }};

class wall_clock : public ::testing::Test {
 protected:
  ~wall_clock() override { put_clocks_right(); }
  scratch_name name_;
  segment home_ = segment::create(name_, 256_KiB);
  queue<int> line_ = home_.publish<queue<int>>("line", 8);
  mutex lock_ = home_.publish<mutex>("lock");
  words told_ = home_.publish<words>("told", 4);
};

TEST_F(wall_clock, TellsPeopleAndDecidesNothing) {
  line_.push(1);
  auto victim = child::start("holder-of-long-ago", {name_});
  ASSERT_TRUE(eventually([&] { return told_.atomic(0).load() == 1; }));
  auto const everybody = home_.participants();
  ASSERT_EQ(everybody.size(), 2u);
  EXPECT_LT(everybody[1].attached_ns, everybody[0].attached_ns) << "the test proves nothing if its clock is ours";
  EXPECT_TRUE(everybody[1].alive);
  EXPECT_FALSE(line_.try_claim()) << "who lives long ago lives";
  EXPECT_FALSE(lock_.try_lock());
  victim.kill();
  auto const again = line_.claim_for(30s);
  ASSERT_TRUE(again);
  EXPECT_EQ(*again, 1);
  EXPECT_TRUE(eventually([&] { return !home_.participants()[1].alive; }));
}

TEST_F(wall_clock, JumpsUnderOneWhoWaitsChangeNothing) {
  std::atomic<bool> is_over{false};
  std::thread setter{[&] {
    for (int i = 0; !is_over; i = (i + 1) % 3) {
      set_wall_clock_off_by((i - 1) * 10 * year);
      std::this_thread::sleep_for(1ms);
    }
  }};
  EXPECT_FALSE(line_.pop_for(50ms)) << "a timeout ends";
  std::thread giver{[&] {
    EXPECT_FALSE(line_.pop_for(1ms));
    line_.push(5);
  }};
  giver.join();
  EXPECT_EQ(line_.pop_for(30s), 5) << "no timeout ends at once";
  auto const opened = segment::open(name_);
  EXPECT_TRUE(opened.try_publish<value<int>>("now"));
  EXPECT_EQ(opened.reference_count(), 2u);
  is_over = true;
  setter.join();
}

TEST_F(wall_clock, SetBackPutsNoMessageOutOfOrder) {
  auto const ring = home_.publish<message_ring>("messages", 4096);
  auto const consumer = ring.consumer();
  std::uint64_t const text = 1;
  for (int i = 0; i < 8; ++i) {
    set_wall_clock_off_by(-i * year);
    ring.send(std::as_bytes(std::span{&text, 1}));
  }
  for (std::uint64_t i = 0, last = 0; i < 8; ++i) {
    auto message = consumer.try_receive();
    ASSERT_TRUE(message);
    if (i == 0) last = message->sequence();
    EXPECT_EQ(message->sequence(), last + i);
    message->commit();
  }
}

// Passes elements back until a negative one comes.
int pass_back(child_arguments const& a) {
  auto const home = segment::open(a.at(0));
  auto const line = home.attach<queue<int>>("line");
  auto const back = home.attach<queue<int>>("back");
  auto const lock = home.attach<mutex>("lock");
  for (;;) {
    auto const got = line.pop_for(30s);
    demand(got.has_value(), "something comes before its timeout, by its own clock");
    demand(!line.pop_for(1ms), "a timeout ends, by its own clock");
    if (*got < 0) return 0;
    lock.lock();
    back.push(*got);
    lock.unlock();
  }
}
child_program const apart_by_hand{"apart-by-hand", [](child_arguments const& a) {
                                    advance_steady_clock(-1min * std::stol(a.at(1)));
                                    return pass_back(a);
                                  }};
child_program const apart_inside{"apart-inside", [](child_arguments const& a) { return pass_back(a); }};
// The kernel's own way: the children of this process have another steady clock.
child_program const apart{"apart", [](child_arguments const& a) {
                            if (::unshare(CLONE_NEWTIME) != 0) return not_possible_here;
                            std::ofstream offsets{"/proc/self/timens_offsets"};
                            if (!(offsets << "monotonic 1000000 0\n").flush()) return not_possible_here;
                            offsets.close();
                            return child::start("apart-inside", a).wait().exit_code;
                          }};

class steady_clocks : public wall_clock {
 protected:
  queue<int> back_ = home_.publish<queue<int>>("back", 8);
  // The status of that program, which was given some elements and gave them back.
  int exchange_with(std::string const& program, child_arguments const& arguments) {
    auto other = child::start(program, arguments);
    for (int i = 0; i < 20; ++i) {
      line_.push(i);
      std::optional<int> got;
      while (!(got = back_.pop_for(10ms)) && other.is_running()) {
      }
      if (!got) break;
      EXPECT_EQ(got, i);
    }
    static_cast<void>(line_.push_for(-1, 1s));
    return other.wait().exit_code;
  }
};

TEST_F(steady_clocks, OfProcessesMayBeApart) {
  for (std::string const minutes : {"1", "-1", "-10000000"})
    EXPECT_EQ(exchange_with("apart-by-hand", {name_, minutes}), 0) << minutes;
}

TEST_F(steady_clocks, OfATimeNamespaceAreFine) {
  auto const status = exchange_with("apart", {name_});
  if (status == not_possible_here) GTEST_SKIP() << "NOT TESTED: needs root and Linux 5.6, for a time namespace";
  EXPECT_EQ(status, 0);
}

// The machine slept: the clock goes on by a day while somebody waits, and nobody is taken for dead.
TEST_F(steady_clocks, MayJumpUnderOneWhoWaits) {
  line_.push(1);
  auto victim = child::start("holder-of-long-ago", {name_});
  ASSERT_TRUE(eventually([&] { return told_.atomic(0).load() == 1; }));
  std::atomic<bool> is_over{false};
  std::thread sleeper{[&] {
    while (!is_over) {
      advance_steady_clock(24h);
      std::this_thread::sleep_for(1ms);
    }
  }};
  for (int i = 0; i < 20; ++i) EXPECT_FALSE(line_.claim_for(100h)) << "its holder lives";
  EXPECT_FALSE(lock_.try_lock());
  is_over = true;
  sleeper.join();
  victim.kill();
  EXPECT_TRUE(line_.claim_for(30s));
}

}  // namespace
}  // namespace stoa
