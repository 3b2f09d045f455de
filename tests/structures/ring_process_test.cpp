// A producer in another process that is killed, stopped and replaced, consumers that are killed, readers without
// the right to write: the stream has no gap that is not accounted for, and nothing torn or twice.
#include <gtest/gtest.h>

#include <array>
#include <random>
#include <string>
#include <vector>

#include "child.hpp"
#include "elements.hpp"

namespace stoa::testing {
namespace {

using namespace std::chrono_literals;
using samples = stoa::ring<sealed>;
using counters = stoa::array<std::uint64_t>;

// Takes the role as soon as it is free and pushes the numbers that come next, for ever.
int run_producer(child_arguments const& a) {
  auto const ring = segment::open(a.at(0)).attach<samples>("r");
  if (!eventually([&] { return static_cast<bool>(ring.try_become_producer()); })) return 1;
  std::minstd_rand chance{static_cast<unsigned>(std::stoul(a.at(1)))};
  for (auto n = ring.total_written();;) {
    if (chance() % 2 == 0)
      ring.push(sealed{n++});
    else
      n += ring.try_push_n(std::array{sealed{n}, sealed{n + 1}, sealed{n + 2}});
  }
}
child_program const producer{"ring producer", run_producer};

// Reads until it has seen number a[1], without the right to write; fails on a torn, missing or repeated one.
int run_reader(child_arguments const& a) {
  auto const ring = segment::open_read_only(a.at(0)).attach<samples>("r");
  auto reader = ring.reader();
  auto const first = reader.position();
  std::uint64_t read = 0;
  for (std::uint64_t number = 0; number < std::stoull(a.at(1)); ++read) {
    auto const got = reader.read_for(30s);
    if (!got) return 3;
    if (!got->is_whole()) return 1;
    number = got->number();
    if (number != first + read + reader.lost()) return 2;
  }
  return 0;
}
child_program const reader{"ring reader", run_reader};

// Pops for ever; counts[0]: popped, counts[1]: torn, counts[2]: out of order.
int run_consumer(child_arguments const& a) {
  auto const home = segment::open(a.at(0));
  auto const ring = home.attach<samples>("r");
  auto const counts = home.attach<counters>("counts");
  std::uint64_t next = 0;
  for (std::array<sealed, 3> out;;) {
    out[0] = ring.pop();
    auto const got = 1 + ring.try_pop_n(std::span{out}.subspan(1));
    for (std::size_t i = 0; i < got; ++i) {
      if (!out[i].is_whole()) counts.atomic(1).fetch_add(1);
      if (out[i].number() < next) counts.atomic(2).fetch_add(1);
      next = out[i].number() + 1;
    }
    counts.atomic(0).fetch_add(got);
  }
}
child_program const consumer{"ring consumer", run_consumer};

class ring_processes : public ::testing::TestWithParam<ring_mode> {
 protected:
  child started(std::string const& program, std::uint64_t argument) {
    return child::start(program, {name.str(), std::to_string(argument)});
  }
  bool moves_on() const {
    auto const before = ring.total_written();
    return eventually([&] { return ring.total_written() > before + 20; });
  }
  scratch_name name;
  segment home = segment::create(name, 1u << 18);
  samples ring = home.publish<samples>("r", 5, GetParam());
  counters counts = home.publish<counters>("counts", 4);
};

TEST_P(ring_processes, KilledProducersAndConsumersLeaveAStreamWithoutHoles) {
  std::minstd_rand chance{8};
  auto pushing = started("ring producer", 1);
  std::vector<child> popping;
  for (int i = 0; i < 2; ++i) popping.push_back(started("ring consumer", 0));
  auto reading = started("ring reader", 20'000);
  std::uint64_t killed_consumers = 0;
  for (unsigned kill = 0; kill < 60; ++kill) {
    if (chance() % 2 == 0) {
      pushing.kill();
      pushing = started("ring producer", kill);
    } else {
      auto& one = popping[chance() % popping.size()];
      one.kill();
      ++killed_consumers;
      one = started("ring consumer", 0);
    }
    ASSERT_TRUE(moves_on());
    auto const newest = ring.latest();
    ASSERT_TRUE(newest && newest->is_whole());
  }
  EXPECT_EQ(reading.wait().exit_code, 0);
  pushing.kill();
  ASSERT_TRUE(eventually([&] { return ring.empty(); }));
  auto const statistics = ring.statistics();
  auto const accounted = [&] { return counts.atomic(0).load() + statistics.lost; };
  if (GetParam() == ring_mode::bounded) {
    EXPECT_EQ(statistics.lost, 0u);
    constexpr std::uint64_t at_once = 3;  // what a killed consumer may take along
    // The living count what they popped a moment later.
    EXPECT_TRUE(eventually([&] { return accounted() + killed_consumers * at_once >= statistics.read; }));
  }
  // One that is killed after its CAS and before it could count what it passed over leaves `lost` too small.
  popping.clear();
  EXPECT_LE(accounted(), statistics.read);
  EXPECT_EQ(counts.atomic(1).load(), 0u);
  EXPECT_EQ(counts.atomic(2).load(), 0u);
}

TEST_P(ring_processes, AStoppedProducerDelaysNobodyWhoReads) {
  for (unsigned round = 0; round < 40; ++round) {
    auto pushing = started("ring producer", round);
    auto const popping = started("ring consumer", 0);
    ASSERT_TRUE(moves_on());
    pushing.stop();
    auto const written = ring.total_written();
    std::vector<sealed> out(3);  // of 5 in 8 slots: a batch of three takes none of them away
    ASSERT_EQ(ring.latest(std::span{out}), 3u);
    for (std::uint64_t i = 0; i < 3; ++i) {
      EXPECT_TRUE(out[i].is_whole());
      EXPECT_EQ(out[i].number(), written - 3 + i);
    }
    auto cursor = ring.reader();
    for (std::uint64_t n = written - 5; n < written; ++n) {
      auto const got = cursor.try_read();
      ASSERT_TRUE(got && got->is_whole());
      EXPECT_EQ(got->number(), n);
    }
    EXPECT_FALSE(ring.try_become_producer()) << "slow is not dead";
    EXPECT_TRUE(eventually([&] { return ring.empty(); })) << "consumers are held up";
    pushing.go_on();
    ASSERT_TRUE(moves_on());
  }
}

TEST_P(ring_processes, StoppedConsumersAndReadersHoldUpNobody) {
  auto const pushing = started("ring producer", 1);
  auto const popping = started("ring consumer", 0);
  std::vector<child> stopped;
  for (int i = 0; i < 4; ++i) {
    stopped.push_back(started(i % 2 == 0 ? "ring consumer" : "ring reader", ~std::uint64_t{0}));
    ASSERT_TRUE(moves_on());
    stopped.back().stop();
    ASSERT_TRUE(moves_on());
  }
  for (auto const& each : stopped) each.go_on();
  ASSERT_TRUE(moves_on());
  EXPECT_EQ(counts.atomic(1).load(), 0u);
  EXPECT_EQ(counts.atomic(2).load(), 0u);
}

INSTANTIATE_TEST_SUITE_P(modes, ring_processes, ::testing::Values(ring_mode::overwrite, ring_mode::bounded),
                         [](auto const& each) { return each.param == ring_mode::bounded ? "Bounded" : "Overwrite"; });

}  // namespace
}  // namespace stoa::testing
