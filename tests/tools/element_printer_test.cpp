#include "element_printer.hpp"

#include <gtest/gtest.h>

#include <boost/describe.hpp>
#include <cstring>
#include <limits>
#include <stoa/type_descriptor.hpp>

namespace stoa::tools {
namespace {

struct quote {
  std::uint64_t id;
  double price;
  std::array<char, 4> venue;
  bool is_firm;
  std::int8_t levels[2][2];
};
BOOST_DESCRIBE_STRUCT(quote, (), (id, price, venue, is_firm, levels))

struct hidden {
  std::uint8_t bytes[3];
};

std::string printed(std::string_view descriptor, std::span<std::byte const> bytes, notation how) {
  output out;
  element_printer{out, how}.print(parse_type(descriptor).value(), bytes);
  return out.text();
}

template <class T>
std::string in_text(T const& value) {
  return printed(descriptor_of<T>().text, std::as_bytes(std::span{&value, 1}), notation::text);
}

template <class T>
std::string in_json(T const& value) {
  return printed(descriptor_of<T>().text, std::as_bytes(std::span{&value, 1}), notation::json);
}

template <std::size_t N>
std::array<char, N - 1> letters(char const (&text)[N]) {
  std::array<char, N - 1> out;
  std::memcpy(out.data(), text, out.size());
  return out;
}

TEST(element_printer, IntegersAtTheirLimits) {
  EXPECT_EQ(in_text(std::numeric_limits<std::int8_t>::min()), "-128");
  EXPECT_EQ(in_text(std::numeric_limits<std::uint8_t>::max()), "255");
  EXPECT_EQ(in_text(std::numeric_limits<std::int16_t>::min()), "-32768");
  EXPECT_EQ(in_text(std::numeric_limits<std::int32_t>::min()), "-2147483648");
  EXPECT_EQ(in_text(std::numeric_limits<std::uint32_t>::max()), "4294967295");
  EXPECT_EQ(in_text(std::numeric_limits<std::int64_t>::min()), "-9223372036854775808");
  EXPECT_EQ(in_text(std::numeric_limits<std::uint64_t>::max()), "18446744073709551615");
  EXPECT_EQ(in_text(std::int64_t{-1}), "-1");
}

TEST(element_printer, FloatsAreShortestThatReadBackTheSame) {
  EXPECT_EQ(in_text(0.1), "0.1");
  EXPECT_EQ(in_text(0.1f), "0.1");
  EXPECT_EQ(in_text(0.1 + 0.2), "0.30000000000000004");
  EXPECT_EQ(in_text(2.0), "2");
  EXPECT_EQ(in_text(-0.0), "-0");
  EXPECT_EQ(in_text(std::numeric_limits<double>::denorm_min()), "5e-324");
  EXPECT_EQ(in_json(1e300), "1e+300");
}

TEST(element_printer, WhatJsonHasNoNumberForIsQuoted) {
  constexpr auto infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(in_text(infinity), "inf");
  EXPECT_EQ(in_json(infinity), "\"inf\"");
  EXPECT_EQ(in_json(-infinity), "\"-inf\"");
  EXPECT_EQ(in_json(std::numeric_limits<float>::quiet_NaN()), "\"nan\"");
}

TEST(element_printer, BooleanIsAnyByteButZero) {
  std::array const bytes{std::byte{0}, std::byte{1}, std::byte{0x80}};
  EXPECT_EQ(printed("|b1[3]", bytes, notation::text), "[false, true, true]");
}

TEST(element_printer, StructsAndNestedArrays) {
  quote const value{1, 2.5, {'X', 'E', 'T', 'R'}, true, {{1, -2}, {3, -4}}};
  EXPECT_EQ(in_text(value),
            "{id: 1, price: 2.5, venue: \"XETR\", is_firm: true, levels: [[1, -2], [3, -4]]}");
  EXPECT_EQ(in_json(value),
            "{\"id\": 1, \"price\": 2.5, \"venue\": \"XETR\", \"is_firm\": true, "
            "\"levels\": [[1, -2], [3, -4]]}");
}

TEST(element_printer, EmptyStructsAndArrays) {
  std::array const bytes{std::byte{7}};
  EXPECT_EQ(printed("{}1", bytes, notation::text), "{}");
  EXPECT_EQ(printed("{none:<u4[0]@1}1", bytes, notation::json), "{\"none\": []}");
}

TEST(element_printer, TextEndsWhereOnlyZerosFollow) {
  EXPECT_EQ(in_text(letters("ab\0\0")), "\"ab\"");
  EXPECT_EQ(in_text(letters("\0\0")), "\"\"");
  EXPECT_EQ(in_text(letters("a\0b\0")), "\"a\\x00b\"");
  EXPECT_EQ(in_json(letters("a\0b\0")), "\"a\\u0000b\"");
}

TEST(element_printer, ArraysOfTextAreArrays) {
  std::array<std::array<char, 2>, 2> const value{letters("ab"), letters("c\0")};
  EXPECT_EQ(in_text(value), "[\"ab\", \"c\"]");
}

TEST(element_printer, TextIsMadeHarmless) {
  EXPECT_EQ(in_text(letters("\x1b[2J\"\\\n")), "\"\\x1b[2J\\\"\\\\\\n\"");
  EXPECT_EQ(in_json(letters("\x1b\xff")), "\"\\u001b\\ufffd\"");
  EXPECT_EQ(in_json(letters("gr\xc3\xbc\xc3\x9f")), "\"gr\xc3\xbc\xc3\x9f\"");
}

TEST(element_printer, UndescribedTypesAreHexadecimal) {
  hidden const value{{0x00, 0xFF, 0x2A}};
  EXPECT_EQ(in_text(value), "x'00ff2a'");
  EXPECT_EQ(in_json(value), "\"00ff2a\"");
}

TEST(element_printer, GapsBetweenMembersAreNotPrinted) {
  std::array<std::byte, 16> bytes;
  bytes.fill(std::byte{0xEE});
  bytes[8] = std::byte{5};
  EXPECT_EQ(printed("{x:|u1@8}16", bytes, notation::text), "{x: 5}");
}

}  // namespace
}  // namespace stoa::tools
