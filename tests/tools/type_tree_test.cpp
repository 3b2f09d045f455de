#include "type_tree.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/describe.hpp>
#include <stoa/type_descriptor.hpp>
#include <string>

namespace stoa::tools {
namespace {

using ::testing::HasSubstr;

struct leg {
  std::int16_t ratio;
  std::array<char, 6> venue;
};
BOOST_DESCRIBE_STRUCT(leg, (), (ratio, venue))

struct trade {
  std::uint64_t id;
  double price;
  bool is_firm;
  leg legs[2][3];
};
BOOST_DESCRIBE_STRUCT(trade, (), (id, price, is_firm, legs))

// The message of the refusal; empty if it was accepted.
std::string refusal(std::string_view descriptor) {
  auto const type = parse_type(descriptor);
  if (type) return {};
  EXPECT_EQ(type.error().code(), errc::corrupt_structure);
  return type.error().message();
}

std::string repeated(std::string_view piece, std::size_t times) {
  std::string out;
  for (; times > 0; --times) out += piece;
  return out;
}

TEST(type_tree, ScalarsHaveKindAndSize) {
  struct expectation {
    char const* text;
    type_kind kind;
    std::uint64_t bytes;
  };
  for (auto const& [text, kind, bytes] : {expectation{"|i1", type_kind::signed_integer, 1},
                                          {"<i2", type_kind::signed_integer, 2},
                                          {"<u8", type_kind::unsigned_integer, 8},
                                          {"<f4", type_kind::floating_point, 4},
                                          {"<f8", type_kind::floating_point, 8},
                                          {"|b1", type_kind::boolean, 1},
                                          {"|S12", type_kind::text, 12},
                                          {"?24", type_kind::opaque, 24}}) {
    auto const type = parse_type(text).value();
    EXPECT_EQ(type.kind, kind) << text;
    EXPECT_EQ(type.bytes, bytes) << text;
  }
}

TEST(type_tree, DescriptorOfDescribedStructIsUnderstood) {
  auto const type = parse_type(descriptor_of<trade>().text).value();
  ASSERT_EQ(type.kind, type_kind::structure);
  EXPECT_EQ(type.bytes, sizeof(trade));
  ASSERT_EQ(type.parts.size(), 4u);
  EXPECT_EQ(type.parts[1].name, "price");
  EXPECT_EQ(type.parts[1].offset, offsetof(trade, price));
  auto const& legs = type.parts[3].type;
  ASSERT_EQ(legs.kind, type_kind::array);
  EXPECT_EQ(legs.count, 2u);
  EXPECT_EQ(legs.parts[0].type.count, 3u);
  EXPECT_EQ(legs.parts[0].type.parts[0].type.parts[1].name, "venue");
}

TEST(type_tree, OpaqueTypeKeepsItsName) {
  EXPECT_EQ(parse_type("?24'my::pose<int, 3>'").value().name, "my::pose<int, 3>");
}

TEST(type_tree, ArrayOfNoElementsHasNoBytes) {
  auto const type = parse_type("{none:<i4[0]@4}4").value();
  EXPECT_EQ(type.parts[0].type.bytes, 0u);
  EXPECT_EQ(type.parts[0].type.count, 0u);
}

TEST(type_tree, StructWithoutMembersIsAllowed) { EXPECT_EQ(parse_type("{}8").value().bytes, 8u); }

TEST(type_tree, MembersOfUnionMayOverlap) { EXPECT_EQ(refusal("{a:<u8@0,b:<f8@0}8"), ""); }

TEST(type_tree, RefusesWhatIsNoDescriptor) {
  for (auto const* text :
       {"", " ", "x", "<", "|", "<x4", "<i", "<i3", "<i1", "|i2", "<f2", "|f1", "<b4", "<b1", "|b8", "<u08",
        "<u-8", "<u+8", "|S", "|S0", "?", "?0", "?x", "?4'", "?4''", "?4'name", "<u8[", "<u8[]", "<u8[2",
        "<u8[-1]", "<u8[02]", "<u8[2]]", "<u8 ", "<u8,<u8", "{", "{}", "{}0", "{a}8", "{a:}8", "{a:<u8}8",
        "{a:<u8@}8", "{a:<u8@0", "{a:<u8@0}", "{a:<u8@0,}8", "{,a:<u8@0}8", "{:<u8@0}8", "{a b:<u8@0}8",
        "{a:<u8@0;b:<u8@8}16", "<u18446744073709551624", "|S18446744073709551616"})
    EXPECT_NE(refusal(text), "") << text;
  EXPECT_NE(refusal(std::string_view{"<u8\0", 4}), "");
}

TEST(type_tree, RefusalNamesThePlaceAndWhatIsThere) {
  EXPECT_EQ(refusal("{id:<u8@0,price:<f9@8}16"),
            "type descriptor, byte 17: a number of unknown size, found \"f9@8}16\"");
  EXPECT_THAT(refusal("{a:\x1b[31m"), HasSubstr("\\x1b[31m"));
}

TEST(type_tree, MemberEndsInsideItsStruct) {
  EXPECT_EQ(refusal("{a:<u8@8}16"), "");
  EXPECT_THAT(refusal("{a:<u8@9}16"), HasSubstr("ends outside its struct of 16 bytes"));
  EXPECT_THAT(refusal("{a:<u8@0}7"), HasSubstr("ends outside"));
  EXPECT_THAT(refusal("{a:<u8@18446744073709551615}16"), HasSubstr("ends outside"));
  EXPECT_THAT(refusal("{a:{b:<u8@8}16@8}16"), HasSubstr("ends outside"));
}

TEST(type_tree, SizesDoNotOverflow) {
  EXPECT_THAT(refusal("<u8[2305843009213693952]"), HasSubstr("an array too large"));
  EXPECT_THAT(refusal("<u8[4294967296][4294967296]"), HasSubstr("an array too large"));
}

TEST(type_tree, ArrayOfNothingIsRefused) {
  EXPECT_THAT(refusal("<u8[0][1000000000000]"), HasSubstr("an array of nothing"));
}

TEST(type_tree, NestingIsBounded) {
  auto const structs = [](unsigned levels) {
    return repeated("{a:", levels) + "|u1" + repeated("@0}1", levels);
  };
  EXPECT_EQ(refusal(structs(deepest_type - 1)), "");
  EXPECT_THAT(refusal(structs(deepest_type)), HasSubstr("nested too deeply"));
  EXPECT_EQ(refusal("|u1" + repeated("[1]", deepest_type - 1)), "");
  EXPECT_THAT(refusal("|u1" + repeated("[1]", deepest_type)), HasSubstr("nested too deeply"));
  // Arrays around structs in arrays count together.
  auto const half = repeated("[1]", deepest_type / 2);
  EXPECT_THAT(refusal("{a:|u1" + half + "@0}1" + half), HasSubstr("nested too deeply"));
  EXPECT_THAT(refusal(repeated("{a:", 20'000)), HasSubstr("nested too deeply"));
}

TEST(type_tree, OverlapThatMultipliesOutputIsRefused) {
  std::string members;
  for (int i = 0; i < 1000; ++i)
    members += (i == 0 ? "m" : ",m") + std::to_string(i) + ":|u1[65536]@0";
  EXPECT_THAT(refusal("{" + members + "}65536"), HasSubstr("overlap"));
  std::string empties;
  for (int i = 0; i < 1000; ++i) empties += (i == 0 ? "m" : ",m") + std::to_string(i) + ":|u1[0]@0";
  EXPECT_THAT(refusal("{" + empties + "}1[65536]"), HasSubstr("overlap"));
}

TEST(type_tree, LongMemberNamesAreRefused) {
  EXPECT_EQ(refusal("{" + std::string(longest_part_name, 'a') + ":<u8@0}8"), "");
  EXPECT_NE(refusal("{" + std::string(longest_part_name + 1, 'a') + ":<u8@0}8"), "");
}

}  // namespace
}  // namespace stoa::tools
