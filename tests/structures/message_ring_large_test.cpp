// Messages that lie in blocks: there as long as somebody may need them, and then for the next.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "large_messages.hpp"
#include "refusal.hpp"
#include "strategies.hpp"

namespace stoa::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

contents read_by(message_reader& reader) {
  contents out;
  reader.poll([&](message_view const& each) {
    EXPECT_TRUE(is_large_message(each.data()) || is_numbered_message(each.data()));
    out.push_back(number_in(each.data()));
  });
  return out;
}

TEST_F(large_messages_test, OfAnySizeUpToTheLargest) {
  EXPECT_EQ(other.largest_message(), block_bytes);
  EXPECT_EQ(other.largest_in_record(), threshold);
  for (std::size_t size = 0; size <= block_bytes; size += size < 2 * threshold ? 1 : 37) {
    auto const bytes = numbered_message(size + 1, size);
    ASSERT_TRUE(ring.try_send(bytes, static_cast<std::uint32_t>(size))) << size;
    EXPECT_EQ(used(ring), size > threshold ? 1u : 0u);
    auto got = consumer.try_receive();
    ASSERT_TRUE(got) << size;
    EXPECT_TRUE(std::ranges::equal(got->data(), bytes)) << size;
    EXPECT_EQ(got->type(), size);
    EXPECT_EQ(got->sequence(), other.statistics().received - 1);
    got->commit();
    EXPECT_EQ(used(ring), 0u);
  }
  ASSERT_TRUE(ring.try_send(numbered_message(1, block_bytes)));
}

TEST_F(large_messages_test, LargerOnesAreAnError) {
  std::vector<std::byte> const bytes(block_bytes + 1);
  EXPECT_EQ(refusal([&] { ring.try_send(bytes); }), errc::invalid_argument);
  EXPECT_EQ(refusal([&] { ring.send(bytes); }), errc::invalid_argument);
  EXPECT_EQ(refusal([&] { static_cast<void>(ring.claim(bytes.size())); }), errc::invalid_argument);
  EXPECT_EQ(refusal([&] { static_cast<void>(ring.try_send_n(std::array{std::span{bytes}.first(bytes.size())})); }),
            errc::invalid_argument);
}

TEST_F(large_messages_test, AreWrittenAndReadInPlace) {
  auto slot = ring.claim(block_bytes, 9);
  ASSERT_TRUE(slot);
  ASSERT_EQ(slot.size(), block_bytes);
  auto const offset = slot.data() - views.first.attachment().map().base();
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(slot.data()) % 128, 0u);
  auto const bytes = numbered_message(3, block_bytes);
  std::ranges::copy(bytes, slot.data());
  EXPECT_FALSE(consumer.try_receive());
  slot.commit();
  auto const got = consumer.try_receive();
  ASSERT_TRUE(got);
  EXPECT_EQ(got->data().data() - views.second.attachment().map().base(), offset);
  EXPECT_TRUE(std::ranges::equal(got->data(), bytes));
  EXPECT_EQ(ring.statistics().used_bytes, 64u) << "the ring carries a reference";
}

TEST_F(large_messages_test, WithoutAFreeBlockItIsFullForThem) {
  for (std::uint64_t n = 0; n < blocks; ++n) ASSERT_TRUE(send_large(ring, n));
  EXPECT_FALSE(send_large(other, 9));
  EXPECT_FALSE(other.claim(block_bytes));
  EXPECT_FALSE(other.send_for(large_message(9), 0, 1ms));
  EXPECT_FALSE(other.claim_for(block_bytes, 0, 1ms));
  EXPECT_EQ(used(ring), blocks);
  EXPECT_EQ(ring.statistics().send_refusals, 4u);
  EXPECT_TRUE(ring.try_send(numbered_message(3))) << "small ones go on";
  EXPECT_THAT(taken_from(consumer), ElementsAre(0, 1, 2, 3));
  for (std::uint64_t n = 0; n < blocks; ++n) EXPECT_TRUE(send_large(other, n));
}

TEST_F(large_messages_test, InAFullRingTheyNeedNoBlock) {
  std::uint64_t sent = 0;
  while (ring.try_send(numbered_message(0))) ++sent;
  EXPECT_FALSE(send_large(ring, 9));
  EXPECT_FALSE(ring.claim(block_bytes));
  EXPECT_EQ(used(ring), 0u);
  EXPECT_EQ(taken_from(consumer).size(), sent);
  EXPECT_TRUE(send_large(ring, 9));
}

