#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <optional>
#include <stoa/kinds.hpp>
#include <thread>
#include <vector>

#include "elements.hpp"
#include "numbers.hpp"
#include "refusal.hpp"
#include "ring_of_four.hpp"
#include "strategies.hpp"

namespace stoa::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

class ring_test : public ring_of_four {};
class bounded_ring : public ::testing::Test {
 protected:
  two_views views;
  numbers ring = views.first.publish<numbers>("r", 4, ring_mode::bounded, before_wrap);
  numbers other = views.second.attach<numbers>("r");
};

TEST_F(ring_test, IsEmptyAtFirst) {
  EXPECT_EQ(other.latest(), std::nullopt);
  EXPECT_TRUE(last_of(other).empty());
  EXPECT_EQ(other.try_pop(), std::nullopt);
  EXPECT_EQ(other.reader().try_read(), std::nullopt);
  EXPECT_EQ(other.at(before_wrap), std::nullopt);
  EXPECT_TRUE(other.empty());
  EXPECT_EQ(other.total_written(), 0u);
  EXPECT_EQ(other.capacity(), 4u);
  EXPECT_EQ(other.held().size(), 0u);
}

TEST_F(ring_test, HoldsTheLastOfThem) {
  for (std::uint64_t n = 1; n <= 20; ++n) {
    ring.push(n);
    auto const held = std::min<std::uint64_t>(n, 4);
    EXPECT_EQ(last_of(other), counted(n - held + 1, held));
    EXPECT_EQ(last_of(other, 2), counted(n - std::min<std::uint64_t>(n, 2) + 1, std::min<std::size_t>(n, 2)));
    EXPECT_EQ(other.latest(), n);
    EXPECT_EQ(other.total_written(), n);
  }
  EXPECT_EQ(ring.latest(std::span<std::uint64_t>{}), 0u);
}

TEST_F(ring_test, ACapacityOfAnySizeIsExact) {
  for (std::uint64_t const capacity : {1u, 2u, 3u, 5u, 7u, 8u, 9u}) {
    auto const each = views.first.publish<numbers>("r" + std::to_string(capacity), capacity);
    EXPECT_EQ(each.capacity(), capacity);
    for (std::uint64_t n = 0; n < 30; ++n) each.push(n);
    EXPECT_EQ(last_of(each), counted(30 - capacity, capacity));
    auto const bounded = views.first.publish<numbers>("b" + std::to_string(capacity), capacity, ring_mode::bounded);
    for (std::uint64_t n = 0; n < capacity; ++n) EXPECT_TRUE(bounded.try_push(n));
    EXPECT_FALSE(bounded.try_push(99));
  }
}

TEST_F(ring_test, ShapesThatCannotBeAreRefused) {
  EXPECT_EQ(views.first.try_publish<numbers>("n", 0).error().code(), errc::invalid_argument);
  EXPECT_EQ(views.first.try_publish<numbers>("n", -1).error().code(), errc::no_space);
  EXPECT_EQ(views.first.try_publish<numbers>("n", 1u << 30).error().code(), errc::no_space);
  EXPECT_EQ(views.first.try_publish<numbers>("n", 4, ring_mode{7}).error().code(), errc::invalid_argument);
}

TEST_F(ring_test, AnyHeldPositionCanBeLookedAt) {
  push_up_to(10);
  auto const held = other.held();
  EXPECT_EQ(held.end, before_wrap + 10);
  EXPECT_EQ(held.size(), 4u);
  for (std::uint64_t n = 1; n <= 12; ++n) {
    bool const is_held = n > 6 && n <= 10;
    EXPECT_EQ(other.at(before_wrap + n - 1), is_held ? std::optional{n} : std::nullopt) << n;
  }
  std::vector<std::uint64_t> out(3);
  EXPECT_EQ(other.history(held.begin, out), 3u);
  EXPECT_EQ(out, counted(7, 3));
  EXPECT_EQ(other.history(held.end - 1, out), 1u);
  EXPECT_EQ(out.front(), 10u);
  EXPECT_EQ(other.history(held.begin - 1, out), 0u);
  EXPECT_EQ(other.history(held.end, out), 0u);
}

TEST_F(ring_test, BatchesAreAsManyPushes) {
  std::uint64_t n = 1;
  for (std::size_t const count : {1u, 3u, 4u, 0u, 5u, 8u, 23u, 2u}) {
    EXPECT_EQ(ring.try_push_n(counted(n, count)), count);
    n += count;
    auto const held = std::min<std::uint64_t>(n - 1, 4);
    EXPECT_EQ(last_of(other), counted(n - held, held));
    EXPECT_EQ(other.total_written(), n - 1);
  }
  ring.push_n(counted(n, 7));
  EXPECT_EQ(ring.push_n_for(counted(n + 7, 7), 0s), 7u);
  EXPECT_EQ(last_of(other), counted(n + 10, 4));
}

