// What is a stack's own; what it shares with queues is in bounded_test.cpp.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "elements.hpp"
#include "numbers.hpp"
#include "refusal.hpp"

namespace stoa::testing {
namespace {

using ::testing::ElementsAre;
using numbers = stoa::stack<std::uint64_t>;

// --- one at a time ---

TEST(stack, IsEmptyAtFirst) {
  two_views views;
  auto const stack = views.first.publish<numbers>("s", 8);
  EXPECT_TRUE(stack.empty());
  EXPECT_EQ(stack.size(), 0u);
  EXPECT_EQ(stack.capacity(), 8u);
  EXPECT_EQ(stack.try_pop(), std::nullopt);
  EXPECT_EQ(stack.top(), std::nullopt);
}

TEST(stack, YoungestComesOutFirst) {
  two_views views;
  auto const stack = views.first.publish<numbers>("s", 8);
  auto const other = views.second.attach<numbers>("s");
  for (std::uint64_t n = 0; n < 8; ++n) {
    ASSERT_TRUE((n % 2 == 0 ? stack : other).try_push(n));
    ASSERT_EQ((n % 2 == 0 ? other : stack).top(), n);
  }
  EXPECT_THAT(drained(other), ElementsAre(7, 6, 5, 4, 3, 2, 1, 0));
}

TEST(stack, CapacityIsExactlyWhatWasAsked) {
  two_views views;
  for (std::uint64_t asked = 1; asked < 20; ++asked) {
    auto const stack = views.first.publish<numbers>("s" + std::to_string(asked), asked);
    EXPECT_EQ(stack.capacity(), asked);
  }
}

TEST(stack, ImpossibleCapacitiesAreRefused) {
  two_views views;
  auto const code = [&](auto capacity) {
    return views.first.try_publish<numbers>("s", capacity).error().code();
  };
  EXPECT_EQ(code(most_nodes + 1), errc::invalid_argument);
  EXPECT_EQ(code(most_nodes), errc::no_space);  // more than this segment
  EXPECT_EQ(code(-1), errc::no_space);
  EXPECT_EQ(code(std::uint64_t{1} << 61), errc::no_space);
}

// 2^40 tags, of two lists that start half of that apart.
TEST(stack, TagsWrap) {
  two_views views;
  for (std::uint64_t const wrap : {std::uint64_t{0}, std::uint64_t{1} << 39, std::uint64_t{1} << 40})
    for (std::uint64_t before = 0; before < 9; ++before) {
      auto const stack = views.first.publish<numbers>("s", 2, wrap - before);
      for (std::uint64_t n = 0; n < 8; ++n) {
        ASSERT_TRUE(stack.try_push(n));
        ASSERT_TRUE(stack.try_push(n + 1));
        ASSERT_FALSE(stack.try_push(0));
        ASSERT_EQ(stack.try_pop(), n + 1);
        ASSERT_EQ(stack.try_pop(), n);
        ASSERT_EQ(stack.try_pop(), std::nullopt);
      }
      auto const counts = stack.statistics();
      EXPECT_EQ(counts.pushed, 16u);
      EXPECT_EQ(counts.popped, 16u);
      ASSERT_TRUE(views.first.erase("s"));
    }
}

template <class T>
class stack_of : public ::testing::Test {};
using element_types =
    ::testing::Types<std::uint8_t, three_bytes, std::uint64_t, page, line, two_lines>;
TYPED_TEST_SUITE(stack_of, element_types);

TYPED_TEST(stack_of, AnyElementKeepsThem) {
  two_views views;
  for (std::uint64_t const capacity : {1u, 2u, 5u}) {
    auto const name = "s" + std::to_string(capacity);
    auto const stack = views.first.template publish<stoa::stack<TypeParam>>(name, capacity);
    auto const other = views.second.template attach<stoa::stack<TypeParam>>(name);
    for (std::uint64_t lap = 0; lap < 4; ++lap) {
      for (std::uint64_t n = 0; n < capacity; ++n) {
        ASSERT_TRUE(stack.try_push(element<TypeParam>(lap + n)));
        auto const top = other.top();
        ASSERT_TRUE(top && is_element(*top, lap + n));
      }
      ASSERT_FALSE(stack.try_push(element<TypeParam>(0)));
      for (std::uint64_t n = capacity; n-- > 0;) {
        auto const got = other.try_pop();
        ASSERT_TRUE(got && is_element(*got, lap + n));
      }
    }
  }
}

// --- tools ---

entry_view entry_of(segment const& home, std::string_view name) {
  for (auto const& each : home.attachment().entries())
    if (each.name() == name) return each;
  throw std::runtime_error{"no such entry"};
}

std::vector<std::uint64_t> elements_of(entry_view const& entry) {
  std::vector<std::uint64_t> out;
  static_cast<void>(find_kind("stack")->elements(entry, [&](std::span<std::byte const> bytes) {
    std::uint64_t number = 0;
    std::memcpy(&number, bytes.data(), std::min(bytes.size(), sizeof(number)));
    out.push_back(number);
  }));
  return out;
}

TEST(stack, KindShowsTheYoungestFirst) {
  two_views views;
  auto const stack = views.first.publish<numbers>("s", 6);
  auto const entry = entry_of(views.second, "s");
  EXPECT_THAT(elements_of(entry), ElementsAre());
  ASSERT_EQ(stack.try_push_n(counted(0, 5)), 5u);
  ASSERT_EQ(stack.try_pop(), 4u);
  EXPECT_THAT(elements_of(entry), ElementsAre(3, 2, 1, 0));
  auto const shown = find_kind("stack")->statistics(entry);
  ASSERT_TRUE(shown);
  EXPECT_EQ(shown->at(0).value, 6u);
  EXPECT_EQ(shown->at(1).value, 4u);
  EXPECT_EQ(shown->at(2).value, 5u);
}

// --- who may ---

TEST(stack, ReadOnlyHandlesLookAndRefuseToChange) {
  two_views views;
  auto const stack = views.first.publish<numbers>("s", 4);
  ASSERT_EQ(stack.try_push_n(counted(0, 2)), 2u);
  auto const shown = segment::open_read_only(views.name()).attach<numbers>("s");
  EXPECT_EQ(shown.size(), 2u);
  EXPECT_EQ(shown.top(), 1u);
  EXPECT_EQ(shown.statistics().pushed, 2u);
  auto const read_only = make_error_code(errc::read_only);
  EXPECT_EQ(refusal([&] { static_cast<void>(shown.try_push(1)); }), read_only);
  EXPECT_EQ(refusal([&] { shown.push(1); }), read_only);
  EXPECT_EQ(refusal([&] { static_cast<void>(shown.try_pop()); }), read_only);
  EXPECT_EQ(refusal([&] { shown.pop(); }), read_only);
  EXPECT_EQ(refusal([&] { shown.recover(); }), read_only);
  EXPECT_THAT(drained(stack), ElementsAre(1, 0));
}

// --- bytes that nobody vouches for ---

// Everything that can be done with a stack: values may be wrong, but every call returns.
void use(segment const& home, entry_view const& entry) {
  if (auto const stack = home.try_attach<numbers>("s")) {
    for (int i = 0; i < 20; ++i) {
      static_cast<void>(stack->try_push(1));
      static_cast<void>(stack->top());
      if (i % 3 == 0) static_cast<void>(stack->try_pop());
    }
    EXPECT_LE(stack->size(), stack->capacity());
    static_cast<void>(stack->statistics());
    stack->recover();
    for (int i = 0; i < 20; ++i) static_cast<void>(stack->try_pop());
  }
  static_cast<void>(find_kind("stack")->statistics(entry));
  EXPECT_LE(elements_of(entry).size(), 16u);
}

TEST(stack, AnyWordOfItsBytesMayBeWrong) {
  two_views views;
  views.first.publish<numbers>("s", 8);
  auto const entry = entry_of(views.first, "s");
  std::vector<std::byte> const whole(entry.body.begin(), entry.body.end());
  std::mt19937_64 chance{4};
  for (std::size_t at = 0; at + 8 <= whole.size(); at += 8)
    for (std::uint64_t const word : {std::uint64_t{0}, ~std::uint64_t{0}, std::uint64_t{3}, chance()}) {
      std::memcpy(entry.body.data() + at, &word, sizeof(word));
      use(views.second, entry);
      std::memcpy(entry.body.data(), whole.data(), whole.size());
    }
}

TEST(stack, AllOfItsWordsMayBeWrong) {
  two_views views;
  views.first.publish<numbers>("s", 8);
  auto const entry = entry_of(views.first, "s");
  std::mt19937_64 chance{5};
  for (int round = 0; round < 500; ++round) {
    // From behind the part that attach compares.
    for (std::size_t at = 128; at + 8 <= entry.body.size(); at += 8) {
      auto const word = round % 2 == 0 ? chance() : chance() & ~std::uint64_t{0xFF'FFF8};
      std::memcpy(entry.body.data() + at, &word, sizeof(word));
    }
    use(views.second, entry);
  }
}

TEST(stack, ItsHeaderIsComparedWithItsEntry) {
  two_views views;
  views.first.publish<numbers>("s", 8);
  auto const entry = entry_of(views.first, "s");
  for (std::size_t at = 0; at < 32; at += 8)
    for (std::uint64_t const word : {std::uint64_t{0}, ~std::uint64_t{0}, std::uint64_t{1} << 32}) {
      std::uint64_t before = 0;
      std::memcpy(&before, entry.body.data() + at, sizeof(before));
      std::memcpy(entry.body.data() + at, &word, sizeof(word));
      EXPECT_EQ(views.second.try_attach<numbers>("s").error().code(), errc::corrupt_structure) << at;
      std::memcpy(entry.body.data() + at, &before, sizeof(before));
    }
}

}  // namespace
}  // namespace stoa::testing
