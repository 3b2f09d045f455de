#include "market.hpp"

namespace {

// begin
struct pose {
  double x;
  double y;
  double heading;
};
BOOST_DESCRIBE_STRUCT(pose, (), (x, y, heading))
// end

double drawn = 0;
void draw(pose const& each) { drawn += each.x; }

TEST(snippet, Ring) {
  market_segment const scratch;
  auto const& market = scratch.market;
  // begin
  auto track = market.publish_or_attach<stoa::ring<pose>>("track", 1023);
  track.push({1.0, 2.0, 0.5});                         // never refuses: the oldest goes
  std::array<pose, 2> const batch{{{2.0, 2.0, 0.5}, {3.0, 2.0, 0.5}}};
  track.push_n(batch);                                 // seen all at once, or never

  // in any other process, without the right to write
  auto const shown = stoa::segment::open_read_only(market.name()).attach<stoa::ring<pose>>("track");
  auto reader = shown.reader();                        // a cursor of its own, at the oldest sample
  while (auto const next = reader.try_read()) draw(*next);
  std::uint64_t const missed = reader.lost();          // passed over: overwritten, or about to be, before it came to them

  std::array<pose, 2> recent;
  std::size_t const found = shown.latest(std::span{recent});  // the newest, oldest of them first
  std::optional<pose> const now = shown.latest();
  // end
  EXPECT_EQ(drawn, 6.0);
  EXPECT_EQ(missed, 0u);
  EXPECT_EQ(found, 2u);
  EXPECT_EQ(recent[0].x, 2.0);
  EXPECT_EQ(now->x, 3.0);
}

TEST(snippet, BoundedRing) {
  market_segment const scratch;
  auto const& market = scratch.market;
  // begin
  auto jobs = market.publish_or_attach<stoa::ring<int>>("jobs", 64, stoa::ring_mode::bounded);
  bool const is_pushed = jobs.try_push(7);             // false: 64 are not consumed yet
  std::optional<int> const job = jobs.pop_for(std::chrono::milliseconds{5});
  // end
  EXPECT_TRUE(is_pushed);
  EXPECT_EQ(job, 7);
}

}  // namespace
