// What the pages of docs refer to exists: files, headings, and the tests that are said to prove a claim. Every case of
// death, of the environment and of an attack names one; no structure, soak or directory of tests is left out.
#include <fnmatch.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <regex>
#include <utility>

#include "pages.hpp"

namespace stoa::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// --- the checks ---

std::vector<std::string> dead_links(page const& in) {
  std::vector<std::string> out;
  for (auto const& link : links_in(in.text)) {
    auto const mark = link.find('#');
    auto const path = link.substr(0, mark);
    auto const target = path.empty() ? in.path : in.path.parent_path() / path;
    if (!path.empty() && !exists(target)) {
      out.push_back(link);
    } else if (mark != link.npos) {
      auto const headings = headings_in(path.empty() ? in.text : read_file(target));
      if (!headings.contains(link.substr(mark + 1))) out.push_back(link);
    }
  }
  return out;
}

std::vector<std::string> unknown_tests(std::string_view text, std::set<std::string> const& known) {
  std::vector<std::string> out;
  for (auto const& each : test_names_in(text))
    if (!known.contains(each)) out.push_back(each);
  return out;
}

bool is_source(std::string_view quoted) {
  for (std::string_view const part : {"tests/", "stress/", "core/", "allocators/", "structures/", "tools/", "examples/",
                                      "benchmarks/", "scripts/", "docs/", "cmake/"})
    if (quoted.starts_with(part)) return quoted.find_first_of(" <") == quoted.npos;
  return false;
}

// With or without an ending, and with stars.
bool is_there(std::string const& quoted) {
  for (std::string const ending : {"", ".cpp", ".hpp"})
    if (exists(project() / (quoted + ending))) return true;
  if (quoted.find('*') == quoted.npos) return false;
  for (auto const& each : std::filesystem::recursive_directory_iterator{project() / quoted.substr(0, quoted.find('/'))})
    if (::fnmatch(quoted.c_str(), relative(each.path(), project()).c_str(), FNM_PATHNAME) == 0) return true;
  return false;
}

bool has(std::string const& text, std::string const& part) { return text.find(part) != text.npos; }
std::string in_quotes(std::string const& text) { return '"' + text + '"'; }

std::vector<std::string> const& sources_of_kill_suite() {
  static std::vector<std::string> const all = [] {
    std::vector<std::string> out;
    for (auto const& each : std::filesystem::directory_iterator{project() / "stress/kill_suite"})
      out.push_back(read_file(each.path()));
    return out;
  }();
  return all;
}
// Of the kill suite's operations, those of a structure.
bool has_kill_suite(std::string const& structure) {
  auto const is_of_it = [&](auto const& each) { return has(each, in_quotes(structure)); };
  return std::ranges::any_of(sources_of_kill_suite(), is_of_it);
}
// A line of its table. Those of message_ring are in several files, which name the structure by a common function.
bool has_kill_suite(std::string const& structure, std::string const& operation) {
  return std::ranges::any_of(sources_of_kill_suite(), [&](auto const& each) {
    bool const is_of_it = has(each, in_quotes(structure)) || has(each, "add_" + structure + "s<");
    return is_of_it && (has(each, '{' + in_quotes(operation) + ',') ||
                        has(each, in_quotes(structure) + ", " + in_quotes(operation)));
  });
}
std::set<std::string> kill_suites_in(std::string_view text) {
  static std::regex const use{R"(kill_suite(?: --\w+(?: \w+)?)*? --structure (\w+).*)"};
  std::set<std::string> out;
  for (auto const& each : quoted_in(text))
    if (std::smatch found; std::regex_match(each, found, use)) out.insert(found[1].str());
  return out;
}

// "queue/push": an operation of a structure that the kill suite has.
using suite_line = std::pair<std::string, std::string>;
std::set<suite_line> suite_lines_in(std::string_view text) {
  std::set<suite_line> out;
  for (auto const& each : quoted_in(text))
    if (auto const slash = each.find('/'); slash != each.npos && slash != 0 && has_kill_suite(each.substr(0, slash)))
      out.emplace(each.substr(0, slash), each.substr(slash + 1));
  return out;
}

