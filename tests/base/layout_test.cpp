#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <limits>
#include <stoa/base/layout.hpp>
#include <stoa/base/literals.hpp>
#include <stoa/base/shareable.hpp>

namespace stoa {
namespace {

constexpr auto most = std::numeric_limits<std::uint64_t>::max();

TEST(layout, AlignUpLeavesMultiplesAlone) {
  EXPECT_EQ(align_up(0, 128), 0u);
  EXPECT_EQ(align_up(1, 128), 128u);
  EXPECT_EQ(align_up(127, 128), 128u);
  EXPECT_EQ(align_up(128, 128), 128u);
  EXPECT_EQ(align_up(129, 128), 256u);
  EXPECT_EQ(align_up(77, 1), 77u);
}

TEST(layout, AlignUpReachesTheLastMultipleBelowTheTop) {
  constexpr auto last = most & ~std::uint64_t{127};
  EXPECT_EQ(align_up(last, 128), last);
  EXPECT_EQ(align_up(last - 1, 128), last);
}

TEST(layout, IsAlignedAgreesWithTheRemainder) {
  for (std::uint64_t unit = 1; unit <= 4096; unit *= 2)
    for (std::uint64_t value : {std::uint64_t{0}, unit - 1, unit, unit + 1, 3 * unit, most})
      EXPECT_EQ(is_aligned(value, unit), value % unit == 0) << value << " to " << unit;
}

TEST(layout, ANegativeCountIsMoreThanCanBeHad) {
  EXPECT_EQ(to_count(-1), most);
  EXPECT_EQ(to_count(std::numeric_limits<std::int8_t>::min()), most);
  EXPECT_EQ(to_count(0), 0u);
  EXPECT_EQ(to_count(std::uint8_t{255}), 255u);
  EXPECT_EQ(to_count(most), most);
}

TEST(layout, CheckedArithmeticRefusesExactlyWhatOverflows) {
  EXPECT_EQ(checked_add(most - 1, 1), most);
  EXPECT_EQ(checked_add(most, 0), most);
  EXPECT_EQ(checked_add(most, 1), std::nullopt);
  EXPECT_EQ(checked_multiply(most, 1), most);
  EXPECT_EQ(checked_multiply(most / 2, 2), most - 1);
  EXPECT_EQ(checked_multiply(most / 2 + 1, 2), std::nullopt);
  EXPECT_EQ(checked_multiply(most, 0), 0u);
}

TEST(layout, ACheckedExtentIsHeaderAndElements) {
  EXPECT_EQ(checked_extent(128, 3, 24), 200u);
  EXPECT_EQ(checked_extent(128, 0, 24), 128u);
  EXPECT_EQ(checked_extent(1, most, 1), std::nullopt);  // the sum overflows
  EXPECT_EQ(checked_extent(0, most, 2), std::nullopt);  // the product overflows
  EXPECT_EQ(checked_extent(0, most, 1), most);
}

TEST(layout, LiteralsAreBinary) {
  using namespace stoa::literals;
  EXPECT_EQ(4_KiB, 4096u);
  EXPECT_EQ(1_MiB, 1024 * 1024u);
  EXPECT_EQ(2_GiB, std::size_t{2} << 30);
}

struct with_virtual {
  virtual ~with_virtual() = default;
};
struct alignas(256) over_aligned {
  char byte;
};
struct plain {
  int a;
  double b;
};

TEST(shareable, AcceptsWhatIsBytesAndRefusesWhatIsNot) {
  static_assert(shareable<int> && shareable<plain> && shareable<std::array<plain, 3>> &&
                shareable<char[7]>);
  static_assert(!shareable<int*> && !shareable<int plain::*> && !shareable<int&> &&
                !shareable<void>);
  static_assert(!shareable<with_virtual> && !shareable<int volatile>);
  static_assert(!shareable<over_aligned>,
                "an element may not be aligned more strictly than an extent");
  SUCCEED();
}

}  // namespace
}  // namespace stoa
