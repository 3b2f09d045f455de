// A process dies, or stops, after every single instruction of each operation of a stack, and of the
// repair of what others left.
//
// Killed: the others find the operation done entirely or not at all, every other element once and in
// order, all nodes and all lanes. Stopped: nobody takes away what it holds, the others have all nodes
// but one, and when it continues every element is there once.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <barrier>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <thread>
#include <vector>

#include "elements.hpp"
#include "kill_each_instruction.hpp"

namespace stoa::testing {
namespace {

using elements = stoa::stack<sealed>;
using contents = std::vector<std::uint64_t>;

constexpr std::uint64_t capacity = 4;
constexpr std::uint32_t lanes = 4;

// --- the operations ---

// The victim, in its own process.
struct actor {
  segment home;
  report& done;
  std::optional<elements> attached{};
  elements const& stack() const { return *attached; }
};

void push(actor& self) {
  if (self.stack().try_push(sealed{50})) self.done.note_push(50);
}
void pop(actor& self) {
  if (auto const got = self.stack().try_pop()) self.done.note_pop(got->number());
}
void recover(actor& self) {
  self.stack().recover();
}
// Whoever attaches settles what the dead have left.
void attach(actor& self) {
  self.attached = self.home.attach<elements>("s");
}

// How far the victim has come when the operation begins.
enum class readiness { opened, attached, has_lane };

actor made_ready(scratch_name const& name, report& done, readiness how) {
  actor self{segment::open(name), done};
  if (how != readiness::opened) attach(self);
  if (how == readiness::has_lane) self.home.attachment().my_lane();
  return self;
}

// --- what came before ---

struct scene {
  scratch_name name;
  segment home = segment::create(name, 1u << 16,
                                 {.max_entries = 4, .max_participants = 5, .max_lanes = lanes});
  elements stack = home.publish<elements>("s", capacity, before_wrap);
  shared_report reported;

