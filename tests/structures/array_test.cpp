#include <gtest/gtest.h>

#include <numeric>
#include <range/v3/algorithm/equal.hpp>
#include <range/v3/numeric/accumulate.hpp>
#include <range/v3/range/conversion.hpp>
#include <range/v3/view/filter.hpp>
#include <range/v3/view/transform.hpp>
#include <ranges>
#include <vector>

#include "elements.hpp"
#include "refusal.hpp"

namespace stoa::testing {
namespace {

using numbers = stoa::array<std::uint64_t>;

static_assert(std::ranges::contiguous_range<numbers> && std::ranges::sized_range<numbers>);
static_assert(ranges::contiguous_range<numbers> && ranges::sized_range<numbers>);
static_assert(std::same_as<std::ranges::range_reference_t<stoa::array<std::uint64_t const>>,
                           std::uint64_t const&>);

TEST(array, StartsAsZeros) {
  two_views views;
  auto const array = views.first.publish<numbers>("a", 100);
  for (auto const each : array) EXPECT_EQ(each, 0u);
}

TEST(array, StartsAsZerosInReusedSpace) {
  two_views views;
  {
    auto const old = views.first.publish<numbers>("old", 1000);
    old.fill(~std::uint64_t{0});
  }
  auto const used = views.first.free_bytes();
  ASSERT_TRUE(views.first.erase("old"));
  ASSERT_GT(views.first.free_bytes(), used);
  // So large that it only fits where the old one was, or behind it.
  auto const array = views.first.publish<numbers>("new", views.first.free_bytes() / 8 - 1000);
  EXPECT_EQ(ranges::accumulate(array, std::uint64_t{0}), 0u);
}

TEST(array, OfNoElementsIsRefused) {
  two_views views;
  auto const made = views.first.try_publish<numbers>("a", 0);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code(), errc::invalid_argument);
}

TEST(array, OfMoreThanMemoryIsRefused) {
  two_views views;
  for (std::uint64_t const size :
       {~std::uint64_t{0}, std::uint64_t{1} << 61, std::uint64_t{1} << 60}) {
    auto const made = views.first.try_publish<numbers>("a", size);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code(), errc::no_space);
  }
  EXPECT_EQ(views.first.try_publish<numbers>("a", -1).error().code(), errc::no_space);
}

TEST(array, BothViewsAreTheSameBytesAtOtherAddresses) {
  two_views views;
  auto const array = views.first.publish<numbers>("a", 10);
  auto const other = views.second.attach<numbers>("a");
  EXPECT_NE(array.data(), other.data());
  std::iota(array.begin(), array.end(), 1);
  EXPECT_TRUE(ranges::equal(array, other));
  other.back() = 77;
  EXPECT_EQ(array[9], 77u);
  EXPECT_EQ(array.front(), 1u);
}

TEST(array, AtThrowsBeyondTheEnd) {
  two_views views;
  auto const array = views.first.publish<numbers>("a", 1);
  EXPECT_NO_THROW(array.at(0) = 5);
  EXPECT_THROW(array.at(1), std::out_of_range);
  EXPECT_THROW(array.at(~std::size_t{0}), std::out_of_range);
}

TEST(array, FillSetsAllAndNothingElse) {
  two_views views;
  auto const before = views.first.publish<numbers>("before", 16);
  auto const array = views.first.publish<numbers>("a", 16);
  auto const after = views.first.publish<numbers>("after", 16);
  array.fill(3);
  EXPECT_EQ(ranges::accumulate(array, std::uint64_t{0}), 48u);
  EXPECT_EQ(ranges::accumulate(before, std::uint64_t{0}), 0u);
  EXPECT_EQ(ranges::accumulate(after, std::uint64_t{0}), 0u);
}

TEST(array, AtomicOperationsOfTwoViewsAddUp) {
  two_views views;
  auto const array = views.first.publish<numbers>("a", 2);
  auto const other = views.second.attach<numbers>("a");
  constexpr int rounds = 20'000;
  std::thread adder{[&] {
    for (int i = 0; i < rounds; ++i) other.atomic(1).fetch_add(1, std::memory_order_relaxed);
  }};
  for (int i = 0; i < rounds; ++i) array.atomic(1).fetch_add(1, std::memory_order_relaxed);
  adder.join();
  EXPECT_EQ(array[0], 0u);
  EXPECT_EQ(array[1], 2u * rounds);
}

TEST(array, OfConstElementsReads) {
  two_views views;
  auto const array = views.first.publish<numbers>("a", 3);
  array[2] = 9;
  auto const read_only = views.second.attach<stoa::array<std::uint64_t const>>("a");
  EXPECT_EQ(read_only[2], 9u);
}

TEST(array, IsASpan) {
  two_views views;
  auto const array = views.first.publish<numbers>("a", 4);
  std::span<std::uint64_t> const whole = array;
  whole.back() = 6;
  EXPECT_EQ(whole.size(), 4u);
  EXPECT_EQ(array[3], 6u);
}

TEST(array, StartsAPipeline) {
  two_views views;
  auto const array = views.first.publish<numbers>("a", 6);
  std::iota(array.begin(), array.end(), 0);
  auto const squares_of_even = array | ranges::views::filter([](auto n) { return n % 2 == 0; }) |
                               ranges::views::transform([](auto n) { return n * n; }) |
                               ranges::to<std::vector>;
  EXPECT_EQ(squares_of_even, (std::vector<std::uint64_t>{0, 4, 16}));
}

TEST(array, ReadOnlySegmentsShowItAndRefuseFill) {
  two_views views;
  auto const array = views.first.publish<numbers>("a", 4);
  array[1] = 11;
  auto const shown = segment::open_read_only(views.name()).attach<numbers>("a");
  EXPECT_EQ(shown[1], 11u);
  EXPECT_EQ(refusal([&] { shown.fill(1); }), make_error_code(errc::read_only));
}

TEST(array, HandleKeepsItsBytesAfterTheSegmentObjectsAreGone) {
  scratch_name const name;
  auto const array = segment::create(name, 1u << 16).publish<numbers>("a", 4);
  array.fill(8);
  EXPECT_EQ(segment::open(name).attach<numbers>("a")[3], 8u);
}

TEST(array, ErasedBytesStayWithThoseWhoHaveThem) {
  two_views views;
  auto const array = views.first.publish<numbers>("a", 1000);
  array.fill(5);
  ASSERT_TRUE(views.second.erase("a"));
  auto const next = views.second.publish<numbers>("a", 1000);
  next.fill(6);
  EXPECT_EQ(array[999], 5u);
  EXPECT_EQ(next[999], 6u);
}

}  // namespace
}  // namespace stoa::testing
