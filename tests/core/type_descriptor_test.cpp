#include <gtest/gtest.h>

#include <boost/describe.hpp>
#include <set>
#include <stoa/type_descriptor.hpp>

namespace described {

enum class side : std::int8_t { buy, sell };
enum plain_enum { one, two };

struct trade {
  std::uint64_t id;
  double price;
  std::uint32_t quantity;
};
BOOST_DESCRIBE_STRUCT(trade, (), (id, price, quantity))

struct book {
  trade best[2];
  std::array<float, 3> levels;
  char symbol[8];
  side which;
};
BOOST_DESCRIBE_STRUCT(book, (), (best, levels, symbol, which))

struct base {
  std::uint8_t kind;
};
BOOST_DESCRIBE_STRUCT(base, (), (kind))
struct derived : base {
  std::uint16_t more;
};
BOOST_DESCRIBE_STRUCT(derived, (base), (more))

struct empty {};
BOOST_DESCRIBE_STRUCT(empty, (), ())

struct without_default {
  explicit without_default(int v) : value{v} {}
  int value;
};
BOOST_DESCRIBE_STRUCT(without_default, (), (value))

struct opaque {
  int hidden[3];
};
struct pose {
  double xyz[3];
};
struct holds_opaque {
  opaque inner;
  pose where;
};
BOOST_DESCRIBE_STRUCT(holds_opaque, (), (inner, where))

}  // namespace described

template <>
inline constexpr std::string_view stoa::type_name<described::pose> = "pose";

namespace stoa {
namespace {

template <class T>
std::string const& text() {
  return descriptor_of<T>().text;
}

TEST(type_descriptor, ScalarsAreWrittenAsInNumPy) {
  EXPECT_EQ(text<bool>(), "|b1");
  EXPECT_EQ(text<std::int8_t>(), "|i1");
  EXPECT_EQ(text<std::uint8_t>(), "|u1");
  EXPECT_EQ(text<std::int16_t>(), "<i2");
  EXPECT_EQ(text<std::uint16_t>(), "<u2");
  EXPECT_EQ(text<std::int32_t>(), "<i4");
  EXPECT_EQ(text<std::uint32_t>(), "<u4");
  EXPECT_EQ(text<std::int64_t>(), "<i8");
  EXPECT_EQ(text<std::uint64_t>(), "<u8");
  EXPECT_EQ(text<float>(), "<f4");
  EXPECT_EQ(text<double>(), "<f8");
}

TEST(type_descriptor, TypesOfOneWidthAreOneType) {
  EXPECT_EQ(text<long>(), text<long long>());
  EXPECT_EQ(text<std::byte>(), text<std::uint8_t>());
}

TEST(type_descriptor, TextIsNotNumbers) {
  EXPECT_EQ(text<char>(), "|S1");
  EXPECT_EQ(text<char[16]>(), "|S16");
  EXPECT_EQ((text<std::array<char, 5>>()), "|S5");
  EXPECT_EQ(text<signed char>(), "|i1");
}

TEST(type_descriptor, AnEnumIsItsUnderlyingType) {
  EXPECT_EQ(text<described::side>(), "|i1");
  EXPECT_EQ(text<described::plain_enum>(), "<u4");
}

TEST(type_descriptor, ArraysSayHowMany) {
  EXPECT_EQ(text<int[3]>(), "<i4[3]");
  EXPECT_EQ((text<std::array<int, 3>>()), "<i4[3]");
  EXPECT_EQ((text<std::array<std::array<std::uint8_t, 2>, 3>>()), "|u1[2][3]");
}

TEST(type_descriptor, AStructNamesItsMembersAndWhereTheyLie) {
  EXPECT_EQ(text<described::trade>(), "{id:<u8@0,price:<f8@8,quantity:<u4@16}24");
}

TEST(type_descriptor, StructsNest) {
  EXPECT_EQ(text<described::book>(),
            "{best:{id:<u8@0,price:<f8@8,quantity:<u4@16}24[2]@0,levels:<f4[3]@48,symbol:|S8@60,"
            "which:|i1@68}72");
}

TEST(type_descriptor, InheritedMembersAreMembers) {
  EXPECT_EQ(text<described::derived>(), "{kind:|u1@0,more:<u2@2}4");
}

TEST(type_descriptor, AStructWithoutMembersStillHasASize) {
  EXPECT_EQ(text<described::empty>(), "{}1");
}

TEST(type_descriptor, NoObjectIsMadeToLookAt) {
  EXPECT_EQ(text<described::without_default>(), "{value:<i4@0}4");
}

TEST(type_descriptor, WhatIsNotDescribedIsOpaqueAndMayHaveAName) {
  EXPECT_EQ(text<described::opaque>(), "?12");
  EXPECT_EQ(text<described::pose>(), "?24'pose'");
  EXPECT_EQ(text<described::holds_opaque>(), "{inner:?12@0,where:?24'pose'@16}40");
}

TEST(type_descriptor, SizeAndAlignmentAreTheCompilers) {
  auto const& trade = descriptor_of<described::trade>();
  EXPECT_EQ(trade.element_bytes, sizeof(described::trade));
  EXPECT_EQ(trade.element_align, alignof(described::trade));
}

TEST(type_descriptor, DifferentTextsHaveDifferentHashes) {
  std::set<std::uint64_t> const hashes{descriptor_of<int>().hash,
                                       descriptor_of<unsigned>().hash,
                                       descriptor_of<float>().hash,
                                       descriptor_of<described::trade>().hash,
                                       descriptor_of<described::book>().hash,
                                       descriptor_of<int[3]>().hash};
  EXPECT_EQ(hashes.size(), 6u);
}

TEST(type_descriptor, ConstChangesNothing) {
  EXPECT_EQ(text<int const>(), text<int>());
  EXPECT_EQ(descriptor_of<int const>().hash, descriptor_of<int>().hash);
}

}  // namespace
}  // namespace stoa
