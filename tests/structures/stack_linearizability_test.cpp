// Short histories of threads on a stack of a few nodes: each can be explained by a LIFO that does one step
// at a time, "full" and "empty" included.
#include <gtest/gtest.h>

#include <random>
#include <stoa/segment.hpp>
#include <stoa/stack.hpp>

#include "rounds_of_history.hpp"
#include "scratch.hpp"
#include "sealed.hpp"
#include "sequential_models.hpp"

namespace stoa::testing {
namespace {

void run_threads(std::uint64_t capacity, std::size_t members) {
  scratch_name const name;
  auto const home = segment::create(name, 1u << 16);
  auto const stack = home.publish<stoa::stack<std::uint64_t>>("s", capacity, before_wrap);
  for_rounds_of_history<transfer>(
      members, 10'000,
      [&](int round, std::size_t member, auto& notes) {
        std::minstd_rand chance{static_cast<unsigned>(round * 8) + static_cast<unsigned>(member) + 1};
        for (std::uint64_t call = 0; call < 5; ++call)
          notes.record(member, [&]() -> transfer {
            if (chance() % 2 == 0) {
              auto const got = stack.try_pop();
              return {false, !got, got.value_or(0)};
            }
            std::uint64_t const number = static_cast<std::uint64_t>(round) << 16 | member << 8 | call;
            return {true, !stack.try_push(number), number};
          });
      },
      [&](history<transfer> const& all) {
        EXPECT_TRUE(is_linearizable(in_steps(all), pooled_lifo_model{capacity}));
        while (stack.try_pop()) {  // the next round starts with an empty stack
        }
      });
}

TEST(stack_linearizability, OfThreeThreadsAndOneNode) { run_threads(1, 3); }
TEST(stack_linearizability, OfThreeThreadsAndTwoNodes) { run_threads(2, 3); }
TEST(stack_linearizability, OfFourThreadsAndFourNodes) { run_threads(4, 4); }

}  // namespace
}  // namespace stoa::testing
