#include <gtest/gtest.h>

#include "elements.hpp"
#include "in_thread.hpp"
#include "refusal.hpp"
#include "strategies.hpp"

namespace stoa::testing {
namespace {

using namespace std::chrono_literals;

struct scene {
  two_views views;
  stoa::event first = views.first.publish<stoa::event>("e");
  stoa::event second = views.second.attach<stoa::event>("e");
};

TEST(event, IsSetUntilItIsReset) {
  scene all;
  EXPECT_FALSE(all.first.is_set());
  EXPECT_FALSE(all.first.wait_for(2ms));
  all.first.set();
  all.first.set();
  EXPECT_TRUE(all.second.is_set());
  EXPECT_TRUE(all.second.wait_for(1h));
  all.second.wait();
  EXPECT_TRUE(all.second.reset());
  EXPECT_FALSE(all.second.reset());
  EXPECT_FALSE(all.first.wait_until(wait_clock::now()));
}

TEST(event, WakesAllWhoWait) {
  for (auto const strategy : strategies) {
    scene all;
    std::atomic<int> woken{0};
    std::thread setter{[&] { all.second.set(); }};
    in_threads(3, [&](unsigned) {
      all.first.wait(strategy);
      ++woken;
    });
    setter.join();
    EXPECT_EQ(woken, 3) << name_of(strategy);
  }
}

TEST(event, WhoWaitedWhenItWasSetGoesOnAlthoughItWasReset) {
  scene all;
  auto& header = *reinterpret_cast<event_header*>(all.views.first.attachment().entries().at(0).body.data());
  for (int round = 0; round < 100; ++round) {  // in some of them it looks before it is reset
    std::atomic<bool> is_through{false};
    wake(header.waiters);  // who slept in the round before may have announced it once more
    std::thread waiter{[&] {
      all.first.wait(wait_strategy::sleep);
      is_through = true;
    }};
    // Until it is among the sleepers.
    EXPECT_TRUE(eventually([&] { return (header.waiters.sleepers.load() & 1) != 0; }));
    all.second.set();
    all.second.reset();
    waiter.join();
    EXPECT_TRUE(is_through);
    EXPECT_FALSE(all.first.is_set());
  }
}

TEST(event, CarriesWhatWasDoneBefore) {
  scene all;
  std::uint64_t written = 0;
  for (std::uint64_t round = 1; round <= 1000; ++round) {
    std::thread setter{[&] {
      written = round;
      all.first.set();
    }};
    all.first.wait();
    EXPECT_EQ(written, round);
    setter.join();
    all.first.reset();
  }
}

TEST(event, ReadOnlyHandlesLook) {
  scene all;
  auto const shown = segment::open_read_only(all.views.name()).attach<stoa::event>("e");
  all.first.set();
  EXPECT_TRUE(shown.is_set());
  auto const read_only = make_error_code(errc::read_only);
  EXPECT_EQ(refusal([&] { shown.set(); }), read_only);
  EXPECT_EQ(refusal([&] { shown.reset(); }), read_only);
  EXPECT_EQ(refusal([&] { shown.wait(); }), read_only);
  auto const counts = find_kind("event")->statistics(all.views.first.attachment().entries().at(0)).value();
  EXPECT_EQ(counts.at(1).value, 1u);
  EXPECT_EQ(counts.at(2).value, 1u);
}

}  // namespace
}  // namespace stoa::testing
