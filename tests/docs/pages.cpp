#include "pages.hpp"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <iterator>
#include <regex>
#include <sstream>

namespace stoa::testing {
namespace {

std::set<std::string> matches(std::string const& text, std::regex const& pattern) {
  std::set<std::string> out;
  for (std::sregex_iterator each{text.begin(), text.end(), pattern}, end; each != end; ++each)
    out.insert((*each)[1].str() + "." + (*each)[2].str());
  return out;
}

std::string slug(std::string_view heading) {
  std::string out;
  for (char const c : heading) {
    auto const byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || c == '_' || c == '-') out += static_cast<char>(std::tolower(byte));
    if (c == ' ') out += '-';
  }
  return out;
}

}  // namespace

std::filesystem::path project() { return STOA_PROJECT_DIRECTORY; }

std::string read_file(std::filesystem::path const& path) {
  std::ifstream in{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> out;
  std::istringstream in{std::string{text}};
  for (std::string line; std::getline(in, line);) out.push_back(line);
  return out;
}

page page_at(std::string const& below_project) {
  return {project() / below_project, read_file(project() / below_project)};
}

std::vector<page> all_pages() {
  std::vector<page> out{page_at("README.md")};
  for (auto const& each : std::filesystem::recursive_directory_iterator{project() / "docs"})
    if (each.path().extension() == ".md") out.push_back({each.path(), read_file(each.path())});
  return out;
}

std::vector<std::string> links_in(std::string_view text) {
  static std::regex const link{R"(\]\(([^)\s]+)\))"};
  static std::regex const inline_code{"`[^`]*`"};
  std::vector<std::string> out;
  bool is_code = false;
  for (auto const& written : lines_of(text)) {
    if (written.starts_with("```")) is_code = !is_code;
    if (is_code) continue;
    auto const line = std::regex_replace(written, inline_code, "code");
    for (std::sregex_iterator each{line.begin(), line.end(), link}, end; each != end; ++each)
      if (auto const target = (*each)[1].str(); target.find("://") == target.npos) out.push_back(target);
  }
  return out;
}

std::vector<std::string> quoted_in(std::string_view text) {
  std::vector<std::string> out;
  for (auto const& line : lines_of(text))
    for (auto begin = line.find('`'); begin != line.npos;) {
      auto const end = line.find('`', begin + 1);
      if (end == line.npos) break;
      out.push_back(line.substr(begin + 1, end - begin - 1));
      begin = line.find('`', end + 1);
    }
  return out;
}

std::set<std::string> headings_in(std::string_view text) {
  std::set<std::string> out;
  bool is_code = false;
  for (auto const& line : lines_of(text)) {
    if (line.starts_with("```")) is_code = !is_code;
    auto const begin = line.find_first_not_of('#');
    if (!is_code && line.starts_with("#") && begin != line.npos && line[begin] == ' ')
      out.insert(slug(line.substr(begin + 1)));
  }
  return out;
}

bool is_test_name(std::string_view text) {
  static std::regex const name{R"([a-z]\w*\.[A-Z]\w+)"};
  return std::regex_match(text.begin(), text.end(), name);
}

std::set<std::string> test_names_in(std::string_view page_text) {
  std::set<std::string> out;
  for (auto const& each : quoted_in(page_text))
    if (is_test_name(each)) out.insert(each);
  return out;
}

std::set<std::string> tests_in(std::string const& source) {
  static std::regex const definition{R"(\b(?:(?:TYPED_)?TEST(?:_F|_P)?|RC_GTEST_PROP)\(\s*(\w+)\s*,\s*(\w+)\s*[,)])"};
  return matches(source, definition);
}

std::set<std::string> const& all_tests() {
  static std::set<std::string> const all = [] {
    std::set<std::string> out;
    for (auto const& each : std::filesystem::recursive_directory_iterator{project() / "tests"})
      if (each.path().extension() == ".cpp") out.merge(tests_in(read_file(each.path())));
    return out;
  }();
  return all;
}

std::vector<row> rows_in(std::string_view text) {
  std::vector<row> out;
  std::string section;
  bool is_heading = true;
  for (auto const& line : lines_of(text)) {
    if (line.starts_with("#")) section = line.substr(std::min(line.find_first_not_of("# "), line.size()));
    if (!line.starts_with("|")) is_heading = true;
    if (!line.starts_with("|")) continue;
    if (line.starts_with("|---")) {
      is_heading = false;
      continue;
    }
    if (is_heading) continue;
    row found{section, {}};
    std::istringstream in{line.substr(1)};
    for (std::string cell; std::getline(in, cell, '|');) {
      auto const first = std::min(cell.find_first_not_of(' '), cell.size());
      auto const last = cell.find_last_not_of(' ');
      found.cells.push_back(last == cell.npos ? "" : cell.substr(first, last - first + 1));
    }
    out.push_back(std::move(found));
  }
  return out;
}

}  // namespace stoa::testing
