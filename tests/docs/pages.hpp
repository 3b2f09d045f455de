// pages.hpp: the pages of docs, and what they refer to: files, headings, tests.
#pragma once
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace stoa::testing {

struct page {
  std::filesystem::path path;
  std::string text;
};

std::filesystem::path project();  // where the sources lie
std::string read_file(std::filesystem::path const& path);
std::vector<std::string> lines_of(std::string_view text);
// README.md and all below docs.
std::vector<page> all_pages();
page page_at(std::string const& below_project);

// The targets of [text](target), those of other machines left out.
std::vector<std::string> links_in(std::string_view text);
// What stands between backquotes, on one line.
std::vector<std::string> quoted_in(std::string_view text);
// As in links to them: "Fork and exec" is "fork-and-exec".
std::set<std::string> headings_in(std::string_view text);

// "suite.Name", and nothing else that is quoted.
bool is_test_name(std::string_view text);
std::set<std::string> test_names_in(std::string_view page_text);
// All tests of the project, as "suite.Name".
std::set<std::string> const& all_tests();
// Those that TEST, TEST_F, TEST_P, TYPED_TEST and RC_GTEST_PROP define there.
std::set<std::string> tests_in(std::string const& source);

// A row of a table that has cases: its first cell is not a heading and not a rule.
struct row {
  std::string section;
  std::vector<std::string> cells;
};
std::vector<row> rows_in(std::string_view text);

}  // namespace stoa::testing
