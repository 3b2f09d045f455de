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
  segment home = segment::create(name, 1u << 16, {.max_entries = 32, .max_participants = 4, .max_lanes = 4});
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
    EXPECT_TRUE(verifier.finish());
    EXPECT_TRUE(where.reported.get()->is_done);
    EXPECT_EQ(where.reported.get()->pushes, 0u) << "damages";
    return effect::undecided;
  });
}

// As if nobody worked, so that it looks once only: of two entries it says nothing that were never there together.
TEST(stopped_verifier, ComparesNoEntriesOfDifferentTimes) {
  constexpr int entries = 24;  // so that it is at them for a good part of its time
  auto const publish = [](segment const& home, char const* called) {
    for (int i = 0; i < entries; ++i) home.publish<array<int>>(called + std::to_string(i), 200);
  };
  expect_no_damage(
      others::stand_still,
      [&](segment const& home) {
        publish(home, "one ");
        // What comes next has no room but where these are.
        home.publish<array<std::uint8_t>>("the rest", home.attachment().free_bytes() - 512);
        return true;
      },
      [&](segment const& home, bool) {
        for (int i = 0; i < entries; ++i) ASSERT_TRUE(home.erase("one " + std::to_string(i)));
        publish(home, "another ");  // where those were
      });
}

// What one look finds, and the next does not, is not believed.
TEST(stopped_verifier, BelievesNothingThatItFindsOnce) {
  static constexpr int slots = 512;
  expect_no_damage(
      others::may_work,
      [](segment const& home) {
        auto const made = home.publish<queue<int>>("it", slots);
        made.push(1);
        return made;
      },
      [](segment const&, queue<int> const& it) {
        for (int n = 0; n < 2 * slots; ++n) {
          it.push(n);
          static_cast<void>(it.try_pop());
        }
      });
}

}  // namespace
}  // namespace stoa::testing
