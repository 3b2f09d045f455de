// Processes that become daemons: forked twice, in a session of their own, without a parent, a terminal or standard
// streams. Who opens afterwards is a participant like any other; who opened before is told.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <stoa/stoa.hpp>

#include "scratch.hpp"
#include "surroundings.hpp"

namespace stoa {
namespace {

using namespace std::chrono_literals;
using namespace stoa::literals;
using namespace stoa::testing;
using words = array<std::uint64_t>;

constexpr unsigned longest_life = 120;  // seconds: a daemon does not die with the test

// Returns in the daemon only.
void become_daemon() {
  if (::fork() != 0) ::_exit(0);
  demand(::setsid() >= 0, "a session of its own");
  if (::fork() != 0) ::_exit(0);
  ::alarm(longest_life);
  demand(::chdir("/") == 0, "a directory that stays");
  ::umask(0);
  for (int standard = 0; standard < 3; ++standard) ::close(standard);  // the next ones opened get these numbers
}

// Passes elements back until a negative one comes; then waits to be killed.
int live(std::string const& name) {
  auto const home = segment::open_or_create(name, 256_KiB);
  auto const to = home.publish_or_attach<queue<int>>("to", 8);
  auto const back = home.publish_or_attach<queue<int>>("back", 8);
  home.publish_or_attach<words>("told", 4).atomic(0).store(static_cast<std::uint64_t>(::getpid()));
  for (;;) {
    auto const got = to.pop();
    if (got < 0) return 0;
    back.push(got);
  }
}

child_program const opens_afterwards{"opens-afterwards", [](child_arguments const& a) {
                                       become_daemon();
                                       return live(a.at(0));
                                     }};
// The classic mistake: everything is opened, then daemon() is called.
child_program const opens_before{"opens-before", [](child_arguments const& a) {
                                   auto const home = segment::open_or_create(a.at(0), 256_KiB);
                                   auto const line = home.publish_or_attach<queue<int>>("to", 8);
                                   become_daemon();
                                   try {
                                     line.push(1);
                                   } catch (error const& told) {
                                     if (told.code() == errc::forked) return live(a.at(0));
                                   }
                                   return 1;
                                 }};

class a_daemon : public ::testing::TestWithParam<char const*> {};

TEST_P(a_daemon, IsAParticipantAndItsDeathIsSeen) {
  scratch_name const name;
  ASSERT_TRUE(run_child(GetParam(), {name}).is_success());
  // It is on its own now: nobody else has made the segment.
  ASSERT_TRUE(eventually([&] {
    auto const home = segment::try_open_read_only(name);
    if (!home) return false;
    auto const told = home->try_attach<array<std::uint64_t const>>("told");
    return told && (*told)[0] != 0 && home->reference_count() == 1;
  }));
  auto const home = segment::open(name);
  auto const to = home.attach<queue<int>>("to");
  auto const back = home.attach<queue<int>>("back");
  for (int i = 0; i < 10; ++i) {
    to.push(i);
    EXPECT_EQ(back.pop_for(60s), i);
  }
  EXPECT_EQ(home.reference_count(), 2u);
  auto const pid = static_cast<pid_t>(home.attach<words>("told")[0]);
  ASSERT_EQ(::kill(pid, SIGKILL), 0);
  EXPECT_TRUE(eventually([&] { return home.reference_count() == 1; }));
  EXPECT_TRUE(to.try_push(1));
}
INSTANTIATE_TEST_SUITE_P(that, a_daemon, ::testing::Values("opens-afterwards", "opens-before"));

TEST(a_daemon, TakesTheSegmentWithItWhenItLeavesInOrder) {
  scratch_name const name;
  ASSERT_TRUE(run_child("opens-afterwards", {name}).is_success());
  ASSERT_TRUE(eventually([&] { return exists(name.path()); }));
  segment::open(name).publish_or_attach<queue<int>>("to", 8).push(-1);
  EXPECT_TRUE(eventually([&] { return !exists(name.path()); }));
}

}  // namespace
}  // namespace stoa
