#include "market.hpp"

namespace {

TEST(snippet, SpscQueue) {
  market_segment const scratch;
  auto const& market = scratch.market;
  // begin
  auto ticks = market.publish_or_attach<stoa::spsc_queue<std::uint64_t>>("ticks", 4096);

  // in the one process that produces
  bool const is_pushed = ticks.try_push(1);            // false: full
  std::array<std::uint64_t, 3> const batch{2, 3, 4};
  std::size_t const pushed = ticks.try_push_n(batch);  // seen all at once, or never

  // in the one process that consumes
  std::optional<std::uint64_t> const first = ticks.pop_for(std::chrono::milliseconds{5});
  std::array<std::uint64_t, 16> several;
  std::size_t const popped = ticks.try_pop_n(several);

  // either side without a copy: in the element's place
  bool const is_made = ticks.try_produce([](std::uint64_t& place) { place = 5; });
  std::uint64_t sum = 0;
  bool const is_used = ticks.try_consume([&](std::uint64_t const& place) { sum += place; });
  // end
  EXPECT_TRUE(is_pushed);
  EXPECT_EQ(pushed, 3u);
  EXPECT_EQ(first, 1u);
  EXPECT_EQ(popped, 3u);
  EXPECT_EQ(several[2], 4u);
  EXPECT_TRUE(is_made);
  EXPECT_TRUE(is_used);
  EXPECT_EQ(sum, 5u);
}

}  // namespace
