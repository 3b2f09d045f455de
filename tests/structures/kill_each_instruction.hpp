// kill_each_instruction.hpp: one operation, cut off after every instruction in turn.
//
// Each time everything is made anew, so that a failure says after how many instructions it happens:
// a trial makes segment and structure, starts the victim, cuts it off, and judges what is left.
#pragma once
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "stepped_child.hpp"
#include "victim.hpp"

namespace stoa::testing {

// What is found must be what it would be if the operation did not happen, or if it did.
template <class Contents>
effect effect_of(Contents const& found, Contents const& before, Contents const& after, bool is_done) {
  EXPECT_TRUE(found == before || found == after) << ::testing::PrintToString(found);
  EXPECT_FALSE(is_done && found != after) << "it returned, and did not happen";
  if (before == after) return effect::undecided;
  return found == after ? effect::whole : effect::none;
}

// Lets a victim go through its operation once, then runs trial(cut) for every instruction, or every
// n-th. A trial returns what took effect. There is one instruction before which nothing did, and
// after which all did.
template <class Trace, class Trial>
void for_each_instruction(Trace trace_once, Trial trial) {
  std::vector<std::uintptr_t> const trace = trace_once();
  auto const stride = kill_stride(trace.size());
  bool is_whole = false;
  for (std::size_t k = 0; k < trace.size() && !::testing::Test::HasFailure(); k += stride) {
    SCOPED_TRACE(::testing::Message()
                 << "after " << k << " of " << trace.size() << " instructions");
    cut const here{trace, k};
    auto found = trial(here);
    // Victims are alike but for the time and the heap they find: rarely one takes another way. Its
    // instructions are counted then, and say nothing about those of the others.
    if (here.is_missed) {
      trial(cut{trace, k, true});
      found = effect::undecided;
    }
    EXPECT_FALSE(found == effect::none && is_whole) << "an effect that was there is gone";
    is_whole |= found == effect::whole;
  }
  ::testing::Test::RecordProperty("instructions", static_cast<int>(trace.size()));
  EXPECT_GT(trace.size(), 20u) << "the operation was not stepped through";
}

}  // namespace stoa::testing
