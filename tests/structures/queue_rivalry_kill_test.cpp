// Two processes that name the same tickets die, one of them after every single instruction.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "kill_each_instruction.hpp"
#include "queue_scene.hpp"

namespace stoa::testing {
namespace {

// A rival names the same tickets and is killed before it could take them. Its name says "may have
// taken", and must not be believed against the one who has.
struct rivalry {
  std::string name;
  std::uint64_t filled;
  void (*rival)(actor&);
  void (*run)(actor&);
  contents before;
  contents after;
};
void PrintTo(rivalry const& each, std::ostream* out) {
  *out << each.name;
}

std::vector<rivalry> rivalries() {
  return {
      {"PushAndPush", 2, push, push, {1, 2}, {1, 2, 50}},
      {"PushThreeAndPush", 1, push_three, push, {1}, {1, 50}},
      {"PushAndPushThree", 1, push, push_three, {1}, {1, 50, 51, 52}},
      {"PushThreeAndPushThree", 1, push_three, push_three, {1}, {1, 50, 51, 52}},
      {"PopAndPop", 3, pop, pop, {1, 2, 3}, {2, 3}},
      {"PopThreeAndPop", 4, pop_three, pop, up_to(4), {2, 3, 4}},
      {"PopAndPopThree", 4, pop, pop_three, up_to(4), {4}},
      {"PopThreeAndPopThree", 4, pop_three, pop_three, up_to(4), {4}},
      {"ClaimAndPopThree", 4, claim_and_commit, pop_three, up_to(4), {4}},
      {"PopThreeAndClaim", 4, pop_three, claim_and_commit, up_to(4), {2, 3, 4}},
  };
}

bool is_anything_named(scene const& where) {
  bool is_named = false;
  for (auto& each : where.home.attachment().map().used_lanes())
    for_each_name(each, [&](lane_name& name) { is_named |= name.what.load() != 0; });
  return is_named;
}

class queue_rivalry : public ::testing::TestWithParam<rivalry> {};

TEST_P(queue_rivalry, BothKilledLeaveWhatOneWouldLeave) {
  auto const trace_once = [] {
    scene where;
    where.fill(GetParam().filled);
    return stepped_child{ready(where, GetParam().run)}.trace();
  };
  for_each_instruction(trace_once, [](cut const& here) {
    scene where;
    where.fill(GetParam().filled);
    auto rival = std::make_unique<stepped_child>(ready(where, GetParam().rival));
    EXPECT_TRUE(rival->step_until([&] { return is_anything_named(where); }));
    {
      stepped_child killed{ready(where, GetParam().run)};
      here.lead(killed);
    }
    rival.reset();
    auto found = drained(where, here.after);
    if (here.after % 3 == 2) std::ranges::sort(found);
    EXPECT_TRUE(found == GetParam().before || found == GetParam().after)
        << ::testing::PrintToString(found);
    expect_all_capacity(where.queue);
    expect_all_lanes(where);
    return found == GetParam().after ? effect::whole : effect::none;
  });
}

INSTANTIATE_TEST_SUITE_P(each, queue_rivalry, ::testing::ValuesIn(rivalries()),
                         [](auto const& each) { return each.param.name; });

}  // namespace
}  // namespace stoa::testing
