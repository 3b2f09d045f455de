// A process dies after every single instruction of each operation of a bitset: it happened or not, and
// no other bit has changed.
#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

#include "elements.hpp"
#include "kill_each_instruction.hpp"

namespace stoa::testing {
namespace {

using numbers = std::vector<std::uint64_t>;

struct operation {
  std::string name;
  void (*run)(stoa::bitset const&);
  numbers after;
  bool is_one_step = true;  // else each word may be found changed or not
};
void PrintTo(operation const& each, std::ostream* out) {
  *out << each.name;
}

constexpr std::uint64_t size = 130;
numbers const before{0, 64, 129};

numbers every_number() {
  numbers out;
  for (std::uint64_t i = 0; i < size; ++i) out.push_back(i);
  return out;
}

std::vector<operation> operations() {
  return {
      {"Set", [](stoa::bitset const& bits) { bits.set(65); }, {0, 64, 65, 129}},
      {"TestAndSet", [](stoa::bitset const& bits) { bits.test_and_set(65); }, {0, 64, 65, 129}},
      {"Reset", [](stoa::bitset const& bits) { bits.reset(64); }, {0, 129}},
      {"Flip", [](stoa::bitset const& bits) { bits.flip(129); }, {0, 64}},
      {"Claim", [](stoa::bitset const& bits) { static_cast<void>(bits.claim_first_unset()); }, {0, 1, 64, 129}},
      {"SetAll", [](stoa::bitset const& bits) { bits.set_all(); }, every_number(), false},
      {"ResetAll", [](stoa::bitset const& bits) { bits.reset_all(); }, {}, false},
  };
}

numbers numbers_in(stoa::bitset const& bits) {
  numbers out;
  for (auto at = bits.find_first(); at; at = bits.find_next(*at)) out.push_back(*at);
  return out;
}

// Those of one word.
numbers in_word(numbers const& all, std::uint64_t word) {
  numbers out;
  for (auto const each : all)
    if (each / 64 == word) out.push_back(each);
  return out;
}

class bitset_operation : public ::testing::TestWithParam<operation> {};

TEST_P(bitset_operation, KilledAfterAnyInstructionHappenedOrNot) {
  struct scene {
    scratch_name name;
    segment home = segment::create(name, 1u << 16, {.max_entries = 4, .max_participants = 4, .max_lanes = 2});
    stoa::bitset bits = home.publish<stoa::bitset>("b", size);
    scene() {
      for (auto const each : before) bits.set(each);
    }
    auto victim() const {
      return [this] {
        return [bits = segment::open(name).attach<stoa::bitset>("b")] { GetParam().run(bits); };
      };
    }
  };
  auto const trace = [] {
    scene where;
    return stepped_child{where.victim()}.trace();
  };
  for_each_instruction(trace, [](cut const& here) {
    scene where;
    {
      stepped_child killed{where.victim()};
      here.lead(killed);
    }
    auto const& after = GetParam().after;
    auto const found = numbers_in(where.bits);
    for (std::uint64_t word = 0; word < 3; ++word) {
      auto const part = in_word(found, word);
      EXPECT_TRUE(part == in_word(before, word) || part == in_word(after, word));
    }
    if (found == after) return effect::whole;
    if (found == before) return effect::none;
    EXPECT_FALSE(GetParam().is_one_step);
    return effect::undecided;
  });
}

INSTANTIATE_TEST_SUITE_P(each, bitset_operation, ::testing::ValuesIn(operations()),
                         [](auto const& each) { return each.param.name; });

}  // namespace
}  // namespace stoa::testing