// --- consumers ---

TEST_F(ring_test, ConsumersShareASingleCursor) {
  push_up_to(4);
  EXPECT_EQ(ring.try_pop(), 1u);
  EXPECT_EQ(other.try_pop(), 2u);
  EXPECT_EQ(ring.skip(1), 1u);
  EXPECT_EQ(other.size(), 1u);
  EXPECT_EQ(other.pop(), 4u);
  EXPECT_EQ(ring.try_pop(), std::nullopt);
  EXPECT_EQ(ring.skip(3), 0u);
  EXPECT_EQ(ring.total_read(), 4u);
  EXPECT_EQ(ring.statistics().lost, 0u);
  EXPECT_EQ(last_of(ring), counted(1, 4)) << "popped, and still held";
}

TEST_F(ring_test, ConsumersPassOverWhatWasOverwritten) {
  push_up_to(10);
  EXPECT_EQ(other.size(), 4u);
  EXPECT_EQ(other.try_pop(), 7u);
  EXPECT_EQ(ring.statistics().lost, 6u);
  EXPECT_EQ(ring.total_read(), 7u);
  push_up_to(13);
  std::vector<std::uint64_t> out(3);
  EXPECT_EQ(other.try_pop_n(out), 3u);
  EXPECT_EQ(out, counted(10, 3));
  auto const counts = ring.statistics();
  EXPECT_EQ(counts.lost, 8u);
  EXPECT_EQ(counts.read, 12u);
  EXPECT_EQ(counts.written, 13u);
  EXPECT_EQ(other.try_pop_n(std::span<std::uint64_t>{}), 0u);
  EXPECT_EQ(other.try_pop_n(out), 1u);
  EXPECT_EQ(other.try_pop_n(out), 0u);
  EXPECT_EQ(ring.statistics().pop_refusals, 1u);
}

TEST_F(bounded_ring, RefusesWhatWouldOverwrite) {
  EXPECT_EQ(ring.try_push_n(counted(1, 6)), 4u);
  EXPECT_FALSE(ring.try_push(5));
  EXPECT_FALSE(ring.push_for(5, 1ms));
  EXPECT_EQ(ring.try_push_n(counted(5, 3)), 0u);
  EXPECT_EQ(ring.push_n_for(counted(5, 3), 1ms), 0u);
  EXPECT_EQ(ring.statistics().push_refusals, 4u);
  EXPECT_EQ(other.try_pop(), 1u);
  EXPECT_EQ(ring.push_n_for(counted(5, 3), 1ms), 1u);
  EXPECT_EQ(other.skip(2), 2u);
  EXPECT_EQ(ring.try_push_n(counted(6, 3)), 2u);
  EXPECT_EQ(drained(other), counted(4, 4));
  auto const counts = ring.statistics();
  EXPECT_EQ(counts.high_water, 4u);
  EXPECT_EQ(counts.lost, 0u);
  EXPECT_EQ(counts.written, counts.read);
  EXPECT_EQ(ring.mode(), ring_mode::bounded);
}

TEST_F(bounded_ring, ReadersHoldNobodyUp) {
  auto reader = other.reader();
  for (std::uint64_t n = 1; n <= 9; ++n) {
    ring.push(n);
    EXPECT_EQ(other.pop(), n);
  }
  EXPECT_EQ(reader.try_read(), 6u);
  EXPECT_EQ(reader.lost(), 5u);
}

TEST_F(bounded_ring, APushWaitsForAConsumerAndAPopForAProducer) {
  for (auto const strategy : strategies) {
    std::thread consumer{[&] {
      for (std::uint64_t n = 0; n < 40; ++n) ASSERT_EQ(other.pop(strategy), n);
    }};
    for (std::uint64_t n = 0; n < 10; ++n) ring.push(n, strategy);
    ring.push_n(counted(10, 30), strategy);
    consumer.join();
  }
}

// --- the producer's role ---

TEST(ring_role, IsTakenAtTheFirstPushAndGivenBackWithTheLastCopy) {
  two_views views;
  std::optional<numbers> ring = views.first.publish<numbers>("r", 4);
  auto const other = views.second.attach<numbers>("r");
  EXPECT_FALSE(other.has_producer());
  ring->push(1);
  EXPECT_TRUE(other.has_producer());
  auto const taken = make_error_code(errc::role_taken);
  EXPECT_EQ(refusal([&] { other.push(9); }), taken);
  EXPECT_EQ(refusal([&] { static_cast<void>(other.try_push_n(counted(0, 2))); }), taken);
  EXPECT_EQ(other.try_become_producer().error().code(), errc::role_taken);
  auto copy = ring;
  auto reader = ring->reader();
  ring.reset();
  copy->push(2);
  copy.reset();
  EXPECT_FALSE(other.has_producer()) << "a reader does not keep it";
  other.push(3);
  EXPECT_EQ(reader.try_read(), 1u);
  EXPECT_EQ(last_of(other), counted(1, 3));
}

