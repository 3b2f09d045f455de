// fork() in the middle of use: other threads of the process push, pop, lock, publish and open at that very moment.
// The child uses the library for itself, or does nothing, or execs; what the parent holds stays the parent's.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <stoa/stoa.hpp>
#include <thread>
#include <vector>

#include "scratch.hpp"
#include "surroundings.hpp"

namespace stoa {
namespace {

using namespace std::chrono_literals;
using namespace stoa::literals;
using namespace stoa::testing;

constexpr int forks = 60;

// What the threads of the parent do while it forks.
class busy_threads {
 public:
  explicit busy_threads(segment const& home) : home_{home} {
    auto const line = home.attach<queue<std::uint64_t>>("line");
    auto const lock = home.attach<mutex>("lock");
    run([=, i = std::uint64_t{0}]() mutable { static_cast<void>(line.push_for(i++, 1ms)); });
    run([=] { static_cast<void>(line.pop_for(1ms)); });
    run([=] {
      lock.lock();
      lock.unlock();
    });
    run([this] {
      home_.publish<value<int>>("coming").store(1);
      home_.erase("coming");
    });
    run([name = std::string{home.name()}] { static_cast<void>(segment::open(name).reference_count()); });
  }
  busy_threads(busy_threads const&) = delete;
  busy_threads& operator=(busy_threads const&) = delete;
  ~busy_threads() {
    is_over_ = true;
    for (auto& each : all_) each.join();
  }

 private:
  template <class Work>
  void run(Work work) {
    all_.emplace_back([this, work]() mutable {
      while (!is_over_) work();
    });
  }
  segment home_;
  std::atomic<bool> is_over_{false};
  std::vector<std::thread> all_;
};

bool ends_well(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

// The parent holds the mutex "held" and an element of "work" all the time.
template <class InChild>
int fork_often(child_arguments const& a, InChild in_child) {
  auto const home = segment::open(a.at(0));
  auto const held = home.attach<mutex>("held");
  held.lock();
  auto const lease = home.attach<queue<int>>("work").claim();
  busy_threads const threads{home};
  for (int i = 0; i < forks; ++i) {
    pid_t const pid = ::fork();
    if (pid == 0) {
      ::alarm(60);
      ::_exit(in_child(a.at(0)));
    }
    demand(ends_well(pid), "child " + std::to_string(i) + " ends well");
  }
  held.unlock();  // throws if it is not ours
  return 0;
}

int use_in_child(std::string const& name) {
  auto const home = segment::open(name);
  auto const line = home.attach<queue<std::uint64_t>>("line");
  static_cast<void>(line.push_for(1, 1ms));
  static_cast<void>(line.pop_for(1ms));
  auto const lock = home.attach<mutex>("lock");
  lock.lock();
  lock.unlock();
  if (home.attach<mutex>("held").try_lock()) return 1;
  if (home.attach<queue<int>>("work").try_claim()) return 2;
  return 0;
}
child_program const with_users{"with-users", [](child_arguments const& a) { return fork_often(a, use_in_child); }};
child_program const with_idlers{"with-idlers", [](child_arguments const& a) {
                                  return fork_often(a, [](std::string const&) { return 0; });
                                }};
// The child becomes another program, in which nothing of the segment is left.
child_program const becomes_another{"becomes-another", [](child_arguments const& a) {
                                      for (auto const& each : open_files())
                                        demand(each.find(a.at(0)) == std::string::npos, "descriptors close on exec");
                                      demand(rights_of_mappings("/dev/shm/" + a.at(0)).empty(), "and mappings end");
                                      return 0;
                                    }};
child_program const with_execs{"with-execs", [](child_arguments const& a) {
                                 return fork_often(a, [](std::string const& name) {
                                   ::execl("/proc/self/exe", "/proc/self/exe", "--as-child", "becomes-another",
                                           name.c_str(), nullptr);
                                   return 1;
                                 });
                               }};

class fork_among_threads : public ::testing::TestWithParam<char const*> {};

TEST_P(fork_among_threads, LeavesTheParentsLocksItsOwnAndHangsNobody) {
  scratch_name const name;
  auto const home = segment::create(name, 512_KiB);
  auto const line = home.publish<queue<std::uint64_t>>("line", 8);
  auto const lock = home.publish<mutex>("lock");
  auto const held = home.publish<mutex>("held");
  auto const work = home.publish<queue<int>>("work", 8);
  work.push(1);
  auto parent = child::start(GetParam(), {name});
  EXPECT_EQ(parent.wait(120s).exit_code, 0);
  EXPECT_EQ(home.reference_count(), 1u);
  EXPECT_TRUE(held.try_lock());
  EXPECT_TRUE(lock.try_lock());
  EXPECT_TRUE(work.claim_for(30s)) << "the parent gave it back when it ended";
  while (line.try_pop()) {
  }
  for (std::uint64_t i = 0; i < 8; ++i) EXPECT_TRUE(line.try_push(i)) << "no slot is lost";
  EXPECT_FALSE(line.try_push(8));
}
INSTANTIATE_TEST_SUITE_P(whose_children, fork_among_threads,
                         ::testing::Values("with-users", "with-idlers", "with-execs"));

}  // namespace
}  // namespace stoa
