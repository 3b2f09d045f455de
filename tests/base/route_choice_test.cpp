#include <gtest/gtest.h>

#include <cstdint>
#include <stoa/base/route_choice.hpp>

namespace stoa::internal {
namespace {

// Copies of 1000 bytes, which take as long as their route says, and that much more as they come late.
class copies {
 public:
  copies(std::uint64_t through, std::uint64_t past) : through_{through}, past_{past} {}

  void set(std::uint64_t through, std::uint64_t past) {
    through_ = through;
    past_ = past;
  }
  // How many of the next `count` go past the cache.
  std::uint64_t past_of(std::uint64_t count, std::uint64_t between = 0) {
    std::uint64_t out = 0;
    for (std::uint64_t i = 0; i < count; ++i) {
      bool const is_past = choice_.next(1000, [&] { return clock_; }) == copy_route::past_the_cache;
      clock_ += between + (is_past ? past_ : through_);
      out += is_past;
    }
    return out;
  }

 private:
  route_choice choice_;
  std::uint64_t clock_ = 1;
  std::uint64_t through_;
  std::uint64_t past_;
};

TEST(route_choice, BeginsThroughTheCache) {
  copies all{100, 10};
  EXPECT_EQ(all.past_of(128), 0u);
  EXPECT_EQ(all.past_of(128), 128u) << "and tries the other";
}

TEST(route_choice, StaysWhereItIsFaster) {
  copies all{10, 100};
  EXPECT_LE(all.past_of(100'000), 10u * 128u);
}

TEST(route_choice, GoesWhereItIsFaster) {
  copies all{100, 10};
  EXPECT_GE(all.past_of(100'000), 100'000u - 11u * 128u);
}

TEST(route_choice, ALittleFasterIsNotEnough) {
  copies all{100, 70};
  EXPECT_LE(all.past_of(100'000), 10u * 128u);
}

TEST(route_choice, ChangesItsMindWhenTimesChange) {
  copies all{100, 10};
  all.past_of(1'000'000);
  all.set(10, 100);
  all.past_of(200'000);
  EXPECT_LE(all.past_of(60'000), 128u);
  all.set(100, 10);
  all.past_of(200'000);
  EXPECT_GE(all.past_of(60'000), 60'000u - 128u);
}

// As the page faults of the first lap do: what was measured then is measured again.
TEST(route_choice, ASlowBeginningMisleadsItForOneTrialOnly) {
  copies all{100, 15};
  all.past_of(256);
  all.set(10, 12);
  all.past_of(256);
  EXPECT_LE(all.past_of(100'000), 10u * 128u);
}

// Whoever sends a message now and then is not held up by either.
TEST(route_choice, WhereNobodyWaitsItStaysThroughTheCache) {
  copies all{100, 10};
  EXPECT_LE(all.past_of(100'000, 1'000'000), 10u * 128u);
}

TEST(route_choice, AClockThatStandsStillIsNoReasonToDivideByZero) {
  copies all{0, 0};
  EXPECT_LE(all.past_of(100'000), 10u * 128u);
}

}  // namespace
}  // namespace stoa::internal
