// Who is about to wake others is killed after every single instruction. Whether he woke anybody or not: those who sleep
// in another process find what he did, or that he died.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <optional>

#include "elements.hpp"
#include "kill_each_instruction.hpp"
#include "refusal.hpp"

namespace stoa::testing {
namespace {

using namespace std::chrono_literals;

// A process that waits; threads would be in the way of those that are forked. Its exit status is what wait() returns.
class waiter {
 public:
  template <class Wait>
  explicit waiter(Wait wait) : pid_{::fork()} {
    if (pid_ != 0) return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    int status = 90;
    try {
      status = wait();
    } catch (...) {
    }
    ::_exit(status);
  }
  waiter(waiter const&) = delete;
  waiter& operator=(waiter const&) = delete;
  ~waiter() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }

  // nullopt: it waits still.
  std::optional<int> exit_status() {
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) != pid_) return std::nullopt;
    pid_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 91;
  }

 private:
  pid_t pid_;
};

// -1: it hangs.
int status_in_the_end(waiter& of) {
  std::optional<int> out;
  eventually([&] { return (out = of.exit_status()).has_value(); });
  return out.value_or(-1);
}

template <class Noun, class Header>
struct scene {
  scratch_name name;
  segment home = segment::create(name, 1u << 16, {.max_entries = 4, .max_participants = 4, .max_lanes = 4});
  Noun noun = home.publish<Noun>("it");

  Noun elsewhere() const { return segment::open(name).template attach<Noun>("it"); }
  void await_sleeper() const {
    auto& flag = reinterpret_cast<Header*>(home.attachment().entries().at(0).body.data())->waiters;
    ASSERT_TRUE(eventually([&] { return (flag.sleepers.load() & 1) != 0; }));
  }
};

// --- event.set() ---

using event_scene = scene<stoa::event, event_header>;

auto setter(event_scene const& where) {
  return [&where] { return [event = where.elsewhere()] { event.set(); }; };
}
auto waits_for_event(event_scene const& where) {
  return [&where] { return where.elsewhere().wait_for(1h) ? 0 : 1; };
}

TEST(killed_waker, OfAnEventLeavesNobodyAsleepWhoseEventIsSet) {
  auto const trace = [] {
    event_scene where;
    waiter const one{waits_for_event(where)};
    where.await_sleeper();
    return stepped_child{setter(where)}.trace();
  };
  for_each_instruction(trace, [](cut const& here) {
    event_scene where;
    waiter one{waits_for_event(where)};
    where.await_sleeper();
    {
      stepped_child killed{setter(where)};
      here.lead(killed);
    }
    bool const happened = where.noun.is_set();
    if (!happened) {
      EXPECT_FALSE(one.exit_status()) << "nothing has happened";
      where.noun.set();
    }
    EXPECT_EQ(status_in_the_end(one), 0);
    return happened ? effect::whole : effect::none;
  });
}

// --- mutex.unlock() ---

using mutex_scene = scene<stoa::mutex, mutex_header>;

constexpr int has_locked = 0;
constexpr int is_told_of_the_death = 1;

auto unlocker(mutex_scene const& where) {
  return [&where] {
    auto const mutex = where.elsewhere();
    mutex.lock();
    return [mutex] { mutex.unlock(); };
  };
}
auto waits_for_mutex(mutex_scene const& where) {
  return [&where] {
    auto const mutex = where.elsewhere();
    auto const refused = refusal([&] { mutex.lock(); });
    return !refused ? has_locked : refused == errc::owner_died ? is_told_of_the_death : 92;
  };
}

TEST(killed_waker, OfAMutexLeavesNobodyAsleep) {
  auto const trace = [] {
    mutex_scene where;
    stepped_child victim{unlocker(where)};
    waiter const one{waits_for_mutex(where)};
    where.await_sleeper();
    return victim.trace();
  };
  for_each_instruction(trace, [](cut const& here) {
    mutex_scene where;
    std::optional<waiter> one;
    {
      stepped_child killed{unlocker(where)};
      one.emplace(waits_for_mutex(where));
      where.await_sleeper();
      here.lead(killed);
    }
    auto const found = status_in_the_end(*one);
    EXPECT_TRUE(found == has_locked || found == is_told_of_the_death) << found;
    return found == has_locked ? effect::whole : effect::none;
  });
}

}  // namespace
}  // namespace stoa::testing