// --- every byte of the header, and what was announced by one who died ---

TEST(ring_bytes, WhatADeadBulkPushAnnouncedIsNotHeld) {
  two_views views;
  auto const ring = views.first.publish<numbers>("r", 7);  // in 8 slots
  for (std::uint64_t n = 1; n <= 9; ++n) views.first.attach<numbers>("r").push(n);
  auto* const header = reinterpret_cast<ring_header*>(views.first.entries().begin()->view().body.data());
  header->announced.store(9 + 5);  // as if it had died before it published five
  auto reader = ring.reader();
  EXPECT_EQ(last_of(ring), counted(7, 3));
  EXPECT_EQ(reader.try_read(), 7u);
  EXPECT_EQ(ring.at(5), std::nullopt);
  for (std::uint64_t n = 10; n <= 30; ++n) {
    ring.push(n);
    EXPECT_EQ(last_of(ring), counted(n < 14 ? 7 : n - 6, n < 14 ? n - 6 : 7)) << n;
    EXPECT_EQ(header->announced.load(), std::max<std::uint64_t>(n, 14)) << "never back";
  }
}

void use(segment const& in) {
  auto const found = in.try_attach<numbers>("r");
  if (!found) return;
  auto const& ring = *found;
  std::vector<std::uint64_t> out(6);
  auto reader = ring.reader();
  static_cast<void>(refusal([&] { static_cast<void>(ring.try_push(1)); }));
  static_cast<void>(refusal([&] { static_cast<void>(ring.try_push_n(out)); }));
  static_cast<void>(refusal([&] { static_cast<void>(ring.push_for(1, 1us)); }));
  for (int i = 0; i < 10; ++i) static_cast<void>(reader.try_read());
  static_cast<void>(reader.read_n(out));
  static_cast<void>(reader.lag());
  static_cast<void>(ring.latest());
  static_cast<void>(ring.latest(std::span{out}));
  static_cast<void>(ring.history(ring.held().begin, out));
  for (int i = 0; i < 3; ++i) static_cast<void>(ring.try_pop());
  static_cast<void>(ring.try_pop_n(out));
  static_cast<void>(ring.pop_for(1us));
  static_cast<void>(ring.skip(2));
  static_cast<void>(ring.statistics());
  auto const view = in.entries().begin()->view();
  static_cast<void>(find_kind("ring")->statistics(view));
  std::size_t shown = 0;
  static_cast<void>(find_kind("ring")->elements(view, [&](auto const&) { ++shown; }));
  EXPECT_LE(shown, ring.capacity());
}

class damaged_ring : public ::testing::TestWithParam<ring_mode> {};

TEST_P(damaged_ring, EndsInAValueOrAnError) {
  scratch_name const name;
  auto const home = segment::create(name, 1u << 16);
  home.publish<numbers>("r", 5, GetParam(), before_wrap);
  for (std::uint64_t n = 0; n < 5; ++n) home.attach<numbers>("r").push(n);
  auto const body = home.entries().begin()->view().body;
  std::vector<std::byte> const whole{body.begin(), body.end()};
  for (std::size_t at = 0; at < sizeof(ring_header); ++at)
    for (auto const damage : {0x00, 0xFF, 0x7F, 0x80, 0x09}) {
      std::ranges::copy(whole, body.begin());
      body[at] = static_cast<std::byte>(damage);
      SCOPED_TRACE(::testing::Message() << damage << " at " << at);
      use(home);
    }
}
INSTANTIATE_TEST_SUITE_P(modes, damaged_ring, ::testing::Values(ring_mode::overwrite, ring_mode::bounded),
                         [](auto const& each) { return each.param == ring_mode::bounded ? "Bounded" : "Overwrite"; });

TEST(ring_bytes, AHeaderThatLiesIsRefused) {
  two_views views;
  views.first.publish<numbers>("r", 5);
  auto const body = views.first.entries().begin()->view().body;
  for (std::size_t const field : {0u, 16u, 24u, 32u}) {
    std::uint64_t honest = 0;
    std::memcpy(&honest, body.data() + field, sizeof(honest));
    for (std::uint64_t const lie : {~std::uint64_t{0}, std::uint64_t{1} << 63, honest + 1000}) {
      std::memcpy(body.data() + field, &lie, sizeof(lie));
      auto const found = views.second.try_attach<numbers>("r");
      ASSERT_FALSE(found) << field;
      EXPECT_EQ(found.error().code(), errc::corrupt_structure);
    }
    std::memcpy(body.data() + field, &honest, sizeof(honest));
  }
  EXPECT_TRUE(views.second.try_attach<numbers>("r"));
}

