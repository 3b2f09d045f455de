// The code in docs/structures and docs/guide is that of the programs in snippets/, which are compiled and run.
#include <gtest/gtest.h>

#include <sstream>
#include <vector>

#include "golden_file.hpp"

namespace stoa::testing {
namespace {

std::vector<std::string> lines_of(std::string const& text) {
  std::vector<std::string> out;
  std::istringstream in{text};
  for (std::string line; std::getline(in, line);) out.push_back(line);
  return out;
}

// What stands between lines that are `begin` and `end`, without the indentation of `begin`.
std::vector<std::string> regions(std::string const& text, std::string_view begin,
                                 std::string_view end) {
  std::vector<std::string> out;
  std::size_t indentation = 0;
  bool is_inside = false;
  for (auto const& line : lines_of(text)) {
    auto const first = std::min(line.find_first_not_of(' '), line.size());
    auto const content = std::string_view{line}.substr(first);
    if (!is_inside && content == begin) {
      is_inside = true;
      indentation = first;
      out.emplace_back();
    } else if (is_inside && content == end) {
      is_inside = false;
    } else if (is_inside) {
      out.back() += line.substr(std::min(indentation, line.size())) + '\n';
    }
  }
  return out;
}

void expect_compiled(std::filesystem::path const& page_below_docs, std::filesystem::path const& snippet) {
  auto const page = read_text(std::filesystem::path{STOA_DOCS_DIRECTORY} / page_below_docs);
  auto const code = read_text(std::filesystem::path{STOA_SNIPPETS_DIRECTORY} / snippet);
  auto const shown = regions(page, "```cpp", "```");
  EXPECT_FALSE(shown.empty());
  EXPECT_EQ(shown, regions(code, "// begin", "// end"));
}

class snippets : public ::testing::TestWithParam<char const*> {};

TEST_P(snippets, PageShowsTheCompiledCode) {
  std::string const noun{GetParam()};
  expect_compiled("structures/" + noun + ".md", noun + ".cpp");
}

class guide_snippets : public ::testing::TestWithParam<char const*> {};

TEST_P(guide_snippets, PageShowsTheCompiledCode) {
  std::string const chapter{GetParam()};
  expect_compiled("guide/" + chapter + ".md", "guide/" + chapter + ".cpp");
}

INSTANTIATE_TEST_SUITE_P(guide, guide_snippets, ::testing::Values("pipelines", "waiting", "choosing"));

INSTANTIATE_TEST_SUITE_P(structures, snippets,
                         ::testing::Values("array", "exchange", "message_ring", "channel", "object_pool", "heap", "map", "set", "ring", "stack", "bitset", "value", "spsc_queue", "queue", "sync"));

}  // namespace
}  // namespace stoa::testing
