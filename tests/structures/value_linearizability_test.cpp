// Short histories of threads that load, store and update one value: each can be explained by a variable.
#include <gtest/gtest.h>

#include <random>

#include "elements.hpp"
#include "rounds_of_history.hpp"
#include "sequential_models.hpp"

namespace stoa::testing {
namespace {

using number = stoa::value<sealed>;
using call = register_model::operation;

void run_threads(int buffers, std::size_t members) {
  scratch_name const name;
  auto const home = segment::create(name, 1u << 16);
  auto const value = home.publish<number>("v", buffers);
  register_model before;
  for_rounds_of_history<call>(
      members, 10'000,
      [&](int round, std::size_t member, auto& notes) {
        std::minstd_rand chance{static_cast<unsigned>(round * 8) + static_cast<unsigned>(member) + 1};
        for (std::uint64_t i = 0; i < 5; ++i)
          notes.record(member, [&]() -> call {
            std::uint64_t const stored = static_cast<std::uint64_t>(round) << 16 | member << 8 | i;
            switch (chance() % 4) {
              case 0: value.store(sealed{stored}); return {register_model::kind::store, stored, 0};
              case 1:
                return {register_model::kind::update, 1'000'000'007,
                        value.update([](sealed& each) { each = sealed{each.number() + 1'000'000'007}; }).number()};
              default: return {register_model::kind::load, 0, value.load().number()};
            }
          });
      },
      [&](history<call> const& all) {
        EXPECT_TRUE(is_linearizable(all, before));
        before.value = value.load().number();
      });
}

TEST(value_linearizability, OfThreeThreadsAndTheFewestBuffers) { run_threads(2, 3); }
TEST(value_linearizability, OfFourThreads) { run_threads(8, 4); }

}  // namespace
}  // namespace stoa::testing
