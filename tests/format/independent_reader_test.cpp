// What a reader written from docs/format.md alone finds is what the library put there.
#include <gmock/gmock.h>
#include <unistd.h>

#include <span>

#include "golden_content.hpp"
#include "rendered.hpp"
#include "scratch.hpp"

namespace stoa::testing {
namespace {

using ::testing::ElementsAre;

std::string trade_text(int id, std::string const& price, bool is_final = false) {
  auto const number = std::to_string(id);
  return "{id:" + number + ",price:" + price +
         ",venue:\"XNYS\",legs:[{strike:-100,count:1},{strike:" + number +
         ",count:2}],way:" + (id % 2 == 0 ? "1" : "2") +
         ",is_final:" + (is_final ? "true" : "false") + "}";
}

TEST(independent_reader, ReadsTheHeaderOfTheGoldenSegment) {
  auto const file = golden("all_kinds_v1.hex");
  independent::segment const found{file};
  EXPECT_EQ(found.header().max_entries, 4u);
  EXPECT_EQ(found.header().max_participants, 2u);
  EXPECT_EQ(found.header().max_lanes, 2u);
  EXPECT_EQ(found.header().lifetime, 1u);
  EXPECT_EQ(found.header().bump, 0x6d00u);
  EXPECT_EQ(found.entries().size(), 4u);
}

TEST(independent_reader, ReadsTheFirstKindsInTheirGoldenSegment) {
  auto const file = golden("all_kinds_v1.hex");
  independent::segment const found{file};
  EXPECT_THAT(rendered(*found.find("prices")),
              ElementsAre("1.5", "-2.25", "0", "1.0000000000000001e+300"));
  EXPECT_THAT(rendered(*found.find("last")), ElementsAre(trade_text(3, "3.5", true)));
  EXPECT_EQ(independent::version_of_value(*found.find("last")), 3u);
  EXPECT_THAT(rendered(*found.find("trades")),
              ElementsAre(trade_text(3, "3.5", true), trade_text(4, "4.5"), trade_text(5, "5.5")));
  EXPECT_THAT(rendered(*found.find("steps")), ElementsAre("8", "9"));
  EXPECT_EQ(found.find("short-lived"), std::nullopt);
}

TEST(independent_reader, SeesWhatTheKilledHeld) {
  auto const file = golden("killed_v1.hex");
  independent::segment const found{file};
  auto const trades = *found.find("trades");
  EXPECT_THAT(rendered(trades), ElementsAre(trade_text(2, "2.5")));
  EXPECT_THAT(rendered(trades, independent::taken_elements_of(trades)),
              ElementsAre(trade_text(1, "1.5")));
  auto const who = found.participants();
  ASSERT_EQ(who.size(), 2u);
  EXPECT_THAT(who[0].slots, ElementsAre(trades.slot));
  auto const lanes = found.lanes();
  ASSERT_EQ(lanes.size(), 2u);
  EXPECT_EQ(lanes[0].owner, who[0].id);
  ASSERT_EQ(lanes[0].names.size(), 1u);
  EXPECT_EQ(lanes[0].names[0].op, 5u);  // lease
  EXPECT_EQ(lanes[0].names[0].ticket, 0u);
  EXPECT_EQ(lanes[1].owner, who[1].id);
  ASSERT_EQ(lanes[1].names.size(), 1u);
  EXPECT_TRUE(lanes[1].names[0].is_intent);
  EXPECT_EQ(lanes[1].names[0].op, 1u);  // push
  EXPECT_EQ(lanes[1].names[0].ticket, 2u);
  EXPECT_EQ(lanes[1].names[0].slot, trades.slot);
  EXPECT_EQ(lanes[1].names[0].generation, trades.generation);
}

TEST(independent_reader, RefusesWhatIsDamaged) {
  auto const whole = golden("all_kinds_v1.hex");
  for (std::size_t offset = 0; offset < 120; ++offset) {
    auto damaged = whole;
    damaged[offset] ^= std::byte{1};
    EXPECT_THROW(independent::segment{damaged}, independent::format_error) << offset;
  }
  auto const half = independent::bytes{whole}.first(whole.size() / 2);
  EXPECT_THROW(independent::segment{half}, independent::format_error);
}

TEST(independent_reader, PrintsArraysOfArraysInTheOrderOfTheirBytes) {
  std::array<std::array<std::uint8_t, 3>, 2> const rows{{{1, 2, 3}, {4, 5, 6}}};
  EXPECT_EQ(
      independent::render(descriptor_of<std::uint8_t[2][3]>().text, std::as_bytes(std::span{rows})),
      "[[1,2,3],[4,5,6]]");
}

// A segment that lives: other limits, more entries than fit a word of bits, and leases held.
TEST(independent_reader, ReadsALivingSegment) {
  scratch_name const name;
  auto const made =
      segment::create(name, 1 << 20, {.max_entries = 200, .max_participants = 5, .max_lanes = 7});
  for (std::uint32_t i = 0; i < 150; ++i)
    made.publish<array<std::uint32_t>>("a" + std::to_string(i), 2)[1] = i;
  for (std::uint32_t i = 0; i < 150; i += 3) made.erase("a" + std::to_string(i));
  auto const jobs = made.publish<queue<std::uint16_t>>("jobs", 1);
  jobs.push(500);
  auto lease = jobs.claim();
  auto const pipe = made.publish<spsc_queue<float>>("pipe", 3);
  pipe.push(0.25f);

  auto const file = read_file(name.path());
  independent::segment const found{file};
  EXPECT_EQ(found.entries().size(), 102u);
  for (std::uint32_t i = 0; i < 150; ++i) {
    auto const entry = found.find("a" + std::to_string(i));
    ASSERT_EQ(entry.has_value(), i % 3 != 0);
    if (entry) {
      EXPECT_THAT(rendered(*entry), ElementsAre("0", std::to_string(i)));
    }
  }
  auto const seen = *found.find("jobs");
  EXPECT_THAT(rendered(seen, independent::taken_elements_of(seen)), ElementsAre("500"));
  auto const seen_pipe = *found.find("pipe");
  EXPECT_THAT(rendered(seen_pipe), ElementsAre("0.25"));
  EXPECT_EQ(independent::state_of_spsc_queue(seen_pipe).capacity, 4u);
  EXPECT_EQ(independent::state_of_spsc_queue(seen_pipe).producer, made.attachment().self());
  ASSERT_EQ(found.participants().size(), 1u);
  EXPECT_EQ(found.participants()[0].pid, static_cast<std::uint64_t>(::getpid()));
  EXPECT_THAT(found.participants()[0].slots,
              ::testing::UnorderedElementsAre(seen.slot, seen_pipe.slot));
}

}  // namespace
}  // namespace stoa::testing
