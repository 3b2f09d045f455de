#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <stdexcept>
#include <vector>

#include "elements.hpp"
#include "refusal.hpp"

namespace stoa::testing {
namespace {

using ::testing::ElementsAre;

constexpr std::uint64_t sizes[] = {1, 2, 63, 64, 65, 127, 128, 129, 1000};

TEST(bitset, NoBitIsSetAtFirst) {
  two_views views;
  for (auto const size : sizes) {
    auto const bits = views.first.publish<stoa::bitset>("b", size);
    EXPECT_EQ(bits.size(), size);
    EXPECT_EQ(bits.count(), 0u);
    EXPECT_TRUE(bits.none() && !bits.any() && !bits.all());
    EXPECT_EQ(bits.find_first(), std::nullopt);
    EXPECT_EQ(bits.find_first_unset(), 0u);
    ASSERT_TRUE(views.first.erase("b"));
  }
}

TEST(bitset, EachBitIsItsOwn) {
  two_views views;
  for (auto const size : sizes) {
    auto const bits = views.first.publish<stoa::bitset>("b", size);
    auto const other = views.second.attach<stoa::bitset>("b");
    for (std::uint64_t i = 0; i < size; ++i) {
      ASSERT_FALSE(bits.test_and_set(i));
      ASSERT_TRUE(other.test(i) && other[i]);
      ASSERT_TRUE(other.test_and_set(i));
      ASSERT_EQ(other.count(), 1u);
      ASSERT_EQ(other.find_first(), i);
      ASSERT_EQ(other.find_next(i), std::nullopt);
      ASSERT_TRUE(other.reset(i));
      ASSERT_FALSE(bits.reset(i));
      ASSERT_FALSE(bits.flip(i));
      ASSERT_TRUE(bits.flip(i));
      bits.set(i);
      bits.set(i);
      ASSERT_TRUE(other.test(i));
      ASSERT_TRUE(other.reset(i));
      ASSERT_TRUE(bits.none());
    }
    ASSERT_TRUE(views.first.erase("b"));
  }
}

TEST(bitset, AllAreSetAndResetAndNoMore) {
  two_views views;
  for (auto const size : sizes) {
    auto const bits = views.first.publish<stoa::bitset>("b", size);
    auto const behind = views.first.publish<stoa::bitset>("behind", size);
    bits.set_all();
    EXPECT_EQ(bits.count(), size);
    EXPECT_TRUE(bits.all() && bits.any() && !bits.none());
    EXPECT_EQ(bits.find_first_unset(), std::nullopt);
    EXPECT_EQ(bits.claim_first_unset(), std::nullopt);
    EXPECT_EQ(bits.find_next(0), size == 1 ? std::nullopt : std::optional<std::uint64_t>{1});
    EXPECT_TRUE(bits.reset(size - 1));
    EXPECT_FALSE(bits.all());
    EXPECT_EQ(bits.find_first_unset(), size - 1);
    bits.reset_all();
    EXPECT_TRUE(bits.none());
    EXPECT_TRUE(behind.none());
    ASSERT_TRUE(views.first.erase("b") && views.first.erase("behind"));
  }
}

TEST(bitset, FindsWhatIsSetInOrder) {
  two_views views;
  auto const bits = views.first.publish<stoa::bitset>("b", 200);
  for (auto const i : {199, 0, 64, 63, 128, 130}) bits.set(static_cast<std::uint64_t>(i));
  std::vector<std::uint64_t> found;
  for (auto at = bits.find_first(); at; at = bits.find_next(*at)) found.push_back(*at);
  EXPECT_THAT(found, ElementsAre(0, 63, 64, 128, 130, 199));
  EXPECT_EQ(bits.find_next(200), std::nullopt);
  EXPECT_EQ(bits.find_next(~std::uint64_t{0}), std::nullopt);
}

TEST(bitset, ClaimsGoFromTheFront) {
  two_views views;
  auto const bits = views.first.publish<stoa::bitset>("b", 70);
  auto const other = views.second.attach<stoa::bitset>("b");
  bits.set(1);
  EXPECT_EQ(bits.claim_first_unset(), 0u);
  EXPECT_EQ(other.claim_first_unset(), 2u);
  EXPECT_TRUE(bits.reset(0));
  EXPECT_EQ(other.claim_first_unset(), 0u);
  for (std::uint64_t i = 3; i < 70; ++i) ASSERT_EQ(bits.claim_first_unset(), i);
  EXPECT_EQ(bits.claim_first_unset(), std::nullopt);
}

TEST(bitset, OutsideThrows) {
  two_views views;
  auto const bits = views.first.publish<stoa::bitset>("b", 65);
  for (auto const i : {std::uint64_t{65}, std::uint64_t{128}, ~std::uint64_t{0}}) {
    EXPECT_THROW(static_cast<void>(bits.test(i)), std::out_of_range);
    EXPECT_THROW(bits.set(i), std::out_of_range);
    EXPECT_THROW(bits.reset(i), std::out_of_range);
    EXPECT_THROW(bits.flip(i), std::out_of_range);
    EXPECT_THROW(bits.test_and_set(i), std::out_of_range);
  }
  EXPECT_TRUE(bits.none());
}

TEST(bitset, ImpossibleSizesAreRefused) {
  two_views views;
  EXPECT_EQ(views.first.try_publish<stoa::bitset>("b", 0).error().code(), errc::invalid_argument);
  EXPECT_EQ(views.first.try_publish<stoa::bitset>("b", -1).error().code(), errc::no_space);
  EXPECT_EQ(views.first.try_publish<stoa::bitset>("b", std::uint64_t{1} << 40).error().code(),
            errc::no_space);
}

TEST(bitset, ReadOnlyHandlesLookAndRefuseToChange) {
  two_views views;
  auto const bits = views.first.publish<stoa::bitset>("b", 100);
  bits.set(99);
  auto const shown = segment::open_read_only(views.name()).attach<stoa::bitset>("b");
  EXPECT_TRUE(shown.test(99) && shown[99] && shown.any());
  EXPECT_EQ(shown.count(), 1u);
  EXPECT_EQ(shown.find_first(), 99u);
  auto const read_only = make_error_code(errc::read_only);
  EXPECT_EQ(refusal([&] { shown.set(1); }), read_only);
  EXPECT_EQ(refusal([&] { shown.reset(99); }), read_only);
  EXPECT_EQ(refusal([&] { shown.flip(1); }), read_only);
  EXPECT_EQ(refusal([&] { shown.test_and_set(1); }), read_only);
  EXPECT_EQ(refusal([&] { static_cast<void>(shown.claim_first_unset()); }), read_only);
  EXPECT_EQ(refusal([&] { shown.set_all(); }), read_only);
  EXPECT_EQ(refusal([&] { shown.reset_all(); }), read_only);
  EXPECT_EQ(bits.count(), 1u);
}

TEST(bitset, KindShowsTheNumbersOfTheSetBits) {
  two_views views;
  auto const bits = views.first.publish<stoa::bitset>("b", 300);
  for (auto const i : {7u, 64u, 299u}) bits.set(i);
  auto const entry = views.second.attachment().entries().at(0);
  std::vector<std::uint64_t> shown;
  ASSERT_TRUE(find_kind("bitset")->elements(entry, [&](std::span<std::byte const> bytes) {
    std::uint64_t number = 0;
    ASSERT_EQ(bytes.size(), sizeof(number));
    std::memcpy(&number, bytes.data(), sizeof(number));
    shown.push_back(number);
  }));
  EXPECT_THAT(shown, ElementsAre(7, 64, 299));
  auto const counts = find_kind("bitset")->statistics(entry);
  ASSERT_TRUE(counts);
  EXPECT_EQ(counts->at(0).value, 300u);
  EXPECT_EQ(counts->at(1).value, 3u);
}

TEST(bitset, BitsBehindTheLastAreNotBelieved) {
  two_views views;
  auto const bits = views.first.publish<stoa::bitset>("b", 70);
  auto const entry = views.first.attachment().entries().at(0);
  std::memset(entry.body.data() + sizeof(bitset_header), 0xFF, entry.body.size() - sizeof(bitset_header));
  EXPECT_EQ(bits.count(), 70u);
  EXPECT_TRUE(bits.all());
  EXPECT_EQ(bits.find_next(69), std::nullopt);
  EXPECT_EQ(bits.claim_first_unset(), std::nullopt);
  bits.reset_all();
  EXPECT_TRUE(bits.none());
  EXPECT_EQ(bits.find_first(), std::nullopt);
}

TEST(bitset, ASizeThatDoesNotFitIsRefused) {
  two_views views;
  views.first.publish<stoa::bitset>("b", 64);
  auto const entry = views.first.attachment().entries().at(0);
  for (auto const size : {std::uint64_t{0}, std::uint64_t{65 * 64}, std::uint64_t{1} << 63, ~std::uint64_t{0}}) {
    std::memcpy(entry.body.data(), &size, sizeof(size));
    EXPECT_EQ(views.second.try_attach<stoa::bitset>("b").error().code(), errc::corrupt_structure) << size;
    EXPECT_FALSE(find_kind("bitset")->statistics(entry));
  }
}

}  // namespace
}  // namespace stoa::testing
