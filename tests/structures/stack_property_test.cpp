// Random commands through two handles at different addresses, against a std::vector.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "elements.hpp"

namespace stoa::testing {
namespace {

using numbers = stoa::stack<std::uint64_t>;
using step = std::pair<std::uint8_t, std::uint8_t>;  // what, and with how much

class stack_machine {
 public:
  stack_machine(std::uint64_t capacity, std::uint64_t first_tag)
      : handles_{views_.first.publish<numbers>("s", capacity, first_tag),
                 views_.second.attach<numbers>("s")},
        capacity_{capacity} {}

  void run(step const& what) {
    auto const& stack = handles_[what.first & 1u];
    switch (what.first / 2 % 5) {
      case 0:
        push(stack);
        break;
      case 1:
        pop(stack);
        break;
      case 2:
        push_n(stack, what.second % (2 * capacity_ + 1));
        break;
      case 3:
        pop_n(stack, what.second % (2 * capacity_ + 1));
        break;
      case 4:
        stack.recover();  // there is nobody dead: nothing may change
        break;
    }
    for (auto const& each : handles_) {
      RC_ASSERT(each.size() == model_.size());
      RC_ASSERT(each.empty() == model_.empty());
      auto const top = each.top();
      RC_ASSERT(top.has_value() == !model_.empty());
      if (top) RC_ASSERT(*top == model_.back());
      auto const counts = each.statistics();
      RC_ASSERT(counts.pushed == pushed_);
      RC_ASSERT(counts.popped == pushed_ - model_.size());
      RC_ASSERT(counts.high_water == highest_);
    }
  }

  // Everything that was pushed comes out, and all capacity is usable again.
  void finish() {
    while (!model_.empty()) pop(handles_[0]);
    pop(handles_[1]);
    push_n(handles_[1], capacity_ + 1);
    while (!model_.empty()) pop(handles_[0]);
  }

 private:
  void note_push() {
    model_.push_back(pushed_++);
    highest_ = std::max<std::uint64_t>(highest_, model_.size());
  }
  void push(numbers const& stack) {
    bool const fits = model_.size() < capacity_;
    RC_ASSERT(stack.try_push(pushed_) == fits);
    if (fits) note_push();
  }
  void pop(numbers const& stack) {
    auto const got = stack.try_pop();
    RC_ASSERT(got.has_value() == !model_.empty());
    if (!got) return;
    RC_ASSERT(*got == model_.back());
    model_.pop_back();
  }
  void push_n(numbers const& stack, std::uint64_t count) {
    std::vector<std::uint64_t> batch(count);
    for (std::uint64_t i = 0; i < count; ++i) batch[i] = pushed_ + i;
    auto const pushed = stack.try_push_n(batch);
    RC_ASSERT(pushed == std::min(count, capacity_ - model_.size()));
    for (std::uint64_t i = 0; i < pushed; ++i) note_push();
  }
  void pop_n(numbers const& stack, std::uint64_t count) {
    std::vector<std::uint64_t> out(count);
    auto const got = stack.try_pop_n(out);
    RC_ASSERT(got == std::min<std::uint64_t>(count, model_.size()));
    for (std::uint64_t i = 0; i < got; ++i) {
      RC_ASSERT(out[i] == model_.back());
      model_.pop_back();
    }
  }

  two_views views_;
  std::array<numbers, 2> handles_;
  std::uint64_t capacity_;
  std::vector<std::uint64_t> model_;
  std::uint64_t pushed_ = 0;
  std::uint64_t highest_ = 0;
};

RC_GTEST_PROP(stack, BehavesLikeAVector, (std::vector<step> const& steps, bool is_near_wrap)) {
  auto const capacity = *rc::gen::element<std::uint64_t>(1, 1, 2, 3, 4, 7, 16);
  auto const offset = *rc::gen::inRange<std::uint64_t>(0, 40);
  stack_machine machine{capacity, is_near_wrap ? 0 - offset : (std::uint64_t{1} << 39) - offset};
  for (auto const& each : steps) machine.run(each);
  machine.finish();
}

RC_GTEST_PROP(stack, BehavesLikeAVectorForLong, ()) {
  stack_machine machine{*rc::gen::element<std::uint64_t>(1, 2, 5), 0};
  auto const steps = *rc::gen::container<std::vector<step>>(400, rc::gen::arbitrary<step>());
  for (auto const& each : steps) machine.run(each);
  machine.finish();
}

}  // namespace
}  // namespace stoa::testing
