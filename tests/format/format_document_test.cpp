// docs/format.md and the code say the same: tables, worked example, constants.
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <stoa/kinds.hpp>
#include <stoa/name_table.hpp>
#include <vector>

#include "golden_content.hpp"
#include "golden_file.hpp"
#include "layouts.hpp"

namespace stoa::testing {
namespace {

std::string document() {
  return read_text(std::filesystem::path{STOA_DOCS_DIRECTORY} / "format.md");
}

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

// The cells of a table's row, without the blanks around them.
std::vector<std::string> cells_of(std::string const& line) {
  std::vector<std::string> out;
  std::istringstream in{line};
  std::string cell;
  std::getline(in, cell, '|');  // what is before the first bar: nothing
  while (std::getline(in, cell, '|')) {
    auto const first = std::min(cell.find_first_not_of(' '), cell.size());
    auto const last = cell.find_last_not_of(' ');
    out.push_back(last == cell.npos ? "" : cell.substr(first, last - first + 1));
  }
  return out;
}

bool is_number(std::string const& text) {
  return !text.empty() && text.find_first_not_of("0123456789") == text.npos;
}

// "### `name`: N bytes", then rows "| offset | size | field | meaning |".
std::map<std::string, documented_struct> structs_in_document() {
  std::map<std::string, documented_struct> out;
  documented_struct* current = nullptr;
  for (auto const& line : lines_of(document())) {
    if (line.starts_with("#")) current = nullptr;
    if (auto const end = line.find("`: "); line.starts_with("### `") && end != line.npos) {
      current = &out[line.substr(5, end - 5)];
      current->bytes = std::stoul(line.substr(end + 3));
    } else if (current != nullptr && line.starts_with("|")) {
      auto const cells = cells_of(line);
      if (cells.size() >= 4 && is_number(cells[0]) && is_number(cells[1]))
        current->rows.push_back({cells[2], std::stoul(cells[0]), std::stoul(cells[1])});
    }
  }
  return out;
}

// The part of a line that is a dump of sixteen bytes; empty if it is none.
std::string dump_in(std::string const& line) {
  constexpr std::size_t width = 8 + 1 + 16 * 3;
  if (line.size() < width || line.find(' ') != 8) return {};
  auto const dump = line.substr(0, width);
  return dump.find_first_not_of("0123456789abcdef ") == dump.npos ? dump : std::string{};
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
  for (auto const& [name, coded] : layouts_in_code())
    EXPECT_EQ(coded.fields.size(), coded.field_count) << name;
}

TEST(format_document, WorkedExampleIsTheGoldenSegment) {
  std::set<std::string> golden;
  for (auto const& line :
       lines_of(read_text(std::filesystem::path{STOA_GOLDEN_DIRECTORY} / "all_kinds_v1.hex")))
    golden.insert(line);
  int compared = 0;
  for (auto const& line : lines_of(document())) {
    auto const dump = dump_in(line);
    if (dump.empty()) continue;
    EXPECT_TRUE(golden.contains(dump)) << line;
    ++compared;
  }
  EXPECT_GE(compared, 20);
}

// The words in backquotes.
std::set<std::string> quoted_in(std::string_view text) {
  std::set<std::string> out;
  for (auto begin = text.find('`'); begin != text.npos; begin = text.find('`', begin)) {
    auto const end = text.find('`', begin + 1);
    if (end == text.npos) break;
    out.emplace(text.substr(begin + 1, end - begin - 1));
    begin = end + 1;
  }
  return out;
}

// "Kind `x`, layout 1." or "Kinds `x` and `y`, layout 1." begins a kind's section.
TEST(format_document, EntriesNameTheKindsThatHaveASection) {
  std::set<std::string> described;
  std::set<std::string> listed;
  for (auto const& line : lines_of(document())) {
    auto const layout = line.find(", layout ");
    if ((line.starts_with("Kind `") || line.starts_with("Kinds `")) && layout != line.npos) {
      for (auto const& kind : quoted_in(line.substr(0, layout))) {
        described.insert(kind);
        auto const* const known = find_kind(kind);
        ASSERT_NE(known, nullptr) << kind;
        EXPECT_EQ(known->layout, std::stoul(line.substr(layout + 9))) << kind;
      }
    }
    auto const cells = cells_of(line);
    if (cells.size() >= 4 && cells[2] == "kind") listed = quoted_in(cells[3]);
  }
  EXPECT_GE(described.size(), 11u);
  EXPECT_EQ(listed, described);
}

// Rows "| op | name |" and the like, whose numbers are in enumerations of the code.
TEST(format_document, OperationsOfALaneHaveTheirNumbers) {
  auto const text = document();
  std::map<std::string, lane_op> const operations{
      {"none", lane_op::none},        {"push", lane_op::push},     {"pushing", lane_op::pushing},
      {"pop", lane_op::pop},          {"popped", lane_op::popped}, {"lease", lane_op::lease},
      {"returned", lane_op::returned}, {"lock", lane_op::lock}};
  for (auto const& [name, op] : operations)
    EXPECT_NE(text.find("| " + std::to_string(static_cast<int>(op)) + " | " + name + " |"),
              text.npos)
        << name;
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
  EXPECT_EQ(make_what(make_lane_tag(0x22, 0x10001), lane_op::lease, 7),
            7ull << 40 | 1ull << 24 | 0x22 << 4 | 5);
  EXPECT_EQ(slot_word(9, slot_state::abandoned), 9u * 4 + 2);
  EXPECT_EQ(abandoned_owner, 0xFFFFu);
}

TEST(format_document, WordsOfTheStructuresAreMadeAsDrawn) {
  EXPECT_EQ(make_link(7, 3), 7u << 24 | 3u);
  EXPECT_EQ(no_node, 0xFFFFFFu);
  EXPECT_EQ(most_nodes, (1u << 24) - 2);
  EXPECT_EQ(make_block_word(9, object_pool_bytes::owner_for(make_participant_id(2048 + 5, 2))),
            9u << 24 | 5u << 13 | 3u);
  EXPECT_EQ(next_state(6ull << 28 | 1, 0b101), 7ull << 28 | 0b101);
  EXPECT_EQ(with_lock(0, 2), 2ull << 47);
  EXPECT_EQ(with_next(0, most_overflow_buckets), 0x3FFFFFFull);
  EXPECT_EQ(with_fingerprint(0, 2, 0xFF), 0xFFull << 16);
  EXPECT_EQ(slots_per_bucket, 7u);
  EXPECT_EQ(most_buckets, 4u);
  EXPECT_EQ((map_layout{12, 7, 12}.bucket_bytes()), 192u);
  EXPECT_EQ((stack_layout::of(12, 64)), (stack_layout{12, 64, 128}));
}

}  // namespace
}  // namespace stoa::testing
