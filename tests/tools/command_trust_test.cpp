// Segments of other users: they may be looked at, and nothing is sent to them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <stoa/stoa.hpp>

#include "running_command.hpp"
#include "scratch.hpp"

namespace stoa::testing {
namespace {

using namespace stoa::literals;
using ::testing::HasSubstr;

TEST(command_trust, LooksAtAnyUsersSegmentAndSendsToNone) {
  scratch_name const name;
  auto const home = segment::create(name, 64_KiB);
  auto const jobs = home.publish<message_ring>("jobs", 1024);
  constexpr unsigned somebody = 65533;
  if (::chown(name.path().c_str(), somebody, somebody) != 0) GTEST_SKIP() << "NOT TESTED: needs root, to give a file away";
  EXPECT_THAT(run_stoa({"ls"}).out, HasSubstr(name.str()));
  EXPECT_EQ(run_stoa({"show", name}).status, 0);
  EXPECT_EQ(run_stoa({"cat", name.str() + "/jobs"}).status, 0);
  auto const sent = run_stoa({"send", name.str() + "/jobs", "secret"});
  EXPECT_EQ(sent.status, 1);
  EXPECT_THAT(sent.err, HasSubstr("user 65533"));
  EXPECT_FALSE(jobs.consumer().try_receive());
  ASSERT_EQ(::chown(name.path().c_str(), ::geteuid(), ::getegid()), 0);
  EXPECT_EQ(run_stoa({"send", name.str() + "/jobs", "fine"}).status, 0);
}

}  // namespace
}  // namespace stoa::testing