TEST_F(large_messages_test, ABlockIsFreeAsSoonAsItsMessageIsDone) {
  for (std::uint64_t n = 0; n < blocks; ++n) ASSERT_TRUE(send_large(ring, n));
  auto first = consumer.try_receive();
  auto second = consumer.try_receive();
  second->commit();
  ASSERT_TRUE(send_large(ring, 7)) << "although one before it is held";
  EXPECT_FALSE(send_large(ring, 8));
  EXPECT_TRUE(is_large_message(first->data()));
  EXPECT_EQ(number_in(first->data()), 0u);
  first->abort();
  EXPECT_FALSE(send_large(ring, 8)) << "given back, not done";
  EXPECT_THAT(taken_from(consumer), ElementsAre(0, 2, 7));
}

TEST_F(large_messages_test, WhatIsAbortedIsFree) {
  for (int round = 0; round < 10; ++round) {
    std::vector<message_slot> slots;
    for (std::uint32_t i = 0; i < blocks; ++i) slots.push_back(ring.claim(block_bytes));
    ASSERT_TRUE(slots.back());
    EXPECT_FALSE(send_large(ring, 1));
  }
  EXPECT_EQ(used(ring), 0u);
  EXPECT_FALSE(consumer.try_receive());
}

TEST_F(large_messages_test, BlocksGoRoundForManyLaps) {
  std::uint64_t next = 0;
  for (std::uint64_t n = 0; n < 20 * ring_units; ++n) {
    ASSERT_TRUE(n % 3 == 0 ? ring.try_send(numbered_message(n)) : send_large(ring, n)) << n;
    if (n % 4 != 3) continue;
    for (auto const each : taken_from(consumer)) ASSERT_EQ(each, next++);
  }
  EXPECT_EQ(used(ring), 0u);
}

TEST_F(large_messages_test, ABatchEndsBeforeThemAndTheyAreSentAlone) {
  std::array const bytes{numbered_message(1), numbered_message(2), large_message(3), numbered_message(4)};
  std::array<std::span<std::byte const>, 4> const all{bytes[0], bytes[1], bytes[2], bytes[3]};
  EXPECT_EQ(ring.try_send_n(all), 2u);
  EXPECT_EQ(ring.try_send_n(std::span{all}.subspan(2)), 1u);
  EXPECT_EQ(ring.try_send_n(std::span{all}.subspan(3)), 1u);
  EXPECT_THAT(taken_from(consumer), ElementsAre(1, 2, 3, 4));
  for (std::uint64_t n = 0; n < blocks; ++n) ASSERT_TRUE(send_large(ring, n));
  EXPECT_EQ(ring.try_send_n(std::span{all}.subspan(2)), 0u);
}

TEST_F(large_messages_test, OptionsThatCannotBeAreAnError) {
  auto const refused = [&](std::uint64_t bytes, large_messages const& large) {
    return refusal([&] { views.first.publish<message_ring>("x", bytes, message_ring_options{.large = large}); }) ==
           errc::invalid_argument;
  };
  EXPECT_TRUE(refused(4096, {.blocks = 1}));
  EXPECT_TRUE(refused(4096, {.block_bytes = 4096}));
  EXPECT_TRUE(refused(4096, {.above = 100}));
  EXPECT_TRUE(refused(4096, {.blocks = 1, .block_bytes = 4096, .above = 4096}));
  EXPECT_TRUE(refused(4096, {.blocks = 1, .block_bytes = 4096, .above = 31}));
  EXPECT_TRUE(refused(4096, {.blocks = 1, .block_bytes = 4096, .above = 2017})) << "that do not fit into the ring";
  EXPECT_TRUE(refused(4096, {.blocks = 1u << 21, .block_bytes = 4096}));
  EXPECT_TRUE(refused(4096, {.blocks = 1, .block_bytes = 1ull << 32}));
  EXPECT_TRUE(refused(4096, {.blocks = 1, .block_bytes = ~0ull}));
}

