// A caller stands still after every single instruction of its look whether there is anybody left who could answer.
// Meanwhile servers come, leave in order, or die. It never finds that the last one died where that was not so at any moment.
#include <gtest/gtest.h>

#include <memory>
#include <optional>

#include "elements.hpp"
#include "exchange_scene.hpp"
#include "kill_each_instruction.hpp"

namespace stoa::testing {
namespace {

struct scene {
  scratch_name name;
  segment home = segment::create(name, 1u << 16, {.max_entries = 4, .max_participants = 6, .max_lanes = 4});
  exchange calls = home.publish<exchange>("x", 1, 200);
  shared_report reported;

  static bool is_deserted(segment const& in) {
    return exchange_bytes::adopt(in.entries().front().view()).value().way(side::front).is_deserted(in.attachment());
  }
  auto look() const {
    return [this] {
      auto const own = segment::open(name);
      return [own, found = reported.get()] {
        if (is_deserted(own)) found->note_push(1);
        found->is_done = true;
      };
    };
  }
  // What the one who looked found.
  bool was_deserted() const { return reported.get()->pushes != 0; }
  // A participant of its own, in this process: gone in order with the last copy.
  auto server() const { return std::make_shared<exchange_server>(segment::open(name).attach<exchange>("x").server()); }
  auto server_that_will_die() const {
    return std::make_unique<stepped_child>([this] { return [service = server()] {}; });
  }
};

std::vector<std::uintptr_t> trace_of_a_look() {
  scene where;
  auto const there = where.server();
  return stepped_child{where.look()}.trace();
}

TEST(stopped_caller, TakesNoServerThatLeavesInOrderForADeadOne) {
  for_each_instruction(trace_of_a_look, [](cut const& here) {
    scene where;
    auto there = where.server();
    stepped_child slow{where.look()};
    here.lead(slow);
    there.reset();
    EXPECT_TRUE(slow.finish());
    EXPECT_TRUE(where.reported.get()->is_done);
    EXPECT_FALSE(where.was_deserted());
    return effect::undecided;
  });
}

TEST(stopped_caller, SeesAServerThatComesBeforeTheLastOneDies) {
  for_each_instruction(trace_of_a_look, [](cut const& here) {
    scene where;
    auto first = where.server();
    auto const dying = where.server_that_will_die();  // at the second place
    first.reset();                                    // the first is free
    stepped_child slow{where.look()};
    here.lead(slow);
    auto const comes = where.server();
    dying->kill();
    EXPECT_TRUE(slow.finish());
    EXPECT_FALSE(where.was_deserted());
    return effect::undecided;
  });
}

// Who comes takes the place in front of the dead one's, clears that, and leaves: nobody died last.
TEST(stopped_caller, SeesThatASuccessorOfTheDeadLeftInOrder) {
  for_each_instruction(trace_of_a_look, [](cut const& here) {
    scene where;
    auto first = where.server();
    auto const dying = where.server_that_will_die();
    first.reset();
    stepped_child slow{where.look()};
    here.lead(slow);
    auto comes = where.server();
    dying->kill();
    comes.reset();
    EXPECT_TRUE(slow.finish());
    EXPECT_FALSE(where.was_deserted());
    EXPECT_FALSE(scene::is_deserted(where.home));
    return effect::undecided;
  });
}

TEST(stopped_caller, IsToldThatTheLastOneDied) {
  scene where;
  auto const dying = where.server_that_will_die();
  EXPECT_FALSE(scene::is_deserted(where.home));
  dying->kill();
  EXPECT_TRUE(scene::is_deserted(where.home));
  auto const comes = where.server();
  EXPECT_FALSE(scene::is_deserted(where.home));
}

}  // namespace
}  // namespace stoa::testing
