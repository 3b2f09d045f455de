// Whoever may make files in /dev/shm may make one under a name that others look for. None of what he can put there
// is taken for a segment of ours, followed, waited for, or changed.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <fstream>
#include <stoa/stoa.hpp>
#include <string>

#include "scratch.hpp"
#include "surroundings.hpp"

namespace stoa {
namespace {

using namespace stoa::literals;
using namespace stoa::testing;
using ::testing::HasSubstr;

errc code_of(result<segment> const& got) { return got ? errc{} : got.error().code(); }

std::vector<result<segment>> all_ways_to_open(std::string const& name, backing const& where) {
  segment_options options;
  options.backing = where;
  return {segment::try_open(name, where), segment::try_open_read_only(name, where),
          segment::try_open_or_create(name, 64_KiB, options)};
}

segment_options for_everybody() {
  segment_options options;
  options.permissions = 0666;
  options.lifetime = lifetime::persistent;
  return options;
}

// Somebody else, user a.at(1), was here first: a segment that everybody may write.
child_program const planter{"planter", [](child_arguments const& a) {
                              if (!become(static_cast<std::uint32_t>(std::stoul(a.at(1))))) return not_possible_here;
                              segment::create(a.at(0), 64_KiB, for_everybody()).publish<value<int>>("v").store(666);
                              return 0;
                            }};

class segment_of_another_user : public ::testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "NOT TESTED: needs root, to become another user";
    ASSERT_TRUE(run_child("planter", {name_, std::to_string(user_nobody())}).is_success());
  }
  scratch_name name_;
  backing const here_ = backing::shared_memory();
};

TEST_F(segment_of_another_user, IsRefusedHoweverItIsOpened) {
  for (auto const& got : all_ways_to_open(name_, here_)) {
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code(), errc::untrusted_file);
    EXPECT_THAT(got.error().message(), HasSubstr(name_.str()));
    EXPECT_THAT(got.error().message(), HasSubstr("user " + std::to_string(user_nobody())));
  }
}

TEST_F(segment_of_another_user, IsOpenedIfThatUserOrAnyIsAllowed) {
  for (auto const& where : {here_.of_user(user_nobody()), here_.of_user(1).of_user(user_nobody()), here_.of_any_user()})
    for (auto const& got : all_ways_to_open(name_, where)) {
      ASSERT_TRUE(got) << got.error().message();
      EXPECT_EQ(got->attach<value<int>>("v").load(), 666);
    }
  EXPECT_EQ(code_of(segment::try_open(name_, here_.of_user(user_nobody() + 1))), errc::untrusted_file);
}

TEST_F(segment_of_another_user, CanBeListedAndRemoved) {
  EXPECT_THAT(segment::list(), ::testing::Contains(name_.str()));
  EXPECT_TRUE(segment::remove(name_));
  EXPECT_FALSE(exists(name_.path()));
}

// In a user namespace that knows only its own user, as root: the file's owner has no number there.
child_program const namesake{
    "namesake", [](child_arguments const& a) {
      if (::unshare(CLONE_NEWUSER) != 0) return not_possible_here;
      if (!(std::ofstream{"/proc/self/uid_map"} << "0 0 1").flush()) return not_possible_here;
      demand(::geteuid() == 0, "it is root there");
      auto const here = backing::shared_memory();
      for (auto const& got : all_ways_to_open(a.at(0), here)) {
        demand(code_of(got) == errc::untrusted_file, "nobody's file is refused");
        demand(got.error().message().find("user 65534") != std::string::npos, got.error().message());
      }
      demand(code_of(segment::try_open(a.at(0), here.of_user(1))) == errc::untrusted_file, "it is not known as 1");
      for (auto const& got : all_ways_to_open(a.at(0), here.of_user(65534)))
        demand(got && got->attach<value<int>>("v").load() == 666, "nobody is allowed");
      return 0;
    }};

TEST(user_namespace, MakesWhoHasNoNumberInItNobody) {
  if (::geteuid() != 0) GTEST_SKIP() << "NOT TESTED: needs root, to become another user";
  scratch_name const name;
  ASSERT_TRUE(run_child("planter", {name, "1"}).is_success());
  auto const status = run_child("namesake", {name});
  if (status.exit_code == not_possible_here) GTEST_SKIP() << "NOT TESTED: there are no user namespaces here";
  EXPECT_TRUE(status.is_success());
}

child_program const guest_of_root{"guest-of-root", [](child_arguments const& a) {
                                    if (!become_nobody()) return not_possible_here;
                                    for (auto const& got : all_ways_to_open(a.at(0), backing::shared_memory()))
                                      demand(got.has_value(), "root is trusted: it can do worse");
                                    return 0;
                                  }};

