// operation_test.hpp: a test whose parameter is an operation on a structure: how much is in it, what came
// before, what is run, and what must be found if it did not happen or did.
#pragma once
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "actor.hpp"
#include "kill_each_instruction.hpp"

namespace stoa::testing {

template <class Scene, class Operation>
class operation_test : public ::testing::TestWithParam<Operation> {
 protected:
  static Operation const& what() { return ::testing::TestWithParam<Operation>::GetParam(); }

  static void arrange(Scene& where) {
    where.fill(what().filled);
    what().arrange(where);
    *where.reported.get() = {};
  }
  static auto victim(Scene const& where) { return ready(where, what().run, what().begins); }
  static std::vector<std::uintptr_t> trace() {
    Scene where;
    arrange(where);
    return stepped_child{victim(where)}.trace();
  }
};

// Whatever was put in, by the victim too, came out or is left, each once.
inline void expect_each_once(std::vector<std::uint64_t> in, std::vector<std::uint64_t> out, report const& victim,
                             std::vector<std::uint64_t> const& left) {
  in.insert(in.end(), victim.pushed.begin(), victim.pushed.begin() + static_cast<long>(victim.pushes));
  out.insert(out.end(), victim.popped.begin(), victim.popped.begin() + static_cast<long>(victim.pops));
  out.insert(out.end(), left.begin(), left.end());
  std::ranges::sort(in);
  std::ranges::sort(out);
  EXPECT_EQ(out, in);
}

}  // namespace stoa::testing
