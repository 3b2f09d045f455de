#include <gtest/gtest.h>

#include <limits>
#include <stoa/base/layout.hpp>
#include <stoa/extents.hpp>

namespace stoa {

void PrintTo(extent const& piece, std::ostream* out) {
  *out << '[' << piece.offset << ", " << piece.offset + piece.bytes << ')';
}

namespace {

constexpr auto most = std::numeric_limits<std::uint64_t>::max();
constexpr extent area{4096, 10 * pad_bytes};

constexpr extent unit(std::uint64_t index, std::uint64_t count = 1) {
  return {area.offset + index * pad_bytes, count * pad_bytes};
}

TEST(extents, AnEmptyAreaIsFreeFromItsStart) {
  extent_map const space{area, area.offset, {}};
  EXPECT_EQ(space.free_bytes(), area.bytes);
  EXPECT_EQ(space.largest_free(), area.bytes);
  auto const chosen = space.choose(1);
  ASSERT_TRUE(chosen);
  EXPECT_EQ(chosen->where, unit(0));
  EXPECT_TRUE(chosen->is_fresh);
}

TEST(extents, TheWholeAreaCanBeChosenAndNotAByteMore) {
  extent_map const space{area, area.offset, {}};
  EXPECT_EQ(space.choose(area.bytes)->where, area);
  EXPECT_FALSE(space.choose(area.bytes + 1));
  EXPECT_FALSE(space.choose(most));
  EXPECT_FALSE(space.choose(most - pad_bytes + 2)) << "rounding up must not wrap to zero";
}

TEST(extents, NothingIsNotAnExtent) {
  EXPECT_FALSE((extent_map{area, area.offset, {}}.choose(0)));
}

TEST(extents, BumpSpaceIsTakenBeforeGaps) {
  extent_map const space{area, unit(4).offset, {unit(0), unit(3)}};
  EXPECT_EQ(space.choose(pad_bytes)->where, unit(4));
  EXPECT_TRUE(space.choose(pad_bytes)->is_fresh);
}

TEST(extents, TheFirstGapThatFitsIsTakenWhenBumpSpaceIsUsedUp) {
  extent_map const space{area, area.end(), {unit(0), unit(2), unit(5, 5)}};
  auto const small = space.choose(pad_bytes);
  auto const large = space.choose(pad_bytes + 1);
  ASSERT_TRUE(small && large);
  EXPECT_EQ(small->where, unit(1));
  EXPECT_EQ(large->where, unit(3, 2));
  EXPECT_FALSE(small->is_fresh) << "what somebody had is not zero";
  EXPECT_FALSE(space.choose(2 * pad_bytes + 1));
  EXPECT_EQ(space.largest_free(), 2 * pad_bytes);
  EXPECT_EQ(space.free_bytes(), 3 * pad_bytes);
}

TEST(extents, BytesBehindTheBumpThatNobodyUsesAreFoundAgain) {
  extent_map const space{area, area.end(), {}};
  auto const chosen = space.choose(area.bytes);
  ASSERT_TRUE(chosen);
  EXPECT_EQ(chosen->where, area);
  EXPECT_FALSE(chosen->is_fresh);
}

TEST(extents, AFullAreaHasNothing) {
  extent_map const space{area, area.end(), {area}};
  EXPECT_FALSE(space.choose(1));
  EXPECT_EQ(space.free_bytes(), 0u);
  EXPECT_EQ(space.largest_free(), 0u);
}

TEST(extents, ACursorBehindAnExtentInUseIsNotBelieved) {
  for (auto const bump : {std::uint64_t{0}, area.offset, unit(2).offset, unit(2).offset + 1}) {
    extent_map const space{area, bump, {unit(2)}};
    auto const chosen = space.choose(1);
    ASSERT_TRUE(chosen);
    EXPECT_EQ(chosen->where, unit(3)) << "bump " << bump;
  }
}

TEST(extents, ACursorBeyondTheAreaIsAreaUsedUp) {
  for (auto const bump : {area.end(), area.end() + 1, most}) {
    extent_map const space{area, bump, {unit(0)}};
    auto const chosen = space.choose(1);
    ASSERT_TRUE(chosen);
    EXPECT_EQ(chosen->where, unit(1));
    EXPECT_FALSE(chosen->is_fresh);
  }
}

TEST(extents, OverlappingExtentsCountOnce) {
  extent_map const space{area, area.end(), {unit(1, 3), unit(2, 4), unit(1, 2), unit(1, 3)}};
  EXPECT_EQ(space.free_bytes(), area.bytes - 5 * pad_bytes);
}

TEST(extents, AnExtentTouchingPartOfAUnitTakesTheWholeUnit) {
  extent_map const space{
      area, area.end(), {{unit(1).offset + 5, 1}, {unit(3).offset + pad_bytes - 1, 2}}};
  EXPECT_EQ(space.free_bytes(), area.bytes - 3 * pad_bytes);
}

TEST(extents, AnExtentOutsideTheAreaTakesNothingFromIt) {
  extent_map const before{area, area.offset, {{0, pad_bytes}}};
  extent_map const behind{area, area.offset, {{area.end(), pad_bytes}, {most - 8, 100}}};
  EXPECT_EQ(before.free_bytes(), area.bytes);
  EXPECT_EQ(behind.free_bytes(), area.bytes);
}

TEST(extents, AnExtentThatReachesIntoTheAreaTakesOnlyWhatIsInside) {
  extent_map const space{area, area.end(), {{area.offset - pad_bytes, 2 * pad_bytes}}};
  EXPECT_EQ(space.free_bytes(), area.bytes - pad_bytes);
  EXPECT_EQ(space.choose(1)->where, unit(1));
}

TEST(extents, AnExtentWithoutBytesTakesNothing) {
  extent_map const space{area, area.end(), {{unit(4).offset + 7, 0}, {unit(5).offset, 0}}};
  EXPECT_EQ(space.free_bytes(), area.bytes);
}

TEST(extents, AnExtentThatWrapsAroundIsCutAtTheEndOfTheArea) {
  extent_map const space{area, area.offset, {{unit(8).offset, most}}};
  EXPECT_EQ(space.free_bytes(), 8 * pad_bytes);
  EXPECT_EQ(space.choose(8 * pad_bytes)->where, unit(0, 8));
}

}  // namespace
}  // namespace stoa
