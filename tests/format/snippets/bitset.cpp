#include "market.hpp"

namespace {

std::uint64_t sum = 0;
void use(std::uint64_t number) { sum += number + 1; }

TEST(snippet, Bitset) {
  market_segment const scratch;
  auto const& market = scratch.market;
  // begin
  auto busy = market.publish_or_attach<stoa::bitset>("busy", 1000);

  if (auto slot = busy.claim_first_unset()) {          // nobody else gets this one
    use(*slot);
    busy.reset(*slot);
  }
  bool const was_set = busy.test_and_set(999);
  for (auto at = busy.find_first(); at; at = busy.find_next(*at)) use(*at);
  // end
  EXPECT_FALSE(was_set);
  EXPECT_EQ(sum, 1001u);
}

}  // namespace
