// kill_suite: processes are killed and stopped after every single instruction of an operation, and those
// who live must find it done entirely or not at all, everything else once, and nothing leaked.
//
//   kill_suite [--structure NAME] [--operation NAME] [--mode kill|stop|pair] [--stride N] [--json]
//
// Prints a table, or with --json an array of {structure, operation, mode, instructions, runs, failures}; fewer
// runs than instructions: every n-th. Failures go to stderr. Exit status 1 if there are any.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>

#include "trials.hpp"
#include "watchdog.hpp"

namespace {

using namespace stoa::kill_suite;

struct choice {
  std::string only_structure;  // empty: all
  std::string only_operation;
  std::string only_mode;
  bool is_json = false;
  settings with;

  bool includes(operation const& each) const {
    return (only_structure.empty() || only_structure == each.structure) &&
           (only_operation.empty() || only_operation == each.name);
  }
  bool includes(mode each) const { return only_mode.empty() || only_mode == name_of(each); }
};

// As many as are worth reading.
constexpr std::size_t most_shown = 20;

class table {
 public:
  explicit table(bool is_json) : is_json_{is_json} {
    if (is_json_)
      fmt::print("[");
    else
      fmt::print("{:<12} {:<26} {:<5} {:>12} {:>8} {:>9} {:>8}\n", "structure", "operation", "mode", "instructions",
                 "runs", "failures", "seconds");
  }
  void add(operation const& what, mode how, outcome const& found, double seconds) {
    if (is_json_)
      fmt::print(R"({}{{"structure": "{}", "operation": "{}", "mode": "{}", "instructions": {}, "runs": {}, )"
                 R"("failures": {}}})",
                 lines_ == 0 ? "\n" : ",\n", what.structure, what.name, name_of(how), found.instructions, found.runs,
                 found.failures);
    else
      fmt::print("{:<12} {:<26} {:<5} {:>12} {:>8} {:>9} {:>8.1f}\n", what.structure, what.name, name_of(how),
                 found.instructions, found.runs, found.failures, seconds);
    std::fflush(stdout);
    ++lines_;
    runs_ += found.runs;
    failures_ += found.failures;
  }
  void finish(double seconds) const {
    if (is_json_)
      fmt::print("\n]\n");
    else
      fmt::print("{} operations and modes, {} runs, {} failures in {:.0f} s\n", lines_, runs_, failures_, seconds);
  }
  std::size_t lines() const noexcept { return lines_; }
  std::size_t failures() const noexcept { return failures_; }

 private:
  bool is_json_;
  std::size_t lines_ = 0;
  std::size_t runs_ = 0;
  std::size_t failures_ = 0;
};

class timer {
 public:
  double seconds() const {
    return std::chrono::duration<double>{std::chrono::steady_clock::now() - start_}.count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

int run(choice const& chosen) {
  table out{chosen.is_json};
  timer const all;
  for (auto const& each : all_operations()) {
    if (!chosen.includes(each)) continue;
    for (auto const how : {mode::kill, mode::stop, mode::pair}) {
      if (!chosen.includes(how)) continue;
      watch_over_work(fmt::format("{} {}, {}", each.structure, each.name, name_of(how)));
      std::size_t shown = 0;
      auto const fail = [&](std::string const& text) {
        if (shown++ < most_shown) fmt::print(stderr, "{}\n", text);
      };
      timer const one;
      auto const found = try_all(each, how, chosen.with, fail);
      out.add(each, how, found, one.seconds());
    }
  }
  out.finish(all.seconds());
  if (out.lines() == 0) fmt::print(stderr, "no such operation\n");
  return out.failures() == 0 && out.lines() != 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  choice chosen;
  CLI::App app{"Kills and stops processes after every instruction, and looks at what is left"};
  app.add_option("--structure", chosen.only_structure, "only this one");
  app.add_option("--operation", chosen.only_operation, "only this one");
  app.add_option("--mode", chosen.only_mode, "only kill, stop or pair")->check(CLI::IsMember({"kill", "stop", "pair"}));
  app.add_option("--stride", chosen.with.stride, "after every n-th instruction only")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--runs", chosen.with.most_runs, "about that many for each operation and mode; 0: all")
      ->capture_default_str();
  app.add_option("--long-runs", chosen.with.long_runs, "for operations that are mostly kernel and allocator")
      ->capture_default_str();
  app.add_option("--pair-runs", chosen.with.pair_runs, "pairs of k and m for each operation")->capture_default_str();
  app.add_flag("--json", chosen.is_json, "an array of objects instead of a table");
  CLI11_PARSE(app, argc, argv);
  try {
    return run(chosen);
  } catch (std::exception const& problem) {
    fmt::print(stderr, "kill_suite: {}\n", problem.what());
    return 1;
  }
}
