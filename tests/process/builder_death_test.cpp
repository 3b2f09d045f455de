// A process dies, or stops, between taking a name and making it live: the name is free again, or
// waits for its publisher; all other names go on.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <chrono>
#include <random>
#include <stoa/stoa.hpp>

#include "block.hpp"
#include "scratch.hpp"
#include "stepper.hpp"

namespace stoa {
namespace {

using namespace stoa::literals;
using namespace stoa::testing;

constexpr std::uint64_t old_tag = 0x0101010101010101;
constexpr std::uint64_t new_tag = 0x0202020202020202;

// Publishes "name", as the second argument says. Status 0: published; 1: the name was taken.
child_program const builder{
    "builder", [](child_arguments const& a) {
      auto const where = segment::open(a.at(0));
      auto const status = [](auto const& made) {
        if (!made && made.error().code() != errc::name_taken) throw error{made.error()};
        return made ? 0 : 1;
      };
      if (a.at(1) == "and be killed")
        return status(where.try_publish<killed_block>("name", 200u, old_tag));
      if (a.at(1) == "and stop")
        return status(where.try_publish<stopped_block>("name", 200u, old_tag));
      if (a.at(1) == "stepwise") wait_for_stepper();
      return status(where.try_publish<block>("name", 200u, old_tag));
    }};

child_program const eraser{"eraser", [](child_arguments const& a) {
                             auto const where = segment::open(a.at(0));
                             wait_for_stepper();
                             where.erase("name");
                             return 0;
                           }};

class builder_death : public ::testing::Test {
 protected:
  static segment_options small() {
    segment_options options;
    options.max_entries = 4;
    options.max_participants = 4;
    return options;
  }
  // The stop that the builder has brought on itself.
  static void await_stop(child const& stopped) {
    siginfo_t info{};
    ASSERT_EQ(
        ::waitid(P_PID, static_cast<id_t>(stopped.pid()), &info, WSTOPPED | WEXITED | WNOWAIT), 0);
    ASSERT_EQ(info.si_code, CLD_STOPPED);
  }
  // Nothing of that name, and no byte lost: the whole space can be published under it.
  void expect_free_name() const {
    EXPECT_EQ(segment_.try_attach<block>("name").error().code(), errc::no_such_name);
    EXPECT_TRUE(segment_.entries().empty());
    EXPECT_EQ(segment_.free_bytes(), free_);
    auto const made = segment_.try_publish<block>("name", (free_ - 128) / 8, new_tag);
    ASSERT_TRUE(made) << made.error().message();
    EXPECT_TRUE(made->is_all(new_tag));
    EXPECT_TRUE(segment_.erase("name"));
  }

