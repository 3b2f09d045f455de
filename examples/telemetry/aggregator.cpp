// aggregator: takes samples out of the queue and keeps a summary of each series. One at a time.
//
// Killed at any moment, it leaves everything its successor needs: the sample it had leased goes
// back into the queue, and the summaries say which samples were counted (series.hpp).
#include <CLI/CLI.hpp>
#include <chrono>
#include <iostream>
#include <stoa/stoa.hpp>
#include <string>
#include <thread>
#include <vector>

#include "sample.hpp"
#include "series.hpp"
#include "stop.hpp"

namespace telemetry {
namespace {

using namespace std::chrono_literals;
using examples::stop_requested;

struct options {
  std::string segment = "telemetry";
  std::int64_t work_us = 0;
};

using summary = stoa::value<series_summary>;

std::vector<summary> publish_summaries(stoa::segment const& segment, series_list const& series) {
  std::vector<summary> summaries;
  for (std::size_t id = 0; id < series.count; ++id)
    summaries.push_back(segment.publish_or_attach<summary>(view_of(series.labels.at(id).name)));
  return summaries;
}

// Between each two steps one can die: before the sample is counted, and before it is committed.
void take(stoa::queue<sample>::lease_type lease, std::vector<summary> const& summaries,
          stoa::value<aggregator_record> const& record, std::chrono::microseconds work) {
  std::this_thread::sleep_for(work);
  auto const& shared = summaries.at(lease->series);
  auto state = shared.load();
  if (state.has_counted(*lease)) {
    record.update([](aggregator_record& mine) { ++mine.recognised; });
  } else {
    state.count_in(*lease, summaries.size());
    shared.store(state);
  }
  std::this_thread::sleep_for(work);
  lease.commit();
}

void run(options const& chosen) {
  auto const segment = open_or_create_segment(chosen.segment);
  auto const samples = segment.publish_or_attach<stoa::queue<sample>>(samples_name, queue_capacity);
  auto const series = segment.publish_or_attach<stoa::value<series_list>>(series_name);
  auto const record = segment.publish_or_attach<stoa::value<aggregator_record>>(aggregator_name);

  record.update([](aggregator_record& mine) { ++mine.starts; });
  std::vector<summary> summaries;
  while (!stop_requested()) {
    auto lease = samples.claim_for(100ms);
    if (!lease) continue;
    // Where there is a sample, the list of series is complete.
    if (summaries.empty()) summaries = publish_summaries(segment, series.load());
    take(std::move(lease), summaries, record, std::chrono::microseconds{chosen.work_us});
  }
}

}  // namespace
}  // namespace telemetry

int main(int argc, char** argv) try {
  telemetry::options chosen;
  CLI::App app{"Takes samples out of a shared queue and summarises them."};
  app.add_option("--segment", chosen.segment, "name of the segment")->capture_default_str();
  app.add_option("--work-us", chosen.work_us,
                 "microseconds to wait before a sample is counted and again before it is "
                 "committed, so that\n"
                 "a SIGKILL is likely to hit in between")
      ->check(CLI::Range(0, 1'000'000));
  CLI11_PARSE(app, argc, argv);
  examples::stop_on_signals();
  telemetry::run(chosen);
} catch (std::exception const& problem) {
  std::cerr << "aggregator: " << problem.what() << '\n';
  return 1;
}
