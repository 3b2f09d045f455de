// The last user leaves, and so removes the name, while others come: nobody gets a segment without a
// name.
#include <gtest/gtest.h>

#include <optional>
#include <stoa/stoa.hpp>

#include "block.hpp"
#include "crew.hpp"

namespace stoa {
namespace {

using namespace stoa::literals;
using namespace stoa::testing;

enum what { first_comes = 1, change_of_guard = 2, look = 3, leave = 4 };
// Arguments of change_of_guard: how the others come.
enum how { by_opening = 0, by_opening_or_creating = 1 };

std::uint64_t id_of(segment const& of) {
  return of.attachment().map().header().segment_id;
}

// Member 0 is the one who leaves.
child_program const guard{"guard", [](child_arguments const& a) {
                            auto const name = a.at(first_own_argument);
                            std::optional<segment> mine;
                            auto const meet = [&](answer& said) {
                              said.words[0] = id_of(*mine);
                              // Fails if the segment that the name means is gone.
                              said.words[1] = id_of(segment::open_read_only(name));
                              said.words[2] = mine->reference_count();
                              for (auto const& each : mine->entries())
                                if (each.name().starts_with("member")) ++said.words[3];
                            };
                            return serve(a, [&](order const& o, answer& said, crew_memory&) {
                              said.words = {};
                              bool const is_first = o.member == 0;
                              switch (o.what) {
                                case first_comes:
                                  if (is_first) mine = segment::create(name, 64_KiB);
                                  break;
                                case change_of_guard:
                                  if (is_first) {
                                    mine.reset();
                                    break;
                                  }
                                  if (o.argument == by_opening) {
                                    auto opened = segment::try_open(name);
                                    if (opened)
                                      mine = *opened;
                                    else if (opened.error().code() != errc::not_found)
                                      throw error{opened.error()};
                                  } else {
                                    mine = segment::open_or_create(name, 64_KiB);
                                  }
                                  if (mine)
                                    mine->publish<block>("member" + std::to_string(o.member), 4u,
                                                         std::uint64_t{1});
                                  said.words[0] = mine.has_value();
                                  break;
                                case look:
                                  if (mine) meet(said);
                                  break;
                                case leave:
                                  mine.reset();
                                  break;
                              }
                            });
                          }};

void race(how others_come) {
  scratch_name const name;
  crew all{"guard", 9, {name}};
  int const most = rounds(50);
  int opened_before = 0;
  for (int round = 0; round < most; ++round) {
    ASSERT_EQ(all.everybody(first_comes), "") << "round " << round;
    ASSERT_EQ(all.everybody(change_of_guard, others_come), "") << "round " << round;
    std::uint64_t inside = 0;
    for (int i = 1; i < all.size(); ++i) inside += all.answer_of(i).words[0];
    opened_before += inside != 0;
    ASSERT_EQ(all.everybody(look), "")
        << "somebody is in a segment without a name, round " << round;
    std::uint64_t id = 0;
    for (int i = 1; i < all.size(); ++i) {
      auto const& seen = all.answer_of(i).words;
      if (seen[0] == 0) continue;
      if (id == 0) id = seen[0];
      ASSERT_EQ(seen[0], id) << "two segments of one name, round " << round;
      ASSERT_EQ(seen[1], id) << "the name means another segment, round " << round;
      ASSERT_EQ(seen[2], inside) << "round " << round;
      ASSERT_EQ(seen[3], inside) << "what one published another does not see, round " << round;
    }
    ASSERT_EQ(all.everybody(leave), "");
    ASSERT_FALSE(exists(name.path())) << "round " << round;
  }
  EXPECT_TRUE(others_come == by_opening || opened_before == most);
}

TEST(leave_race, WhoOpensIsInALiveSegmentOrIsToldThatThereIsNone) {
  race(by_opening);
}

TEST(leave_race, WhoOpensOrCreatesIsInALiveSegment) {
  race(by_opening_or_creating);
}

}  // namespace
}  // namespace stoa
