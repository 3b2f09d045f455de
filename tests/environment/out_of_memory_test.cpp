// A control group that runs out of memory: the kernel kills whoever asked for more, in the middle of publishing, or
// says that there is none. Either way the others go on and everything can be published again.
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <fstream>
#include <stoa/stoa.hpp>

#include "scratch.hpp"
#include "surroundings.hpp"

namespace stoa {
namespace {

using namespace stoa::literals;
using namespace stoa::testing;

// A control group that may use 24 MB, of version 1 or 2; removed in the end.
class small_control_group {
 public:
  small_control_group() {
    std::string const name = "stoa-test-" + std::to_string(::getpid());
    for (std::string const& base : {std::string{"/sys/fs/cgroup/memory/"}, std::string{"/sys/fs/cgroup/"}}) {
      std::filesystem::path const made = base + name;
      std::error_code problem;
      if (!std::filesystem::create_directory(made, problem)) continue;
      path_ = made;
      bool const is_first = write("memory.limit_in_bytes", "25165824");
      if (is_first || write("memory.max", "25165824")) {
        write(is_first ? "memory.memsw.limit_in_bytes" : "memory.swap.max", is_first ? "25165824" : "0");
        return;
      }
      remove();
    }
  }
  small_control_group(small_control_group const&) = delete;
  small_control_group& operator=(small_control_group const&) = delete;
  ~small_control_group() { remove(); }

  std::filesystem::path const& path() const noexcept { return path_; }  // empty: it cannot be made

 private:
  bool write(std::string const& file, std::string const& what) const {
    std::ofstream out{path_ / file};
    return static_cast<bool>((out << what).flush());
  }
  void remove() {
    if (path_.empty()) return;
    EXPECT_TRUE(eventually([&] {
      std::error_code problem;  // busy, until the kernel has put the dead away
      return std::filesystem::remove(path_, problem);
    }));
    path_.clear();
  }
  std::filesystem::path path_;
};

// Enters the group, and publishes more than it may have.
child_program const glutton{"glutton", [](child_arguments const& a) {
                              {
                                std::ofstream group{a.at(1) + "/cgroup.procs"};
                                if (!(group << ::getpid()).flush()) return not_possible_here;
                              }
                              auto const home = segment::open(a.at(0));
                              auto const line = home.attach<queue<int>>("line");
                              auto const lease = line.claim();
                              auto const much = home.try_publish<array<std::byte>>("much", 128_MiB);
                              demand(!much, "there is not that much");
                              demand(much.error().code() == errc::no_space, much.error().message());
                              return 0;
                            }};

TEST(out_of_memory, InOneProcessLeavesTheOthersGoingOn) {
  small_control_group const group;
  if (group.path().empty()) GTEST_SKIP() << "NOT TESTED: needs root and a memory control group";
  scratch_name const name;
  auto const home = segment::create(name, 256_MiB);
  auto const line = home.publish<queue<int>>("line", 8);
  auto const free_bytes = home.free_bytes();
  line.push(1);
  auto const status = run_child("glutton", {name, group.path()});
  if (status.exit_code == not_possible_here) GTEST_SKIP() << "NOT TESTED: the control group cannot be entered";
  EXPECT_TRUE(status.signal == SIGKILL || status.exit_code == 0)
      << "killed, or told: " << status.signal << ' ' << status.exit_code;
  EXPECT_EQ(home.reference_count(), 1u);
  auto const lease = line.claim_for(std::chrono::seconds{30});
  ASSERT_TRUE(lease) << "what it had is for the next";
  EXPECT_EQ(*lease, 1);
  EXPECT_EQ(home.try_attach<array<std::byte>>("much").error().code(), errc::no_such_name);
  EXPECT_EQ(home.free_bytes(), free_bytes);
  auto const again = home.publish<array<std::byte>>("much", 128_MiB);
  EXPECT_EQ(std::ranges::count(again, std::byte{0}), std::ptrdiff_t{128_MiB}) << "as if nobody had tried";
}

}  // namespace
}  // namespace stoa
