// accounting: has every sample been counted, and none twice? Reads only.
//
//   produced    the newest number that the sampler pushed
//   counted     different numbers that the summaries remember
//   stores      changes of the summaries, counted by stoa::value itself: each counts one sample
//
// Lost is what was produced and not counted, twice what was stored beyond the different numbers.
// And a counted sample may come again only because a process died over it: at most once per death.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <iostream>
#include <stoa/stoa.hpp>
#include <string>
#include <thread>

#include "sample.hpp"
#include "series.hpp"

namespace telemetry {
namespace {

struct options {
  std::string segment = "telemetry";
  double within = 0;
  std::string kills;
};

struct account {
  std::uint64_t produced = 0;
  std::uint64_t aggregated = 0;
  std::uint64_t lost = 0;
  std::uint64_t twice = 0;
  std::uint64_t recognised = 0;  // came again, and were not counted again
  std::uint64_t deaths = 0;      // of samplers and aggregators, at most

  bool is_exact() const {
    return produced > 0 && aggregated == produced && lost == 0 && twice == 0 &&
           recognised <= deaths;
  }
};

std::uint64_t above(std::uint64_t a, std::uint64_t b) {
  return a > b ? a - b : 0;
}

// What nobody has published yet is what it begins as: zero.
template <class T>
std::pair<T, std::uint64_t> read(stoa::segment const& segment, std::string_view name) {
  auto const found = segment.try_attach<stoa::value<T>>(name);
  if (!found && found.error().code() == stoa::errc::no_such_name) return {};
  return found.value().load_versioned();
}

account draw_up(stoa::segment const& segment) {
  account sum;
  auto const made = read<production>(segment, produced_name).first;
  auto const record = read<aggregator_record>(segment, aggregator_name).first;
  auto const series = read<series_list>(segment, series_name).first;
  sum.produced = made.newest;
  sum.recognised = record.recognised;
  sum.deaths = above(made.starts + record.starts, 2);
  for (std::uint64_t id = 0; id < series.count; ++id) {
    auto const [summary, stores] =
        read<series_summary>(segment, view_of(series.labels.at(id).name));
    auto const numbers =
        (sum.produced + series.count - 1 - id) / series.count;  // its turns up to produced
    sum.aggregated += summary.count;
    sum.lost += above(numbers, summary.counted.distinct);
    sum.twice += above(stores, summary.counted.distinct);
  }
  return sum;
}

// For the end of a run, when the aggregator may have to catch up.
account draw_up_within(stoa::segment const& segment, double seconds) {
  auto const end = std::chrono::steady_clock::now() + std::chrono::duration<double>{seconds};
  for (;;) {
    auto sum = draw_up(segment);
    if (sum.aggregated >= sum.produced || std::chrono::steady_clock::now() >= end) return sum;
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
  }
}

}  // namespace
}  // namespace telemetry

int main(int argc, char** argv) try {
  telemetry::options chosen;
  CLI::App app{
      "Compares what was produced with what was aggregated; fails unless they are the same."};
  app.add_option("--segment", chosen.segment, "name of the segment")->capture_default_str();
  app.add_option("--within", chosen.within, "seconds to wait for the aggregator to catch up");
  app.add_option("--kills", chosen.kills, "kills to mention");
  CLI11_PARSE(app, argc, argv);
  auto const segment = stoa::segment::open_read_only(chosen.segment);
  auto const sum = telemetry::draw_up_within(segment, chosen.within);
  fmt::print("samples that came again after they had been counted: {}, recognised\n",
             sum.recognised);
  fmt::print("samples produced {}, aggregated {}, lost {}, twice {}{}\n", sum.produced,
             sum.aggregated, sum.lost, sum.twice,
             chosen.kills.empty() ? "" : fmt::format(", after {} kills", chosen.kills));
  return sum.is_exact() ? 0 : 1;
} catch (std::exception const& problem) {
  std::cerr << "accounting: " << problem.what() << '\n';
  return 1;
}
