// Writers of streams in other processes, killed at random: what was reported to be finished comes whole, once; each
// other stream that was begun is told to be broken, once.
#include <gtest/gtest.h>
#include <unistd.h>

#include <map>
#include <random>
#include <string>

#include "child.hpp"
#include "elements.hpp"
#include "message_ring_actor.hpp"

namespace stoa::testing {
namespace {

using namespace std::chrono_literals;
using counters = stoa::array<std::uint64_t>;

std::vector<std::byte> bytes_of_stream(std::uint64_t number) {
  return numbered_message(number, 8 + number * 7919 % 3000);
}

// id: writes streams id << 32 | 0, 1, ... and notes in reported[id] how many are finished.
child_program const stream_writer{"stream writer", [](child_arguments const& a) {
                                    auto const home = segment::open(a.at(0));
                                    auto const ring = home.attach<message_ring>("m");
                                    auto const reported = home.attach<counters>("reported");
                                    auto const id = std::stoull(a.at(1));
                                    for (std::uint64_t n = 0;; ++n) {
                                      message_stream_writer one{ring, static_cast<std::uint32_t>(id)};
                                      one.write(bytes_of_stream(id << 32 | n));
                                      one.finish();
                                      reported.atomic(id).store(n + 1);
                                    }
                                    return 0;
                                  }};

class stream_processes : public ::testing::TestWithParam<bool> {};

TEST_P(stream_processes, KilledWritersFinishNothingThatIsNotWhole) {
  constexpr std::uint64_t kills = 40;
  scratch_name const name;
  auto const home = segment::create(name, 1u << 20);
  auto options = message_ring_options{.checksum = true};
  if (GetParam()) options.large = {.blocks = 3, .block_bytes = 1024};
  auto const ring = home.publish<message_ring>("m", 4096, options);
  auto const reported = home.publish<counters>("reported", kills);
  message_stream_reader<message_consumer> reader{ring.consumer()};
  std::minstd_rand chance{9};
  std::map<std::uint64_t, std::uint64_t> finished;
  std::map<std::uint64_t, std::uint64_t> broken;
  auto const take = [&](message_stream const& each) {
    if (each.end == stream_end::broken) {
      ++broken[each.type];
      return;
    }
    EXPECT_EQ(each.end, stream_end::finished);
    auto const number = number_in(each.bytes);
    EXPECT_EQ(number >> 32, each.type);
    EXPECT_EQ(number & 0xFFFF'FFFF, finished[each.type]++) << "neither lost nor doubled";
    EXPECT_EQ(each.bytes, bytes_of_stream(number));
  };
  auto const start = [&](std::uint64_t id) {
    return child::start("stream writer", {name.str(), std::to_string(id)});
  };
  std::array<child, 2> rivals{start(0), start(1)};
  for (std::uint64_t id = 2; id < kills; ++id) {
    for (auto count = 1 + chance() % 30; count > 0; --count) {
      auto const got = reader.receive_for(30s);
      ASSERT_TRUE(got) << "survivors wait for a dead writer";
      take(*got);
    }
    rivals[id % 2] = start(id);  // kills the one before
  }
  for (auto& each : rivals) each.kill();
  // All are dead: what was begun has an end, also that of which this reader has seen nothing yet.
  message_stream_writer last{ring, kills};
  while (!last.try_finish())
    if (auto const got = reader.try_receive()) take(*got);
  for (bool is_last_there = false; !is_last_there;) {
    auto const got = reader.receive_for(30s);
    ASSERT_TRUE(got);
    is_last_there = got->type == kills;
    if (!is_last_there) take(*got);
  }
  while (auto const got = reader.receive_for(50ms)) take(*got);
  ring.recover();
  std::uint64_t of_all = 0;
  for (std::uint64_t id = 0; id < kills; ++id) {
    EXPECT_GE(finished[id], reported[id]) << "writer " << id;
    EXPECT_LE(finished[id], reported[id] + 1) << "writer " << id;
    EXPECT_LE(broken[id], 1u) << "writer " << id;
    of_all += broken[id];
  }
  EXPECT_GT(of_all, 0u) << "some were killed half way";
  EXPECT_EQ(ring.statistics().blocks_used, 0u);
}

INSTANTIATE_TEST_SUITE_P(each, stream_processes, ::testing::Values(false, true),
                         [](auto const& each) { return each.param ? "WithBlocks" : "WithoutBlocks"; });

}  // namespace
}  // namespace stoa::testing