  void fill(std::uint64_t count) const {
    for (std::uint64_t n = 1; n <= count; ++n) ASSERT_TRUE(stack.try_push(sealed{n}));
  }
  stack_header const& header() const {
    return *reinterpret_cast<stack_header const*>(home.attachment().entries().at(0).body.data());
  }
};

using corpse = std::unique_ptr<stepped_child>;
corpse made_corpse(scene& where, void (*operation)(actor&)) {
  return std::make_unique<stepped_child>([&where, operation] {
    return [self = made_ready(where.name, *where.reported.get(), readiness::has_lane),
            operation]() mutable { operation(self); };
  });
}
bool step_until_changed(stepped_child& victim, atomic_u64 const& word) {
  return victim.step_until([&, before = word.load()] { return word.load() != before; });
}
bool step_until_named(stepped_child& victim, scene const& where) {
  return victim.step_until([&] {
    return std::ranges::any_of(where.home.attachment().map().used_lanes(),
                               [](lane& each) { return each.intent.what.load() != 0; });
  });
}

void nothing(scene&) {}
void died_pushing(scene& where) {
  auto const victim = made_corpse(where, &push);
  ASSERT_TRUE(step_until_changed(*victim, where.header().free));
}
void died_popping(scene& where) {
  auto const victim = made_corpse(where, &pop);
  ASSERT_TRUE(step_until_changed(*victim, where.header().top));
}
void died_with_all_done_but_forgotten(scene& where) {
  auto const victim = made_corpse(where, &push);
  ASSERT_TRUE(step_until_changed(*victim, where.header().top));
}
void died_pushing_and_died_popping(scene& where) {
  died_pushing(where);
  died_popping(where);
}
// Two dead name the same node, and one of them had taken it.
void died_as_rivals(scene& where, void (*operation)(actor&), atomic_u64 const& list) {
  auto const loser = made_corpse(where, operation);
  ASSERT_TRUE(step_until_named(*loser, where));
  auto const winner = made_corpse(where, operation);
  ASSERT_TRUE(step_until_changed(*winner, list));
}
void died_as_rivals_pushing(scene& where) {
  died_as_rivals(where, &push, where.header().free);
}
void died_as_rivals_popping(scene& where) {
  died_as_rivals(where, &pop, where.header().top);
}
// One dead names a node that is in use again.
void died_before_it_could_push(scene& where) {
  auto const victim = made_corpse(where, &push);
  ASSERT_TRUE(step_until_named(*victim, where));
  ASSERT_TRUE(where.stack.try_push(sealed{9}));
}

struct operation {
  std::string name;
  std::uint64_t filled;  // elements 1 to that are in the stack
  void (*arrange)(scene&);
  void (*run)(actor&);
  contents before;  // what is in the stack if it did not happen, the youngest first,
  contents after;   // and if it did
  readiness begins = readiness::has_lane;
};

std::vector<operation> operations() {
  return {
      {"Push", 2, nothing, push, {2, 1}, {50, 2, 1}},
      {"FirstPushOfAThread", 2, nothing, push, {2, 1}, {50, 2, 1}, readiness::attached},
      {"PushToAnEmptyStack", 0, nothing, push, {}, {50}},
      {"PushToTheLastNode", 3, nothing, push, {3, 2, 1}, {50, 3, 2, 1}},
      {"PushToAFullStack", 4, nothing, push, {4, 3, 2, 1}, {4, 3, 2, 1}},
      {"Pop", 3, nothing, pop, {3, 2, 1}, {2, 1}},
      {"FirstPopOfAThread", 3, nothing, pop, {3, 2, 1}, {2, 1}, readiness::attached},
      {"PopOfTheLast", 1, nothing, pop, {1}, {}},
      {"PopOfAllNodesInUse", 4, nothing, pop, {4, 3, 2, 1}, {3, 2, 1}},
      {"PopOfNothing", 0, nothing, pop, {}, {}},
      {"PushWhereOneDiedPushing", 3, died_pushing, push, {3, 2, 1}, {50, 3, 2, 1}},
      {"PushWhereOneDiedPopping", 4, died_popping, push, {3, 2, 1}, {50, 3, 2, 1}},
      {"AttachAfterADeadPush", 2, died_pushing, attach, {2, 1}, {2, 1}, readiness::opened},
      {"AttachAfterADeadPop", 3, died_popping, attach, {2, 1}, {2, 1}, readiness::opened},
      {"AttachAfterADeadPushThatWasDone", 2, died_with_all_done_but_forgotten, attach, {50, 2, 1},
       {50, 2, 1}, readiness::opened},
      {"RecoverAfterTwo", 3, died_pushing_and_died_popping, recover, {2, 1}, {2, 1}},
      {"RecoverAfterRivalPushes", 2, died_as_rivals_pushing, recover, {2, 1}, {2, 1}},
      {"RecoverAfterRivalPops", 3, died_as_rivals_popping, recover, {2, 1}, {2, 1}},
      {"RecoverOfANodeInUse", 2, died_before_it_could_push, recover, {9, 2, 1}, {9, 2, 1}},
  };
}

void PrintTo(operation const& each, std::ostream* out) {
  *out << each.name;
}

// --- what is left ---

// The ways in which those who live come to know of a death; the third is to find no room.
void look_for_the_dead(scene const& where, std::size_t way) {
  if (way % 3 == 0) segment::open(where.name).attach<elements>("s");
  if (way % 3 == 1) where.stack.recover();
}

contents drained(scene const& where) {
  contents out;
  while (auto const got = where.stack.try_pop()) {
    EXPECT_TRUE(got->is_whole());
    out.push_back(got->number());
  }
  return out;
}

void expect_all_nodes(elements const& stack) {
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(stack.size(), 0u);
    for (std::uint64_t n = 0; n < capacity; ++n)
      EXPECT_TRUE(stack.push_for(sealed{100 + n}, std::chrono::seconds{0})) << n;
    EXPECT_FALSE(stack.try_push(sealed{99}));
    for (std::uint64_t n = capacity; n-- > 0;) {
      auto const got = stack.try_pop();
      ASSERT_TRUE(got) << n;
      EXPECT_EQ(got->number(), 100 + n);
    }
    EXPECT_FALSE(stack.try_pop());
  }
}

// As many threads as there are lanes, all at once.
void expect_all_lanes(scene const& where) {
  where.stack.recover();
  std::atomic<int> refused{0};
  std::barrier all_have_one{lanes - 1};
  std::vector<std::thread> threads;
  for (std::uint32_t i = 1; i < lanes; ++i)
    threads.emplace_back([&] {
      try {
        where.home.attachment().my_lane();
      } catch (error const&) {
        ++refused;
      }
      all_have_one.arrive_and_wait();
    });
  for (auto& each : threads) each.join();
  EXPECT_EQ(refused, 0) << "lanes were lost";
  for (auto& each : where.home.attachment().map().used_lanes())
    for_each_name(each, [](lane_name& name) { EXPECT_EQ(name.what.load(), 0u); });
}

class stack_operation : public ::testing::TestWithParam<operation> {
 protected:
  static void arrange(scene& where) {
    where.fill(GetParam().filled);
    GetParam().arrange(where);
    *where.reported.get() = {};
  }
  static auto victim(scene const& where) {
    return [&where] {
      return [self = made_ready(where.name, *where.reported.get(), GetParam().begins)]() mutable {
        GetParam().run(self);
        self.done.is_done = true;
      };
    };
  }
  static std::vector<std::uintptr_t> trace() {
    scene where;
    arrange(where);
    return stepped_child{victim(where)}.trace();
  }
  static effect judge(contents const& found, bool is_done) {
    auto const& [before, after] = std::pair{GetParam().before, GetParam().after};
    EXPECT_TRUE(found == before || found == after) << ::testing::PrintToString(found);
    EXPECT_FALSE(is_done && found != after) << "it returned, and did not happen";
    if (before == after) return effect::undecided;
    return found == after ? effect::whole : effect::none;
  }
};

TEST_P(stack_operation, KilledAfterAnyInstructionHappenedOrNot) {
  for_each_instruction(&trace, [](cut const& here) {
    scene where;
    arrange(where);
    {
      stepped_child killed{victim(where)};
      here.lead(killed);
    }
    look_for_the_dead(where, here.after);
    auto const found = judge(drained(where), where.reported.get()->is_done);
    expect_all_nodes(where.stack);
    expect_all_lanes(where);
    return found;
  });
}

TEST_P(stack_operation, StoppedAfterAnyInstructionHoldsNobodyUp) {
  for_each_instruction(&trace, [](cut const& here) {
    scene where;
    arrange(where);
    contents in = GetParam().before;
    contents out;
    {
      stepped_child stopped{victim(where)};
      here.lead(stopped);
      look_for_the_dead(where, here.after);
      // The others go on meanwhile, with all nodes but one.
      for (int round = 0; round < 2; ++round) {
        while (auto const got = where.stack.try_pop()) out.push_back(got->number());
        std::uint64_t pushed = 0;
        for (; where.stack.push_for(sealed{200 + pushed}, std::chrono::seconds{0}); ++pushed) {
          EXPECT_LT(pushed, capacity);
          in.push_back(200 + pushed);
        }
        EXPECT_GE(pushed, capacity - 1);
      }
      static_cast<void>(stopped.finish());
    }
    auto const& done = *where.reported.get();
    in.insert(in.end(), done.pushed.begin(), done.pushed.begin() + static_cast<long>(done.pushes));
    out.insert(out.end(), done.popped.begin(), done.popped.begin() + static_cast<long>(done.pops));
    auto const rest = drained(where);
    out.insert(out.end(), rest.begin(), rest.end());
    std::ranges::sort(in);
    std::ranges::sort(out);
    EXPECT_EQ(out, in);
    expect_all_nodes(where.stack);
    expect_all_lanes(where);
    return effect::undecided;
  });
}

INSTANTIATE_TEST_SUITE_P(each, stack_operation, ::testing::ValuesIn(operations()),
                         [](auto const& each) { return each.param.name; });

// --- two at once ---

// A rival has named the same node and is killed before it could take it; another is killed after every
// instruction of taking it.
struct rivalry {
  std::string name;
  void (*rival)(actor&);
  void (*run)(actor&);
  contents before;
  contents after;
};
void PrintTo(rivalry const& each, std::ostream* out) {
  *out << each.name;
}

class stack_rivalry : public ::testing::TestWithParam<rivalry> {
 protected:
  static auto ready(scene const& where, void (*run)(actor&)) {
    return [&where, run] {
      return [self = made_ready(where.name, *where.reported.get(), readiness::has_lane),
              run]() mutable { run(self); };
    };
  }
};

TEST_P(stack_rivalry, BothKilledLeaveWhatOneWouldLeave) {
  auto const trace_once = [] {
    scene where;
    where.fill(2);
    return stepped_child{ready(where, GetParam().run)}.trace();
  };
  for_each_instruction(trace_once, [](cut const& here) {
    scene where;
    where.fill(2);
    auto rival = std::make_unique<stepped_child>(ready(where, GetParam().rival));
    EXPECT_TRUE(step_until_named(*rival, where));
    {
      stepped_child killed{ready(where, GetParam().run)};
      here.lead(killed);
    }
    if (here.after % 2 == 0) where.stack.recover();  // while the rival lives: what it names is left alone
    rival.reset();
    look_for_the_dead(where, here.after);
    auto const found = drained(where);
    EXPECT_TRUE(found == GetParam().before || found == GetParam().after) << ::testing::PrintToString(found);
    expect_all_nodes(where.stack);
    expect_all_lanes(where);
    return found == GetParam().after ? effect::whole : effect::none;
  });
}

INSTANTIATE_TEST_SUITE_P(each, stack_rivalry,
                         ::testing::Values(rivalry{"PushAndPush", push, push, {2, 1}, {50, 2, 1}},
                                           rivalry{"PopAndPop", pop, pop, {2, 1}, {1}},
                                           rivalry{"PushAndPop", push, pop, {2, 1}, {1}},
                                           rivalry{"PopAndPush", pop, push, {2, 1}, {50, 2, 1}}),
                         [](auto const& each) { return each.param.name; });

}  // namespace
}  // namespace stoa::testing
