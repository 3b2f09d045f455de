// The name is taken away under live users, without the library: rm, systemd's RemoveIPC when a user logs out,
// systemd-tmpfiles. They go on; who comes makes a new segment; neither disturbs the other, also when they leave.
#include <gtest/gtest.h>
#include <unistd.h>

#include <optional>
#include <stoa/stoa.hpp>

#include "scratch.hpp"
#include "surroundings.hpp"

namespace stoa {
namespace {

using namespace std::chrono_literals;
using namespace stoa::literals;
using namespace stoa::testing;

// A user of long standing: gives back what it gets, also after the name is gone. Ends with a negative number.
child_program const old_user{"old-user", [](child_arguments const& a) {
                               auto const home = segment::open(a.at(0));
                               auto const to = home.attach<queue<int>>("to");
                               auto const back = home.attach<queue<int>>("back");
                               for (;;) {
                                 auto const got = to.pop_for(60s);
                                 demand(got.has_value(), "something comes");
                                 if (*got < 0) return 0;
                                 if (*got == 7) home.publish<value<int>>("seven").store(7);
                                 back.push(*got);
                               }
                             }};

class unlinked_name : public ::testing::Test {
 protected:
  scratch_name name_;
  std::optional<segment> home_ = segment::create(name_, 256_KiB);
  std::optional<queue<int>> to_ = home_->publish<queue<int>>("to", 8);
  std::optional<queue<int>> back_ = home_->publish<queue<int>>("back", 8);
  child other_ = child::start("old-user", {name_});

  void expect_echo(int number) {
    to_->push(number);
    EXPECT_EQ(back_->pop_for(60s), number);
  }
};

TEST_F(unlinked_name, LeavesItsUsersGoingOn) {
  expect_echo(1);
  ASSERT_EQ(::unlink(name_.path().c_str()), 0);
  for (int i = 2; i < 10; ++i) expect_echo(i);
  EXPECT_EQ(home_->attach<value<int>>("seven").load(), 7) << "they also publish, and find each other's";
  EXPECT_EQ(home_->reference_count(), 2u);
  other_.kill();
  EXPECT_EQ(home_->reference_count(), 1u) << "a death is seen";
  EXPECT_FALSE(exists(name_.path())) << "nobody brings the name back";
}

TEST_F(unlinked_name, IsFreeForANewSegment) {
  expect_echo(1);
  ASSERT_EQ(::unlink(name_.path().c_str()), 0);
  EXPECT_EQ(segment::try_open(name_).error().code(), errc::not_found);
  auto successor = std::optional{segment::open_or_create(name_, 64_KiB)};
  EXPECT_TRUE(successor->entries().empty()) << "it is another";
  EXPECT_EQ(successor->reference_count(), 1u);
  auto const line = successor->publish<queue<int>>("to", 8);
  expect_echo(2);
  EXPECT_TRUE(line.empty()) << "what is for the old one does not come here";

  to_->push(-1);
  EXPECT_EQ(other_.wait().exit_code, 0);
  to_.reset();
  back_.reset();
  home_.reset();
  EXPECT_TRUE(exists(name_.path())) << "who leaves the old one takes no name away";
  EXPECT_TRUE(segment::try_open(name_));
}

}  // namespace
}  // namespace stoa