TEST(segment_of_root, IsOpenedByThoseWhoMay) {
  if (::geteuid() != 0) GTEST_SKIP() << "NOT TESTED: needs root, to become another user";
  scratch_name const name;
  auto const made = segment::create(name, 64_KiB, for_everybody());
  EXPECT_TRUE(run_child("guest-of-root", {name}).is_success());
}

// Who is not the owner may not take the name away either: /dev/shm is sticky.
child_program const remover{"remover", [](child_arguments const& a) {
                              if (!become_nobody()) return not_possible_here;
                              for (auto const& removed : {segment::try_remove(a.at(0)),
                                                          segment::try_remove_unused(a.at(0))})
                                demand(!removed && removed.error().code() == errc::permission_denied,
                                       "only its owner removes it");
                              return 0;
                            }};

TEST(segment_of_root, IsNotRemovedByThoseWhoMayWriteToIt) {
  if (::geteuid() != 0) GTEST_SKIP() << "NOT TESTED: needs root, to become another user";
  scratch_name const name;
  { auto const made = segment::create(name, 64_KiB, for_everybody()); }
  EXPECT_TRUE(run_child("remover", {name}).is_success());
  EXPECT_TRUE(exists(name.path()));
}

// The name leads to another segment of ours: "orders", planted as "orders-for-tests".
TEST(hard_link, IsRefusedUnderBothNamesUntilOneIsGone) {
  scratch_name const name;
  scratch_name const other;
  auto made = std::optional{segment::create(name, 64_KiB)};
  std::filesystem::create_hard_link(name.path(), other.path());
  for (auto const& each : {name.str(), other.str()})
    for (auto const& got : all_ways_to_open(each, backing::shared_memory().of_any_user())) {
      EXPECT_EQ(code_of(got), errc::untrusted_file);
      EXPECT_THAT(got.error().message(), HasSubstr("one name, found one with 2"));
    }
  std::filesystem::remove(other.path());
  EXPECT_TRUE(segment::try_open(name));
  made.reset();
  EXPECT_FALSE(exists(name.path()));
}

TEST(hard_link, DoesNotKeepItsOwnersFromGoingOn) {
  scratch_name const name;
  scratch_name const other;
  {
    auto const made = segment::create(name, 64_KiB);
    auto const line = made.publish<queue<int>>("line", 4);
    std::filesystem::create_hard_link(name.path(), other.path());
    EXPECT_TRUE(line.try_push(1));
    EXPECT_EQ(line.try_pop(), 1);
    EXPECT_TRUE(made.try_publish<value<int>>("v"));
  }
  EXPECT_FALSE(exists(name.path())) << "the last one takes its own name away";
  EXPECT_TRUE(exists(other.path())) << "and no other";
}

TEST(device, IsForeign) {
  scratch_name const name;
  // /dev/zero: it can be read, mapped and written, and is no file.
  if (::mknod(name.path().c_str(), S_IFCHR | 0666, makedev(1, 5)) != 0)
    GTEST_SKIP() << "NOT TESTED: needs root, to make a device";
  for (auto const& got : all_ways_to_open(name, backing::shared_memory()))
    EXPECT_TRUE(code_of(got) == errc::foreign_file || code_of(got) == errc::permission_denied);
  EXPECT_EQ(segment::try_remove(name).error().code(), errc::foreign_file);
  EXPECT_THAT(segment::list(), ::testing::Not(::testing::Contains(name.str())));
}

unsigned mode_of(std::filesystem::path const& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 ? status.st_mode & 07777 : 0;
}

TEST(rights, AreForTheOwnerAloneUnlessSaidOtherwiseWhateverTheUmask) {
  for (auto const mask : {0000u, 0022u, 0177u, 0777u}) {
    scratch_name const name;
    auto const before = ::umask(static_cast<mode_t>(mask));
    auto const made = segment::try_open_or_create(name, 64_KiB);
    ::umask(before);
    ASSERT_TRUE(made) << made.error().message();
    EXPECT_EQ(mode_of(name.path()), 0600u) << std::oct << mask;
  }
}

TEST(rights, CanOnlyBeRights) {
  for (auto const permissions : {04600u, 02660u, 01666u, 010600u, ~0u}) {
    scratch_name const name;
    segment_options options;
    options.permissions = permissions;
    EXPECT_EQ(code_of(segment::try_create(name, 64_KiB, options)), errc::invalid_argument) << std::oct << permissions;
    EXPECT_FALSE(exists(name.path()));
  }
}

TEST(rights, OfAFileThatExistsAreNotChanged) {
  scratch_name const name;
  auto const made = segment::create(name, 64_KiB);
  segment_options options;
  options.permissions = 0666;
  auto const opened = segment::open_or_create(name, 64_KiB, options);
  EXPECT_EQ(mode_of(name.path()), 0600u);
}

}  // namespace
}  // namespace stoa
