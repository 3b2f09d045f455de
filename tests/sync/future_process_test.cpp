// The promise of a killed process is broken, that of a stopped one is waited for.
#include <gtest/gtest.h>

#include "child.hpp"
#include "elements.hpp"
#include "refusal.hpp"
#include "since_kill.hpp"

namespace stoa::testing {
namespace {

using namespace std::chrono_literals;

// Promises, says so, and keeps the promise when it is told to.
int run_promiser(child_arguments const& a) {
  auto const home = segment::open(a.at(0));
  auto const promise = home.attach<stoa::future<sealed>>("f").promise();
  home.attach<stoa::event>("promised").set();
  home.attach<stoa::event>("keep").wait();
  promise.set_value(sealed{11});
  return 0;
}
child_program const promiser{"promiser", run_promiser};

struct scene {
  scratch_name name;
  segment home = segment::create(name, 1u << 18);
  stoa::future<sealed> future = home.publish<stoa::future<sealed>>("f");
  stoa::event promised = home.publish<stoa::event>("promised");
  stoa::event keep = home.publish<stoa::event>("keep");
  child victim = child::start("promiser", {name.str()});
  scene() { EXPECT_TRUE(promised.wait_for(30s)); }
};

TEST(future, IsBrokenWithinMillisecondsOfAKill) {
  scene all;
  EXPECT_FALSE(all.future.wait_for(10ms));
  since_kill watch{"future"};
  std::thread waiter{[&] {
    EXPECT_EQ(refusal([&] { all.future.get(); }), make_error_code(errc::broken_promise));
    watch.seen();
  }};
  watch.kill(all.victim);
  waiter.join();
}

TEST(future, WhoWantsToPromiseAfterADeathIsTold) {
  scene all;
  all.victim.kill();
  EXPECT_EQ(refusal([&] { all.future.promise(); }), make_error_code(errc::broken_promise));
  EXPECT_TRUE(all.future.is_ready());
}

TEST(future, OfAStoppedProcessIsWaitedFor) {
  scene all;
  all.victim.stop();
  all.keep.set();
  EXPECT_FALSE(all.future.wait_for(20ms));
  all.victim.go_on();
  EXPECT_EQ(all.future.get().number(), 11u);
  EXPECT_TRUE(all.victim.wait().is_success());
}

}  // namespace
}  // namespace stoa::testing
