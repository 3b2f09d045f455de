#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <deque>
#include <range/v3/view/filter.hpp>
#include <range/v3/view/transform.hpp>
#include <stoa/kinds.hpp>
#include <string>
#include <thread>
#include <vector>

#include "elements.hpp"
#include "message_ring_actor.hpp"
#include "refusal.hpp"
#include "strategies.hpp"

namespace stoa::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

std::vector<std::byte> text(std::string_view from) {
  auto const bytes = std::as_bytes(std::span{from});
  return {bytes.begin(), bytes.end()};
}
std::string text_in(std::span<std::byte const> bytes) {
  return {reinterpret_cast<char const*>(bytes.data()), bytes.size()};
}
contents received(message_consumer const& from) {
  contents out;
  from.poll([&](message_view const& each) {
    EXPECT_TRUE(is_numbered_message(each.data()));
    out.push_back(number_in(each.data()));
  });
  return out;
}

// The ring of a few units through one mapping, looked at through the other; positions wrap after three.
class message_ring_test : public ::testing::Test {
 protected:
  two_views views;
  message_ring ring = views.first.publish<message_ring>("m", ring_bytes_of_scene, options_of_scene());
  message_ring other = views.second.attach<message_ring>("m");
  message_consumer consumer = other.consumer();
};

TEST_F(message_ring_test, IsEmptyAtFirst) {
  EXPECT_TRUE(other.empty());
  EXPECT_FALSE(consumer.try_receive());
  EXPECT_EQ(consumer.poll([](auto const&) { FAIL(); }), 0u);
  EXPECT_EQ(other.capacity(), ring_bytes_of_scene);
  EXPECT_EQ(other.largest_message(), ring_bytes_of_scene / 2 - 32);
  EXPECT_EQ(other.statistics().used_bytes, 0u);
}

