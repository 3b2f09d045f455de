// A producer or consumer dies, or stops, after every single instruction of each operation of an
// spsc_queue.
//
// Killed: the successor in its role goes on, and finds the operation done entirely or not at all
// and every element once and in order. Stopped: its role stays its own, and the other side goes on.
#include <gtest/gtest.h>

#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "elements.hpp"
#include "kill_each_instruction.hpp"

namespace stoa::testing {
namespace {

using elements = stoa::spsc_queue<sealed>;
using contents = std::vector<std::uint64_t>;

constexpr std::uint64_t capacity = 4;

void push(elements const& queue, report& done) {
  if (queue.try_push(sealed{50})) done.note_push(50);
}
void push_three(elements const& queue, report& done) {
  std::array const batch{sealed{50}, sealed{51}, sealed{52}};
  auto const pushed = queue.try_push_n(batch);
  for (std::size_t i = 0; i < pushed; ++i) done.note_push(50 + i);
}
void pop(elements const& queue, report& done) {
  if (auto const got = queue.try_pop()) done.note_pop(got->number());
}
void pop_three(elements const& queue, report& done) {
  std::array<sealed, 3> out;
  auto const popped = queue.try_pop_n(out);
  for (std::size_t i = 0; i < popped; ++i) done.note_pop(out[i].number());
}

void produce(elements const& queue, report& done) {
  if (queue.try_produce([](sealed& each) { each = sealed{50}; })) done.note_push(50);
}
void consume(elements const& queue, report& done) {
  std::uint64_t seen = 0;
  if (queue.try_consume([&](sealed const& each) { seen = each.number(); })) done.note_pop(seen);
}
void consume_two(elements const& queue, report& done) {
  std::array<std::uint64_t, 2> seen{};
  std::size_t count = 0;
  auto const use = [&](std::span<sealed const> some) {
    for (auto const& each : some) seen.at(count++) = each.number();
  };
  static_cast<void>(queue.try_consume_n(use, 2));
  for (std::size_t i = 0; i < count; ++i) done.note_pop(seen.at(i));
}

struct operation {
  std::string name;
  bool is_producer;
  bool has_role;         // false: taking the role, perhaps over from a dead one, is part of it
  std::uint64_t filled;  // elements 1 to that are in the queue, pushed by a process that is gone
  void (*run)(elements const&, report&);
  contents before;
  contents after;
};
void PrintTo(operation const& each, std::ostream* out) {
  *out << each.name;
}

std::vector<operation> operations() {
  return {
      {"Push", true, true, 2, push, {1, 2}, {1, 2, 50}},
      {"PushThree", true, true, 1, push_three, {1}, {1, 50, 51, 52}},
      {"PushThreeWithRoomForTwo", true, true, 2, push_three, {1, 2}, {1, 2, 50, 51}},
      {"Pop", false, true, 3, pop, {1, 2, 3}, {2, 3}},
      {"PopThree", false, true, 4, pop_three, {1, 2, 3, 4}, {4}},
      {"Produce", true, true, 2, produce, {1, 2}, {1, 2, 50}},
      {"Consume", false, true, 3, consume, {1, 2, 3}, {2, 3}},
      {"ConsumeTwo", false, true, 4, consume_two, {1, 2, 3, 4}, {3, 4}},
      {"PushOfASuccessor", true, false, 2, push, {1, 2}, {1, 2, 50}},
      {"PopOfASuccessor", false, false, 3, pop, {1, 2, 3}, {2, 3}},
  };
}

struct scene {
  scratch_name name;
  segment home =
      segment::create(name, 1u << 16, {.max_entries = 4, .max_participants = 4, .max_lanes = 4});
  elements first = home.publish<elements>("q", capacity, before_wrap);
  shared_report reported;
};

// Every operation starts where another process was killed, in either role and with `filled`
// elements.
void leave_elements(scene const& where, std::uint64_t filled) {
  stepped_child predecessor{[&] {
    return [queue = segment::open(where.name).attach<elements>("q"), filled] {
      static_cast<void>(queue.try_push(sealed{0}));
      static_cast<void>(queue.try_pop());
      for (std::uint64_t n = 1; n <= filled; ++n) static_cast<void>(queue.try_push(sealed{n}));
    };
  }};
  ASSERT_TRUE(predecessor.finish());
}

contents drained(elements const& queue) {
  contents out;
  while (auto const got = queue.try_pop()) {
    EXPECT_TRUE(got->is_whole());
    out.push_back(got->number());
  }
  return out;
}

void expect_all_capacity(elements const& queue) {
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(queue.size(), 0u);
    for (std::uint64_t n = 0; n < capacity; ++n) EXPECT_TRUE(queue.try_push(sealed{100 + n})) << n;
    EXPECT_FALSE(queue.try_push(sealed{99}));
    EXPECT_EQ(drained(queue), (contents{100, 101, 102, 103}));
  }
}

class spsc_queue_operation : public ::testing::TestWithParam<operation> {
 protected:
  static auto victim(scene const& where) {
    return [&where] {
      auto queue = segment::open(where.name).attach<elements>("q");
      if (GetParam().has_role)
        (GetParam().is_producer ? queue.try_become_producer() : queue.try_become_consumer())
            .value();
      return [queue, done = where.reported.get()] {
        GetParam().run(queue, *done);
        done->is_done = true;
      };
    };
  }
  static std::vector<std::uintptr_t> trace() {
    scene where;
    leave_elements(where, GetParam().filled);
    return stepped_child{victim(where)}.trace();
  }
};

TEST_P(spsc_queue_operation, KilledAfterAnyInstructionHappenedOrNot) {
  for_each_instruction(&trace, [](cut const& here) {
    scene where;
    leave_elements(where, GetParam().filled);
    {
      stepped_child killed{victim(where)};
      here.lead(killed);
    }
    // The successors come in either order, from a handle that was there before or a new one.
    auto const queue =
        here.after % 2 == 0 ? where.first : segment::open(where.name).attach<elements>("q");
    if (here.after % 3 == 0) queue.try_become_producer().value();
    auto const found = drained(queue);
    auto const& [before, after] = std::pair{GetParam().before, GetParam().after};
    EXPECT_TRUE(found == before || found == after) << ::testing::PrintToString(found);
    EXPECT_FALSE(where.reported.get()->is_done && found != after)
        << "it returned, and did not happen";
    expect_all_capacity(queue);
    return found == after ? effect::whole : effect::none;
  });
}

// The successor of the killed is killed as well, without having done anything but take the role.
TEST_P(spsc_queue_operation, ASecondDeathChangesNothing) {
  for_each_instruction(&trace, [](cut const& here) {
    scene where;
    leave_elements(where, GetParam().filled);
    {
      stepped_child killed{victim(where)};
      here.lead(killed);
    }
    stepped_child successor{[&] {
      return [queue = segment::open(where.name).attach<elements>("q")] {
        queue.try_become_producer().value();
        queue.try_become_consumer().value();
      };
    }};
    EXPECT_TRUE(successor.finish());
    successor.kill();
    auto const found = drained(where.first);
    EXPECT_TRUE(found == GetParam().before || found == GetParam().after)
        << ::testing::PrintToString(found);
    expect_all_capacity(where.first);
    return found == GetParam().after ? effect::whole : effect::none;
  });
}

TEST_P(spsc_queue_operation, StoppedAfterAnyInstructionKeepsItsRole) {
  for_each_instruction(&trace, [](cut const& here) {
    scene where;
    leave_elements(where, GetParam().filled);
    auto const& other_side = where.first;
    contents in;
    for (std::uint64_t n = 1; n <= GetParam().filled; ++n) in.push_back(n);
    contents out;
    {
      stepped_child stopped{victim(where)};
      here.lead(stopped);
      auto const rival = segment::open(where.name).attach<elements>("q");
      if (GetParam().has_role) {
        auto const taken =
            GetParam().is_producer ? rival.try_become_producer() : rival.try_become_consumer();
        EXPECT_FALSE(taken);
      }
      if (GetParam().is_producer) {
        for (std::uint64_t n = 1; n <= GetParam().filled; ++n) {
          auto const got = other_side.try_pop();
          EXPECT_TRUE(got && got->number() == n);
          out.push_back(n);
        }
      } else {
        for (std::uint64_t n = 200; other_side.try_push(sealed{n}); ++n) in.push_back(n);  // over what was popped
      }
      EXPECT_TRUE(stopped.finish());
      auto const& done = *where.reported.get();
      in.insert(in.end(), done.pushed.begin(),
                done.pushed.begin() + static_cast<long>(done.pushes));
      out.insert(out.end(), done.popped.begin(),
                 done.popped.begin() + static_cast<long>(done.pops));
    }
    auto const rest = drained(other_side);
    out.insert(out.end(), rest.begin(), rest.end());
    EXPECT_EQ(out, in);
    expect_all_capacity(other_side);
    return effect::undecided;
  });
}

INSTANTIATE_TEST_SUITE_P(each, spsc_queue_operation, ::testing::ValuesIn(operations()),
                         [](auto const& each) { return each.param.name; });

}  // namespace
}  // namespace stoa::testing