TEST(ring_bytes, AProducerDoesNotGoOnFromPositionsThatCannotBe) {
  two_views views;
  auto const ring = views.first.publish<numbers>("r", 5);
  auto* const header = reinterpret_cast<ring_header*>(views.first.entries().begin()->view().body.data());
  for (std::uint64_t const announced : {std::uint64_t{6}, ~std::uint64_t{0}}) {
    header->announced.store(announced);
    EXPECT_EQ(refusal([&] { ring.push(1); }), make_error_code(errc::corrupt_structure));
    EXPECT_FALSE(ring.has_producer());
  }
  header->announced.store(5);
  ring.push(1);
  EXPECT_EQ(ring.latest(), 1u);
}

TEST(ring_kind, ShowsWhatIsHeld) {
  two_views views;
  auto const ring = views.first.publish<numbers>("r", 3);
  for (std::uint64_t n = 1; n <= 7; ++n) ring.push(n);
  ASSERT_EQ(ring.try_pop(), 5u);
  auto const view = views.first.entries().begin()->view();
  std::vector<std::uint64_t> shown;
  ASSERT_TRUE(find_kind("ring")->elements(view, [&](std::span<std::byte const> each) {
    std::uint64_t n = 0;
    ASSERT_EQ(each.size(), sizeof(n));
    std::memcpy(&n, each.data(), sizeof(n));
    shown.push_back(n);
  }));
  EXPECT_THAT(shown, ElementsAre(5, 6, 7));
  std::map<std::string, std::uint64_t> counts;
  for (auto const& each : find_kind("ring")->statistics(view).value()) counts[each.name] = each.value;
  EXPECT_EQ(counts, (std::map<std::string, std::uint64_t>{{"capacity", 3}, {"size", 3}, {"bounded", 0}, {"written", 7},
                                                          {"read", 5}, {"lost", 4}, {"push_refusals", 0},
                                                          {"pop_refusals", 0}, {"high_water", 2}}));
}

// --- elements of every awkward size, at capacity 1 and across the wrap ---

template <class T>
class ring_of : public ::testing::Test {};
using element_types = ::testing::Types<std::uint8_t, three_bytes, std::uint64_t, page, line, two_lines>;
TYPED_TEST_SUITE(ring_of, element_types);

TYPED_TEST(ring_of, AnyElementsAtAnyCapacity) {
  two_views views{4u << 20};
  for (auto const mode : {ring_mode::overwrite, ring_mode::bounded})
    for (std::uint64_t const capacity : {1u, 2u, 3u, 4u}) {
      auto const name = "r" + std::to_string(capacity) + (mode == ring_mode::bounded ? "b" : "o");
      auto const ring = views.first.publish<stoa::ring<TypeParam>>(name, capacity, mode, before_wrap);
      auto const other = views.second.attach<stoa::ring<TypeParam>>(name);
      auto reader = other.reader();
      std::vector<TypeParam> batch(capacity);
      for (std::uint64_t n = 0; n < 20;) {
        ASSERT_TRUE(ring.try_push(element<TypeParam>(n)));
        ASSERT_TRUE(is_element(*other.latest(), n));
        ASSERT_TRUE(is_element(*reader.try_read(), n));
        ASSERT_TRUE(is_element(*other.try_pop(), n++));
        for (std::uint64_t i = 0; i < capacity; ++i) batch[i] = element<TypeParam>(n + i);
        ASSERT_EQ(ring.try_push_n(batch), capacity);
        for (auto& each : batch) each = element<TypeParam>(99);
        ASSERT_EQ(other.latest(std::span{batch}), capacity);
        for (std::uint64_t i = 0; i < capacity; ++i) ASSERT_TRUE(is_element(batch[i], n + i));
        ASSERT_EQ(reader.read_n(batch), capacity);
        for (std::uint64_t i = 0; i < capacity; ++i) ASSERT_TRUE(is_element(batch[i], n + i));
        ASSERT_EQ(other.try_pop_n(batch), capacity);
        for (std::uint64_t i = 0; i < capacity; ++i) ASSERT_TRUE(is_element(batch[i], n + i));
        n += capacity;
      }
      ASSERT_EQ(reader.lost(), 0u);
    }
}

}  // namespace
}  // namespace stoa::testing
