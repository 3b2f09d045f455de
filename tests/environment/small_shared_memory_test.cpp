// A /dev/shm of 64 MB, which is what Docker gives a container: what does not fit is an error when it is published,
// what was published can be written to its last byte, and everything goes on. (tests/process/small_file_system_test
// has the cases; this is the real path, with processes.)
#include <gtest/gtest.h>

#include <fstream>
#include <stoa/stoa.hpp>

#include "surroundings.hpp"

namespace stoa {
namespace {

using namespace stoa::literals;
using namespace stoa::testing;
using block = array<std::byte>;

// In the container: another process that has the segment.
child_program const neighbour{"neighbour", [](child_arguments const& a) {
                                auto const home = segment::open("market");
                                auto const line = home.attach<queue<std::uint64_t>>("line");
                                for (std::uint64_t sum = 0, i = 0; i < 10'000; ++i) {
                                  line.push(i);
                                  sum += line.pop();
                                  demand(i % 100 != 99 || sum == i * (i + 1) / 2, "nothing is lost");
                                }
                                auto const more = home.try_publish<block>("more", 1_MiB);
                                demand(more.has_value() == (a.at(0) == "room"), "as much as there is room");
                                return 0;
                              }};

child_program const container{
    "container", [](child_arguments const&) {
      if (!have_own_mounts() || !mount_there("/dev/shm", "tmpfs", "size=64m")) return not_possible_here;
      // More than there is: only what is published takes memory.
      auto const home = segment::create("market", 1_GiB);
      auto const line = home.publish<queue<std::uint64_t>>("line", 1024);
      std::size_t blocks = 0;
      for (;; ++blocks) {
        auto const next = home.try_publish<block>("block" + std::to_string(blocks), 4_MiB);
        if (!next) {
          demand(next.error().code() == errc::no_space, next.error().message());
          break;
        }
        next->fill(std::byte{0xEE});
      }
      demand(blocks >= 13 && blocks <= 16, "most of the 64 MB were used: " + std::to_string(blocks) + " blocks");
      std::ofstream rest{"/dev/shm/rest"};
      std::string const page(4096, 'x');
      while (rest.write(page.data(), std::ssize(page)).flush()) {
      }
      demand(std::filesystem::space("/dev/shm").available == 0, "it is full");
      auto const status = run_child("neighbour", {"full"});
      demand(status.is_success(), "another process works beside it");
      demand(!segment::try_create("second", 1_MiB), "no room for tables");
      demand(segment::list() == std::vector<std::string>{"market"}, "and none is left in part");
      // Room is made by others, or by erasing.
      std::filesystem::remove("/dev/shm/rest");
      rest.close();
      demand(home.erase("block0"), "erased");
      demand(run_child("neighbour", {"room"}).is_success(), "there is room again");
      for (std::size_t i = 1; i < blocks; ++i)
        demand(home.attach<block>("block" + std::to_string(i))[4_MiB - 1] == std::byte{0xEE}, "what was there stays");
      return 0;
    }};

TEST(small_shared_memory, FullIsAnErrorAndEverythingGoesOn) {
  auto const status = run_child("container");
  if (status.exit_code == not_possible_here) GTEST_SKIP() << "NOT TESTED: needs root, for a /dev/shm of its own";
  EXPECT_EQ(status.signal, 0);
  EXPECT_EQ(status.exit_code, 0);
}

}  // namespace
}  // namespace stoa
