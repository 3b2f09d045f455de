#include "market.hpp"

namespace {

// begin
struct job {
  std::uint64_t id;
  double weight;
};
BOOST_DESCRIBE_STRUCT(job, (), (id, weight))
// end

std::uint64_t seen = 0;
void look_at(job const& each) { seen += each.id; }
void work_on(job const& each) { seen += 10 * each.id; }

TEST(snippet, Stack) {
  market_segment const scratch;
  auto const& market = scratch.market;
  // begin
  auto jobs = market.publish_or_attach<stoa::stack<job>>("jobs", 1000);

  if (!jobs.try_push({1, 0.5})) { /* full */ }
  jobs.push({2, 0.25});                                // waits in the kernel while full

  if (auto next = jobs.top()) look_at(*next);          // a copy; it stays
  if (auto next = jobs.try_pop()) work_on(*next);      // gone, whatever becomes of this process
  // end
  EXPECT_EQ(seen, 22u);
  EXPECT_EQ(jobs.size(), 1u);
}

}  // namespace
