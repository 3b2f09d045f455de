// stoa beside what one could use instead: docs/benchmarks/README.md.
//
//   peers_benchmark [--quick] [--rounds N] [--milliseconds N] [--only FAMILY,...] [--subjects NAME,...]
//                   [--json FILE] [--report DIRECTORY] [--commit TEXT] [--cores A,B,...] [--list]
#include <CLI/CLI.hpp>
#include <fstream>
#include <set>

#include "../two_processes.hpp"
#include "harness/report.hpp"
#include "harness/rounds.hpp"
#include "harness/team.hpp"

namespace stoa::benchmarks {
namespace {

struct options {
  rounds_settings rounds;
  std::vector<std::string> families;
  std::vector<std::string> cases;
  std::vector<std::string> subjects;
  unsigned milliseconds = 60;
  bool quick = false;
  bool list = false;
  std::string json;
  report_settings report;
};

bool is_among(std::vector<std::string> const& some, std::string const& each) {
  return some.empty() || std::ranges::find(some, each) != some.end();
}

void list() {
  for (auto const& each : candidates()) fmt::print("{:<12}{:<40}{}\n", each.family, each.heading, each.subject);
}

void run(options& with) {
  auto& each = with.rounds.each;
  each.window = std::chrono::milliseconds{with.milliseconds};
  each.warm_up = each.window / 3;
  each.is_thorough = !with.quick;
  each.most_elements = with.quick ? 1'000'000 : 10'000'000;
  with.rounds.wanted = [&](candidate const& who) {
    return is_among(with.families, who.family) && is_among(with.subjects, who.subject) &&
           is_among(with.cases, who.heading);
  };
  auto const found = run_rounds(with.rounds);
  if (!with.json.empty()) std::ofstream{with.json} << found.json();
  with.report.rounds = with.rounds.rounds;
  with.report.window = each.window;
  if (!with.report.directory.empty()) write_report(found, with.report);
  fmt::print("{}", as_text(found));
  for (auto const& each_failure : found.failures()) fmt::print("failed: {}\n", each_failure);
  for (auto const& missing : missing_peers()) fmt::print("not installed, left out: {}\n", missing);
  if (found.has_failed("stoa")) throw std::runtime_error{"a case of stoa failed"};
}

}  // namespace
}  // namespace stoa::benchmarks

int main(int argc, char** argv) {
  using namespace stoa::benchmarks;
  options with;
  CLI::App app{"stoa beside what one could use instead"};
  app.add_flag("--quick", with.quick, "5 rounds of 25 ms, no map of 10^7");
  auto* const rounds = app.add_option("--rounds", with.rounds.rounds, "in turn")->capture_default_str();
  auto* const window =
      app.add_option("--milliseconds", with.milliseconds, "of each measurement")->capture_default_str();
  app.add_option("--only", with.families, "these families of cases")->delimiter(',');
  app.add_option("--cases", with.cases, "these cases, by their whole names")->delimiter(',');
  app.add_option("--subjects", with.subjects, "these subjects")->delimiter(',');
  app.add_option("--json", with.json, "a file for the results");
  app.add_option("--report", with.report.directory, "a directory for tables and plots");
  app.add_option("--commit", with.report.commit, "that is measured, for the report");
  app.add_option("--cores", cores(), "to be used")->delimiter(',');
  app.add_flag("--list", with.list, "who takes part in what");
  CLI11_PARSE(app, argc, argv);
  if (with.quick && rounds->count() == 0) with.rounds.rounds = 5;
  if (with.quick && window->count() == 0) with.milliseconds = 25;
  return status_of([&] { with.list ? list() : run(with); });
}
