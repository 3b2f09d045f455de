// stack_scene.hpp: a stack that somebody dies or stops in: what he does, and what is to be found after.
#pragma once
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "actor.hpp"
#include "all_lanes.hpp"
#include "elements.hpp"
#include "kill_each_instruction.hpp"

namespace stoa::testing {

using elements = stoa::stack<sealed>;
using contents = std::vector<std::uint64_t>;

constexpr std::uint64_t capacity = 4;
constexpr std::uint32_t lanes = 4;

// --- the operations ---

using actor = actor_on<elements>;

inline void push(actor& self) {
  if (self->try_push(sealed{50})) self.done.note_push(50);
}
inline void pop(actor& self) {
  if (auto const got = self->try_pop()) self.done.note_pop(got->number());
}
inline void recover(actor& self) {
  self->recover();
}
// Whoever attaches settles what the dead have left.
inline void attach(actor& self) {
  self.attached = self.home.attach<elements>("s");
}
inline void attach_and_push(actor& self) {
  attach(self);
  push(self);
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
inline corpse made_corpse(scene& where, void (*operation)(actor&)) {
  return std::make_unique<stepped_child>(ready(where, operation));
}
inline bool step_until_changed(stepped_child& victim, atomic_u64 const& word) {
  return victim.step_until([&, before = word.load()] { return word.load() != before; });
}
inline bool step_until_named(stepped_child& victim, scene const& where) {
  return victim.step_until([&] {
    return std::ranges::any_of(where.home.attachment().map().used_lanes(),
                               [](lane& each) { return each.intent.what.load() != 0; });
  });
}

// --- what is left ---

// The ways in which those who live come to know of a death; the third is to find no room.
inline void look_for_the_dead(scene const& where, std::size_t way) {
  if (way % 3 == 0) segment::open(where.name).attach<elements>("s");
  if (way % 3 == 1) where.stack.recover();
}

inline contents drained(scene const& where) {
  contents out;
  while (auto const got = where.stack.try_pop()) {
    EXPECT_TRUE(got->is_whole());
    out.push_back(got->number());
  }
  return out;
}

inline void expect_all_nodes(elements const& stack) {
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

inline void expect_all_lanes(scene const& where) {
  where.stack.recover();
  expect_a_lane_for_each_of(lanes, where.home);
  for (auto& each : where.home.attachment().map().used_lanes())
    for_each_name(each, [](lane_name& name) { EXPECT_EQ(name.what.load(), 0u); });
}

}  // namespace stoa::testing
