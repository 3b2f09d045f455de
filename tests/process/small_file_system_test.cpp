// A file system too small for what is published: an error with both numbers, never SIGBUS.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <stoa/stoa.hpp>

#include "scratch.hpp"

namespace stoa {
namespace {

using namespace stoa::literals;
using ::testing::AllOf;
using ::testing::HasSubstr;

// A tmpfs of 1 MiB, in a mount namespace of this process, so that it cannot outlive it.
class small_file_system : public ::testing::Test {
 protected:
  void SetUp() override {
    if (::unshare(CLONE_NEWNS) != 0 ||
        ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount("stoa-test", directory_.path().c_str(), "tmpfs", 0, "size=1m") != 0)
      GTEST_SKIP() << "NOT TESTED: a small tmpfs cannot be mounted here (" << std::strerror(errno)
                   << "); needs root";
    is_mounted_ = true;
    options_.backing = backing::directory(directory_.path());
  }
  void TearDown() override {
    if (is_mounted_) ::umount2(directory_.path().c_str(), MNT_DETACH);
  }
  std::uint64_t left() const { return std::filesystem::space(directory_.path()).available; }

  testing::scratch_directory directory_;
  segment_options options_;
  bool is_mounted_ = false;
};

TEST_F(small_file_system, APublishThatDoesNotFitIsNoSpaceWithBothNumbers) {
  auto const made = segment::create("small", 64_MiB, options_);
  auto const before = left();
  auto const big = made.try_publish<array<std::byte>>("big", 8_MiB);
  ASSERT_FALSE(big);
  EXPECT_EQ(big.error().code(), errc::no_space);
  auto const needed =
      8_MiB + 128 + 128;  // the array's header, and its descriptor's share of a unit
  EXPECT_THAT(big.error().message(),
              AllOf(HasSubstr("'small'"), HasSubstr("'big'"), HasSubstr(std::to_string(needed)),
                    HasSubstr(std::to_string(left()))));
  EXPECT_EQ(left(), before) << "what could not be had in full is not kept in part";
}

TEST_F(small_file_system, TheSegmentStaysUsable) {
  auto const made = segment::create("small", 64_MiB, options_);
  made.publish<array<int>>("kept", 100).fill(5);
  for (int i = 0; i < 20; ++i)
    EXPECT_EQ(made.try_publish<array<std::byte>>("big", 8_MiB).error().code(), errc::no_space) << i;
  EXPECT_EQ(made.entries().size(), 1u);
  auto const small = made.publish<array<int>>("big", 10'000);
  small.fill(6);
  EXPECT_EQ(small[9'999], 6);
  EXPECT_THAT(made.attach<array<int>>("kept"), ::testing::Each(5));
  EXPECT_EQ(segment::open("small", options_.backing).attach<array<int>>("big")[0], 6);
}

TEST_F(small_file_system, EveryByteOfWhatWasPublishedCanBeWritten) {
  auto const made = segment::create("small", 64_MiB, options_);
  std::size_t published = 0;
  for (;; ++published) {
    auto const next = made.try_publish<array<std::byte>>("a" + std::to_string(published), 50'000);
    if (!next) {
      EXPECT_EQ(next.error().code(), errc::no_space);
      break;
    }
    next->fill(std::byte{0xFF});
  }
  EXPECT_GT(published, 5u);
  EXPECT_LT(published, 21u);
}

TEST_F(small_file_system, ErasedBytesArePublishedAgainWhenNoFreshOnesAreLeft) {
  auto const made = segment::create("small", 64_MiB, options_);
  made.publish<array<std::byte>>("first", 300'000).fill(std::byte{1});
  made.publish<array<std::byte>>("second", 300'000).fill(std::byte{2});
  ASSERT_EQ(made.try_publish<array<std::byte>>("third", 400'000).error().code(), errc::no_space);
  made.erase("first");
  auto const again = made.try_publish<array<std::byte>>("third", 290'000);
  EXPECT_TRUE(again) << again.error().message();
}

TEST_F(small_file_system, TablesThatDoNotFitAreNoSpaceAndLeaveNothing) {
  auto const before = left();
  options_.max_entries = 100'000;
  auto const made = segment::try_create("large", 1_MiB, options_);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code(), errc::no_space);
  EXPECT_THAT(made.error().message(),
              AllOf(HasSubstr("'large'"), HasSubstr(std::to_string(before))));
  EXPECT_EQ(left(), before);
  EXPECT_TRUE(segment::list(options_.backing).empty());
}

TEST_F(small_file_system, FilledByOthersItStillOpensAndWorks) {
  auto const made = segment::create("small", 64_MiB, options_);
  auto const line = made.publish<queue<std::uint64_t>>("line", 1000);
  std::ofstream rest{directory_.path() / "rest"};
  std::string const page(4096, 'x');
  while (rest.write(page.data(), std::ssize(page)).flush()) {
  }
  ASSERT_EQ(left(), 0u);
  auto const opened = segment::open("small", options_.backing);
  auto const same = opened.attach<queue<std::uint64_t>>("line");
  for (std::uint64_t i = 0; i < 5000; ++i) {
    ASSERT_TRUE(line.try_push(i));
    ASSERT_EQ(same.try_pop(), i);
  }
  auto const more = opened.try_publish<array<std::byte>>("more", 100'000);
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().code(), errc::no_space);
}

}  // namespace
}  // namespace stoa
