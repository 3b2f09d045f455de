// Who is about to lock stands still after every single instruction; others who get it meanwhile keep it until he has
// gone on. They never both have it.
#include <gtest/gtest.h>

#include <ostream>
#include <string>

#include "elements.hpp"
#include "kill_each_instruction.hpp"

namespace stoa::testing {
namespace {

struct rivalry {
  std::string name;
  bool is_writer;        // who stands still
  bool is_rival_writer;  // who comes meanwhile
};
void PrintTo(rivalry const& each, std::ostream* out) { *out << each.name; }

struct scene {
  scratch_name name;
  segment home = segment::create(name, 1u << 16, {.max_entries = 4, .max_participants = 4, .max_lanes = 4});
  stoa::shared_mutex mutex = home.publish<stoa::shared_mutex>("m", 3);
  shared_report reported;

  static bool try_lock(stoa::shared_mutex const& which, bool as_writer) {
    return as_writer ? which.try_lock() : which.try_lock_shared();
  }
  auto locker(bool as_writer) const {
    return [this, as_writer] {
      auto const mutex_there = segment::open(name).attach<stoa::shared_mutex>("m");
      return [mutex_there, as_writer, found = reported.get()] {
        found->note_push(try_lock(mutex_there, as_writer));
        found->is_done = true;
      };
    };
  }
};

class stopped_locker : public ::testing::TestWithParam<rivalry> {};

TEST_P(stopped_locker, DoesNotGetWhatAnotherHasGotMeanwhile) {
  auto const trace = [] {
    scene where;
    return stepped_child{where.locker(GetParam().is_writer)}.trace();
  };
  for_each_instruction(trace, [](cut const& here) {
    scene where;
    stepped_child slow{where.locker(GetParam().is_writer)};
    here.lead(slow);
    bool const has_it = scene::try_lock(where.mutex, GetParam().is_rival_writer);
    EXPECT_TRUE(slow.finish());
    auto const& found = *where.reported.get();
    EXPECT_TRUE(found.is_done);
    EXPECT_FALSE(has_it && found.pushed[0] != 0) << "both have it";
    return effect::undecided;
  });
}

INSTANTIATE_TEST_SUITE_P(each, stopped_locker,
                         ::testing::Values(rivalry{"ReaderAndWriter", false, true},
                                           rivalry{"WriterAndReader", true, false},
                                           rivalry{"WriterAndWriter", true, true}),
                         [](auto const& each) { return each.param.name; });

}  // namespace
}  // namespace stoa::testing
