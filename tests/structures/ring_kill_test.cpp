// A producer or consumer dies, or stops, after every single instruction of each operation of a ring.
//
// Killed: the others find the operation done entirely or not at all, all else where it was, and go on.
// Stopped: readers and consumers go on with what is held; a stopped producer keeps its role.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <ostream>
#include <string>
#include <vector>

#include "elements.hpp"
#include "kill_each_instruction.hpp"

namespace stoa::testing {
namespace {

using samples = stoa::ring<sealed>;
using contents = std::vector<std::uint64_t>;

void push(samples const& ring, report& done) {
  if (ring.try_push(sealed{50})) done.note_push(50);
}
void push_three(samples const& ring, report& done) {
  std::array const batch{sealed{50}, sealed{51}, sealed{52}};
  auto const pushed = ring.try_push_n(batch);
  for (std::size_t i = 0; i < pushed; ++i) done.note_push(50 + i);
}
void pop(samples const& ring, report& done) {
  if (auto const got = ring.try_pop()) done.note_pop(got->number());
}
void pop_two(samples const& ring, report& done) {
  std::array<sealed, 2> out;
  auto const popped = ring.try_pop_n(out);
  for (std::size_t i = 0; i < popped; ++i) done.note_pop(out[i].number());
}
void skip_two(samples const& ring, report& done) {
  for (std::uint64_t n = ring.skip(2); n > 0; --n) done.note_pop(0);
}

// What others can see: all that is held, and how many of the last are not consumed.
struct sight {
  contents held;
  std::uint64_t unconsumed = 0;
  friend bool operator==(sight const&, sight const&) = default;
  friend void PrintTo(sight const& each, std::ostream* out) {
    *out << ::testing::PrintToString(each.held) << " unconsumed " << each.unconsumed;
  }
};

struct operation {
  std::string name;
  std::uint64_t capacity;
  ring_mode mode;
  bool is_producer;
  bool has_role;         // false: taking the role, perhaps over from a dead one, is part of it
  std::uint64_t filled;  // samples 1 to that were pushed by a process that is gone
  void (*run)(samples const&, report&);
  sight before;
  sight after;
  std::uint64_t hidden = 0;  // of the oldest: an announced batch is about to take their slots
};
void PrintTo(operation const& each, std::ostream* out) {
  *out << each.name;
}

constexpr auto over = ring_mode::overwrite;
constexpr auto bounded = ring_mode::bounded;

std::vector<operation> operations() {
  return {
      {"Push", 4, over, true, true, 2, push, {{1, 2}, 2}, {{1, 2, 50}, 3}},
      {"PushOverTheOldest", 4, over, true, true, 6, push, {{3, 4, 5, 6}, 4}, {{4, 5, 6, 50}, 4}},
      {"PushIntoOne", 1, over, true, true, 3, push, {{3}, 1}, {{50}, 1}},
      {"PushIntoBounded", 4, bounded, true, true, 3, push, {{1, 2, 3}, 3}, {{1, 2, 3, 50}, 4}},
      {"PushOfASuccessor", 4, over, true, false, 6, push, {{3, 4, 5, 6}, 4}, {{4, 5, 6, 50}, 4}},
      {"PushThree", 4, over, true, true, 6, push_three, {{3, 4, 5, 6}, 4}, {{6, 50, 51, 52}, 4}},
      {"PushThreeIntoTwo", 3, over, true, true, 6, push_three, {{4, 5, 6}, 3}, {{50, 51, 52}, 3}, 2},
      {"PushThreeIntoBounded", 4, bounded, true, true, 2, push_three, {{1, 2}, 2}, {{1, 2, 50, 51}, 4}},
      {"Pop", 4, over, false, true, 3, pop, {{1, 2, 3}, 3}, {{1, 2, 3}, 2}},
      {"PopAfterALoss", 4, over, false, true, 6, pop, {{3, 4, 5, 6}, 4}, {{3, 4, 5, 6}, 3}},
      {"PopFromBounded", 4, bounded, false, true, 4, pop, {{1, 2, 3, 4}, 4}, {{1, 2, 3, 4}, 3}},
      {"PopTwo", 4, over, false, true, 6, pop_two, {{3, 4, 5, 6}, 4}, {{3, 4, 5, 6}, 2}},
      {"SkipTwo", 4, bounded, false, true, 4, skip_two, {{1, 2, 3, 4}, 4}, {{1, 2, 3, 4}, 2}},
  };
}

struct scene {
  scratch_name name;
  segment home = segment::create(name, 1u << 16, {.max_entries = 4, .max_participants = 4, .max_lanes = 4});
  samples first;
  shared_report reported;
  explicit scene(operation const& what)
      : first{home.publish<samples>("r", what.capacity, what.mode, before_wrap)} {
    // Every operation starts where another process was killed in the producer's role.
    stepped_child predecessor{[&] {
      return [ring = segment::open(name).attach<samples>("r"), filled = what.filled] {
        for (std::uint64_t n = 1; n <= filled; ++n) ring.push(sealed{n});
      };
    }};
    EXPECT_TRUE(predecessor.finish());
  }
};

// Looks twice in different ways; writes nothing.
sight seen(samples const& ring) {
  sight out;
  std::vector<sealed> all(10);
  all.resize(ring.latest(std::span{all}));
  for (auto const& each : all) {
    EXPECT_TRUE(each.is_whole());
    out.held.push_back(each.number());
  }
  contents read;
  for (auto reader = ring.reader(); auto const got = reader.try_read();) {
    EXPECT_TRUE(got->is_whole());
    read.push_back(got->number());
  }
  EXPECT_EQ(read, out.held);
  out.unconsumed = ring.size();
  return out;
}

// All works, whoever pushes, and what was unconsumed comes out once.
void expect_goes_on(samples const& ring, sight const& from) {
  auto const expected = contents(from.held.end() - static_cast<long>(std::min<std::uint64_t>(
                                                       from.unconsumed, from.held.size())),
                                 from.held.end());
  contents popped;
  while (auto const got = ring.try_pop()) popped.push_back(got->number());
  EXPECT_EQ(popped, expected);
  EXPECT_EQ(ring.total_read(), ring.total_written());
  auto const capacity = ring.capacity();
  for (std::uint64_t n = 0; n < 3 * capacity; ++n) {
    EXPECT_TRUE(ring.try_push(sealed{100 + n}));
    auto const newest = ring.latest();
    EXPECT_TRUE(newest && newest->is_whole() && newest->number() == 100 + n);
    auto const got = ring.try_pop();
    EXPECT_TRUE(got && got->number() == 100 + n);
  }
  for (std::uint64_t n = 0; n < capacity; ++n) EXPECT_TRUE(ring.try_push(sealed{200 + n}));
  EXPECT_EQ(ring.try_push(sealed{200 + capacity}), ring.mode() == over);
  auto const all = seen(ring);
  EXPECT_EQ(all.held.size(), capacity);
  EXPECT_EQ(all.held.back(), 200 + capacity - (ring.mode() == over ? 0 : 1));
}

class ring_operation : public ::testing::TestWithParam<operation> {
 protected:
  static auto victim(scene const& where) {
    return [&where] {
      auto ring = segment::open(where.name).attach<samples>("r");
      if (GetParam().is_producer && GetParam().has_role) ring.try_become_producer().value();
      return [ring, done = where.reported.get()] {
        GetParam().run(ring, *done);
        done->is_done = true;
      };
    };
  }
  static std::vector<std::uintptr_t> trace() {
    scene where{GetParam()};
    return stepped_child{victim(where)}.trace();
  }
  // Nothing happened; but the oldest samples may be gone to a batch that was announced.
  static bool is_before(sight found) {
    auto const& before = GetParam().before;
    if (found == before) return true;
    contents const rest(before.held.begin() + static_cast<long>(GetParam().hidden), before.held.end());
    return found.held == rest && found.unconsumed == before.unconsumed;
  }
};

TEST_P(ring_operation, KilledAfterAnyInstructionHappenedOrNot) {
  for_each_instruction(&trace, [](cut const& here) {
    scene where{GetParam()};
    {
      stepped_child killed{victim(where)};
      here.lead(killed);
    }
    auto const ring = here.after % 2 == 0 ? where.first : segment::open(where.name).attach<samples>("r");
    auto const found = seen(ring);
    bool const happened = found == GetParam().after;
    EXPECT_TRUE(happened || is_before(found)) << ::testing::PrintToString(found);
    EXPECT_FALSE(where.reported.get()->is_done && !happened) << "it returned, and did not happen";
    expect_goes_on(ring, found);
    return happened ? effect::whole : effect::none;
  });
}

// The successor of the killed is killed as well, without having done anything but take the role.
TEST_P(ring_operation, ASecondDeathChangesNothing) {
  for_each_instruction(&trace, [](cut const& here) {
    scene where{GetParam()};
    {
      stepped_child killed{victim(where)};
      here.lead(killed);
    }
    auto const found = seen(where.first);
    stepped_child successor{[&] {
      return [ring = segment::open(where.name).attach<samples>("r")] { ring.try_become_producer().value(); };
    }};
    EXPECT_TRUE(successor.finish());
    successor.kill();
    EXPECT_EQ(seen(where.first), found);
    expect_goes_on(where.first, found);
    return found == GetParam().after ? effect::whole : effect::none;
  });
}

TEST_P(ring_operation, StoppedAfterAnyInstructionDelaysNobody) {
  for_each_instruction(&trace, [](cut const& here) {
    scene where{GetParam()};
    auto const& ring = where.first;
    auto const& done = *where.reported.get();
    contents popped;
    bool was_before = false;
    std::uint64_t first_wanted = 0;
    {
      stepped_child stopped{victim(where)};
      here.lead(stopped);
      auto const found = seen(segment::open_read_only(where.name).attach<samples>("r"));
      was_before = is_before(found);
      EXPECT_TRUE(was_before || found == GetParam().after) << ::testing::PrintToString(found);
      auto const unconsumed = std::min<std::uint64_t>(found.unconsumed, found.held.size());
      first_wanted = found.held.size() - unconsumed;
      if (GetParam().is_producer) {
        if (GetParam().has_role) {
          EXPECT_FALSE(ring.try_become_producer()) << "slow is not dead";
        }
        // Consumers take all there is.
        while (auto const got = ring.try_pop()) popped.push_back(got->number());
        EXPECT_EQ(popped, contents(found.held.begin() + static_cast<long>(first_wanted), found.held.end()));
      } else {
        // Others pop, and the producer pushes, over what the stopped one may be reading.
        if (auto const got = ring.try_pop()) popped.push_back(got->number());
        for (std::uint64_t n = 0; n < 20; ++n)
          if (ring.try_push(sealed{200 + n}) && ring.mode() == bounded) break;
        seen(ring);
      }
      // A producer that was led to take the role by the operation itself finds it free.
      EXPECT_TRUE(stopped.finish());
    }
    auto const counts = ring.statistics();
    if (GetParam().is_producer) {
      EXPECT_EQ(counts.written, GetParam().filled + done.pushes);
      std::uint64_t next = 50;
      for (auto const n : popped)
        if (n >= 50) {
          EXPECT_EQ(n, next++);
        }
      while (auto const got = ring.try_pop()) {
        EXPECT_TRUE(got->is_whole());
        EXPECT_EQ(got->number(), next++);
      }
      EXPECT_EQ(next, 50 + done.pushes);
    } else {
      // Nothing twice: what the stopped one popped, the other did not, and each is in order.
      contents all = popped;
      for (std::uint64_t i = 0; i < done.pops; ++i)
        if (done.popped[i] != 0) all.push_back(done.popped[i]);
      while (auto const got = ring.try_pop()) {
        EXPECT_TRUE(got->is_whole());
        all.push_back(got->number());
      }
      std::sort(all.begin(), all.end());
      EXPECT_EQ(std::adjacent_find(all.begin(), all.end()), all.end()) << "popped twice";
      EXPECT_EQ(ring.total_read(), ring.total_written());
    }
    static_cast<void>(was_before);
    return effect::undecided;
  });
}

INSTANTIATE_TEST_SUITE_P(each, ring_operation, ::testing::ValuesIn(operations()),
                         [](auto const& each) { return each.param.name; });

// A bounded ring whose samples are numbered, and one who notes what comes out of it.
struct numbered {
  scratch_name name;
  segment home = segment::create(name, 1u << 16, {.max_entries = 4, .max_participants = 4, .max_lanes = 4});
  samples ring = home.publish<samples>("r", 4, ring_mode::bounded, before_wrap);
  shared_report reported;
  std::uint64_t next = 1;
  contents popped;

