#include <cmath>

#include "../market.hpp"

namespace {

TEST(guide, Choosing) {
  market_segment const scratch;
  auto const& market = scratch.market;
  // begin
  struct price {
    std::uint64_t time_ns;
    double bid;
    double ask;
  };
  price const now{1, 99.5, 99.75};

  // Only the newest matters: readers never wait, and nobody waits for them.
  auto newest = market.publish_or_attach<stoa::value<price>>("newest");
  newest.store(now);

  // The last thousand matter, and a reader that is late is told how many it lost.
  auto recent = market.publish_or_attach<stoa::ring<price>>("recent", 1000);
  recent.push(now);

  // Every one matters, to one of several: the producer waits when they are slow.
  auto work = market.publish_or_attach<stoa::queue<price>>("work", 1024);
  work.push(now);

  // Every one matters, to each of several, and they differ in size.
  auto news = market.publish_or_attach<stoa::message_ring>(
      "news", 1 << 16, stoa::message_ring_options{.delivery = stoa::delivery::broadcast});
  news.send(std::as_bytes(std::span{&now, 1}));

  // Looked up by name.
  auto by_symbol = market.publish_or_attach<stoa::map<std::array<char, 8>, price>>("by symbol", 10'000);
  by_symbol.insert_or_assign({'A', 'C', 'M', 'E'}, now);
  // end
  EXPECT_EQ(newest.load().bid, 99.5);
  EXPECT_EQ(recent.latest()->ask, 99.75);
  EXPECT_EQ(work.size() + news.size() + by_symbol.size(), 3u);
}

}  // namespace
