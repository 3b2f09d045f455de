#include "market.hpp"

namespace {

// begin
struct order {
  std::uint64_t id;
  double price;
  std::uint32_t quantity;
};
BOOST_DESCRIBE_STRUCT(order, (), (id, price, quantity))
// end

std::uint64_t done = 0;
void work_on(order const& each) { done += each.id; }

TEST(snippet, Queue) {
  market_segment const scratch;
  auto const& market = scratch.market;
  // begin
  auto orders = market.publish_or_attach<stoa::queue<order>>("orders", 4096);

  if (!orders.try_push({1, 99.5, 10})) { /* full */ }
  orders.push({2, 99.0, 5});                           // waits in the kernel while full

  if (auto next = orders.try_pop()) work_on(*next);    // gone, whatever becomes of this process

  auto lease = orders.claim();                         // stays in the queue, invisible to others
  work_on(*lease);
  lease.commit();                                      // if this process dies before, another gets it
  // end
  EXPECT_EQ(done, 3u);
  EXPECT_TRUE(orders.empty());
}

}  // namespace
