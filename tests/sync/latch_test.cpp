#include <gtest/gtest.h>

#include "elements.hpp"
#include "in_thread.hpp"
#include "refusal.hpp"
#include "strategies.hpp"

namespace stoa::testing {
namespace {

using namespace std::chrono_literals;

TEST(latch, OpensAtZeroAndStaysOpen) {
  two_views views;
  auto const latch = views.first.publish<stoa::latch>("l", 3);
  auto const other = views.second.attach<stoa::latch>("l");
  latch.count_down();
  EXPECT_FALSE(other.try_wait());
  EXPECT_FALSE(other.wait_for(2ms));
  EXPECT_EQ(other.pending(), 2u);
  EXPECT_EQ(refusal([&] { other.count_down(3); }), make_error_code(errc::invalid_argument));
  EXPECT_EQ(other.pending(), 2u);
  other.count_down(2);
  EXPECT_TRUE(latch.try_wait());
  EXPECT_TRUE(latch.wait_for(1h));
  latch.wait();
  EXPECT_EQ(refusal([&] { other.count_down(); }), make_error_code(errc::invalid_argument));
  latch.count_down(0);
  EXPECT_TRUE(views.first.publish<stoa::latch>("open", 0).try_wait());
  EXPECT_EQ(views.first.try_publish<stoa::latch>("no", -1).error().code(), errc::invalid_argument);
}

TEST(latch, ThreadsMeetAtIt) {
  for (auto const strategy : strategies) {
    two_views views;
    auto const latch = views.first.publish<stoa::latch>("l", 4);
    std::array<int, 4> written{};
    in_threads(4, [&](unsigned id) {
      written[id] = 1;
      latch.arrive_and_wait(1, strategy);
      for (auto const each : written) EXPECT_EQ(each, 1) << name_of(strategy);
    });
  }
}

TEST(latch, ReadOnlyHandlesLook) {
  two_views views;
  views.first.publish<stoa::latch>("l", 1);
  auto const shown = segment::open_read_only(views.name()).attach<stoa::latch>("l");
  EXPECT_FALSE(shown.try_wait());
  EXPECT_EQ(refusal([&] { shown.count_down(); }), make_error_code(errc::read_only));
  EXPECT_EQ(refusal([&] { shown.wait(); }), make_error_code(errc::read_only));
  auto const counts = find_kind("latch")->statistics(views.first.attachment().entries().at(0)).value();
  EXPECT_EQ(counts.at(1).value, 1u);
}

}  // namespace
}  // namespace stoa::testing