TEST_F(large_messages_test, TheThresholdIsAnEighthOfTheRingOrHalfABlock) {
  auto const above = [&](std::string const& name, std::uint64_t bytes, std::uint64_t size) {
    return views.first
        .publish<message_ring>(name, bytes, message_ring_options{.large = {.blocks = 1, .block_bytes = size}})
        .largest_in_record();
  };
  EXPECT_EQ(above("a", 4096, 4096), 512u);
  EXPECT_EQ(above("b", 4096, 600), 320u) << "blocks are multiples of 128";
  EXPECT_EQ(above("c", 256, 4096), 32u);
  EXPECT_EQ(above("d", 4096, 1), 64u);
}

TEST_F(large_messages_test, WhatIsOverwrittenIsTheOldest) {
  auto const over = views.first.publish<message_ring>("o", ring_bytes_of_scene,
                                                      with_large(options_of_scene(when_full::overwrite)));
  auto const from = over.consumer();
  for (std::uint64_t n = 0; n < 2 * blocks; ++n) ASSERT_TRUE(send_large(over, n)) << n;
  EXPECT_EQ(over.statistics().lost, blocks);
  auto const held = from.try_receive();
  ASSERT_EQ(number_in(held->data()), blocks);
  for (std::uint64_t n = 10; n < 20; ++n) ASSERT_TRUE(send_large(over, n)) << n;
  EXPECT_TRUE(is_large_message(held->data())) << "what is held is not overwritten";
  EXPECT_THAT(taken_from(from), ElementsAre(18, 19));
  auto const open = over.claim(block_bytes);
  EXPECT_TRUE(send_large(over, 20));
  EXPECT_FALSE(send_large(over, 21)) << "nor what is claimed, and nothing passes it";
}

TEST_F(large_messages_test, NothingIsDroppedForABlockThatIsHeld) {
  auto const over = views.first.publish<message_ring>("o", ring_bytes_of_scene,
                                                      with_large(options_of_scene(when_full::overwrite)));
  auto const from = over.consumer();
  for (std::uint64_t n = 0; n < blocks; ++n) ASSERT_TRUE(send_large(over, n));
  std::vector<message> held;
  for (std::uint64_t n = 0; n < blocks; ++n) held.push_back(*from.try_receive());
  for (std::uint64_t n = 3; n < 6; ++n) ASSERT_TRUE(over.try_send(numbered_message(n)));
  EXPECT_FALSE(send_large(over, 9));
  EXPECT_FALSE(over.claim(block_bytes));
  EXPECT_EQ(over.statistics().lost, 0u);
  held.pop_back();  // given back: it comes first
  EXPECT_TRUE(send_large(over, 6));
  EXPECT_EQ(over.statistics().lost, 1u);
  held.back().commit();
  auto open = over.claim(1);
  ASSERT_TRUE(send_large(over, 7));
  held.front().commit();
  ASSERT_TRUE(send_large(over, 8));
  ASSERT_TRUE(send_large(over, 10)) << "6 is before the open claim, and those before it are as well";
  EXPECT_EQ(over.statistics().lost, 5u);
  ASSERT_FALSE(send_large(over, 11)) << "all others are behind it";
  open.commit();
  EXPECT_EQ(over.statistics().lost, 5u);
  EXPECT_EQ(from.try_receive()->size(), 1u);
}

// --- broadcast ---

class large_broadcast : public ::testing::Test {
 protected:
  message_ring publish(char const* name, when_full full) const {
    return views.first.publish<message_ring>(
        name, ring_bytes_of_scene,
        with_large({.checksum = true, .delivery = delivery::broadcast, .when_full = full, .max_readers = 2,
                    .first_position = position_before_wrap}));
  }
  two_views views;
};

TEST_F(large_broadcast, ABlockIsHeldUntilAllReadersHaveReadIt) {
  auto const ring = publish("m", when_full::wait);
  auto fast = ring.reader();
  {
    auto slow = views.second.attach<message_ring>("m").reader();
    for (std::uint64_t n = 0; n < blocks; ++n) {
      ASSERT_TRUE(send_large(ring, n));
      EXPECT_THAT(read_by(fast), ElementsAre(n));
    }
    EXPECT_FALSE(send_large(ring, 9));
    auto const seen = slow.try_receive();
    EXPECT_FALSE(send_large(ring, 9)) << "it is looked at";
    EXPECT_TRUE(seen && is_large_message(seen->data()));
    slow.done();
    EXPECT_TRUE(send_large(ring, 3));
    EXPECT_FALSE(send_large(ring, 9));
  }
  EXPECT_TRUE(send_large(ring, 4)) << "the slow one left";
  EXPECT_THAT(read_by(fast), ElementsAre(3, 4));
  auto late = ring.reader();
  EXPECT_THAT(read_by(late), ElementsAre(2, 3, 4)) << "what nobody needed room for is held";
}

