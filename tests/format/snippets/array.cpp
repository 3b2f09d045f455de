#include "market.hpp"

namespace {

TEST(snippet, Array) {
  market_segment const scratch;
  auto const& market = scratch.market;
  // begin
  auto prices = market.publish_or_attach<stoa::array<double>>("prices", 1024);
  prices[7] = 99.5;
  prices.atomic(7).store(100.25);                      // old or new, for whoever looks meanwhile

  auto seen = market.attach<stoa::array<double const>>("prices");
  double const highest = *std::ranges::max_element(seen);

  auto counts = market.publish_or_attach<stoa::array<std::uint64_t>>("counts", 16);
  counts.atomic(3).fetch_add(1);
  // end
  EXPECT_EQ(highest, 100.25);
  EXPECT_EQ(counts[3], 1u);
}

}  // namespace
