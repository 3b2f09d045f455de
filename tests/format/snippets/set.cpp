#include "market.hpp"

namespace {

TEST(snippet, Set) {
  market_segment const scratch;
  auto const& market = scratch.market;
  // begin
  auto seen = market.publish_or_attach<stoa::set<std::uint64_t>>("seen", 10000);

  if (seen.insert(42)) { /* the first to see it, among all processes */ }
  if (seen.contains(42)) seen.erase(42);
  // end
  EXPECT_TRUE(seen.empty());
}

}  // namespace