  scratch_name name_;
  segment segment_ = segment::create(name_, 16_KiB, small());
  std::uint64_t free_ = segment_.free_bytes();
};

TEST_F(builder_death, KilledWhileBuildingLeavesNothing) {
  auto one = child::start("builder", {name_, "and be killed"});
  EXPECT_EQ(one.wait().signal, SIGKILL);
  expect_free_name();
}

TEST_F(builder_death, KilledManyTimesLeavesNothing) {
  for (int i = 0; i < 20; ++i) {
    auto one = child::start("builder", {name_, "and be killed"});
    ASSERT_EQ(one.wait().signal, SIGKILL);
  }
  expect_free_name();
}

TEST_F(builder_death, AStoppedBuilderHoldsUpItsNameOnly) {
  auto slow = child::start("builder", {name_, "and stop"});
  await_stop(slow);
  EXPECT_EQ(segment_.try_attach<block>("name").error().code(), errc::no_such_name)
      << "not yet whole";
  EXPECT_FALSE(segment_.erase("name"));
  EXPECT_TRUE(segment_.entries().empty());
  auto other = child::start("builder", {name_, "plainly"});
  for (int i = 0; i < 100; ++i) {
    segment_.publish<block>("another", 20u, new_tag);
    EXPECT_EQ(segment_.attach<block>("another").word(19), new_tag);
    EXPECT_TRUE(segment_.erase("another"));
  }
  ASSERT_TRUE(eventually([&] { return segment_.reference_count() == 3; }));
  EXPECT_TRUE(other.is_running()) << "who publishes the same name waits for its builder";
  slow.go_on();
  EXPECT_EQ(slow.wait().exit_code, 0);
  EXPECT_EQ(other.wait().exit_code, 1);
  EXPECT_TRUE(segment_.attach<block>("name").is_all(old_tag));
}

TEST_F(builder_death, WhoWaitsForAStoppedBuilderIsNextWhenItDies) {
  auto slow = child::start("builder", {name_, "and stop"});
  await_stop(slow);
  auto other = child::start("builder", {name_, "plainly"});
  ASSERT_TRUE(eventually([&] { return segment_.reference_count() == 3; }));
  EXPECT_TRUE(other.is_running());
  slow.kill();
  EXPECT_EQ(other.wait().exit_code, 0);
  EXPECT_TRUE(segment_.attach<block>("name").is_all(old_tag));
}

TEST_F(builder_death, BytesOfAStoppedBuilderAreItsOwn) {
  auto slow = child::start("builder", {name_, "and stop"});
  await_stop(slow);
  EXPECT_LT(segment_.free_bytes(), free_);
  for (int i = 0; i < 200; ++i) {
    segment_.publish<block>("another", 700u, new_tag);
    segment_.erase("another");
  }
  slow.go_on();
  EXPECT_EQ(slow.wait().exit_code, 0);
  EXPECT_TRUE(segment_.attach<block>("name").is_all(old_tag));
}

class publish_killed_at : public builder_death {
 protected:
  // One publisher, killed where `count` says. False: it got to its end.
  bool try_once(step_count count) {
    stepper one{"builder", {name_, "stepwise"}};
    if (!one.advance(count)) return false;
    one.kill();
    auto const found = segment_.try_attach<block>("name");
    if (found) {
      EXPECT_TRUE(found->is_all(old_tag)) << "visible before it was whole";
      EXPECT_TRUE(segment_.erase("name"));
      return true;
    }
    EXPECT_EQ(found.error().code(), errc::no_such_name);
    expect_free_name();
    return true;
  }
};

TEST_F(publish_killed_at, AnySystemCallIsAllOrNothing) {
  int stops = 0;
  while (try_once({stops, 0}) && !HasFailure()) ++stops;
  EXPECT_GT(stops, 10) << "that is not a whole publication";
  EXPECT_TRUE(segment_.erase("name")) << "of the last one, which was not killed";
  EXPECT_EQ(segment_.free_bytes(), free_);
}

TEST_F(publish_killed_at, RandomInstructionsAreAllOrNothing) {
  std::mt19937 random{3};
  int killed = 0;
  for (int i = 0; i < 60 && !HasFailure(); ++i)
    killed += try_once({static_cast<int>(random() % 14), static_cast<int>(random() % 3000)});
  EXPECT_GT(killed, 20);
  segment_.erase("name");
  EXPECT_EQ(segment_.free_bytes(), free_);
}

class erase_killed_at : public builder_death {
 protected:
  bool try_once(step_count count) {
    segment_.publish_or_attach<block>("name", 200u, old_tag);
    stepper one{"eraser", {name_}};
    if (!one.advance(count)) return false;
    one.kill();
    auto const found = segment_.try_attach<block>("name");
    EXPECT_TRUE(found ? found->is_all(old_tag) : segment_.free_bytes() == free_);
    return true;
  }
};

TEST_F(erase_killed_at, AnySystemCallIsAllOrNothing) {
  int stops = 0;
  while (try_once({stops, 0}) && !HasFailure()) ++stops;
  EXPECT_GT(stops, 4);
}

TEST_F(erase_killed_at, RandomInstructionsAreAllOrNothing) {
  std::mt19937 random{5};
  int killed = 0;
  for (int i = 0; i < 30 && !HasFailure(); ++i)
    killed += try_once({static_cast<int>(random() % 4), static_cast<int>(random() % 2000)});
  EXPECT_GT(killed, 10);
}

// One stops in the middle of building a name. Another, who wants the same name, looks at it. At
// some instruction of that look the first one finishes: the second must see the name, before or
// after.
TEST_F(builder_death, ABuildingThatEndsUnderAWatchersEyesIsSeen) {
  constexpr int stops_of_lock_and_census = 4;  // entry and exit of both
  for (int at = 0; at < 8000; at += 150) {
    auto first = child::start("builder", {name_, "and stop"});
    await_stop(first);
    stepper second{"builder", {name_, "stepwise"}};
    ASSERT_TRUE(second.advance({stops_of_lock_and_census, at}));
    first.go_on();
    ASSERT_TRUE(eventually([&] { return segment_.try_attach<block>("name").has_value(); }));
    second.release();
    EXPECT_EQ(second.process().wait().exit_code, 1)
        << "published once more, " << at << " instructions in";
    EXPECT_EQ(first.wait().exit_code, 0);
    EXPECT_EQ(segment_.entries().size(), 1u);
    while (segment_.erase("name")) {
    }
    if (HasFailure()) break;
  }
}

}  // namespace
}  // namespace stoa
