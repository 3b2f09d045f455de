// Many threads on one mapping: every message out exactly once, whole, with a number of its own, and in the order of its
// producer.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "elements.hpp"
#include "numbered_message.hpp"

namespace stoa::testing {
namespace {

using namespace std::chrono_literals;

std::uint64_t numbered(std::uint64_t producer, std::uint64_t n) { return producer << 32 | n; }

// Sends 0 to count - 1, in any of the ways there are, as chance wants it.
void produce(message_ring const& ring, std::uint64_t producer, std::uint64_t count) {
  std::minstd_rand chance{static_cast<unsigned>(producer) + 1};
  for (std::uint64_t n = 0; n < count;) {
    auto const bytes = numbered_message(numbered(producer, n));
    switch (chance() % 5) {
      case 0:
        ring.send(bytes);
        ++n;
        break;
      case 1: n += ring.try_send(bytes); break;
      case 2: n += ring.send_for(bytes, 0, 1ms, wait_strategy::yield); break;
      case 3: {
        auto slot = ring.claim_for(bytes.size(), 0, 1ms);
        if (!slot || chance() % 3 == 0) break;  // aborted
        std::memcpy(slot.data(), bytes.data(), bytes.size());
        slot.commit();
        ++n;
        break;
      }
      case 4: {
        std::vector<std::vector<std::byte>> batch;
        for (auto i = n; i < std::min(count, n + 1 + chance() % 4); ++i)
          batch.push_back(numbered_message(numbered(producer, i)));
        std::vector<std::span<std::byte const>> const spans{batch.begin(), batch.end()};
        n += ring.try_send_n(spans);
        break;
      }
    }
  }
}

struct consumed {
  std::vector<std::uint64_t> numbers;
  std::vector<std::uint64_t> sequences;
  bool is_all_whole = true;

  void take(message_view const& each) {
    is_all_whole &= is_numbered_message(each.data());
    numbers.push_back(number_in(each.data()));
    sequences.push_back(each.sequence());
  }
};

consumed consume(message_ring const& ring, unsigned seed, std::atomic<std::uint64_t>& left, bool may_abort) {
  std::minstd_rand chance{seed};
  consumed out;
  auto const consumer = ring.consumer();
  std::vector<message> held;
  auto const finish = [&](message& each) {
    if (may_abort && chance() % 4 == 0) {
      each.abort();
      return;
    }
    out.take(each);
    each.commit();
    --left;
  };
  while (left.load() != 0) {
    switch (chance() % 4) {
      case 0:
        if (auto got = consumer.receive_for(1ms)) finish(*got);
        break;
      case 1:
        if (auto got = consumer.try_receive()) finish(*got);
        break;
      case 2:
        left -= consumer.poll([&](message_view const& each) { out.take(each); }, 3);
        break;
      case 3:
        for (int i = 0; i < 3; ++i)
          if (auto got = consumer.try_receive()) held.push_back(std::move(*got));
        for (auto& each : held) finish(each);
        held.clear();
        break;
    }
  }
  return out;
}

struct crew {
  std::string name;
  std::uint64_t producers;
  std::uint64_t consumers;
  std::uint64_t units;
  bool may_abort;
  large_messages large{};
};
constexpr large_messages few_blocks{.blocks = 3, .block_bytes = 128, .above = 32};

class message_ring_threads : public ::testing::TestWithParam<crew> {};

TEST_P(message_ring_threads, EveryMessageOnce) {
  auto const& with = GetParam();
  auto const count = 20'000 / with.producers;
  two_views const views;
  auto const ring = views.first.publish<message_ring>(
      "m", with.units * record_unit, 
      message_ring_options{.checksum = true, .large = with.large, .first_position = 0 - 50 * record_unit});
  auto const other = views.first.attach<message_ring>("m");
  std::atomic<std::uint64_t> left{count * with.producers};
  std::vector<std::thread> threads;
  std::vector<consumed> out(with.consumers);
  for (std::uint64_t i = 0; i < with.producers; ++i)
    threads.emplace_back([&, i] { produce(i % 2 == 0 ? ring : other, i, count); });
  for (std::uint64_t i = 0; i < with.consumers; ++i)
    threads.emplace_back([&, i] { out[i] = consume(ring, static_cast<unsigned>(i) + 1, left, with.may_abort); });
  for (auto& each : threads) each.join();

  std::vector<std::uint64_t> numbers;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> by_sequence;
  for (auto const& each : out) {
    EXPECT_TRUE(each.is_all_whole);
    for (std::size_t i = 0; i < each.numbers.size(); ++i) by_sequence.emplace_back(each.sequences[i], each.numbers[i]);
  }
  std::ranges::sort(by_sequence);
  ASSERT_EQ(by_sequence.size(), count * with.producers);
  std::vector<std::uint64_t> next(with.producers);
  for (std::size_t i = 0; i < by_sequence.size(); ++i) {
    ASSERT_EQ(by_sequence[i].first, i) << "sequences have neither gaps nor doubles";
    auto const number = by_sequence[i].second;
    ASSERT_EQ(number & 0xFFFF'FFFF, next[number >> 32]++) << "in the order of its producer";
  }
  EXPECT_FALSE(ring.consumer().try_receive());
}

INSTANTIATE_TEST_SUITE_P(each, message_ring_threads,
                         ::testing::Values(crew{"OneAndOne", 1, 1, 16, false}, crew{"OneAndOneInATinyRing", 1, 1, 8, true},
                                           crew{"TwoAndTwo", 2, 2, 64, true}, crew{"FourAndOne", 4, 1, 16, false},
                                           crew{"OneAndFour", 1, 4, 16, true}, crew{"FourAndFour", 4, 4, 32, true},
                                           crew{"TwoAndTwoWithBlocks", 2, 2, 16, true, few_blocks},
                                           crew{"FourAndFourWithBlocks", 4, 4, 64, true, few_blocks}),
                         [](auto const& each) { return each.param.name; });

}  // namespace
}  // namespace stoa::testing