  numbered() { fill(); }
  void fill() {
    while (ring.try_push(sealed{next})) ++next;
  }
  void replace_all_slots() {  // eight, for a capacity of four and one to spare
    for (int i = 0; i < 9; ++i) {
      popped.push_back(ring.try_pop().value().number());
      fill();
    }
  }
  // In order of their numbers: what everybody popped.
  contents drained() {
    while (auto const got = ring.try_pop()) popped.push_back(got->number());
    auto const& theirs = *reported.get();
    popped.insert(popped.end(), theirs.popped.begin(), theirs.popped.begin() + static_cast<long>(theirs.pops));
    std::ranges::sort(popped);
    return popped;
  }
};

// Others consume and replace what a consumer copies, twice in the same call. It is slow, and nothing is lost.
TEST(ring_kill, AConsumerOvertakenTwicePassesNothingOver) {
  auto const victim = [](numbered const& where) {
    return [&where] {
      return [ring = segment::open(where.name).attach<samples>("r"), done = where.reported.get()] { pop(ring, *done); };
    };
  };
  auto const length = [&] {
    numbered where;
    return stepped_child{victim(where)}.trace().size();
  }();
  auto const stride = std::max<std::size_t>(1, length / 24);
  for (std::size_t first = 0; first < length && !HasFailure(); first += stride)
    for (std::size_t second = 0; second < length && !HasFailure(); second += stride) {
      SCOPED_TRACE(::testing::Message() << first << " and " << second << " of " << length << " instructions");
      numbered where;
      stepped_child consumer{victim(where)};
      if (!consumer.step(first)) break;
      where.replace_all_slots();
      if (consumer.step(second)) where.replace_all_slots();
      EXPECT_TRUE(consumer.finish());
      contents all(where.next - 1);
      std::iota(all.begin(), all.end(), 1u);
      EXPECT_EQ(where.drained(), all);
    }
}

}  // namespace
}  // namespace stoa::testing