bool names_a_test(std::string_view text) {
  return !test_names_in(text).empty() || !kill_suites_in(text).empty() || !suite_lines_in(text).empty();
}

// The sections of a page, by their headings.
std::map<std::string, std::string> sections_of(std::string_view text) {
  std::map<std::string, std::string> out;
  std::string section;
  for (auto const& line : lines_of(text)) {
    if (line.starts_with("#")) section = line.substr(std::min(line.find_first_not_of("# "), line.size()));
    out[section] += line + '\n';
  }
  return out;
}

// Rows that name no test, each as "section: row". What is named outside of the table does not say which row it is for.
std::vector<std::string> rows_without_test(std::string_view text) {
  std::vector<std::string> out;
  for (auto const& each : rows_in(text)) {
    std::string all;
    for (auto const& cell : each.cells) all += cell + ' ';
    if (!names_a_test(all)) out.push_back(each.section + ": " + each.cells.front());
  }
  return out;
}

// What entries of a segment can be: the names of kinds that the headers give their structures.
std::set<std::string> all_kinds() {
  static std::regex const identity{R"re(identity\(\) \{ return \{"(\w+)", \d)re"};
  std::set<std::string> out;
  for (auto const& each : std::filesystem::recursive_directory_iterator{project() / "structures/include"})
    if (std::smatch found; each.is_regular_file()) {
      auto const source = read_file(each.path());
      if (std::regex_search(source, found, identity)) out.insert(found[1].str());
    }
  return out;
}
// The part of the page of deaths that is about a kind.
std::string section_about(std::string const& kind) {
  static std::map<std::string, std::string> const in_full{{"condition", "condition_variable"},
                                                          {"semaphore", "counting_semaphore"}};
  auto const called = in_full.contains(kind) ? in_full.at(kind) : kind;
  for (auto const& [heading, text] : sections_of(page_at("docs/crash.md").text))
    if ((", " + heading + ", ").find(", " + called + ", ") != std::string::npos) return text;
  return {};
}

// --- the checks find what they are for ---

TEST(page_checks, FindATestThatIsNotThere) {
  std::set<std::string> const known{"ring.IsRound"};
  EXPECT_THAT(unknown_tests("see `ring.IsRound`, `ring.IsSquare` and `ring.hpp`", known), ElementsAre("ring.IsSquare"));
}

TEST(page_checks, KnowTestsByTheirMacros) {
  EXPECT_EQ(tests_in("TEST(a, B) {}\nTEST_F(c_d,\n  E2) {}\nTEST_P(f, G) {}\nTYPED_TEST(h, I)\nMY_TEST(j, K)\n"
                     "RC_GTEST_PROP(l, M, (int n)) {}"),
            (std::set<std::string>{"a.B", "c_d.E2", "f.G", "h.I", "l.M"}));
  EXPECT_TRUE(all_tests().contains("page_checks.KnowTestsByTheirMacros"));
}

TEST(page_checks, FindALinkThatLeadsNowhere) {
  page const made{project() / "docs/made_up.md",
                  "# One\n[a](crash.md) [b](crash.md#the-promise) [c](#one) [d](crash.md#no-such) [e](none.md) [f](#two)\n"};
  EXPECT_THAT(dead_links(made), ElementsAre("crash.md#no-such", "none.md", "#two"));
}

TEST(page_checks, FindACaseWithoutATest) {
  auto const text = "## a\n| x | y |\n|---|---|\n| A1 | `s.Test` |\n| A2 | no |\n## b\n| x |\n|---|\n| B1 |\n\n"
                    "Tests: `s.Other`.\n## c\n| x |\n|---|\n| C1 | `queue/push` |\n| C2 | `trombone/push` |\n";
  EXPECT_THAT(rows_without_test(text), ElementsAre("a: A2", "b: B1", "c: C2"));
}

