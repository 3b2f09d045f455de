// Histories that have an explanation, and histories that have none.
#include "linearizability.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "history_recorder.hpp"
#include "sequential_models.hpp"

namespace stoa::testing {
namespace {

using calls = history<register_model::operation>;
using transfers = history<transfer>;

register_model::operation load(std::uint64_t answer) { return {register_model::kind::load, 0, answer}; }
register_model::operation store(std::uint64_t number) { return {register_model::kind::store, number, 0}; }
register_model::operation add(std::uint64_t number, std::uint64_t answer) {
  return {register_model::kind::update, number, answer};
}
transfer push(std::uint64_t number) { return {true, false, number}; }
transfer pop(std::uint64_t number) { return {false, false, number}; }
transfer refused_push() { return {true, true, 0}; }
transfer refused_pop() { return {false, true, 0}; }

TEST(linearizability, AnEmptyHistoryHolds) { EXPECT_TRUE(is_linearizable<register_model>({})); }

TEST(linearizability, OneAfterTheOtherIsTheModelItself) {
  EXPECT_TRUE(is_linearizable<register_model>(calls{{store(1), 1, 2}, {load(1), 3, 4}, {add(2, 3), 5, 6}}));
}

TEST(linearizability, AStaleReadIsRefused) {
  EXPECT_FALSE(is_linearizable<register_model>(calls{{store(1), 1, 2}, {load(0), 3, 4}}));
  EXPECT_TRUE(is_linearizable<register_model>(calls{{store(1), 1, 4}, {load(0), 2, 3}})) << "they overlap";
}

TEST(linearizability, ALostUpdateIsRefused) {
  EXPECT_FALSE(is_linearizable<register_model>(calls{{add(1, 1), 1, 4}, {add(1, 1), 2, 3}}));
  EXPECT_TRUE(is_linearizable<register_model>(calls{{add(1, 2), 1, 4}, {add(1, 1), 2, 3}}));
}

TEST(linearizability, ReadersMustAgreeOnTheOrder) {
  calls const storing{{store(1), 1, 10}, {store(2), 1, 10}};
  auto one_way = storing;
  one_way.insert(one_way.end(), {{load(1), 2, 3}, {load(2), 4, 5}});
  EXPECT_TRUE(is_linearizable<register_model>(one_way));
  auto both_ways = one_way;
  both_ways.insert(both_ways.end(), {{load(2), 2, 3}, {load(1), 4, 5}});
  EXPECT_FALSE(is_linearizable<register_model>(both_ways));
}

TEST(linearizability, OldAfterNewIsRefusedEvenIfTheStoreIsUnderWay) {
  EXPECT_FALSE(is_linearizable<register_model>(calls{{store(1), 1, 10}, {load(1), 2, 3}, {load(0), 4, 5}}));
}

TEST(linearizability, AnInvertedQueueIsRefused) {
  EXPECT_FALSE(is_linearizable<fifo_model>(
      transfers{{push(1), 1, 2}, {push(2), 3, 4}, {pop(2), 5, 6}, {pop(1), 7, 8}}));
  EXPECT_TRUE(is_linearizable<fifo_model>(
      transfers{{push(1), 1, 4}, {push(2), 2, 3}, {pop(2), 5, 6}, {pop(1), 7, 8}}))
      << "pushes that overlap have no order";
  EXPECT_TRUE(is_linearizable<lifo_model>(
      transfers{{push(1), 1, 2}, {push(2), 3, 4}, {pop(2), 5, 6}, {pop(1), 7, 8}}));
  EXPECT_FALSE(is_linearizable<lifo_model>(transfers{{push(1), 1, 2}, {push(2), 3, 4}, {pop(1), 5, 6}}));
}

TEST(linearizability, AnElementThatComesTwiceIsRefused) {
  EXPECT_FALSE(is_linearizable<fifo_model>(transfers{{push(1), 1, 2}, {pop(1), 3, 6}, {pop(1), 4, 5}}));
}

TEST(linearizability, AnElementThatIsLostIsRefused) {
  EXPECT_FALSE(is_linearizable<fifo_model>(transfers{{push(1), 1, 2}, {push(2), 3, 4}, {pop(2), 5, 6}}));
}

TEST(linearizability, AnElementBeforeItWasPushedIsRefused) {
  EXPECT_FALSE(is_linearizable<fifo_model>(transfers{{pop(1), 1, 2}, {push(1), 3, 4}}));
}

TEST(linearizability, EmptyAndFullNeedAnExplanation) {
  EXPECT_TRUE(is_linearizable<fifo_model>(transfers{{refused_pop(), 1, 2}, {push(1), 3, 4}}));
  EXPECT_FALSE(is_linearizable<fifo_model>(transfers{{push(1), 1, 2}, {refused_pop(), 3, 4}}));
  EXPECT_TRUE(is_linearizable(transfers{{push(1), 1, 2}, {refused_push(), 3, 4}}, fifo_model{1}));
  EXPECT_FALSE(is_linearizable(transfers{{push(1), 1, 2}, {refused_push(), 3, 4}}, fifo_model{2}));
  EXPECT_FALSE(is_linearizable(transfers{{push(1), 1, 2}, {push(2), 3, 4}}, fifo_model{1}));
}

TEST(linearizability, AKeyThatTwoInsertedIsRefused) {
  using kind = keyed_model::kind;
  using calls_by_key = history<keyed_model::operation>;
  keyed_model::operation const inserted{kind::insert, 1, 7, 0, false};
  keyed_model::operation const found{kind::find, 1, 0, 7, true};
  keyed_model::operation const erased{kind::erase, 1, 0, 0, true};
  EXPECT_FALSE(is_linearizable<keyed_model>(calls_by_key{{inserted, 1, 4}, {inserted, 2, 3}}));
  EXPECT_TRUE(is_linearizable<keyed_model>(calls_by_key{{inserted, 1, 4}, {inserted, 2, 3}, {erased, 1, 4}}));
  EXPECT_FALSE(is_linearizable<keyed_model>(calls_by_key{{inserted, 1, 2}, {erased, 3, 4}, {found, 5, 6}}));
}

TEST(linearizability, OnlyARefusalBesideTheOtherSideIsExcused) {
  transfers const beside{{push(1), 1, 2}, {push(2), 3, 6}, {refused_pop(), 4, 5}};
  EXPECT_FALSE(is_linearizable<fifo_model>(beside));
  EXPECT_TRUE(is_linearizable<fifo_model>(without_excused_refusals(beside)));
  transfers const alone{{push(1), 1, 2}, {push(2), 3, 4}, {refused_pop(), 5, 6}};
  EXPECT_FALSE(is_linearizable<fifo_model>(without_excused_refusals(alone)));
}

TEST(linearizability, APushUnderWayMayHaveTheLastNodeInHand) {
  // 9 is under way all the time; without a node in its hand nothing was full, and on top it never was.
  transfers const beside{{push(1), 1, 2}, {push(9), 3, 10}, {refused_push(), 4, 5}, {pop(1), 6, 7}};
  EXPECT_FALSE(is_linearizable(without_excused_refusals(beside), lifo_model{2}));
  EXPECT_TRUE(is_linearizable(in_steps(beside), pooled_lifo_model{2}));
  EXPECT_FALSE(is_linearizable(in_steps(beside), pooled_lifo_model{3}));
}

TEST(linearizability, ALifoInStepsIsALifo) {
  auto const holds = [](transfers const& all) { return is_linearizable(in_steps(all), pooled_lifo_model{2}); };
  EXPECT_TRUE(holds({{push(1), 1, 2}, {push(2), 3, 4}, {pop(2), 5, 6}, {pop(1), 7, 8}, {refused_pop(), 9, 10}}));
  EXPECT_TRUE(holds({{push(1), 1, 2}, {push(2), 3, 4}, {refused_push(), 5, 6}}));
  EXPECT_FALSE(holds({{push(1), 1, 2}, {push(2), 3, 4}, {pop(1), 5, 6}})) << "not the youngest";
  EXPECT_FALSE(holds({{push(1), 1, 2}, {pop(1), 3, 6}, {pop(1), 4, 5}})) << "twice";
  EXPECT_FALSE(holds({{pop(1), 1, 2}, {push(1), 3, 4}})) << "before it was pushed";
  EXPECT_FALSE(holds({{push(1), 1, 2}, {refused_push(), 3, 4}})) << "a node was free";
  EXPECT_FALSE(holds({{push(1), 1, 2}, {refused_pop(), 3, 4}})) << "an element was there";
  EXPECT_FALSE(holds({{push(1), 1, 2}, {pop(1), 3, 4}, {push(2), 5, 6}, {refused_push(), 7, 8}})) << "a node is lost";
}

TEST(linearizability, WhatNeverReturnedHappenedOrNot) {
  calls const begun{{store(1), 1}};
  for (std::uint64_t const answer : {0u, 1u}) {
    auto all = begun;
    all.push_back({load(answer), 2, 3});
    EXPECT_TRUE(is_linearizable<register_model>(all)) << answer;
  }
  auto gone_again = begun;
  gone_again.insert(gone_again.end(), {{load(1), 2, 3}, {load(0), 4, 5}});
  EXPECT_FALSE(is_linearizable<register_model>(gone_again));
}

TEST(linearizability, TheMemoryKeepsTheSearchSmall) {
  // All at once, and an end that no order leads to: 16! orders, but 2^16 sets and few sums.
  calls all;
  for (std::uint64_t i = 0; i < 16; ++i) all.push_back({store(i % 2), 1, 2});
  all.push_back({load(7), 3, 4});
  linearizability<register_model> search{all};
  EXPECT_FALSE(search.holds());
  EXPECT_LE(search.looked_at(), 2u << 16);
}

TEST(linearizability, RefusesAHistoryItHasNoRoomFor) {
  EXPECT_THROW(is_linearizable<register_model>(calls(65)), std::invalid_argument);
}

TEST(history_recorder, OrdersWhatHappenedInOrder) {
  history_recorder<transfer> recorder{2};
  recorder.record(0, [] { return push(1); });
  recorder.record(1, [] { return pop(1); });
  recorder.record(0, [&] {
    recorder.record(1, [] { return pop(2); });
    return push(2);
  });
  auto const all = recorder.collect();
  ASSERT_EQ(all.size(), 4u);
  EXPECT_TRUE(all[0].is_before(all[2]));
  EXPECT_TRUE(all[1].overlaps(all[3]));
  EXPECT_TRUE(is_linearizable<fifo_model>(all));
}

// Which a load and a store without an atomic in between do not do.
TEST(history_recorder, CatchesACounterThatLosesUpdates) {
  history_recorder<register_model::operation> recorder{2};
  std::uint64_t counter = 0;
  recorder.record(0, [&] {
    auto const read = counter;
    recorder.record(1, [&] { return add(1, ++counter); });
    counter = read + 1;
    return add(1, counter);
  });
  EXPECT_FALSE(is_linearizable<register_model>(recorder.collect()));
}

TEST(history_recorder, SeesWhatAnotherProcessDidAndWhereItDied) {
  history_recorder<transfer> recorder{2};
  pid_t const other = ::fork();
  if (other == 0) {
    recorder.record(1, [] { return push(1); });
    recorder.record(
        1,
        [] {
          ::_exit(0);
          return transfer{};
        },
        push(2));
  }
  ASSERT_EQ(::waitpid(other, nullptr, 0), other);
  recorder.record(0, [] { return pop(1); });
  auto const all = recorder.collect();
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[2].returned, never_returned);
  EXPECT_EQ(all[2].what.number, 2u);
  EXPECT_TRUE(is_linearizable<fifo_model>(all));
}

}  // namespace
}  // namespace stoa::testing
