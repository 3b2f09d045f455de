// Processes that may open few files, write small files, map or lock little memory: an error that can be handled, no
// signal, nothing left behind; and everything works again when the limit is lifted.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <fstream>
#include <stdexcept>
#include <stoa/stoa.hpp>
#include <string>
#include <utility>

#include "sanitizers.hpp"
#include "scratch.hpp"
#include "surroundings.hpp"

namespace stoa {
namespace {

using namespace stoa::literals;
using namespace stoa::testing;

// Everything that takes descriptors. What it cannot do it says as an error; how many calls succeeded.
int use_descriptors(std::string const& name, std::string const& other) {
  auto const is_in_order = [](auto const& got) {
    if (got) return 1;
    demand(got.error().code() == errc::system_failure && !got.error().message().empty(),
           "too few descriptors are a failure of the system, not: " + got.error().message());
    return 0;
  };
  int done = 0;
  {
    auto const opened = segment::try_open(name);
    done += is_in_order(opened);
    if (opened) {
      done += is_in_order(opened->try_publish<value<int>>("w"));
      done += is_in_order(opened->try_erase("w"));
      demand(opened->attach<value<int>>("v").load() == 7, "the value is there");
    }
    done += is_in_order(segment::try_open_read_only(name));
  }
  {
    auto const made = segment::try_create(other, 64_KiB);
    done += is_in_order(made);
    demand(static_cast<bool>(made) == exists(std::filesystem::path{"/dev/shm"} / other), "a name or none");
  }
  demand(!exists(std::filesystem::path{"/dev/shm"} / other), "nothing is left behind");
  return done;
}

child_program const few_files{"few-files", [](child_arguments const& a) {
                                auto const files = open_files();
                                int const all = use_descriptors(a.at(0), a.at(1));
                                demand(all == 5, "without a limit everything works");
                                bool was_any_refused = false;
                                for (std::uint64_t most = 0; most < 24; ++most) {
                                  limit(RLIMIT_NOFILE, most);
                                  was_any_refused |= use_descriptors(a.at(0), a.at(1)) != all;
                                  no_limit(RLIMIT_NOFILE);
                                  demand(open_files() == files, "no descriptor is lost");
                                }
                                demand(was_any_refused, "the limit was one");
                                demand(use_descriptors(a.at(0), a.at(1)) == all, "all works again");
                                return 0;
                              }};

TEST(limits, TooFewDescriptorsAreAnErrorAndLoseNone) {
  scratch_name const name;
  scratch_name const other;
  auto const made = segment::create(name, 64_KiB);
  made.publish<value<int>>("v").store(7);
  EXPECT_TRUE(run_child("few-files", {name, other}).is_success());
  EXPECT_EQ(made.reference_count(), 1u);
}

// With descriptors at its limit a process goes on with what it has attached.
child_program const no_more_files{"no-more-files", [](child_arguments const& a) {
                                    auto const opened = segment::open(a.at(0));
                                    auto const line = opened.attach<queue<int>>("line");
                                    limit(RLIMIT_NOFILE, 0);
                                    for (int i = 0; i < 1000; ++i) {
                                      demand(line.try_push(i), "there is room");
                                      demand(line.try_pop() == i, "it comes back");
                                    }
                                    opened.publish<value<int>>("new").store(1);
                                    demand(opened.erase("new"), "erased");
                                    demand(opened.reference_count() == 2, "both are counted");
                                    try {
                                      waitable_fd const none{line};
                                      demand(false, "it needs a descriptor");
                                    } catch (error const& refused) {
                                      demand(refused.code() == errc::system_failure, refused.what());
                                    }
                                    return 0;
                                  }};

TEST(limits, WhoHasOpenedNeedsNoMoreDescriptors) {
  scratch_name const name;
  auto const made = segment::create(name, 256_KiB);
  made.publish<queue<int>>("line", 4);
  EXPECT_TRUE(run_child("no-more-files", {name}).is_success());
}

// The two lowest numbers that are free, so that the next two descriptors are these.
std::pair<int, int> next_descriptors() {
  int const first = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  int const second = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  ::close(first);
  ::close(second);
  return {first, second};
}

// A segment of one's own, or another's: a second descriptor is needed for a moment, and not kept.
child_program const exact_files{
    "exact-files", [](child_arguments const& a) {
      for (bool const is_new : {false, true}) {
        auto const open_it = [&] { return is_new ? segment::try_create(a.at(1), 64_KiB) : segment::try_open(a.at(0)); };
        auto const files = open_files().size();
        auto const [first, second] = next_descriptors();
        limit(RLIMIT_NOFILE, static_cast<std::uint64_t>(second));
        auto const refused = open_it();
        demand(!refused && refused.error().code() == errc::system_failure, "one is too few");
        limit(RLIMIT_NOFILE, static_cast<std::uint64_t>(second) + 1);
        auto const opened = open_it();
        demand(opened.has_value(), "two are enough");
        no_limit(RLIMIT_NOFILE);
        demand(open_files().size() == files + 1, "one is kept");
      }
      return 0;
    }};

TEST(limits, AnOpenSegmentHasOneDescriptorAndOpeningNeedsTwo) {
  scratch_name const name;
  scratch_name const other;
  auto const made = segment::create(name, 64_KiB);
  EXPECT_TRUE(run_child("exact-files", {name, other}).is_success());
}

child_program const small_files{"small-files", [](child_arguments const& a) {
                                  limit(RLIMIT_FSIZE, 1_MiB);
                                  auto const large = segment::try_create(a.at(1), 64_MiB);
                                  demand(!large, "it is larger than allowed");
                                  demand(large.error().code() == errc::no_space, large.error().message());
                                  demand(large.error().message().find("RLIMIT_FSIZE") != std::string::npos,
                                         "the message names the limit: " + large.error().message());
                                  demand(!exists(std::filesystem::path{"/dev/shm"} / a.at(1)), "nothing is left");
                                  demand(segment::try_create(a.at(1), 64_KiB).has_value(), "a small one is possible");
                                  // One that exists has its size already.
                                  auto const opened = segment::open(a.at(0));
                                  auto const bytes = opened.publish<array<std::byte>>("bytes", 8_MiB);
                                  bytes.fill(std::byte{1});
                                  demand(bytes[8_MiB - 1] == std::byte{1}, "every byte can be written");
                                  return 0;
                                }};

TEST(limits, AFileLargerThanAllowedIsAnErrorAndNoSignal) {
  scratch_name const name;
  scratch_name const other;
  auto const made = segment::create(name, 16_MiB);
  auto const status = run_child("small-files", {name, other});
  EXPECT_EQ(status.signal, 0) << "SIGXFSZ is " << SIGXFSZ;
  EXPECT_EQ(status.exit_code, 0);
  EXPECT_EQ(made.attach<array<std::byte>>("bytes")[0], std::byte{1});
}

std::uint64_t mapped_bytes() {
  std::ifstream file{"/proc/self/statm"};
  std::uint64_t pages = 0;
  file >> pages;
  return pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

child_program const little_memory{"little-memory", [](child_arguments const& a) {
                                    limit(RLIMIT_AS, mapped_bytes() + 32_MiB);
                                    for (auto const& refused :
                                         {segment::try_open(a.at(0)), segment::try_open_read_only(a.at(0)),
                                          segment::try_create(a.at(1), 1_GiB)}) {
                                      demand(!refused, "there is no room to map it");
                                      demand(refused.error().code() == errc::no_space, refused.error().message());
                                    }
                                    demand(!exists(std::filesystem::path{"/dev/shm"} / a.at(1)), "nothing is left");
                                    demand(segment::try_create(a.at(1), 1_MiB).has_value(), "a small one has room");
                                    no_limit(RLIMIT_AS);
                                    demand(segment::open(a.at(0)).reference_count() == 2, "now there is room");
                                    return 0;
                                  }};

TEST(limits, TooLittleAddressSpaceIsNoSpace) {
#if STOA_TEST_ADDRESS_SANITIZER || STOA_TEST_THREAD_SANITIZER
  GTEST_SKIP() << "NOT TESTED: a sanitizer needs all the address space there is";
#endif
  scratch_name const name;
  scratch_name const other;
  auto const made = segment::create(name, 1_GiB);
  EXPECT_TRUE(run_child("little-memory", {name, other}).is_success());
  EXPECT_EQ(made.reference_count(), 1u);
}

std::uint64_t locked_kilobytes() {
  std::ifstream file{"/proc/self/status"};
  for (std::string word; file >> word;)
    if (std::uint64_t kilobytes = 0; word == "VmLck:" && file >> kilobytes) return kilobytes;
  throw std::runtime_error{"the kernel does not say how much is locked"};
}

child_program const locks_nothing{"locks-nothing", [](child_arguments const& a) {
                                    auto const made = segment::create(a.at(0), 1_MiB);
                                    auto const line = made.publish<queue<int>>("line", 4);
                                    demand(line.try_push(1) && line.try_pop() == 1, "it works");
                                    auto const opened = segment::open(a.at(0));
                                    auto const reader = segment::open_read_only(a.at(0));
                                    waitable_fd const ready{line};
                                    demand(locked_kilobytes() == 0, "no memory is locked");
                                    if (::mlock(made.attachment().map().base(), 4096) != 0) return not_possible_here;
                                    demand(locked_kilobytes() != 0, "if it were, that would be seen");
                                    return 0;
                                  }};

TEST(limits, NoMemoryIsLockedUnlessTheProcessDoesSo) {
  scratch_name const name;
  auto const status = run_child("locks-nothing", {name});
  if (status.exit_code == not_possible_here) GTEST_SKIP() << "NOT TESTED: memory cannot be locked here";
  EXPECT_TRUE(status.is_success());
}

// A process that keeps all its memory from being paged out, and may do so with little.
child_program const locked_memory{"locked-memory", [](child_arguments const& a) {
                                    if (::geteuid() == 0 && !become_nobody()) return not_possible_here;
                                    limit(RLIMIT_MEMLOCK, 4_MiB);
                                    if (::mlockall(MCL_FUTURE) != 0) return not_possible_here;
                                    auto const large = segment::try_create(a.at(0), 64_MiB);
                                    demand(!large, "it cannot be locked");
                                    demand(large.error().code() == errc::no_space, large.error().message());
                                    demand(!exists(std::filesystem::path{"/dev/shm"} / a.at(0)), "nothing is left");
                                    auto const made = segment::create(a.at(0), 64_KiB);
                                    auto const line = made.publish<queue<int>>("line", 4);
                                    demand(line.try_push(1) && line.try_pop() == 1, "a small one works");
                                    return 0;
                                  }};

TEST(limits, TooLittleLockableMemoryIsNoSpace) {
#if STOA_TEST_ADDRESS_SANITIZER || STOA_TEST_THREAD_SANITIZER
  GTEST_SKIP() << "NOT TESTED: a sanitizer's own memory is not to be locked";
#endif
  scratch_name const name;
  auto const status = run_child("locked-memory", {name});
  if (status.exit_code == not_possible_here) GTEST_SKIP() << "NOT TESTED: memory cannot be locked here";
  EXPECT_TRUE(status.is_success());
}

}  // namespace
}  // namespace stoa
