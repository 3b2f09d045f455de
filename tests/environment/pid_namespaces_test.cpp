// Processes in different pid namespaces that share /dev/shm, as containers with a common --ipc do: a death is seen
// across, though nobody knows the other's pid, and pids are not told apart from equal ones.
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include <optional>
#include <stoa/stoa.hpp>

#include "scratch.hpp"
#include "surroundings.hpp"

namespace stoa {
namespace {

using namespace stoa::literals;
using namespace stoa::testing;
using words = array<std::uint64_t>;

// Words that its processes tell the test: [i] is set when guest i is ready, [4 + i] its pid as the test sees it.
constexpr std::size_t pids = 4;

struct scene {
  scratch_name name;
  segment home = segment::create(name, 256_KiB);
  queue<int> line = home.publish<queue<int>>("line", 8);
  mutex lock = home.publish<mutex>("lock");
  words told = home.publish<words>("told", 8);
};

// In a namespace of its own, where it is process 1: takes what it can hold, says so, and waits to be killed.
child_program const guest{"guest", [](child_arguments const& a) {
                            demand(::getpid() == 1, "it is the first process of its namespace");
                            auto const home = segment::open(a.at(0));
                            auto const lock = home.attach<mutex>("lock");
                            auto const lease = home.attach<queue<int>>("line").claim();
                            if (a.at(1) == "0") lock.lock();
                            home.attach<words>("told").atomic(std::stoul(a.at(1))).store(1);
                            for (;;) ::pause();
                            return 0;
                          }};

// Its child is in the namespace; it is not.
child_program const host_of_guest{"host-of-guest", [](child_arguments const& a) {
                                    if (::unshare(CLONE_NEWPID) != 0) return not_possible_here;
                                    auto inside = child::start("guest", a);
                                    {
                                      auto const told = segment::open(a.at(0)).attach<words>("told");
                                      told.atomic(pids + std::stoul(a.at(1))).store(
                                          static_cast<std::uint64_t>(inside.pid()));
                                    }
                                    return inside.wait().signal == SIGKILL ? 0 : 1;
                                  }};

// False: namespaces are not for this user.
bool start_guest(scene const& all, std::optional<child>& host, std::size_t number) {
  host = child::start("host-of-guest", {all.name, std::to_string(number)});
  bool is_gone = false;
  EXPECT_TRUE(eventually([&] {
    is_gone = !host->is_running();
    return is_gone || (all.told.atomic(number).load() != 0 && all.told.atomic(pids + number).load() != 0);
  }));
  return !is_gone;
}

constexpr char const* no_namespaces = "NOT TESTED: needs root, to make a pid namespace";

TEST(pid_namespaces, ADeathInOneIsSeenInTheOther) {
  scene all;
  all.line.push(1);
  std::optional<child> host;
  if (!start_guest(all, host, 0)) GTEST_SKIP() << no_namespaces;
  ASSERT_TRUE(eventually([&] { return all.home.reference_count() == 2; }));
  EXPECT_FALSE(all.line.try_claim()) << "it lives and has the element";
  EXPECT_FALSE(all.lock.try_lock());

  ASSERT_EQ(::kill(static_cast<pid_t>(all.told[pids]), SIGKILL), 0);
  EXPECT_EQ(host->wait().exit_code, 0);
  EXPECT_EQ(all.home.reference_count(), 1u);
  auto const again = all.line.claim_for(std::chrono::seconds{30});
  ASSERT_TRUE(again) << "its lease is for the next";
  EXPECT_EQ(*again, 1);
  EXPECT_TRUE(eventually([&] {
    try {
      if (all.lock.try_lock()) all.lock.unlock();
    } catch (error const& told) {
      return told.code() == errc::owner_died;
    }
    return false;
  }));
}

TEST(pid_namespaces, EqualPidsAreDifferentProcesses) {
  scene all;
  all.line.push(1);
  all.line.push(2);
  std::optional<child> first;
  std::optional<child> second;
  if (!start_guest(all, first, 0) || !start_guest(all, second, 1)) GTEST_SKIP() << no_namespaces;
  ASSERT_TRUE(eventually([&] { return all.home.reference_count() == 3; }));
  int ones = 0;
  for (auto const& each : all.home.participants()) ones += each.pid == 1 && each.alive;
  EXPECT_EQ(ones, 2) << "each is told with its pid in its own namespace";

  ASSERT_EQ(::kill(static_cast<pid_t>(all.told[pids]), SIGKILL), 0);
  EXPECT_EQ(first->wait().exit_code, 0);
  EXPECT_EQ(all.home.reference_count(), 2u);
  auto const again = all.line.claim_for(std::chrono::seconds{30});
  EXPECT_TRUE(again) << "what the dead one had";
  EXPECT_FALSE(all.line.try_claim()) << "what the other one has, whose pid is the same, stays its own";
}

// A process outside dies, and one inside comes upon what it left.
child_program const taker{"taker", [](child_arguments const& a) {
                            demand(::getpid() == 1, "it is the first process of its namespace");
                            auto const home = segment::open(a.at(0));
                            auto const line = home.attach<queue<int>>("line");
                            auto const told = home.attach<words>("told");
                            demand(!line.try_claim(), "the one outside lives and has the element");
                            told.atomic(0).store(1);
                            auto const taken = line.claim_for(std::chrono::seconds{30});
                            demand(taken && *taken == 1, "the death outside is seen");
                            return 0;
                          }};
child_program const host_of_taker{"host-of-taker", [](child_arguments const& a) {
                                    if (::unshare(CLONE_NEWPID) != 0) return not_possible_here;
                                    return child::start("taker", a).wait().exit_code;
                                  }};
child_program const outsider{"outsider", [](child_arguments const& a) {
                               auto const home = segment::open(a.at(0));
                               auto const lease = home.attach<queue<int>>("line").claim();
                               home.attach<words>("told").atomic(1).store(1);
                               for (;;) ::pause();
                               return 0;
                             }};

TEST(pid_namespaces, ADeathOutsideIsSeenInside) {
  scene all;
  all.line.push(1);
  auto victim = child::start("outsider", {all.name});
  ASSERT_TRUE(eventually([&] { return all.told.atomic(1).load() != 0; }));
  auto host = child::start("host-of-taker", {all.name});
  bool is_running = true;
  ASSERT_TRUE(eventually([&] { return !(is_running = host.is_running()) || all.told.atomic(0).load() != 0; }));
  if (!is_running && host.wait().exit_code == not_possible_here) GTEST_SKIP() << no_namespaces;
  victim.kill();
  EXPECT_EQ(host.wait().exit_code, 0);
}

}  // namespace
}  // namespace stoa