TEST_F(message_ring_test, MessagesComeWithWhatWasSaidOfThem) {
  ASSERT_TRUE(ring.try_send(text("hello"), 7));
  ASSERT_TRUE(ring.try_send(text("world"), 0xFFFF'FFFF));
  EXPECT_EQ(other.size(), 2u);
  auto first = consumer.try_receive();
  auto second = consumer.try_receive();
  ASSERT_TRUE(first && second);
  EXPECT_EQ(text_in(first->data()), "hello");
  EXPECT_EQ(first->type(), 7u);
  EXPECT_EQ(first->sequence(), 0u);
  EXPECT_EQ(text_in(second->data()), "world");
  EXPECT_EQ(second->type(), 0xFFFF'FFFFu);
  EXPECT_EQ(second->sequence(), 1u);
  EXPECT_LE(first->timestamp(), second->timestamp());
  auto const now = std::chrono::system_clock::now().time_since_epoch();
  EXPECT_LT(std::chrono::abs(now - std::chrono::nanoseconds{first->timestamp()}), 1h);
  EXPECT_EQ(other.size(), 0u);
}

TEST_F(message_ring_test, MessagesMayHaveAnySizeUpToTheLargest) {
  for (std::size_t size = 0; size <= ring.largest_message(); ++size) {
    auto const bytes = numbered_message(size, size);
    ASSERT_TRUE(ring.try_send(bytes)) << size;
    auto got = consumer.try_receive();
    ASSERT_TRUE(got) << size;
    EXPECT_EQ(text_in(got->data()), text_in(bytes));
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(got->data().data()) % 32, 0u);
    EXPECT_EQ(got->sequence(), size);
    got->commit();
  }
}

TEST_F(message_ring_test, LargerOnesAreAnError) {
  auto const too_large = ring.largest_message() + 1;
  std::span<std::byte const> const beyond{static_cast<std::byte const*>(nullptr), 1u << 30};
  EXPECT_EQ(refusal([&] { ring.try_send(std::vector<std::byte>(too_large)); }), errc::invalid_argument);
  EXPECT_EQ(refusal([&] { ring.send(beyond); }), errc::invalid_argument);
  EXPECT_EQ(refusal([&] { static_cast<void>(ring.claim(too_large)); }), errc::invalid_argument);
  EXPECT_EQ(refusal([&] { static_cast<void>(ring.try_send_n(std::array{beyond})); }), errc::invalid_argument);
  EXPECT_TRUE(ring.try_send(std::vector<std::byte>(too_large - 1)));
}

TEST_F(message_ring_test, TheLargestFitsIntoAnEmptyRingWhereverItBegins) {
  auto const largest = numbered_message(1, ring.largest_message());
  for (std::uint64_t n = 0; n < 3 * ring_units; ++n) {
    ASSERT_TRUE(ring.try_send(largest)) << n;
    ASSERT_EQ(consumer.poll([&](auto const& each) { EXPECT_EQ(text_in(each.data()), text_in(largest)); }), 1u);
    ASSERT_TRUE(ring.try_send(text("x")));  // moves on by one unit
    ASSERT_EQ(consumer.poll([](auto const&) {}), 1u);
  }
}

// From 16 KB on they are copied past the cache: docs/decisions/0012-copies-past-the-cache.md.
TEST(large_messages, AreWholeInTheRingAsWell) {
  scratch_name const name;
  auto const home = segment::create(name, 1u << 18, {.max_entries = 1});
  auto const ring = home.publish<message_ring>("m", 1u << 17);
  auto const consumer = ring.consumer();
  std::uint64_t n = 0;
  for (std::size_t const size : {16383u, 16384u, 16385u, 40000u})
    for (int lap = 0; lap < 8; ++lap) {
      auto const sent = numbered_message(++n, size);
      ASSERT_TRUE(ring.try_send(sent)) << size;
      ASSERT_EQ(consumer.poll([&](auto const& each) { EXPECT_EQ(text_in(each.data()), text_in(sent)) << size; }), 1u);
    }
}

TEST_F(message_ring_test, IsFullWhenItIs) {
  check_all_room(ring, [](char const* what) { ADD_FAILURE() << what; });
  EXPECT_EQ(ring.statistics().send_refusals, 2u);
  EXPECT_EQ(ring.statistics().receive_refusals, 2u);
}

TEST_F(message_ring_test, EverySmallestCapacityWorks) {
  for (std::uint64_t const asked : {1u, 255u, 256u, 257u, 512u, 4096u}) {
    auto const each = views.first.publish<message_ring>("c" + std::to_string(asked), asked);
    EXPECT_GE(each.capacity(), asked);
    auto const in = each.consumer();
    auto const largest = numbered_message(asked, each.largest_message());
    for (int i = 0; i < 20; ++i) {
      EXPECT_TRUE(each.try_send(largest));
      EXPECT_EQ(in.poll([&](auto const& got) { EXPECT_EQ(text_in(got.data()), text_in(largest)); }), 1u);
    }
  }
}

TEST_F(message_ring_test, ShapesThatCannotBeAreRefused) {
  auto const code = [&](auto bytes, message_ring_options const& with = {}) {
    return views.first.try_publish<message_ring>("n", bytes, with).error().code();
  };
  EXPECT_EQ(code(0), errc::invalid_argument);
  EXPECT_EQ(code(-1), errc::no_space);
  EXPECT_EQ(code(1u << 30), errc::no_space);
  EXPECT_EQ(code(4096, {.first_position = 1}), errc::invalid_argument);
  EXPECT_EQ(code(4096, {.delivery = stoa::delivery{7}}), errc::invalid_argument);
  EXPECT_EQ(code(4096, {.timestamps = message_time{7}}), errc::invalid_argument);
}

TEST_F(message_ring_test, ClaimsAreWrittenInPlace) {
  auto slot = ring.claim(5, 9);
  ASSERT_TRUE(slot);
  EXPECT_EQ(slot.size(), 5u);
  EXPECT_FALSE(consumer.try_receive()) << "not committed yet";
  std::memcpy(slot.data(), "12345", 5);
  auto moved = std::move(slot);
  EXPECT_FALSE(slot);
  moved.commit();
  EXPECT_FALSE(moved);
  auto const got = consumer.try_receive();
  ASSERT_TRUE(got);
  EXPECT_EQ(text_in(got->data()), "12345");
  EXPECT_EQ(got->type(), 9u);
}

TEST_F(message_ring_test, WhatIsNotCommittedNobodySeesAndTakesNoNumber) {
  for (std::uint64_t n = 0; n < 5 * ring_units; ++n) {
    {
      auto const dropped = ring.claim(100);
      ASSERT_TRUE(dropped) << n;
    }
    auto slot = ring.claim(3);
    slot.abort();
    ASSERT_TRUE(ring.try_send(numbered_message(n)));
    auto got = consumer.try_receive();
    ASSERT_TRUE(got);
    EXPECT_EQ(number_in(got->data()), n);
    EXPECT_EQ(got->sequence(), n);
    got->commit();
    EXPECT_FALSE(consumer.try_receive());
  }
}

TEST_F(message_ring_test, ARingOfAbortedClaimsIsEmpty) {
  for (std::uint64_t n = 0; n < 3 * ring_units; ++n) ASSERT_TRUE(ring.claim(1)) << n;
  check_all_room(ring, [](char const* what) { ADD_FAILURE() << what; });
}

TEST_F(message_ring_test, AnOpenClaimHoldsBackWhatComesBehindIt) {
  ASSERT_TRUE(send_number(ring, 1));
  auto slot = ring.claim(8);
  ASSERT_TRUE(send_number(ring, 2));
  EXPECT_EQ(received(consumer), contents{1});
  slot.abort();
  EXPECT_EQ(received(consumer), contents{2});
}

TEST_F(message_ring_test, MoreClaimsThanALaneHasNamesForTakeMoreLanes) {
  std::vector<message_slot> slots;
  for (int i = 0; i < 15; ++i) {
    slots.push_back(ring.claim(1));
    ASSERT_TRUE(slots.back());
  }
  EXPECT_FALSE(ring.claim(1)) << "full";
  for (auto& each : slots) each.commit();
  EXPECT_EQ(consumer.poll([](auto const&) {}), 15u);
}

TEST_F(message_ring_test, WhatIsGivenBackComesAgainWithItsNumber) {
  for (std::uint64_t n = 0; n < 4; ++n) ASSERT_TRUE(send_number(ring, n));
  {
    auto const first = consumer.try_receive();
    auto const second = consumer.try_receive();
    EXPECT_EQ(second->sequence(), 1u);
  }
  for (std::uint64_t n = 0; n < 4; ++n) {
    auto got = consumer.try_receive();
    ASSERT_TRUE(got);
    EXPECT_EQ(number_in(got->data()), n);
    EXPECT_EQ(got->sequence(), n);
    got->commit();
  }
}

TEST_F(message_ring_test, AHeldMessageIsNotWrittenOver) {
  ASSERT_TRUE(send_number(ring, 2));
  auto held = consumer.try_receive();
  std::uint64_t sent = 0;
  std::uint64_t got = 0;
  for (std::uint64_t n = 0; n < 3 * ring_units; ++n) {
    sent += send_number(ring, 3 * n + 100);
    got += consumer.poll([](auto const&) {});
  }
  EXPECT_EQ(got, sent);
  EXPECT_LT(sent, ring_units) << "they go on behind it, until they come to it";
  EXPECT_TRUE(is_numbered_message(held->data()));
  held->commit();
  check_all_room(ring, [](char const* what) { ADD_FAILURE() << what; });
}

TEST_F(message_ring_test, AMessageMayBeMovedAndCommittedByAnotherThread) {
  ASSERT_TRUE(send_number(ring, 1));
  ASSERT_TRUE(send_number(ring, 2));
  auto got = consumer.try_receive();
  std::thread{[mine = std::move(*got)]() mutable { mine.commit(); }}.join();
  got = consumer.try_receive();
  EXPECT_EQ(number_in(got->data()), 2u);
  got->commit();
  EXPECT_FALSE(consumer.try_receive());
}

TEST_F(message_ring_test, PollStopsAtItsLimitAndGivesBackWhatItsHandlerThrowsAt) {
  for (std::uint64_t n = 1; n <= 4; ++n) ASSERT_TRUE(send_number(ring, n));
  EXPECT_EQ(consumer.poll([](auto const&) {}, 2), 2u);
  EXPECT_THROW(consumer.poll([](auto const&) { throw 1; }), int);
  EXPECT_EQ(received(consumer), (contents{3, 4}));
}

TEST_F(message_ring_test, DrainIsARangeThatCommitsWhatItHasPassed) {
  for (std::uint64_t n = 1; n <= 5; ++n) ASSERT_TRUE(send_number(ring, n));
  contents seen;
  for (auto const& each : consumer.drain()) {
    seen.push_back(number_in(each.data()));
    if (seen.size() == 2) break;  // the second is not done with
  }
  EXPECT_THAT(seen, ElementsAre(1, 2));
  seen.clear();
  auto const is_even = [](message_view const& each) { return number_in(each.data()) % 2 == 0; };
  for (auto const& each : consumer.drain() | ranges::views::filter(is_even)) seen.push_back(number_in(each.data()));
  EXPECT_THAT(seen, ElementsAre(2, 4));
  EXPECT_FALSE(consumer.try_receive());
}

TEST_F(message_ring_test, ACopyIsGoneFromTheRing) {
  ASSERT_TRUE(send_number(ring, 5));
  std::vector<std::byte> out;
  auto const seen = consumer.try_receive_copy(out);
  ASSERT_TRUE(seen);
  EXPECT_TRUE(is_numbered_message(out));
  EXPECT_EQ(seen->data().data(), out.data());
  EXPECT_EQ(seen->type(), 5u);
  EXPECT_FALSE(consumer.try_receive_copy(out));
}

TEST_F(message_ring_test, BatchesAreAllOrAsManyAsFit) {
  std::vector<std::vector<std::byte>> bytes;
  for (std::uint64_t n = 0; n < 20; ++n) bytes.push_back(numbered_message(3 * n));  // a unit each
  std::vector<std::span<std::byte const>> const batch{bytes.begin(), bytes.end()};
  EXPECT_EQ(ring.try_send_n(std::span{batch}.first(0)), 0u);
  EXPECT_EQ(ring.try_send_n(std::span{batch}.first(3), 4), 3u);
  EXPECT_EQ(received(consumer), (contents{0, 3, 6}));
  EXPECT_EQ(ring.try_send_n(batch), 8u) << "half of the ring at once";
  EXPECT_EQ(ring.try_send_n(batch), 7u) << "what there is room for: a unit stays free";
  EXPECT_EQ(received(consumer).size(), 15u);
}

TEST_F(message_ring_test, OverwritingDropsTheOldestThatNobodyHolds) {
  auto const last = views.first.publish<message_ring>("last", ring_bytes_of_scene, options_of_scene(when_full::overwrite));
  auto const in = last.consumer();
  for (std::uint64_t n = 0; n < 100; ++n) ASSERT_TRUE(send_number(last, 3 * n));
  EXPECT_EQ(last.size(), room_of_scene);
  EXPECT_EQ(last.statistics().lost, 100 - room_of_scene);
  auto held = in.try_receive();
  EXPECT_EQ(held->sequence(), 100 - room_of_scene);
  EXPECT_FALSE(send_number(last, 300)) << "the oldest is held";
  EXPECT_EQ(last.size(), room_of_scene - 1) << "nothing is dropped that makes no room";
  EXPECT_TRUE(is_numbered_message(held->data()));
}

TEST_F(message_ring_test, OverwritingDropsNothingWhereThatWouldNotBeEnough) {
  auto const last = views.first.publish<message_ring>("last", ring_bytes_of_scene, options_of_scene(when_full::overwrite));
  auto const in = last.consumer();
  for (std::uint64_t n = 0; n < room_of_scene; ++n) ASSERT_TRUE(send_number(last, 3 * n));
  {
    auto oldest = in.try_receive();
    auto const held = in.try_receive();
    oldest->abort();
    EXPECT_FALSE(send_number(last, 302)) << "three units, and the second is held";
    EXPECT_EQ(last.statistics().lost, 0u);
    EXPECT_TRUE(send_number(last, 300)) << "one is enough for one";
    EXPECT_EQ(last.statistics().lost, 1u);
  }
  EXPECT_TRUE(send_number(last, 302));
}

TEST_F(message_ring_test, SendersWaitForRoomAndReceiversForMessages) {
  for (auto const strategy : strategies) {
    constexpr std::uint64_t count = 500;
    std::thread sender{[&] {
      for (std::uint64_t n = 0; n < count; ++n) ring.send(numbered_message(n), 0, strategy);
    }};
    for (std::uint64_t n = 0; n < count; ++n) {
      auto got = consumer.receive(strategy);
      ASSERT_EQ(number_in(got.data()), n) << name_of(strategy);
      got.commit();
    }
    sender.join();
    EXPECT_FALSE(consumer.receive_for(1ms, strategy));
  }
  while (send_number(ring, 0)) {}
  EXPECT_FALSE(ring.send_for(numbered_message(0), 0, 1ms));
  EXPECT_FALSE(ring.claim_for(400, 0, 1ms));
}

TEST_F(message_ring_test, ADamagedMessageIsAnErrorAndPassedOver) {
  for (std::uint64_t n = 1; n <= 3; ++n) ASSERT_TRUE(send_number(ring, n));
  auto bytes = views.first.attachment().entries().at(0).body;
  auto const second = numbered_message(2);
  auto const found = std::search(bytes.begin(), bytes.end(), second.begin(), second.end());
  ASSERT_NE(found, bytes.end());
  found[60] ^= std::byte{4};
  EXPECT_EQ(consumer.poll([](auto const&) {}, 1), 1u);
  EXPECT_EQ(refusal([&] { static_cast<void>(consumer.try_receive()); }), errc::corrupt_structure);
  EXPECT_EQ(received(consumer), contents{3});
  EXPECT_EQ(ring.statistics().corrupt, 1u);
  check_all_room(ring, [](char const* what) { ADD_FAILURE() << what; });
}

TEST_F(message_ring_test, WithoutTimestampsAndChecksumsThereAreNone) {
  auto const plain = views.first.publish<message_ring>("plain", 4096, message_ring_options{.timestamps = message_time::none});
  ASSERT_TRUE(plain.try_send(text("x")));
  EXPECT_EQ(plain.consumer().try_receive()->timestamp(), 0u);
  auto const precise = views.first.publish<message_ring>("precise", 4096, message_ring_options{.timestamps = message_time::precise});
  ASSERT_TRUE(precise.try_send(text("x")));
  ASSERT_TRUE(precise.try_send(text("y")));
  auto const in = precise.consumer();
  auto const first = in.try_receive();
  EXPECT_LT(0u, in.try_receive()->timestamp() - first->timestamp());
}

TEST_F(message_ring_test, CanBeLookedAtReadOnly) {
  ASSERT_TRUE(send_number(ring, 1));
  auto const seen = segment::open_read_only(views.name()).attach<message_ring>("m");
  EXPECT_EQ(seen.size(), 1u);
  EXPECT_EQ(refusal([&] { seen.try_send(text("x")); }), errc::read_only);
  EXPECT_EQ(refusal([&] { static_cast<void>(seen.consumer().try_receive()); }), errc::read_only);
  EXPECT_EQ(refusal([&] { seen.recover(); }), errc::read_only);
}

TEST_F(message_ring_test, TellsItsKind) {
  ASSERT_TRUE(send_number(ring, 1));
  auto const* kind = find_kind("message_ring");
  ASSERT_NE(kind, nullptr);
  auto const statistics = kind->statistics(views.first.attachment().entries().at(0)).value();
  auto const value = [&](std::string_view name) {
    return std::ranges::find(statistics, name, &statistic::name)->value;
  };
  EXPECT_EQ(value("capacity"), ring_bytes_of_scene);
  EXPECT_EQ(value("size"), 1u);
  EXPECT_EQ(value("used_bytes"), 2 * record_unit);
}

}  // namespace
}  // namespace stoa::testing
