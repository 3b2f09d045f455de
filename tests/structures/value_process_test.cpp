// Writers in other processes that are killed or stopped: readers have whole values, other writers
// go on.
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "child.hpp"
#include "elements.hpp"

namespace stoa::testing {
namespace {

using number = stoa::value<sealed>;

// Adds 1, for ever.
int run_writer(child_arguments const& a) {
  auto const value = segment::open(a.at(0)).attach<number>("v");
  for (;;) value.update([](sealed& each) { each = sealed{each.number() + 1}; });
}
child_program const writer{"writer", run_writer};

// Looks, without the right to write, until it has seen version `a[1]`; fails on a torn value.
int run_reader(child_arguments const& a) {
  auto const value = segment::open_read_only(a.at(0)).attach<number>("v");
  for (std::uint64_t last = 0; last < std::stoull(a.at(1));) {
    auto const [loaded, version] = value.load_versioned();
    if (!loaded.is_whole() || version < last) return 1;
    if (loaded.number() + 1 != version) return 2;  // each store adds one to both
    last = version;
  }
  return 0;
}
child_program const reader{"reader", run_reader};

class value_processes : public ::testing::TestWithParam<int> {
 protected:
  value_processes() { value.store(sealed{0}); }
  bool moves_on() const {
    auto const before = value.version();
    return eventually([&] { return value.version() > before + 10; });
  }

  scratch_name name;
  segment home = segment::create(name, 1u << 18);
  number value = home.publish<number>("v", GetParam());
};

TEST_P(value_processes, KilledWritersLeaveAWholeValueAndStopNobody) {
  std::minstd_rand chance{8};
  std::vector<child> writers;
  for (int i = 0; i < 3; ++i) writers.push_back(child::start("writer", {name.str()}));
  for (int kill = 0; kill < 60; ++kill) {
    writers[chance() % writers.size()] =
        child::start("writer", {name.str()});  // kills the one before
    ASSERT_TRUE(moves_on());
    auto const [loaded, version] = value.load_versioned();
    ASSERT_TRUE(loaded.is_whole());
    ASSERT_EQ(loaded.number() + 1, version);
  }
  writers.clear();
  auto const version = value.version();
  for (std::uint64_t n = 1; n <= 10; ++n) value.store(sealed{version - 1 + n});
  EXPECT_EQ(value.version(), version + 10);
}

TEST_P(value_processes, ReadersOfOtherProcessesSeeWholeValuesInOrder) {
  std::vector<child> children;
  for (int i = 0; i < 2; ++i) children.push_back(child::start("writer", {name.str()}));
  std::vector<child> readers;
  for (int i = 0; i < 2; ++i) readers.push_back(child::start("reader", {name.str(), "20000"}));
  for (auto& each : readers) EXPECT_EQ(each.wait().exit_code, 0);
}

INSTANTIATE_TEST_SUITE_P(buffers, value_processes, ::testing::Values(2, 3, 8));

using value_with_eight_buffers = value_processes;
INSTANTIATE_TEST_SUITE_P(eight_buffers, value_with_eight_buffers, ::testing::Values(8));

// Wherever in a store they are stopped: with eight buffers five may be, and one goes on.
TEST_P(value_with_eight_buffers, StoppedWritersStopNobody) {
  std::vector<child> stopped;
  for (int i = 0; i < 5; ++i) {
    stopped.push_back(child::start("writer", {name.str()}));
    ASSERT_TRUE(moves_on());
    stopped.back().stop();
  }
  for (int i = 0; i < 100; ++i)
    value.update([](sealed& each) { each = sealed{each.number() + 1}; });
  EXPECT_TRUE(value.load().is_whole());
  for (auto const& each : stopped) each.go_on();
  EXPECT_TRUE(moves_on());
  stopped.clear();
  auto const [loaded, version] = value.load_versioned();
  EXPECT_EQ(loaded.number() + 1, version) << "a store was lost or counted twice";
}

}  // namespace
}  // namespace stoa::testing
