#include <gtest/gtest.h>

#include <stdexcept>

#include "elements.hpp"
#include "in_thread.hpp"
#include "refusal.hpp"

namespace stoa::testing {
namespace {

struct scene {
  two_views views;
  stoa::once_flag first = views.first.publish<stoa::once_flag>("o");
  stoa::once_flag second = views.second.attach<stoa::once_flag>("o");
};

TEST(once_flag, RunsWhatIsGivenOnce) {
  scene all;
  int runs = 0;
  EXPECT_FALSE(all.second.is_done());
  stoa::call_once(all.first, [&](int by) { runs += by; }, 1);
  EXPECT_TRUE(all.second.is_done());
  stoa::call_once(all.second, [&] { ++runs; });
  EXPECT_FALSE(all.first.call([&] { ++runs; }));
  EXPECT_EQ(runs, 1);
}

TEST(once_flag, AnExceptionLeavesItToTheNext) {
  scene all;
  EXPECT_THROW(all.first.call([] { throw std::runtime_error{"no"}; }), std::runtime_error);
  EXPECT_FALSE(all.first.is_done());
  EXPECT_TRUE(all.second.call([] {}));
}

TEST(once_flag, AThreadDoesNotWaitForItself) {
  scene all;
  auto const nested = [&] { EXPECT_EQ(refusal([&] { all.first.call([] {}); }), make_error_code(errc::would_deadlock)); };
  EXPECT_TRUE(all.first.call(nested));
}

TEST(once_flag, OfManyThreadsOneRunsAndTheOthersSeeWhatItDid) {
  for (int round = 0; round < 100; ++round) {
    scene all;
    int done = 0;
    in_threads(4, [&](unsigned id) {
      stoa::call_once(all.first, [&] { done += 1; });
      EXPECT_EQ(done, 1);
      EXPECT_TRUE(id % 2 == 0 ? all.first.is_done() : all.second.is_done());
    });
  }
}

TEST(once_flag, ReadOnlyHandlesLook) {
  scene all;
  auto const shown = segment::open_read_only(all.views.name()).attach<stoa::once_flag>("o");
  EXPECT_EQ(refusal([&] { shown.call([] {}); }), make_error_code(errc::read_only));
  all.first.call([] {});
  EXPECT_TRUE(shown.is_done());
  EXPECT_FALSE(shown.call([] {}));
  auto const counts = find_kind("once_flag")->statistics(all.views.first.attachment().entries().at(0)).value();
  EXPECT_EQ(counts.at(1).value, 1u);
  EXPECT_EQ(counts.at(2).value, 1u);
}

}  // namespace
}  // namespace stoa::testing
