// The library opens segments of every version that ever was, and finds in them what was put in.
#include "golden_content.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "golden_file.hpp"
#include "scratch.hpp"

namespace stoa::testing {
namespace {

// A copy of a golden segment under a name of its own.
class golden_copy {
 public:
  explicit golden_copy(std::string const& file) {
    write_file(directory_.path() / "golden",
               read_golden(std::filesystem::path{STOA_GOLDEN_DIRECTORY} / file));
  }
  segment open() const { return segment::open("golden", where()); }
  backing where() const { return backing::directory(directory_.path()); }

 private:
  scratch_directory directory_;
};

TEST(golden, TextAndBytesAreTheSame) {
  for (auto const& file : std::filesystem::directory_iterator{STOA_GOLDEN_DIRECTORY})
    EXPECT_EQ(to_golden_text(read_golden(file.path())), read_text(file.path())) << file.path();
}

TEST(golden, SegmentIsOpenedWithItsLimits) {
  golden_copy const copy{"all_kinds_v1.hex"};
  auto const opened = copy.open();
  EXPECT_EQ(opened.size(), 40960u);
  EXPECT_EQ(opened.lifetime(), lifetime::persistent);
  EXPECT_EQ(opened.reference_count(), 1u);
  EXPECT_EQ(opened.attachment().map().limits().max_lanes, 2u);
}

TEST(golden, EntriesAreListedWithTheirTypes) {
  golden_copy const copy{"all_kinds_v1.hex"};
  std::vector<std::string> listed;
  for (auto const& each : copy.open().entries())
    listed.push_back(std::string{each.name()} + ' ' + std::string{each.kind()} + ' ' + each.type());
  std::vector<std::string> const expected{std::string{"last value "} + trade_type,
                                          "prices array <f8", "steps spsc_queue |u1",
                                          std::string{"trades queue "} + trade_type};
  EXPECT_EQ(listed, expected);
}

TEST(golden, ArrayHasItsElements) {
  golden_copy const copy{"all_kinds_v1.hex"};
  auto const prices = copy.open().attach<array<double>>("prices");
  EXPECT_TRUE(std::ranges::equal(prices, golden_prices));
}

TEST(golden, ValueHasItsThirdStore) {
  golden_copy const copy{"all_kinds_v1.hex"};
  auto const last = copy.open().attach<value<trade>>("last");
  EXPECT_EQ(last.load(), make_trade(3));
  EXPECT_EQ(last.version(), 3u);
  last.store(make_trade(4));
  EXPECT_EQ(last.load_versioned(), (std::pair{make_trade(4), std::uint64_t{4}}));
}

TEST(golden, QueueGoesOnAcrossItsWrap) {
  golden_copy const copy{"all_kinds_v1.hex"};
  auto const trades = copy.open().attach<queue<trade>>("trades");
  EXPECT_EQ(trades.statistics().pushed, 5u);
  EXPECT_EQ(trades.statistics().popped, 2u);
  EXPECT_EQ(trades.statistics().high_water, 4u);
  EXPECT_TRUE(trades.try_push(make_trade(6)));
  EXPECT_FALSE(trades.try_push(make_trade(7)));
  for (std::uint64_t id = 3; id <= 6; ++id) EXPECT_EQ(trades.try_pop(), make_trade(id));
  EXPECT_EQ(trades.try_pop(), std::nullopt);
}

TEST(golden, SpscQueueGoesOn) {
  golden_copy const copy{"all_kinds_v1.hex"};
  auto const steps = copy.open().attach<spsc_queue<std::uint8_t>>("steps");
  EXPECT_FALSE(steps.try_push(10));
  EXPECT_EQ(steps.try_pop(), std::uint8_t{8});
  EXPECT_EQ(steps.try_pop(), std::uint8_t{9});
  EXPECT_EQ(steps.try_pop(), std::nullopt);
}

TEST(golden, KilledParticipantsAreSeenAsDead) {
  golden_copy const copy{"killed_v1.hex"};
  auto const looking = segment::open_read_only("golden", copy.where());
  EXPECT_EQ(looking.reference_count(), 0u);
  unsigned leases = 0;
  for (auto const& each : looking.participants()) {
    EXPECT_EQ(each.pid, 4242u);
    EXPECT_EQ(each.command, "golden");
    EXPECT_FALSE(each.alive);
    leases += each.leases;
  }
  EXPECT_EQ(looking.participants().size(), 2u);
  EXPECT_EQ(leases, 1u);
}

TEST(golden, LeaseOfTheKilledGoesToTheNextAndThePushNeverHappened) {
  golden_copy const copy{"killed_v1.hex"};
  auto const trades = copy.open().attach<queue<trade>>("trades");
  ASSERT_TRUE(trades.try_push(make_trade(4)));
  EXPECT_EQ(trades.try_pop(), make_trade(1));
  EXPECT_EQ(trades.try_pop(), make_trade(2));
  EXPECT_EQ(trades.try_pop(), make_trade(4));
  EXPECT_EQ(trades.try_pop(), std::nullopt);
}

}  // namespace
}  // namespace stoa::testing