TEST_F(large_broadcast, WithoutReadersTheOldestMakesRoom) {
  auto const ring = publish("m", when_full::wait);
  for (std::uint64_t n = 0; n < 100; ++n) ASSERT_TRUE(send_large(ring, n)) << n;
  auto reader = ring.reader();
  EXPECT_THAT(read_by(reader), ElementsAre(97, 98, 99));
}

TEST_F(large_broadcast, WhoIsNotWaitedForKnowsWhatItLost) {
  auto const ring = publish("m", when_full::overwrite);
  auto reader = views.second.attach<message_ring>("m").reader();
  ASSERT_TRUE(send_large(ring, 0));
  EXPECT_THAT(read_by(reader), ElementsAre(0));
  for (std::uint64_t n = 1; n < 20; ++n) {
    auto slot = ring.claim(large_message(n).size());
    ASSERT_TRUE(slot) << n;
    std::ranges::copy(large_message(n), slot.data());
    slot.commit();
  }
  EXPECT_THAT(read_by(reader), ElementsAre(17, 18, 19));
  EXPECT_EQ(reader.lost(), 16u);
}

TEST_F(large_broadcast, WhatAnOverwrittenReaderGetsIsWhole) {
  auto const ring = publish("m", when_full::overwrite);
  auto reader = views.second.attach<message_ring>("m").reader();
  constexpr std::uint64_t count = 20'000;
  std::thread writer{[&] {
    for (std::uint64_t n = 0; n < count; ++n) ring.send(n % 5 == 0 ? numbered_message(n) : large_message(n));
  }};
  std::uint64_t received = 0;
  for (std::uint64_t number = 0; number + 1 < count; ++received) {
    auto const got = reader.receive();
    number = number_in(got.data());
    ASSERT_TRUE(is_large_message(got.data()) || is_numbered_message(got.data())) << number;
    ASSERT_EQ(got.sequence(), number);
  }
  writer.join();
  EXPECT_EQ(received + reader.lost(), count);
}

// --- waiting ---

class large_waiting : public ::testing::TestWithParam<wait_strategy> {};

TEST_P(large_waiting, AFreeBlockIsWaitedFor) {
  two_views const views;
  auto const ring = views.first.publish<message_ring>("m", ring_bytes_of_scene, with_large());
  auto const consumer = views.second.attach<message_ring>("m").consumer();
  constexpr std::uint64_t count = 300;
  std::thread sender{[&] {
    for (std::uint64_t n = 0; n < count; ++n) {
      if (n % 2 == 0) {
        ring.send(large_message(n), 0, GetParam());
        continue;
      }
      auto const bytes = large_message(n);
      auto slot = ring.claim_for(bytes.size(), 0, 60s, GetParam());
      ASSERT_TRUE(slot);
      std::ranges::copy(bytes, slot.data());
      slot.commit();
    }
  }};
  for (std::uint64_t n = 0; n < count; ++n) {
    auto got = consumer.receive(GetParam());
    EXPECT_EQ(number_in(got.data()), n);
    EXPECT_TRUE(is_large_message(got.data()));
    got.commit();
  }
  sender.join();
}

TEST_P(large_waiting, AnAbortedClaimLetsTheNextIn) {
  two_views const views;
  auto const ring = views.first.publish<message_ring>("m", ring_bytes_of_scene, with_large());
  std::vector<message_slot> slots;
  for (std::uint32_t i = 0; i < blocks; ++i) slots.push_back(ring.claim(block_bytes));
  std::thread sender{[&] { EXPECT_TRUE(ring.send_for(large_message(1), 0, 60s, GetParam())); }};
  slots.clear();
  sender.join();
  EXPECT_THAT(taken_from(ring.consumer()), ElementsAre(1));
}

INSTANTIATE_TEST_SUITE_P(each, large_waiting, ::testing::ValuesIn(strategies),
                         [](auto const& each) { return name_of(each.param); });

}  // namespace
}  // namespace stoa::testing
