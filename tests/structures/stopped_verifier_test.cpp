// verify() stands still after every so many instructions, and others change what it looks at meanwhile: nothing that
// was there at different times is taken for damage.
#include <gtest/gtest.h>

#include <string>

#include "elements.hpp"
#include "kill_each_instruction.hpp"

namespace stoa::testing {
namespace {

struct scene {
  scratch_name name;
  segment home = segment::create(name, 1u << 16, {.max_entries = 8, .max_participants = 4, .max_lanes = 4});
  shared_report reported;

  auto verifier(others who) const {
    return [this, who] {
      auto const seen = segment::open_read_only(name);
      return [seen, who, found = reported.get()] {
        for (auto const& each : seen.verify(who).findings) found->pushes += each.severity == severity::damage;
        found->is_done = true;
      };
    };
  }
};

// `prepare` makes what is there, `change` changes it while the verifier stands still.
template <class Prepare, class Change>
void expect_no_damage(others who, Prepare prepare, Change change) {
  auto const trace = [&] {
    scene where;
    [[maybe_unused]] auto const there = prepare(where.home);
    return stepped_child{where.verifier(who)}.trace();
  };
  for_each_instruction(trace, [&](cut const& here) {
    scene where;
    auto const there = prepare(where.home);
    stepped_child verifier{where.verifier(who)};
    here.lead(verifier);
    change(where.home, there);
    EXPECT_TRUE(verifier.now() == stepped_child::state::finished || verifier.finish());
    EXPECT_TRUE(where.reported.get()->is_done);
    EXPECT_EQ(where.reported.get()->pushes, 0u) << "damages";
    return effect::undecided;
  });
}

// As if nobody worked, so that it looks once only: of two entries it says nothing that were never there together.
TEST(stopped_verifier, ComparesNoEntriesOfDifferentTimes) {
  auto const publish = [](segment const& home, char first) {
    for (char each = first; each < first + 6; ++each) home.publish<array<int>>(std::string{"entry "} + each, 100);
    return true;
  };
  expect_no_damage(
      others::stand_still, [&](segment const& home) { return publish(home, 'a'); },
      [&](segment const& home, bool) {
        for (char each = 'a'; each < 'a' + 6; ++each) ASSERT_TRUE(home.erase(std::string{"entry "} + each));
        publish(home, 'g');  // where the others were
      });
}

// What one look finds, and the next does not, is not believed.
TEST(stopped_verifier, BelievesNothingThatItFindsOnce) {
  expect_no_damage(
      others::may_work,
      [](segment const& home) {
        auto const made = home.publish<queue<int>>("it", 8);
        made.push(1);
        return made;
      },
      [](segment const&, queue<int> const& it) {
        for (int n = 0; n < 12; ++n) {
          it.push(n);
          static_cast<void>(it.try_pop());
        }
      });
}

}  // namespace
}  // namespace stoa::testing
