#include <gtest/gtest.h>

#include "elements.hpp"
#include "in_thread.hpp"
#include "refusal.hpp"
#include "strategies.hpp"

namespace stoa::testing {
namespace {

using namespace std::chrono_literals;

auto const role_taken = make_error_code(errc::role_taken);

TEST(barrier, EndsAPhaseWhenAllHaveArrived) {
  two_views views;
  auto const barrier = views.first.publish<stoa::barrier>("b", 2);
  auto const other = views.second.attach<stoa::barrier>("b");
  for (std::uint64_t phase = 0; phase < 3; ++phase) {
    auto const arrival = barrier.arrive();
    EXPECT_FALSE(barrier.wait_for(arrival, 2ms));
    EXPECT_EQ(refusal([&] { static_cast<void>(barrier.arrive()); }), make_error_code(errc::would_deadlock));
    auto const last = other.arrive();
    EXPECT_EQ(barrier.phase(), phase + 1);
    EXPECT_TRUE(barrier.wait_for(arrival, 1h));
    other.wait(last);
  }
}

TEST(barrier, OfOneEndsAtOnce) {
  two_views views;
  auto const barrier = views.first.publish<stoa::barrier>("b", 1);
  for (int i = 0; i < 3; ++i) barrier.arrive_and_wait();
  EXPECT_EQ(barrier.phase(), 3u);
  EXPECT_EQ(in_thread([&] { return refusal([&] { static_cast<void>(barrier.arrive()); }); }), role_taken);
}

TEST(barrier, IsSmallerWhenOneDrops) {
  two_views views;
  auto const barrier = views.first.publish<stoa::barrier>("b", 2);
  auto const other = views.second.attach<stoa::barrier>("b");
  auto const arrival = barrier.arrive();
  other.arrive_and_drop();
  EXPECT_TRUE(barrier.wait_for(arrival, 0ms));
  barrier.arrive_and_wait();
  EXPECT_EQ(barrier.phase(), 2u);
  EXPECT_EQ(refusal([&] { static_cast<void>(other.arrive()); }), role_taken) << "for good";
}

TEST(barrier, ThreadsGoStepByStep) {
  for (auto const strategy : strategies) {
    two_views views;
    // One handle for all: TSan takes the same word at two addresses for two.
    auto const barrier = views.first.publish<stoa::barrier>("b", 3);
    std::array<std::uint64_t, 3> steps{};
    constexpr std::uint64_t rounds = 40;
    in_threads(3, [&](unsigned id) {
      for (std::uint64_t i = 1; i <= rounds; ++i) {
        steps[id] = i;
        barrier.arrive_and_wait(strategy);
        for (auto const each : steps) EXPECT_EQ(each, i) << name_of(strategy);
        barrier.arrive_and_wait(strategy);
      }
    });
    EXPECT_EQ(barrier.phase(), 2 * rounds);
  }
}

TEST(barrier, TheDeadAreNotWaitedFor) {
  two_views views;
  auto const barrier = views.first.publish<stoa::barrier>("b", 2);
  {
    auto const dying = segment::open(views.name()).attach<stoa::barrier>("b");
    static_cast<void>(dying.arrive());  // is a member from now on
  }
  barrier.arrive_and_wait();
  barrier.arrive_and_wait();
  EXPECT_EQ(barrier.phase(), 2u);
  // Somebody new takes the place of the dead one, and is waited for.
  auto const fresh = views.second.attach<stoa::barrier>("b");
  auto const arrival = fresh.arrive();
  EXPECT_FALSE(fresh.wait_for(arrival, 2ms));
  barrier.arrive_and_wait();
  EXPECT_EQ(barrier.phase(), 3u);
  EXPECT_TRUE(fresh.wait_for(arrival, 0ms));
  EXPECT_FALSE(barrier.wait_for(barrier.arrive(), 2ms));
}

TEST(barrier, ImpossibleShapesAndBytesAreRefused) {
  two_views views;
  for (auto const members : {0, -1, 4097})
    EXPECT_EQ(views.first.try_publish<stoa::barrier>("b", members).error().code(), errc::invalid_argument);
  views.first.publish<stoa::barrier>("b", 3);
  auto const entry = views.first.attachment().entries().at(0);
  for (auto const members : {std::uint64_t{0}, std::uint64_t{100}, ~std::uint64_t{0}}) {
    std::memcpy(entry.body.data(), &members, sizeof(members));
    EXPECT_EQ(views.second.try_attach<stoa::barrier>("b").error().code(), errc::corrupt_structure);
  }
}

TEST(barrier, ReadOnlyHandlesRefuse) {
  two_views views;
  auto const barrier = views.first.publish<stoa::barrier>("b", 2);
  auto const shown = segment::open_read_only(views.name()).attach<stoa::barrier>("b");
  EXPECT_EQ(refusal([&] { static_cast<void>(shown.arrive()); }), make_error_code(errc::read_only));
  auto const arrival = barrier.arrive();
  EXPECT_EQ(refusal([&] { shown.wait(arrival); }), make_error_code(errc::read_only));
  auto const counts = find_kind("barrier")->statistics(views.first.attachment().entries().at(0)).value();
  EXPECT_EQ(counts.at(1).value, 1u);
}

}  // namespace
}  // namespace stoa::testing
