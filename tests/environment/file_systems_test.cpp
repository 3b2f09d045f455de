// Directories on file systems that lack something, or are full: an error that says so, no name, no signal.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <limits>
#include <stoa/stoa.hpp>

#include "scratch.hpp"
#include "surroundings.hpp"

namespace stoa {
namespace {

using namespace stoa::literals;
using namespace stoa::testing;
using ::testing::HasSubstr;

result<segment> try_create_in(std::filesystem::path const& directory, std::uint64_t bytes = 64_KiB) {
  segment_options options;
  options.backing = backing::directory(directory);
  return segment::try_create("market", bytes, options);
}

TEST(file_system, WithoutFilesWithoutNamesIsNotSupported) {
  if (::geteuid() != 0) GTEST_SKIP() << "NOT TESTED: needs root, to be allowed to write to /proc";
  auto const made = try_create_in("/proc");
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code(), errc::not_supported);
  EXPECT_THAT(made.error().message(), HasSubstr("O_TMPFILE"));
}

void demand_refusal(std::filesystem::path const& directory, errc code) {
  auto const made = try_create_in(directory);
  demand(!made, "it cannot be made there");
  demand(made.error().code() == code, made.error().message());
  demand(is_empty(directory), "nothing is left behind");
}

// ramfs can make files without a name, and cannot reserve pages.
child_program const on_ramfs{"on-ramfs", [](child_arguments const& a) {
                               if (!have_own_mounts() || !mount_there(a.at(0), "ramfs", "")) return not_possible_here;
                               demand_refusal(a.at(0), errc::not_supported);
                               return 0;
                             }};
child_program const on_read_only{"on-read-only", [](child_arguments const& a) {
                                   if (!have_own_mounts() || !mount_there(a.at(0), "tmpfs", "")) return not_possible_here;
                                   demand(::mount("none", a.at(0).c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr) == 0,
                                          "it can be made read-only");
                                   demand_refusal(a.at(0), errc::permission_denied);
                                   return 0;
                                 }};
child_program const without_files_left{"without-files-left", [](child_arguments const& a) {
                                         if (!have_own_mounts() || !mount_there(a.at(0), "tmpfs", "nr_inodes=1"))
                                           return not_possible_here;
                                         demand_refusal(a.at(0), errc::no_space);
                                         return 0;
                                       }};

class file_system : public ::testing::TestWithParam<char const*> {};

TEST_P(file_system, ThatCannotHoldASegmentSaysSo) {
  scratch_directory const directory;
  auto const status = run_child(GetParam(), {directory.path()});
  if (status.exit_code == not_possible_here) GTEST_SKIP() << "NOT TESTED: needs root, to mount a file system";
  EXPECT_EQ(status.exit_code, 0);
}
INSTANTIATE_TEST_SUITE_P(kinds, file_system, ::testing::Values("on-ramfs", "on-read-only", "without-files-left"));

// A disk: 24 MB of ext4 in a file. All blocks are taken when the segment is made: nothing is left that could fail
// later, neither when a page is first touched nor when the kernel writes it back.
int use_disk(std::filesystem::path const& disk) {
  auto const home = try_create_in(disk, 12_MiB).value();
  auto const line = home.publish<queue<int>>("line", 64);
  segment_options options;
  options.backing = backing::directory(disk);
  auto const large = segment::try_create("large", 64_MiB, options);
  demand(!large && large.error().code() == errc::no_space, "what the disk cannot hold is not made");
  std::ofstream rest{disk / "rest"};
  std::string const page(4096, 'x');
  while (rest.write(page.data(), std::ssize(page)).flush()) {
  }
  demand(std::filesystem::space(disk).available == 0, "the disk is full");
  std::size_t blocks = 0;
  for (;; ++blocks) {
    // Somebody reads the file, a backup, and the kernel takes it into memory in large pieces.
    demand(std::ifstream{disk / "market"}.ignore(std::numeric_limits<std::streamsize>::max()).eof(), "it can be read");
    auto const next = home.try_publish<array<std::byte>>("block" + std::to_string(blocks), 1_MiB - 4_KiB);
    if (!next) {
      demand(next.error().code() == errc::no_space, next.error().message());
      break;
    }
    next->fill(std::byte{7});
  }
  demand(blocks == 11 || blocks == 12, "all that was asked for can be used: " + std::to_string(blocks));
  demand(line.try_push(1) && line.try_pop() == 1, "it goes on");
  demand(home.erase("block0") && home.try_publish<array<std::byte>>("again", 1_MiB - 4_KiB).has_value(), "also anew");
  demand(segment::open("market", options.backing).attach<array<std::byte>>("block1")[0] == std::byte{7}, "and for others");
  return 0;
}

child_program const on_full_disk{
    "on-full-disk", [](child_arguments const& a) {
      auto const image = a.at(0) + "/image";
      auto const disk = a.at(0) + "/disk";
      std::filesystem::create_directory(disk);
      auto const run = [](std::string const& command) {
        return std::system(("PATH=$PATH:/sbin:/usr/sbin; " + command + " >/dev/null 2>&1").c_str()) == 0;
      };
      if (!have_own_mounts() || !run("truncate -s 24M " + image) || !run("mkfs.ext4 -q -F " + image) ||
          !run("mount -o loop " + image + " " + disk))
        return not_possible_here;
      use_disk(disk);
      demand(run("sync " + disk), "every page that was written has its place on the disk");
      demand(run("umount " + disk), "nobody has it any more");
      return 0;
    }};

TEST(file_system, ADiskThatIsFullHarmsNobody) {
  scratch_directory const directory;
  auto const status = run_child("on-full-disk", {directory.path()});
  if (status.exit_code == not_possible_here)
    GTEST_SKIP() << "NOT TESTED: needs root, mkfs.ext4 and a loop device, to mount a small disk";
  EXPECT_EQ(status.signal, 0) << "SIGBUS is " << SIGBUS;
  EXPECT_EQ(status.exit_code, 0);
}

}  // namespace
}  // namespace stoa
