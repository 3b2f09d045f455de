// What fork and exec do to a process's place in a segment.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <optional>
#include <stoa/stoa.hpp>

#include "child.hpp"
#include "in_child.hpp"
#include "scratch.hpp"

namespace stoa {
namespace {

using namespace stoa::literals;
using namespace stoa::testing;

class fork_test : public ::testing::Test {
 protected:
  scratch_name name_;
  std::optional<segment> segment_ = segment::create(name_, 64_KiB);
};

TEST_F(fork_test, TheChildIsRefusedTheParentsSegment) {
  segment_->publish<array<int>>("a", 1);
  EXPECT_EQ(0, in_child([&] {
              if (!is_forked(segment_->try_attach<array<int>>("a"))) return 1;
              if (!is_forked(segment_->try_publish<array<int>>("b", 1))) return 2;
              if (!is_forked(segment_->try_erase("a"))) return 3;
              return 0;
            }));
  EXPECT_EQ(segment_->entries().size(), 1u);
}

TEST_F(fork_test, TheChildIsRefusedTheParentsHandles) {
  auto const v = segment_->publish<value<int>>("v");
  auto const q = segment_->publish<queue<int>>("q", 4);
  auto const s = segment_->publish<spsc_queue<int>>("s", 4);
  auto const a = segment_->publish<array<int>>("a", 4);
  v.store(1);
  q.push(1);
  s.push(1);
  EXPECT_EQ(0, in_child([&] {
              if (!is_forked([&] { v.store(2); })) return 1;
              if (!is_forked([&] { v.update([](int& i) { ++i; }); })) return 2;
              if (!is_forked([&] { static_cast<void>(q.try_push(2)); })) return 3;
              if (!is_forked([&] { static_cast<void>(q.try_pop()); })) return 4;
              if (!is_forked([&] { static_cast<void>(q.try_claim()); })) return 5;
              if (!is_forked([&] { static_cast<void>(s.try_push(2)); })) return 6;
              if (!is_forked([&] { static_cast<void>(s.try_pop()); })) return 7;
              if (!is_forked([&] { a.fill(2); })) return 8;
              if (v.load() != 1) return 9;  // looking is harmless
              return 0;
            }));
  EXPECT_EQ(v.load(), 1);
  EXPECT_EQ(q.size(), 1u);
  EXPECT_TRUE(s.try_push(2)) << "the role is still the parent's";
}

TEST_F(fork_test, TheChildCountsNobodyWhereItIsNotIn) {
  auto const places = static_cast<int>(segment_->attachment().map().limits().max_participants);
  EXPECT_NE(places, in_child([&] { return static_cast<int>(segment_->reference_count()); }))
      << "all places there are is not an answer";
}

TEST_F(fork_test, TheChildOpensForItselfAndIsAnother) {
  auto const numbers = segment_->publish<array<std::uint64_t>>("numbers", 4);
  auto const line = segment_->publish<queue<int>>("line", 4);
  line.push(1);
  EXPECT_EQ(0, in_child([&] {
              auto const mine = segment::open(name_);
              if (mine.reference_count() != 2) return 1;
              if (mine.participants()[1].pid != static_cast<std::uint64_t>(::getpid())) return 2;
              mine.attach<array<std::uint64_t>>("numbers")[0] = 7;
              mine.attach<queue<int>>("line").push(2);
              if (mine.attach<queue<int>>("line").pop() != 1) return 3;
              return 0;
            }));
  EXPECT_EQ(numbers[0], 7u);
  EXPECT_EQ(line.try_pop(), 2);
  EXPECT_EQ(segment_->reference_count(), 1u);
}

TEST_F(fork_test, ClosingInTheChildClosesNothingOfTheParents) {
  auto numbers = std::optional{segment_->publish<array<int>>("numbers", 4)};
  auto line = std::optional{segment_->publish<queue<int>>("line", 4)};
  line->push(1);
  auto lease = line->claim();
  EXPECT_EQ(0, in_child([&] {
              lease.abort();
              line.reset();
              numbers.reset();
              segment_.reset();
              return 0;
            }));
  EXPECT_TRUE(exists(name_.path()));
  EXPECT_EQ(segment_->reference_count(), 1u);
  EXPECT_EQ(segment_->entries().size(), 2u);
  EXPECT_EQ(segment_->participants()[0].holds.size(), 2u) << "what the parent holds it holds still";
  EXPECT_FALSE(line->try_pop()) << "the parent's lease is not the child's to give back";
  lease.commit();
  EXPECT_EQ(line->size(), 0u);
}

// A process with everything in statics, whose forked child runs their destructors.
std::optional<segment> static_segment;
std::optional<queue<int>> static_queue;
child_program const exiting{"exiting", [](child_arguments const& a) {
                              static_segment = segment::open(a.at(0));
                              static_queue = static_segment->attach<queue<int>>("line");
                              static_queue->push(1);
                              pid_t const pid = ::fork();
                              if (pid == 0) std::exit(0);
                              int status = 0;
                              if (::waitpid(pid, &status, 0) != pid || status != 0) return 1;
                              if (static_segment->reference_count() != 2) return 2;
                              if (!static_queue->try_push(2)) return 3;
                              return 0;
                            }};

TEST_F(fork_test, ExitInTheChildRunsDestructorsThatTouchNothing) {
  auto const line = segment_->publish<queue<int>>("line", 4);
  auto parent = child::start("exiting", {name_});
  EXPECT_EQ(parent.wait().exit_code, 0);
  EXPECT_TRUE(exists(name_.path()));
  EXPECT_EQ(line.try_pop(), 1);
  EXPECT_EQ(line.try_pop(), 2);
  EXPECT_EQ(segment_->reference_count(), 1u);
}

// Forks a child that has the mapping and does nothing, tells its pid, and waits to be killed.
child_program const forking{"forking", [](child_arguments const& a) {
                              auto const mine = segment::open(a.at(0));
                              auto const pids = mine.attach<array<std::uint64_t>>("pids");
                              pid_t const pid = ::fork();
                              if (pid == 0) {
                                ::alarm(60);
                                // Through the inherited mapping: from here on fork() has returned
                                // here, and the descriptors are closed.
                                pids.atomic(0).store(static_cast<std::uint64_t>(::getpid()));
                              }
                              for (;;) ::pause();
                              return 0;
                            }};

TEST_F(fork_test, AMappingInTheChildDoesNotKeepADeadParentAlive) {
  auto const pids = segment_->publish<array<std::uint64_t>>("pids", 1);
  auto parent = child::start("forking", {name_});
  ASSERT_TRUE(eventually([&] { return pids.atomic(0).load() != 0; }));
  EXPECT_EQ(segment_->reference_count(), 2u);
  parent.kill();
  EXPECT_EQ(segment_->reference_count(), 1u);
  auto const orphan = static_cast<pid_t>(pids[0]);
  EXPECT_EQ(::kill(orphan, 0), 0) << "the test proves nothing if the orphan is gone";
  EXPECT_FALSE(segment_->participants()[1].alive);
  ::kill(orphan, SIGKILL);
}

TEST_F(fork_test, TheLastUsersNameGoesThoughAnOrphanHasTheMapping) {
  auto pids = std::optional{segment_->publish<array<std::uint64_t>>("pids", 1)};
  auto parent = child::start("forking", {name_});
  ASSERT_TRUE(eventually([&] { return pids->atomic(0).load() != 0; }));
  auto const orphan = static_cast<pid_t>((*pids)[0]);
  parent.kill();
  segment_.reset();
  EXPECT_TRUE(exists(name_.path())) << "a handle is left";
  pids.reset();
  EXPECT_FALSE(exists(name_.path()));
  EXPECT_EQ(::kill(orphan, SIGKILL), 0) << "the test proves nothing if the orphan is gone";
}

child_program const sleeper{"sleeper", [](child_arguments const&) {
                              for (;;) ::pause();
                              return 0;
                            }};
child_program const becoming{
    "becoming", [](child_arguments const& a) {
      auto const mine = segment::open(a.at(0));
      mine.attach<array<std::uint64_t>>("pids").atomic(0).store(1);
      while (mine.attach<array<std::uint64_t>>("pids").atomic(0).load() != 2) ::usleep(200);
      ::execl("/proc/self/exe", "/proc/self/exe", "--as-child", "sleeper", nullptr);
      return 1;
    }};

// Calls call(fork_here), which is to call fork_here() where the library calls a function of the user's, and returns
// whether the child that comes out of it was refused, and its parent was not.
template <class Call>
bool is_child_alone_refused(Call call) {
  pid_t child = -1;
  bool is_refused = false;
  try {
    call([&] { child = ::fork(); });
  } catch (error const& refusal) {
    is_refused = refusal.code() == errc::forked;
  }
  if (child == 0) ::_exit(is_refused ? 0 : 1);
  int status = -1;
  return ::waitpid(child, &status, 0) == child && status == 0 && !is_refused;
}

TEST_F(fork_test, AChildThatComesOutOfAnElementsUseMovesNoCursor) {
  auto const s = segment_->publish<spsc_queue<int>>("s", 4);
  s.push(1);
  s.push(2);
  EXPECT_TRUE(is_child_alone_refused([&](auto fork) { static_cast<void>(s.try_produce([&](int& i) { i = 3; fork(); })); }));
  EXPECT_EQ(s.size(), 3u);
  EXPECT_TRUE(is_child_alone_refused([&](auto fork) { static_cast<void>(s.try_consume([&](int) { fork(); })); }));
  EXPECT_EQ(s.size(), 2u);
  EXPECT_TRUE(is_child_alone_refused([&](auto fork) { static_cast<void>(s.try_consume_n([&](auto) { fork(); })); }));
  EXPECT_TRUE(s.empty());
}

// The child does not end the parent's message, and gets no other.
TEST_F(fork_test, AChildThatComesOutOfAHandlerTakesNoMessage) {
  auto const ring = segment_->publish<message_ring>("m", 4096);
  auto const in = ring.consumer();
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(ring.try_send(std::as_bytes(std::span{"x", 1})));
  int handled = 0;
  EXPECT_TRUE(is_child_alone_refused([&](auto fork) {
    in.poll([&](auto const&) { if (handled++ == 0) fork(); }, 2);
  }));
  EXPECT_EQ(handled, 2);
  EXPECT_EQ(ring.size(), 1u);
}

TEST_F(fork_test, ExecIsADeath) {
  auto const pids = segment_->publish<array<std::uint64_t>>("pids", 1);
  auto other = child::start("becoming", {name_});
  ASSERT_TRUE(eventually([&] { return pids.atomic(0).load() == 1; }));
  EXPECT_EQ(segment_->reference_count(), 2u);
  pids.atomic(0).store(2);
  EXPECT_TRUE(eventually([&] { return segment_->reference_count() == 1; }));
  EXPECT_TRUE(other.is_running());
  EXPECT_FALSE(segment_->participants()[1].alive);
}

TEST_F(fork_test, GrandchildrenAreOthersToo) {
  EXPECT_EQ(0, in_child([&] {
              auto const mine = segment::open(name_);
              return in_child([&] {
                if (!is_forked(mine.try_erase("x"))) return 1;
                return segment::open(name_).reference_count() == 3 ? 0 : 2;
              });
            }));
}

}  // namespace
}  // namespace stoa
