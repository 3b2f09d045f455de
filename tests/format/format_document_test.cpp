// docs/format.md and the code say the same: tables, worked example, constants.
#include <gtest/gtest.h>

#include <regex>
#include <sstream>
#include <stoa/name_table.hpp>
#include <vector>

#include "golden_content.hpp"
#include "golden_file.hpp"
#include "layouts.hpp"

namespace stoa::testing {
namespace {

std::string document() { return read_text(std::filesystem::path{STOA_DOCS_DIRECTORY} / "format.md"); }

std::vector<std::string> lines_of(std::string const& text) {
  std::vector<std::string> out;
  std::istringstream in{text};
  for (std::string line; std::getline(in, line);) out.push_back(line);
  return out;
}

struct documented_struct {
  std::size_t bytes = 0;
  std::vector<field> rows;  // in order; without a name: zero
};

// "### `name`: N bytes", then rows "| offset | size | field | meaning |".
std::map<std::string, documented_struct> structs_in_document() {
  static std::regex const heading{R"(### `(\w+)`: (\d+) bytes)"};
  static std::regex const row{R"(\| (\d+) \| (\d+) \| (\w*) ?\|.*)"};
  std::map<std::string, documented_struct> out;
  documented_struct* current = nullptr;
  for (auto const& line : lines_of(document())) {
    std::smatch found;
    if (line.starts_with("#")) current = nullptr;
    if (std::regex_match(line, found, heading)) {
      current = &out[found[1]];
      current->bytes = std::stoul(found[2]);
    } else if (current != nullptr && std::regex_match(line, found, row)) {
      current->rows.push_back({found[3], std::stoul(found[1]), std::stoul(found[2])});
    }
  }
  return out;
}

TEST(format_document, HasATableForEachStructOfTheCodeAndNoOther) {
  std::set<std::string> documented;
  std::set<std::string> coded;
  for (auto const& [name, rows] : structs_in_document()) documented.insert(name);
  for (auto const& [name, layout] : layouts_in_code()) coded.insert(name);
  EXPECT_EQ(documented, coded);
}

TEST(format_document, TablesCoverEveryByteOnce) {
  for (auto const& [name, documented] : structs_in_document()) {
    std::size_t end = 0;
    for (auto const& row : documented.rows) {
      EXPECT_EQ(row.offset, end) << name << ' ' << row.name;
      end = row.offset + row.bytes;
    }
    EXPECT_EQ(end, documented.bytes) << name;
  }
}

TEST(format_document, TablesAgreeWithTheCode) {
  auto const documented = structs_in_document();
  for (auto const& [name, coded] : layouts_in_code()) {
    ASSERT_TRUE(documented.contains(name)) << name;
    auto const& found = documented.at(name);
    EXPECT_EQ(found.bytes, coded.bytes) << name;
    std::set<field> named;
    for (auto const& row : found.rows)
      if (!row.name.empty()) named.insert(row);
    for (auto const& each : coded.fields)
      EXPECT_TRUE(named.contains(each)) << name << "::" << each.name << " is at " << each.offset;
    EXPECT_EQ(named.size(), coded.fields.size()) << name;
  }
}

TEST(format_document, NoMemberOfTheCodeIsLeftOut) {
  for (auto const& [name, coded] : layouts_in_code()) EXPECT_EQ(coded.fields.size(), coded.field_count) << name;
}

TEST(format_document, WorkedExampleIsTheGoldenSegment) {
  static std::regex const dump{R"(([0-9a-f]{8} ( [0-9a-f]{2}){16})(   .*)?)"};
  std::set<std::string> golden;
  for (auto const& line :
       lines_of(read_text(std::filesystem::path{STOA_GOLDEN_DIRECTORY} / "all_kinds_v1.hex")))
    golden.insert(line);
  int compared = 0;
  for (auto const& line : lines_of(document())) {
    std::smatch found;
    if (!std::regex_match(line, found, dump)) continue;
    EXPECT_TRUE(golden.contains(found[1])) << line;
    ++compared;
  }
  EXPECT_GE(compared, 20);
}

// Rows "| op | name |" and the like, whose numbers are in enumerations of the code.
TEST(format_document, OperationsOfALaneHaveTheirNumbers) {
  auto const text = document();
  std::map<std::string, lane_op> const operations{
      {"none", lane_op::none}, {"push", lane_op::push},   {"pushing", lane_op::pushing},  {"pop", lane_op::pop},
      {"popped", lane_op::popped}, {"lease", lane_op::lease}, {"returned", lane_op::returned}};
  for (auto const& [name, op] : operations)
    EXPECT_NE(text.find("| " + std::to_string(static_cast<int>(op)) + " | " + name + " |"), text.npos) << name;
}

TEST(format_document, TypesHaveTheDescriptorsOfItsTable) {
  EXPECT_EQ(descriptor_of<double>().text, "<f8");
  EXPECT_EQ(descriptor_of<bool>().text, "|b1");
  EXPECT_EQ(descriptor_of<char>().text, "|S1");
  EXPECT_EQ((descriptor_of<std::array<char, 16>>().text), "|S16");
  EXPECT_EQ(descriptor_of<std::int32_t[3]>().text, "<i4[3]");
  EXPECT_EQ(descriptor_of<std::int32_t[2][3]>().text, "<i4[3][2]");
  EXPECT_EQ(descriptor_of<trade>().text, trade_type);
}

// What the page says of words and names, in the numbers of section 2.
TEST(format_document, WordsAreMadeAsDrawn) {
  EXPECT_EQ(name_table::hash("prices"), 0xf465bce2u);
  EXPECT_EQ(make_name_word(0xf465bce2, 1, name_state::live), 0xf465bce2'00000005u);
  EXPECT_EQ(make_participant_id(5, 2), 5u << 16 | 3u);
  EXPECT_EQ(make_what(make_lane_tag(0x22, 0x10001), lane_op::lease, 7), 7ull << 40 | 1ull << 24 | 0x22 << 4 | 5);
  EXPECT_EQ(slot_word(9, slot_state::abandoned), 9u * 4 + 2);
  EXPECT_EQ(abandoned_owner, 0xFFFFu);
}

}  // namespace
}  // namespace stoa::testing
