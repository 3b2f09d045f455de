// Many threads on one mapping: every element out exactly once and whole.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "elements.hpp"
#include "strategies.hpp"

namespace stoa::testing {
namespace {

using namespace std::chrono_literals;
using elements = stoa::stack<sealed>;

constexpr std::uint64_t per_pusher = 3000;

// Pushes its numbers, alone or several at a time, waiting or not, as chance wants it.
void push_all(elements const& stack, std::uint64_t first) {
  std::minstd_rand chance{static_cast<unsigned>(first) + 1};
  for (std::uint64_t n = 0; n < per_pusher;) {
    auto const next = sealed{first + n};
    switch (chance() % 4) {
      case 0:
        stack.push(next);
        ++n;
        break;
      case 1:
        n += stack.try_push(next);
        break;
      case 2:
        n += stack.push_for(next, 1ms, wait_strategy::yield);
        break;
      case 3: {
        std::vector<sealed> batch;
        for (auto i = n; i < std::min(per_pusher, n + 1 + chance() % 5); ++i) batch.emplace_back(first + i);
        n += stack.try_push_n(batch);
        break;
      }
    }
  }
}

struct popped {
  std::vector<std::uint64_t> numbers;
  bool is_all_whole = true;
  void take(sealed const& element) {
    is_all_whole &= element.is_whole();
    numbers.push_back(element.number());
  }
};

popped pop_until_over(elements const& stack, std::atomic<bool> const& is_over, unsigned seed) {
  std::minstd_rand chance{seed};
  popped out;
  for (;;) {
    bool const was_over = is_over;  // looked at first: then empty is empty for good
    if (chance() % 2 == 0) {
      if (auto const got = stack.pop_for(1ms)) {
        out.take(*got);
        continue;
      }
    } else {
      std::array<sealed, 4> batch;
      auto const got = stack.try_pop_n(std::span{batch}.first(1 + chance() % 4));
      for (std::size_t i = 0; i < got; ++i) out.take(batch[i]);
      if (got != 0) continue;
    }
    if (was_over) return out;
  }
}

struct load {
  std::uint64_t capacity;
  unsigned pushers;
  unsigned poppers;
};

class stack_threads : public ::testing::TestWithParam<load> {};

TEST_P(stack_threads, EveryElementComesOutOnceAndWhole) {
  two_views views;
  auto const stack = views.first.publish<elements>("s", GetParam().capacity, before_wrap - 1000);
  auto const other = views.second.attach<elements>("s");
  std::atomic<bool> is_over{false};
  std::vector<popped> out(GetParam().poppers);
  std::vector<std::thread> pushing;
  std::vector<std::thread> popping;
  for (unsigned i = 0; i < GetParam().poppers; ++i)
    popping.emplace_back([&, i] { out[i] = pop_until_over(i % 2 == 0 ? stack : other, is_over, i + 1); });
  for (unsigned i = 0; i < GetParam().pushers; ++i)
    pushing.emplace_back([&, i] { push_all(i % 2 == 0 ? stack : other, i * per_pusher); });
  // Looks all the time: what it sees is whole, and was there at some time.
  std::thread looking{[&] {
    while (!is_over) {
      if (auto const top = other.top()) {
        EXPECT_TRUE(top->is_whole());
        EXPECT_LT(top->number(), GetParam().pushers * per_pusher);
      }
      EXPECT_LE(other.size(), other.capacity());
      stack.recover();  // nobody is dead: nothing may be repaired
    }
  }};
  for (auto& each : pushing) each.join();
  is_over = true;
  for (auto& each : popping) each.join();
  looking.join();
  std::vector<std::uint64_t> all;
  for (auto const& each : out) {
    EXPECT_TRUE(each.is_all_whole);
    all.insert(all.end(), each.numbers.begin(), each.numbers.end());
  }
  std::ranges::sort(all);
  std::vector<std::uint64_t> wanted(GetParam().pushers * per_pusher);
  for (std::uint64_t n = 0; n < wanted.size(); ++n) wanted[n] = n;
  EXPECT_TRUE(all == wanted) << all.size() << " of " << wanted.size();
  EXPECT_TRUE(stack.empty());
  EXPECT_EQ(stack.statistics().pushed, wanted.size());
  for (std::uint64_t n = 0; n < stack.capacity(); ++n) ASSERT_TRUE(stack.try_push(sealed{n}));
  EXPECT_FALSE(stack.try_push(sealed{0}));
}

std::string described(load const& each) {
  return "Capacity" + std::to_string(each.capacity) + "From" + std::to_string(each.pushers) + "To" +
         std::to_string(each.poppers);
}
INSTANTIATE_TEST_SUITE_P(each, stack_threads,
                         ::testing::Values(load{1, 1, 1}, load{1, 3, 3}, load{2, 3, 3}, load{8, 4, 1},
                                           load{8, 1, 4}, load{8, 4, 4}, load{256, 4, 4}),
                         [](auto const& each) { return described(each.param); });

// Copies taken while nodes are used again and again are of elements that were there.
TEST(stack, ElementsAreCopiedWholeInTheMidstOfTraffic) {
  two_views views;
  auto const stack = views.first.publish<elements>("s", 64);
  for (std::uint64_t n = 0; n < 32; ++n) ASSERT_TRUE(stack.try_push(sealed{n}));
  std::atomic<bool> is_over{false};
  std::thread working{[&] {
    std::minstd_rand chance{3};
    for (std::uint64_t n = 100; !is_over; ++n)
      if (chance() % 2 == 0)
        static_cast<void>(stack.try_push(sealed{n}));
      else if (stack.size() > 16)
        static_cast<void>(stack.try_pop());
  }};
  auto const entry = views.second.attachment().entries().at(0);
  int seen = 0;
  for (int look = 0; look < 2000; ++look) {
    std::vector<std::uint64_t> shown;
    static_cast<void>(find_kind("stack")->elements(entry, [&](std::span<std::byte const> bytes) {
      sealed copy;
      std::memcpy(&copy, bytes.data(), sizeof(copy));
      EXPECT_TRUE(copy.is_whole());
      shown.push_back(copy.number());
    }));
    // The youngest first: nobody pushes a smaller number onto a larger one.
    EXPECT_TRUE(std::ranges::is_sorted(shown, std::greater{}));
    // Those below the size of 16 are never popped: all of a walk that is not led astray ends there.
    if (shown.size() >= 16) {
      ++seen;
      EXPECT_EQ(shown.back(), 0u);
      EXPECT_EQ(shown[shown.size() - 16], 15u);
    }
  }
  is_over = true;
  working.join();
  EXPECT_GT(seen, 0);
}

// --- waiting ---

class stack_waiting : public ::testing::TestWithParam<wait_strategy> {
 protected:
  two_views views;
  elements stack = views.first.publish<elements>("s", 1);
  elements other = views.second.attach<elements>("s");
};

TEST_P(stack_waiting, PopIsWokenByAPushOfAnotherView) {
  std::thread popper{[&] { EXPECT_EQ(stack.pop(GetParam()).number(), 5u); }};
  std::this_thread::yield();
  other.push(sealed{5});
  popper.join();
}

TEST_P(stack_waiting, PushIsWokenByAPopOfAnotherView) {
  ASSERT_TRUE(stack.try_push(sealed{1}));
  std::thread pusher{[&] { stack.push(sealed{2}, GetParam()); }};
  EXPECT_EQ(other.pop().number(), 1u);
  EXPECT_EQ(other.pop().number(), 2u);
  pusher.join();
}

INSTANTIATE_TEST_SUITE_P(each, stack_waiting, ::testing::ValuesIn(strategies),
                         [](auto const& each) { return name_of(each.param); });

}  // namespace
}  // namespace stoa::testing
