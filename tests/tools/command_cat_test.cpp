// cat on each structure: exactly what it prints, in text and JSON.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/describe.hpp>
#include <stoa/stoa.hpp>

#include "json.hpp"
#include "running_command.hpp"
#include "scratch.hpp"

namespace stoa::testing {
namespace {

using namespace stoa::literals;
using ::testing::HasSubstr;

struct trade {
  std::uint64_t id;
  double price;
  std::array<char, 6> symbol;
  std::int16_t legs[2][2];
};
BOOST_DESCRIBE_STRUCT(trade, (), (id, price, symbol, legs))

struct pose {
  std::uint8_t bytes[2];
};

trade make_trade(std::uint64_t id, double price) {
  return {id, price, {'A', 'C', 'M', 'E'}, {{1, 2}, {3, static_cast<std::int16_t>(-id)}}};
}

class command_cat : public ::testing::Test {
 protected:
  std::string text(std::string const& entry) const {
    auto const result = run_stoa({"cat", name_.str() + '/' + entry});
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_EQ(result.err, "");
    return result.out;
  }
  std::string json(std::string const& entry) const {
    auto const result = run_stoa({"cat", name_.str() + '/' + entry, "--json"});
    EXPECT_EQ(result.status, 0) << result.err;
    parse_json(result.out);
    return result.out;
  }

  scratch_name name_;
  segment market_ = segment::create(name_.str(), 256_KiB);
};

constexpr char const* first_trade =
    "{id: 1, price: 99.5, symbol: \"ACME\", legs: [[1, 2], [3, -1]]}\n";
constexpr char const* second_trade =
    "{id: 2, price: 0.1, symbol: \"ACME\", legs: [[1, 2], [3, -2]]}\n";
constexpr char const* both_as_json =
    "[\n"
    "  {\"id\": 1, \"price\": 99.5, \"symbol\": \"ACME\", \"legs\": [[1, 2], [3, -1]]},\n"
    "  {\"id\": 2, \"price\": 0.1, \"symbol\": \"ACME\", \"legs\": [[1, 2], [3, -2]]}\n"
    "]\n";

TEST_F(command_cat, PrintsArrays) {
  auto const trades = market_.publish<array<trade>>("trades", 2);
  trades[0] = make_trade(1, 99.5);
  trades[1] = make_trade(2, 0.1);
  EXPECT_EQ(text("trades"), first_trade + std::string{second_trade});
  EXPECT_EQ(json("trades"), both_as_json);
}

TEST_F(command_cat, PrintsTheLastOfAValue) {
  auto const last = market_.publish<value<trade>>("last");
  last.store(make_trade(2, 0.1));
  last.store(make_trade(1, 99.5));
  EXPECT_EQ(text("last"), first_trade);
}

TEST_F(command_cat, PrintsQueuesFromOldestToNewest) {
  auto const trades = market_.publish<queue<trade>>("trades", 4);
  for (std::uint64_t id = 0; id < 3; ++id)
    ASSERT_TRUE(trades.try_push(make_trade(id, id == 1 ? 99.5 : 0.1)));
  ASSERT_TRUE(trades.try_pop().has_value());
  EXPECT_EQ(text("trades"), first_trade + std::string{second_trade});
  EXPECT_EQ(json("trades"), both_as_json);
}

TEST_F(command_cat, PrintsSpscQueues) {
  auto const trades = market_.publish<spsc_queue<trade>>("trades", 4);
  ASSERT_TRUE(trades.try_push(make_trade(1, 99.5)));
  ASSERT_TRUE(trades.try_push(make_trade(2, 0.1)));
  EXPECT_EQ(text("trades"), first_trade + std::string{second_trade});
  EXPECT_EQ(json("trades"), both_as_json);
}

TEST_F(command_cat, PrintsNothingForAnEmptyQueue) {
  auto const trades = market_.publish<queue<trade>>("trades", 4);
  EXPECT_EQ(text("trades"), "");
  EXPECT_EQ(json("trades"), "[]\n");
}

TEST_F(command_cat, PrintsUndescribedTypesAsBytes) {
  auto const poses = market_.publish<array<pose>>("poses", 2);
  poses[1] = {{0xAB, 0x0C}};
  EXPECT_EQ(text("poses"), "x'0000'\nx'ab0c'\n");
  EXPECT_EQ(json("poses"), "[\n  \"0000\",\n  \"ab0c\"\n]\n");
}

TEST_F(command_cat, EntryNamesMayHaveSpacesAndSlashes) {
  market_.publish<array<double>>("eu/spot prices/", 1)[0] = 1.25;
  EXPECT_EQ(text("eu/spot prices/"), "1.25\n");
}

TEST_F(command_cat, ReadsFilesOfADirectory) {
  scratch_directory const directory;
  segment_options options;
  options.backing = backing::directory(directory.path());
  auto const market = segment::create("market", 4_KiB, options);
  market.publish<array<std::uint8_t>>("bytes", 2)[1] = 255;
  auto const result = run_stoa({"cat", "market/bytes", "--dir", directory.path().string()});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.out, "0\n255\n");
}

TEST_F(command_cat, SaysThatAnEntryWasErasedMeanwhile) {
  // More than pipe and buffers hold: the command is still reading when the name goes.
  auto const many = market_.publish<array<std::array<std::uint8_t, 1000>>>("many", 200);
  running_command cat{{"cat", name_.str() + "/many"}};
  cat.wait_for_output();
  ASSERT_TRUE(market_.erase("many"));
  auto const result = cat.finish();
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.err, HasSubstr("was erased while it was being read"));
}

}  // namespace
}  // namespace stoa::testing
