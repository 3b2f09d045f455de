#include <gtest/gtest.h>

#include <stdexcept>

#include "elements.hpp"
#include "refusal.hpp"

namespace stoa::testing {
namespace {

using number = stoa::value<std::uint64_t>;

TEST(value, StartsAsZeroBytesAndVersionZero) {
  two_views views;
  auto const value = views.first.publish<stoa::value<page>>("v");
  auto const [loaded, version] = value.load_versioned();
  EXPECT_TRUE(is_same(loaded, page{}));
  EXPECT_EQ(version, 0u);
  EXPECT_EQ(value.capacity(), 1u);
}

TEST(value, StoreIsSeenByTheOtherView) {
  two_views views;
  auto const value = views.first.publish<number>("v");
  auto const other = views.second.attach<number>("v");
  value.store(5);
  EXPECT_EQ(other.load(), 5u);
  other.store(6);
  std::uint64_t const converted = value;
  EXPECT_EQ(converted, 6u);
}

TEST(value, EveryStoreAdvancesTheVersionByOne) {
  two_views views;
  auto const value = views.first.publish<number>("v", 2);
  auto const other = views.second.attach<number>("v");
  for (std::uint64_t n = 1; n <= 1000; ++n) {
    (n % 2 == 0 ? value : other).store(n);
    ASSERT_EQ(other.load_versioned(), (std::pair<std::uint64_t, std::uint64_t>{n, n}));
    ASSERT_EQ(value.version(), n);
  }
}

TEST(value, UpdateReturnsWhatItStored) {
  two_views views;
  auto const value = views.first.publish<number>("v");
  value.store(20);
  EXPECT_EQ(value.update([](auto& n) { n += 3; }), 23u);
  EXPECT_EQ(value.load_versioned(), (std::pair<std::uint64_t, std::uint64_t>{23, 2}));
}

TEST(value, UpdateStartsOverFromAStoreThatCameBetween) {
  two_views views;
  auto const value = views.first.publish<number>("v", 3);
  auto const other = views.second.attach<number>("v");
  value.store(1);
  int calls = 0;
  auto const stored = value.update([&](auto& n) {
    if (calls++ == 0) other.store(100);
    ++n;
  });
  EXPECT_EQ(calls, 2);
  EXPECT_EQ(stored, 101u);
  EXPECT_EQ(other.load_versioned(), (std::pair<std::uint64_t, std::uint64_t>{101, 3}));
}

TEST(value, UpdateThatThrowsChangesNothingAndHoldsNothing) {
  two_views views;
  auto const value =
      views.first.publish<number>("v", 2);  // a buffer that is held blocks the next store
  value.store(4);
  for (int i = 0; i < 10; ++i)
    EXPECT_THROW(value.update([](auto&) { throw std::runtime_error{"no"}; }), std::runtime_error);
  EXPECT_EQ(value.load(), 4u);
  EXPECT_EQ(value.version(), 1u);
  value.store(5);
  EXPECT_EQ(value.load(), 5u);
}

TEST(value, TooFewOrTooManyBuffersAreRefused) {
  two_views views;
  for (auto const buffers : {0, 1, 256, -1}) {
    auto const made = views.first.try_publish<number>("v", buffers);
    ASSERT_FALSE(made) << buffers;
    EXPECT_EQ(made.error().code(), errc::invalid_argument);
  }
}

TEST(value, ReadOnlyHandlesLoadAndRefuseToStore) {
  two_views views;
  auto const value = views.first.publish<number>("v");
  value.store(9);
  auto const shown = segment::open_read_only(views.name()).attach<number>("v");
  EXPECT_EQ(shown.load_versioned(), (std::pair<std::uint64_t, std::uint64_t>{9, 1}));
  EXPECT_EQ(refusal([&] { shown.store(1); }), make_error_code(errc::read_only));
  EXPECT_EQ(refusal([&] { shown.update([](auto& n) { ++n; }); }), make_error_code(errc::read_only));
  EXPECT_EQ(value.load(), 9u);
}

TEST(value, CopiesOfAHandleAreTheSameValue) {
  two_views views;
  auto const value = views.first.publish<number>("v");
  auto const copy = value;
  copy.store(3);
  EXPECT_EQ(value.load(), 3u);
}

}  // namespace
}  // namespace stoa::testing