TEST(page_checks, FindAKillSuiteThatIsNotThere) {
  EXPECT_EQ(kill_suites_in("`kill_suite --structure queue`, `kill_suite --json --structure stack --mode kill`"),
            (std::set<std::string>{"queue", "stack"}));
  EXPECT_TRUE(has_kill_suite("queue"));
  EXPECT_FALSE(has_kill_suite("trombone"));
}

TEST(page_checks, FindAnOperationThatTheKillSuiteDoesNotHave) {
  EXPECT_EQ(suite_lines_in("`queue/push`, `map/erase, shortening`, `docs/guide.md`, `/dev/shm`"),
            (std::set<suite_line>{{"queue", "push"}, {"map", "erase, shortening"}}));
  for (auto const& [structure, operation] :
       {suite_line{"queue", "push"}, {"message_ring", "stream: begin"}, {"exchange", "server comes"}})
    EXPECT_TRUE(has_kill_suite(structure, operation)) << operation;
  EXPECT_FALSE(has_kill_suite("queue", "pus"));
  EXPECT_FALSE(has_kill_suite("queue", "stream: begin"));
}

// --- the pages ---

TEST(pages, LinkToWhatExists) {
  for (auto const& each : all_pages()) EXPECT_THAT(dead_links(each), IsEmpty()) << each.path;
}

TEST(pages, NameTestsThatExist) {
  std::size_t named = 0;
  for (auto const& each : all_pages()) {
    EXPECT_THAT(unknown_tests(each.text, all_tests()), IsEmpty()) << each.path;
    named += test_names_in(each.text).size();
    for (auto const& structure : kill_suites_in(each.text)) EXPECT_TRUE(has_kill_suite(structure)) << structure;
    for (auto const& [structure, operation] : suite_lines_in(each.text))
      EXPECT_TRUE(has_kill_suite(structure, operation)) << each.path << ": " << structure << '/' << operation;
  }
  EXPECT_GT(named, 100u);
}

TEST(pages, NameFilesThatExist) {
  for (auto const& each : all_pages())
    for (auto const& quoted : quoted_in(each.text))
      EXPECT_TRUE(!is_source(quoted) || is_there(quoted)) << each.path << ": " << quoted;
}

class claims : public ::testing::TestWithParam<char const*> {};

TEST_P(claims, NameATestEach) {
  auto const about = page_at(GetParam());
  EXPECT_GT(rows_in(about.text).size(), 10u);
  EXPECT_THAT(rows_without_test(about.text), IsEmpty());
}
INSTANTIATE_TEST_SUITE_P(of, claims, ::testing::Values("docs/crash.md", "docs/environment.md", "docs/security.md"));

// Each kind of structure: what its deaths do, and what others can do while somebody is stopped.
TEST(crash_page, HasASectionForEachKind) {
  auto const all = all_kinds();
  EXPECT_GT(all.size(), 20u);
  for (auto const& kind : all) {
    auto const text = section_about(kind);
    EXPECT_FALSE(rows_in(text).empty()) << kind;
    EXPECT_TRUE(has(text, "stopped") || has(text, "Stopped")) << kind;
  }
}

TEST(testing_page, NamesEachDirectoryOfTestsAndEachSoak) {
  auto const text = page_at("docs/testing.md").text;
  for (std::string const below : {"tests", "stress"})
    for (auto const& each : std::filesystem::directory_iterator{project() / below}) {
      auto const name = below + '/' + each.path().stem().string();
      bool const is_one = name.ends_with("_soak") || (each.is_directory() && name != "tests/support");
      if (is_one) {
        EXPECT_TRUE(has(text, '`' + name)) << name;
      }
    }
}

TEST(crash_page, NumbersEachCaseOnce) {
  std::set<std::string> seen;
  for (auto const& each : rows_in(page_at("docs/crash.md").text))
    EXPECT_TRUE(seen.insert(each.cells.front()).second) << each.cells.front();
}

}  // namespace
}  // namespace stoa::testing
