#include "market.hpp"

namespace {

// begin
struct quote {
  std::uint64_t sequence;
  double bid;
  double ask;
};
BOOST_DESCRIBE_STRUCT(quote, (), (sequence, bid, ask))
// end

TEST(snippet, Value) {
  market_segment const scratch;
  auto const& market = scratch.market;
  // begin
  auto last = market.publish_or_attach<stoa::value<quote>>("last");
  last.store({1, 99.0, 99.5});
  last.update([](quote& q) { ++q.sequence; });         // may run more than once

  auto const [now, version] = last.load_versioned();   // never half of one and half of another
  bool const is_newer = last.version() != version;     // one load: has something been stored since?
  // end
  EXPECT_EQ(now.sequence, 2u);
  EXPECT_EQ(now.ask, 99.5);
  EXPECT_EQ(version, 2u);
  EXPECT_FALSE(is_newer);
}

}  // namespace
