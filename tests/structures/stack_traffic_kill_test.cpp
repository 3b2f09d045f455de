// What a dead process had taken from a large stack is found in the midst of traffic, however long the lists
// are.
#include <gtest/gtest.h>

#include <atomic>
#include <ostream>
#include <string>
#include <thread>
#include <vector>

#include "elements.hpp"
#include "kill_each_instruction.hpp"

namespace stoa::testing {
namespace {

using elements = stoa::stack<std::uint64_t>;

struct loss {
  std::string name;
  std::uint64_t capacity;
  void (*operation)(elements const&);
  bool is_push;
};
void PrintTo(loss const& each, std::ostream* out) {
  *out << each.name;
}

class stack_traffic : public ::testing::TestWithParam<loss> {
 protected:
  bool is_anything_named_by_the_dead() const {
    auto& owner = home.attachment();
    for (auto& each : owner.map().used_lanes()) {
      auto const by = each.owner.load();
      if (by != 0 && !owner.is_alive(by) && each.intent.what.load() != 0) return true;
    }
    return false;
  }

  scratch_name name;
  segment home = segment::create(name, 16u << 20);
  elements stack = home.publish<elements>("s", GetParam().capacity);
};

TEST_P(stack_traffic, LostNodesAreFound) {
  auto const half = stack.capacity() / 2;
  for (std::uint64_t n = 0; n < half; ++n) ASSERT_TRUE(stack.try_push(n));
  auto const& header =
      *reinterpret_cast<stack_header const*>(home.attachment().entries().at(0).body.data());
  {
    stepped_child victim{[&] {
      auto const mine = segment::open(name);
      mine.attachment().my_lane();
      return [own = mine.attach<elements>("s")] { GetParam().operation(own); };
    }};
    auto const& list = GetParam().is_push ? header.free : header.top;
    ASSERT_TRUE(victim.step_until([&, before = list.load()] { return list.load() != before; }));
  }
  ASSERT_TRUE(is_anything_named_by_the_dead());
  std::atomic<bool> is_over{false};
  std::vector<std::thread> working;
  for (int i = 0; i < 2; ++i)
    working.emplace_back([&] {
      while (!is_over) {
        static_cast<void>(stack.try_push(0));
        static_cast<void>(stack.try_push(0));
        static_cast<void>(stack.try_pop());
        static_cast<void>(stack.try_pop());
      }
    });
  int looks = 0;
  EXPECT_TRUE(eventually([&] {
    stack.recover();
    ++looks;
    return !is_anything_named_by_the_dead();
  }));
  RecordProperty("looks", looks);
  is_over = true;
  for (auto& each : working) each.join();
  while (stack.try_pop()) {
  }
  for (std::uint64_t n = 0; n < stack.capacity(); ++n) ASSERT_TRUE(stack.try_push(n)) << n;
  EXPECT_FALSE(stack.try_push(0));
}

void push(elements const& stack) {
  static_cast<void>(stack.try_push(1));
}
void pop(elements const& stack) {
  static_cast<void>(stack.try_pop());
}
INSTANTIATE_TEST_SUITE_P(each, stack_traffic,
                         ::testing::Values(loss{"PushOfTwo", 2, push, true},
                                           loss{"PopOfTen", 10, pop, false},
                                           loss{"PushOfAThousand", 1000, push, true},
                                           loss{"PopOfAThousand", 1000, pop, false},
                                           loss{"PushOfManyThousand", 200'000, push, true},
                                           loss{"PopOfManyThousand", 200'000, pop, false}),
                         [](auto const& each) { return each.param.name; });

}  // namespace
}  // namespace stoa::testing
