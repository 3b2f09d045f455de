#include "report.hpp"

#include <fmt/format.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "rounds.hpp"

namespace stoa::benchmarks {
namespace {

std::vector<series const*> of_family(results const& found, std::string const& family) {
  std::vector<series const*> out;
  for (auto const& each : found.all())
    if (each.family == family) out.push_back(&each);
  return out;
}

template <class Key>
std::vector<std::string> in_order(std::vector<series const*> const& some, Key key) {
  std::vector<std::string> out;
  for (auto const* each : some)
    if (std::ranges::find(out, std::invoke(key, *each)) == out.end()) out.push_back(std::invoke(key, *each));
  return out;
}

std::vector<std::string> families(results const& found) {
  std::vector<series const*> all;
  for (auto const& each : found.all()) all.push_back(&each);
  return in_order(all, &series::family);
}

// The best first.
std::vector<series const*> ranked(std::vector<series const*> some, std::string const& name) {
  std::erase_if(some, [&](auto const* each) { return each->name != name; });
  std::ranges::stable_sort(some, [](auto const* a, auto const* b) {
    auto const x = a->sum().median, y = b->sum().median;
    return a->wanted == better::higher ? x > y : x < y;
  });
  return some;
}

bool is_beside(std::string const& name) { return name.starts_with(fmt::format("{}, beside", line_case)); }

std::string first_match(char const* path, std::string const& key) {
  std::ifstream file{path};
  for (std::string line; std::getline(file, line);)
    if (line.starts_with(key)) return line.substr(line.find_first_not_of(" \t:", key.size()));
  return "unknown";
}

std::string machine() {
  utsname name{};
  ::uname(&name);
  auto os = first_match("/etc/os-release", "PRETTY_NAME=");
  std::erase(os, '"');
  return fmt::format("{}, {} cores, {} {}, {}", first_match("/proc/cpuinfo", "model name"),
                     ::sysconf(_SC_NPROCESSORS_ONLN), name.sysname, name.release, os);
}

std::string compiler() {
#ifdef __clang__
  return fmt::format("Clang {}", __clang_version__);
#else
  return fmt::format("GCC {}", __VERSION__);
#endif
}

std::string ratio_text(double ratio) { return ratio == 0 ? "" : fmt::format("{:.2f}", ratio); }

// Above that, it was not the lines that took the time.
constexpr double longest_line_ns = 3000;

// What the lines took beside all cases: one state, or two that are told apart.
std::string line_states(results const& found) {
  std::vector<double> all;
  for (auto const& each : found.all())
    if (is_beside(each.name))
      for (auto const value : each.values()) all.push_back(value);
  auto const count = all.size();
  std::erase_if(all, [](double each) { return each > longest_line_ns; });
  if (all.empty()) return "never measured in peace";
  std::ranges::sort(all);
  auto const middle = std::sqrt(all.front() * all.back());
  std::vector<double> near, distant;
  for (auto const each : all) (each <= middle ? near : distant).push_back(each);
  auto out = fmt::format("{:.0f} ns (from {:.0f} to {:.0f})", summed_up(all).median, all.front(), all.back());
  if (all.back() >= 1.8 * all.front())
    out = fmt::format("{:.0f} ns in {} measurements and {:.0f} ns in {}: the cores were near to each other or distant",
                      summed_up(near).median, near.size(), summed_up(distant).median, distant.size());
  if (all.size() != count) out += fmt::format("; {} more, in which another program had a core", count - all.size());
  return out;
}

}  // namespace

std::vector<std::string> missing_peers() {
  std::vector<std::string> out;
  std::istringstream all{STOA_MISSING_PEERS};
  for (std::string each; std::getline(all, each, ',');)
    if (!each.empty()) out.push_back(each);
  return out;
}

std::string readable(double value, std::string const& unit) {
  if (unit == "ns" && value >= 1e6) return fmt::format("{:.3g} ms", value / 1e6);
  if (unit == "ns" && value >= 1e4) return fmt::format("{:.3g} us", value / 1e3);
  if (value >= 1e6) return fmt::format("{:.3g} M {}", value / 1e6, unit);
  if (value >= 1e4) return fmt::format("{:.3g} k {}", value / 1e3, unit);
  return value >= 100 ? fmt::format("{:.0f} {}", value, unit) : fmt::format("{:.3g} {}", value, unit);
}

std::string as_text(results const& found) {
  std::string out;
  for (auto const& family : families(found)) {
    auto const some = of_family(found, family);
    for (auto const& name : in_order(some, &series::name)) {
      if (is_beside(name)) continue;
      out += fmt::format("{}\n", name);
      for (auto const* each : ranked(some, name)) {
        auto const sum = each->sum();
        out += fmt::format("  {:<34}{:>20}{:>20}{:>20}{:>9}\n", each->subject, readable(sum.median, each->unit),
                           readable(sum.low, each->unit), readable(sum.high, each->unit),
                           ratio_text(found.against_stoa(*each)));
      }
    }
  }
  return out;
}

std::string as_markdown(results const& found, report_settings const& with) {
  auto out = fmt::format(
      "# Results\n\nWritten by `scripts/bench.sh`; [what is compared, and how](README.md).\n\n"
      "- Machine: {}\n- Compiler: {}\n- Commit: {}\n- {} rounds, {} ms for each measurement; medians, and the middle "
      "half of the rounds\n- A cache line there and back: {}\n\n`of stoa`: how many times as good as stoa, below 1 "
      "is worse; the median of the rounds' own ratios.\n",
      machine(), compiler(), with.commit.empty() ? "unknown" : with.commit, with.rounds,
      std::chrono::duration_cast<std::chrono::milliseconds>(with.window).count(), line_states(found));
  for (auto const& family : families(found)) {
    auto const some = of_family(found, family);
    out += fmt::format("\n## {0}\n\n![{0}]({0}.svg)\n\n| case | subject | median | middle half | of stoa |\n"
                       "|---|---|---|---|---|\n", family);
    for (auto const& name : in_order(some, &series::name))
      for (auto const* each : ranked(some, name)) {
        if (is_beside(name)) continue;
        auto const sum = each->sum();
        auto const emphasis = each->subject == "stoa" ? "**" : "";
        out += fmt::format("| {} | {}{}{} | {} | {} – {} | {} |\n", name, emphasis, each->subject, emphasis,
                           readable(sum.median, each->unit), readable(sum.low, each->unit),
                           readable(sum.high, each->unit), ratio_text(found.against_stoa(*each)));
      }
  }
  if (!found.failures().empty()) out += "\nFailed:\n\n";
  for (auto const& each : found.failures()) out += fmt::format("- {}\n", each);
  if (!missing_peers().empty())
    out += fmt::format("\nNot installed, and left out: {}.\n", fmt::join(missing_peers(), ", "));
  return out;
}

// Bars on a logarithmic scale, the middle half of the rounds as a line across the end.
std::string as_svg(results const& found, std::string const& family) {
  auto const some = of_family(found, family);
  constexpr int left = 250, width = 560, row = 16;
  double least = 1e300, most = 0;
  for (auto const* each : some) {
    auto const sum = each->sum();
    if (is_beside(each->name) || sum.median <= 0) continue;
    least = std::min(least, std::min(sum.low > 0 ? sum.low : sum.median, sum.median));
    most = std::max(most, sum.high);
  }
  if (most == 0) return {};
  auto const from = std::floor(std::log10(least) - .3), to = std::ceil(std::log10(most));
  auto const at = [&](double value) {
    return left + width * (std::log10(std::max(value, std::pow(10, from))) - from) / std::max(1.0, to - from);
  };
  std::string body;
  int y = 20;
  for (auto const& name : in_order(some, &series::name)) {
    if (is_beside(name)) continue;
    body += fmt::format("<text x=\"4\" y=\"{}\" font-weight=\"bold\">{}</text>\n", y + 11, name);
    y += row;
    for (auto const* each : ranked(some, name)) {
      auto const sum = each->sum();
      body += fmt::format("<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>\n", left - 6, y + 11, each->subject);
      body += fmt::format("<rect x=\"{}\" y=\"{}\" width=\"{:.1f}\" height=\"10\" fill=\"{}\"/>\n", left, y + 2,
                          at(sum.median) - left, each->subject == "stoa" ? "#c0392b" : "#7f8c9b");
      body += fmt::format("<path d=\"M{:.1f} {}H{:.1f}\" stroke=\"#222\"/>\n", at(sum.low), y + 7, at(sum.high));
      body += fmt::format("<text x=\"{:.1f}\" y=\"{}\">{}</text>\n", std::max(at(sum.high), at(sum.median)) + 5, y + 11,
                          readable(sum.median, each->unit));
      y += row;
    }
    y += row / 2;
  }
  std::string grid;
  for (auto decade = from; decade <= to; ++decade)
    grid += fmt::format("<path d=\"M{0:.1f} 16V{1}\" stroke=\"#ddd\"/>\n", at(std::pow(10, decade)), y);
  return fmt::format("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" "
                     "font-family=\"sans-serif\" font-size=\"11\">"
                     "<rect width=\"{0}\" height=\"{1}\" fill=\"white\"/>\n{2}{3}</svg>\n",
                     left + width + 150, y + 10, grid, body);
}

void write_report(results const& found, report_settings const& with) {
  std::filesystem::path const directory{with.directory};
  std::filesystem::create_directories(directory);
  std::ofstream{directory / "results.md"} << as_markdown(found, with);
  for (auto const& family : families(found)) std::ofstream{directory / (family + ".svg")} << as_svg(found, family);
}

}  // namespace stoa::benchmarks
