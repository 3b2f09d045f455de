// A writer dies, or stops, after every single instruction of store and update.
//
// Killed: readers have the old value or the new one, whole, and the next writers go on, even with
// the fewest buffers. Stopped: other writers and readers go on; when it continues, its store counts
// once.
#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

#include "child.hpp"
#include "elements.hpp"
#include "kill_each_instruction.hpp"

namespace stoa::testing {
namespace {

using number = stoa::value<sealed>;

void store(number const& value) {
  value.store(sealed{50});
}
void add_hundred(number const& value) {
  value.update([](sealed& each) { each = sealed{each.number() + 100}; });
}

struct operation {
  std::string name;
  void (*run)(number const&);
  std::uint64_t after;  // the number it makes of 7
};
void PrintTo(operation const& each, std::ostream* out) {
  *out << each.name;
}

struct scene {
  scratch_name name;
  segment home =
      segment::create(name, 1u << 16, {.max_entries = 4, .max_participants = 4, .max_lanes = 4});
  number value;
  shared_report reported;
  explicit scene(int buffers) : value{home.publish<number>("v", buffers)} {
    value.store(sealed{7});
  }
};

std::uint64_t whole_number(number const& value) {
  auto const loaded = value.load();
  EXPECT_TRUE(loaded.is_whole());
  return loaded.number();
}

class value_operation : public ::testing::TestWithParam<operation> {
 protected:
  static auto victim(scene const& where) {
    return [&where] {
      return [value = segment::open(where.name).attach<number>("v"), done = where.reported.get()] {
        GetParam().run(value);
        done->is_done = true;
      };
    };
  }
  static std::vector<std::uintptr_t> trace_with(int buffers) {
    scene where{buffers};
    return stepped_child{victim(where)}.trace();
  }
};

TEST_P(value_operation, KilledAfterAnyInstructionHappenedOrNot) {
  constexpr int fewest_buffers = 2;  // one that stayed taken would stop the next writer for ever
  for_each_instruction([] { return trace_with(fewest_buffers); },
                       [](cut const& here) {
                         scene where{fewest_buffers};
                         {
                           stepped_child killed{victim(where)};
                           here.lead(killed);
                         }
                         auto const found = whole_number(where.value);
                         EXPECT_TRUE(found == 7 || found == GetParam().after) << found;
                         bool const happened = found == GetParam().after;
                         EXPECT_EQ(where.value.version(), happened ? 2u : 1u);
                         EXPECT_FALSE(where.reported.get()->is_done && !happened)
                             << "it returned, and did not happen";
                         auto const version = where.value.version();
                         for (std::uint64_t n = 1; n <= 5; ++n) {
                           where.value.store(sealed{n});
                           EXPECT_EQ(whole_number(where.value), n);
                           EXPECT_EQ(where.value.version(), version + n);
                         }
                         return happened ? effect::whole : effect::none;
                       });
}

TEST_P(value_operation, StoppedAfterAnyInstructionBlocksNobody) {
  constexpr int buffers = 3;  // the current one, one for the stopped writer, one for the others
  for_each_instruction([] { return trace_with(buffers); },
                       [](cut const& here) {
                         scene where{buffers};
                         std::uint64_t version = 0;
                         {
                           stepped_child stopped{victim(where)};
                           here.lead(stopped);
                           version = where.value.version();
                           for (std::uint64_t n = 1; n <= 6; ++n) {
                             where.value.store(sealed{n});
                             EXPECT_EQ(whole_number(where.value), n);
                             EXPECT_EQ(where.value.version(), version + n);
                           }
                           EXPECT_TRUE(stopped.finish());
                         }
                         bool const was_first =
                             version == 2;  // it had happened before it was stopped
                         auto const expected = GetParam().run == &store ? 50u : 106u;
                         EXPECT_EQ(whole_number(where.value), was_first ? 6u : expected);
                         EXPECT_EQ(where.value.version(), 1 + 1 + 6u);
                         return was_first ? effect::whole : effect::none;
                       });
}

child_program const rival{"rival", [](child_arguments const& a) {
                            auto const value = segment::open(a.at(0)).attach<number>("v");
                            for (std::uint64_t n = 1; n <= 3; ++n) value.store(sealed{n});
                            return 0;
                          }};

// Whether somebody has the one of two buffers that is not current.
bool is_spare_taken(scene const& where) {
  auto const bytes = value_bytes::adopt(where.home.entries().front().view()).value();
  return bytes.buffer(1 - (bytes.state().load() & 0xFF)).owner.load() != 0;
}

// With the fewest buffers another writer has to wait for the stopped one, rather than write where it writes.
TEST_P(value_operation, StoppedAfterAnyInstructionKeepsItsBuffer) {
  constexpr int fewest_buffers = 2;
  for_each_instruction([] { return trace_with(fewest_buffers); },
                       [](cut const& here) {
                         scene where{fewest_buffers};
                         {
                           stepped_child stopped{victim(where)};
                           here.lead(stopped);
                           bool const must_wait = is_spare_taken(where);
                           auto const version = where.value.version();
                           auto other = child::start("rival", {where.name});
                           eventually([&] { return !other.is_running(); }, std::chrono::milliseconds{5});
                           if (must_wait) {
                             EXPECT_EQ(where.value.version(), version) << "it wrote where readers are";
                           }
                           EXPECT_TRUE(stopped.finish());
                           EXPECT_TRUE(other.wait().is_success());
                         }
                         whole_number(where.value);
                         EXPECT_EQ(where.value.version(), 1 + 1 + 3u);
                         return effect::undecided;
                       });
}

INSTANTIATE_TEST_SUITE_P(each, value_operation,
                         ::testing::Values(operation{"Store", store, 50},
                                           operation{"Update", add_hundred, 107}),
                         [](auto const& each) { return each.param.name; });

}  // namespace
}  // namespace stoa::testing
