#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <range/v3/view/filter.hpp>
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

class ring_reader_test : public ring_of_four {};

TEST_F(ring_reader_test, ReadersGoTheirOwnWays) {
  auto first = other.reader();
  push_up_to(3);
  auto second = ring.reader();
  EXPECT_EQ(first.try_read(), 1u);
  EXPECT_EQ(first.try_read(), 2u);
  EXPECT_EQ(second.try_read(), 1u);
  EXPECT_EQ(first.lag(), 1u);
  EXPECT_EQ(second.lag(), 2u);
  EXPECT_EQ(first.try_read(), 3u);
  EXPECT_EQ(first.try_read(), std::nullopt);
  EXPECT_EQ(first.position(), before_wrap + 3);
  EXPECT_EQ(first.lost() + second.lost(), 0u);
}

TEST_F(ring_reader_test, AReaderThatIsLappedKnowsWhatItLost) {
  auto reader = other.reader();
  push_up_to(6);
  EXPECT_EQ(reader.lag(), 6u);
  EXPECT_EQ(reader.lost(), 0u) << "nothing noticed yet";
  EXPECT_EQ(reader.try_read(), 3u);
  EXPECT_EQ(reader.lost(), 2u);
  push_up_to(8);
  EXPECT_EQ(reader.try_read(), 5u);
  EXPECT_EQ(reader.lost(), 3u);
  push_up_to(100);
  std::vector<std::uint64_t> out(10);
  EXPECT_EQ(reader.read_n(out), 4u);
  EXPECT_EQ(out.front(), 97u);
  EXPECT_EQ(reader.lost(), 3u + 91u);
  EXPECT_EQ(reader.read_n(out), 0u);
}

TEST_F(ring_reader_test, ReadersStartWhereTheyAreTold) {
  EXPECT_EQ(ring.reader(ring_start::newest).try_read(), std::nullopt);
  push_up_to(9);
  EXPECT_EQ(other.reader().try_read(), 6u);
  EXPECT_EQ(other.reader(ring_start::newest).try_read(), 9u);
  auto next = other.reader(ring_start::next);
  EXPECT_EQ(next.try_read(), std::nullopt);
  push_up_to(10);
  EXPECT_EQ(next.try_read(), 10u);
  EXPECT_EQ(next.lost(), 0u);
}

TEST_F(ring_reader_test, ReadersSkipAndSeekWithoutLoss) {
  auto reader = other.reader();
  push_up_to(4);
  EXPECT_EQ(reader.skip(2), 2u);
  EXPECT_EQ(reader.try_read(), 3u);
  EXPECT_EQ(reader.skip(9), 1u);
  EXPECT_EQ(reader.skip(9), 0u);
  push_up_to(9);
  reader.seek(ring_start::newest);
  EXPECT_EQ(reader.try_read(), 9u);
  reader.seek(ring_start::oldest);
  EXPECT_EQ(reader.try_read(), 6u);
  EXPECT_EQ(reader.lost(), 0u);
  reader.seek(before_wrap + 10);
  EXPECT_EQ(reader.try_read(), std::nullopt) << "not yet";
  push_up_to(11);
  EXPECT_EQ(reader.try_read(), 11u);
  reader.seek(before_wrap + 1);
  EXPECT_EQ(reader.try_read(), 8u);
  EXPECT_EQ(reader.lost(), 6u);
}

TEST_F(ring_reader_test, WhatIsPendingIsARange) {
  auto reader = other.reader();
  push_up_to(4);
  std::vector<std::uint64_t> odd;
  for (auto const n : reader.pending() | ranges::views::filter([](auto each) { return each % 2 == 1; }))
    odd.push_back(n);
  EXPECT_THAT(odd, ElementsAre(1, 3));
  EXPECT_EQ(reader.lag(), 0u);
  push_up_to(9);
  std::vector<std::uint64_t> rest;
  for (auto const n : reader.pending()) rest.push_back(n);
  EXPECT_THAT(rest, ElementsAre(6, 7, 8, 9));
  EXPECT_EQ(reader.lost(), 1u);
}

TEST_F(ring_reader_test, ReadersWorkOnAReadOnlyMapping) {
  push_up_to(6);
  auto const shown = segment::open_read_only(views.name()).attach<numbers>("r");
  auto reader = shown.reader();
  EXPECT_EQ(reader.try_read(), 3u);
  EXPECT_EQ(reader.read(), 4u);
  std::vector<std::uint64_t> out(5);
  EXPECT_EQ(reader.read_n(out), 2u);
  EXPECT_EQ(shown.latest(), 6u);
  EXPECT_EQ(last_of(shown), counted(3, 4));
  EXPECT_TRUE(shown.has_producer());
  for (auto const strategy : strategies) EXPECT_EQ(reader.read_for(1ms, strategy), std::nullopt);
  auto const read_only = make_error_code(errc::read_only);
  EXPECT_EQ(refusal([&] { shown.push(1); }), read_only);
  EXPECT_EQ(refusal([&] { static_cast<void>(shown.try_push_n(out)); }), read_only);
  EXPECT_EQ(refusal([&] { static_cast<void>(shown.try_pop()); }), read_only);
  EXPECT_EQ(refusal([&] { static_cast<void>(shown.pop_for(1ms)); }), read_only);
  EXPECT_EQ(refusal([&] { static_cast<void>(shown.try_pop_n(out)); }), read_only);
  EXPECT_EQ(refusal([&] { shown.skip(1); }), read_only);
  EXPECT_EQ(shown.try_become_producer().error().code(), errc::read_only);
}

TEST_F(ring_reader_test, LookingChangesNoByte) {
  push_up_to(7);
  auto const bytes = [&] {
    auto const body = views.first.entries().begin()->view().body;
    return std::vector<std::byte>(body.begin(), body.end());
  };
  auto const before = bytes();
  auto reader = other.reader();
  std::vector<std::uint64_t> out(3);
  static_cast<void>(reader.try_read());
  static_cast<void>(reader.read_n(out));
  static_cast<void>(reader.try_read());
  static_cast<void>(other.latest());
  static_cast<void>(other.latest(std::span{out}));
  static_cast<void>(other.history(other.held().begin, out));
  static_cast<void>(other.statistics());
  EXPECT_EQ(bytes(), before);
}

TEST_F(ring_reader_test, BlockingReadersAreWoken) {
  auto const shown = segment::open_read_only(views.name()).attach<numbers>("r");
  for (auto const strategy : strategies) {
    std::optional<std::uint64_t> found;
    std::optional<std::uint64_t> found_by_looking;
    auto const n = ring.total_written() + 1;
    auto reader = other.reader(ring_start::next);
    auto looker = shown.reader(ring_start::next);
    std::thread first{[&] { found = reader.read(strategy); }};
    std::thread second{[&] { found_by_looking = looker.read_for(30s, strategy); }};
    std::this_thread::sleep_for(5ms);
    push_up_to(n);
    first.join();
    second.join();
    EXPECT_EQ(found, n);
    EXPECT_EQ(found_by_looking, n);
  }
}

}  // namespace
}  // namespace stoa::testing
